"""aimock, an independent implementation of the vendors' APIs. It streams in pieces of eight characters, and all of them
arrive."""

import json
import tempfile
import unittest

import world

TEXT = "Grüße ∑ 😀, all of it.\n\n```rust\nfn main() {}\n```\n\nThe end."

# The provider kind, aimock's base path, a model, and the path that aimock receives.
VENDORS = {
    "openai": ("/v1", "gpt-4o-mini", "/v1/chat/completions"),
    "openai-responses": ("/v1", "gpt-4o-mini", "/v1/responses"),
    "anthropic": ("/v1", "claude-haiku-4-5", "/v1/messages"),
    "gemini": ("/v1beta", "gemini-2.5-flash", "/v1beta/models/gemini-2.5-flash:streamGenerateContent"),
    "azure-openai": (
        "/openai/deployments/mini?api-version=2024-10-21",
        "gpt-4o-mini",
        "/openai/deployments/mini/chat/completions",
    ),
    "openrouter": ("/api/v1", "openai/gpt-4o-mini", "/api/v1/chat/completions"),
    "ollama": ("", "llama3.2", "/api/chat"),
}


def setUpModule():
    global aimock, folder
    folder = tempfile.TemporaryDirectory()
    fixtures = f"{folder.name}/fixtures.json"
    with open(fixtures, "w") as file:
        json.dump({"fixtures": [{"match": {}, "response": {"content": TEXT}}]}, file)
    port = world.free_port()
    binary = world.TESTBED / "aimock/node_modules/.bin/llmock"
    command = [binary, "-p", port, "-h", "127.0.0.1", "-f", fixtures, "--chunk-size", 8]
    aimock = world.Process(command, port, "/__aimock/journal")


def tearDownModule():
    aimock.close()
    folder.cleanup()


class Aimock(unittest.TestCase):
    def home(self, *kinds):
        rows = []
        for kind in kinds:
            base, model, _ = VENDORS[kind]
            rows.append(
                f"[[provider]]\nname = '{kind}'\nkind = '{kind}'\nurl = '{aimock.url}{base}'\n"
                f"models = ['{model}']\nkey.env = 'KEY'\ntraining = 'allow'\n"
            )
        home = world.Home("".join(rows))
        self.addCleanup(home.remove)
        return home

    def paths(self):
        return [it["path"].split("?")[0] for it in world.fetch(aimock.url + "/__aimock/journal")]

    def test_every_api_returns_the_whole_answer(self):
        for kind, (_, model, path) in VENDORS.items():
            with self.subTest(kind):
                answer = self.home(kind).json("ask", "Why?")
                self.assertEqual(answer["done"]["answer"].strip(), TEXT)
                self.assertEqual(answer["by"], f"{kind}/{model}")
                self.assertEqual(self.paths()[-1], path)

    def test_a_broken_stream_is_no_answer(self):
        for fault in ("disconnectRate", "malformedRate", "rateLimitRate"):
            world.fetch(aimock.url + "/__aimock/chaos", {fault: 1})
            self.addCleanup(world.fetch, aimock.url + "/__aimock/chaos", None, "DELETE")
            for kind in VENDORS:
                with self.subTest(f"{fault} {kind}"):
                    self.home(kind).run("ask", "Why?", expect=1)
