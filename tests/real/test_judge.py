"""llmock, an independent mock of ten APIs, breaks its answers and reports errors of its clients."""

import unittest

import world

# The provider kind, llmock's base path, and a model.
VENDORS = {
    "openai": ("/v1", "gpt-4o-mini"),
    "openai-responses": ("/v1", "gpt-4o-mini"),
    "anthropic": ("/anthropic/v1", "claude-sonnet-4-20250514"),
    "gemini": ("/gemini/v1beta", "gemini-2.5-flash"),
    "groq": ("/groq/openai/v1", "llama-3.3-70b-versatile"),
    "mistral": ("/mistral/v1", "mistral-large-latest"),
    "perplexity": ("/perplexity/v1", "sonar"),
    "together": ("/together/v1", "meta-llama/Llama-3.3-70B-Instruct-Turbo"),
    "xai": ("/xai/v1", "grok-3"),
}
SERVE = "from llmock.cli import app; app()"


def setUpModule():
    global judge
    port = world.free_port()
    command = [world.sys.executable, "-c", SERVE, "serve", "--host", "127.0.0.1", "--port", port]
    judge = world.Process(command, port, "/_llmock/requests", PYTHONPATH=world.TESTBED / "judge")


def tearDownModule():
    judge.close()


def provider(kind, name, key="KEY"):
    path, model = VENDORS[kind]
    return (
        f"[[provider]]\nname = '{name}'\nkind = '{kind}'\nurl = '{judge.url}{path}'\n"
        f"models = ['{model}']\nkey.env = '{key}'\n"
    )


class Judge(unittest.TestCase):
    def home(self, *rows):
        world.fetch(judge.url + "/_llmock/reset", {})
        home = world.Home("embedded.preempt = 1\nroute.prefer = 'listed'\n" + "".join(rows))
        self.addCleanup(home.remove)
        return home

    def script(self, **behaviour):
        world.fetch(judge.url + "/_llmock/scenario", {"behaviors": [behaviour]})

    def verdict(self):
        return world.fetch(judge.url + "/_llmock/verdict")

    def assert_no_findings(self, calls=None):
        verdict = self.verdict()
        self.assertEqual(verdict["findings"], [])
        if calls is not None:
            self.assertEqual(verdict["calls"], calls)

    def test_every_vendor_answers(self):
        for kind in VENDORS:
            home = self.home(provider(kind, "one"))
            self.script(type="reply", text="Grüße ∑ 😀, all of it.\n\nAnd a second paragraph.")
            answer = home.json("ask", "Why?")
            self.assertEqual(answer["done"]["answer"].strip(), "Grüße ∑ 😀, all of it.\n\nAnd a second paragraph.")
            self.assertEqual(answer["by"], f"one/{VENDORS[kind][1]}")
            self.assert_no_findings(calls=1)

    def test_after_a_cut_stream_the_next_provider_answers(self):
        for fault in ("truncate", "disconnect"):
            for kind in VENDORS:
                # Two accounts at one server, so that llmock receives the same request twice.
                home = self.home(provider(kind, "one"), provider(kind, "two", "OTHER_KEY"))
                self.script(type="stream_fault", kind=fault, after_chunks=1)
                self.assertEqual(home.json("ask", "Why?")["by"], f"two/{VENDORS[kind][1]}")
                self.assert_no_findings(calls=1)

    def test_after_a_broken_event_the_next_provider_answers(self):
        for kind in VENDORS:
            home = self.home(provider(kind, "one"), provider(kind, "two", "OTHER_KEY"))
            self.script(type="stream_fault", kind="malformed", after_chunks=1)
            self.assertEqual(home.json("ask", "Why?")["by"], f"two/{VENDORS[kind][1]}")
            # Understudy disconnects and queries the next provider before llmock notices, so llmock counts two
            # requests.
            findings = {it["code"] for it in self.verdict()["findings"]}
            self.assertLessEqual(findings, {"malformed_chunk_ignored"})

    def test_after_an_outage_the_next_provider_answers_at_once(self):
        for kind in VENDORS:
            home = self.home(provider(kind, "one"), provider(kind, "two", "OTHER_KEY"))
            # Without `Retry-After` the other account may be queried.
            self.script(type="fail", status=500)
            self.assertEqual(home.json("ask", "Why?")["by"], f"two/{VENDORS[kind][1]}")
            self.assert_no_findings(calls=1)

    def test_retry_after_is_honoured(self):
        for kind in VENDORS:
            other = "xai" if kind != "xai" else "anthropic"
            home = self.home(provider(kind, "one"), provider(other, "two", "OTHER_KEY"))
            self.script(type="fail", status=429, retry_after=1)
            by_other = f"two/{VENDORS[other][1]}"
            self.assertEqual(home.json("ask", "Why?")["by"], by_other)
            # A new process also honours the cooldown of the first account.
            self.assertEqual(home.json("ask", "Why?")["by"], by_other)
            back = lambda: home.json("ask", "Why?")["by"] == f"one/{VENDORS[kind][1]}"
            world.until("the first provider is used again", back)
            self.assert_no_findings()

    def test_permanent_errors_are_not_retried(self):
        for status in (400, 401, 403, 404, 422):
            home = self.home(provider("openai", "one"), provider("groq", "two"))
            self.script(type="fail", status=status, times=None)
            home.run("ask", "Why?", expect=1)
            home.run("ask", "Something else?", expect=1)
            self.assertEqual([it["code"] for it in self.verdict()["findings"]], [])

    def test_ghost_text_from_a_chat_model(self):
        for kind in VENDORS:
            # A model that searches the web completes code only where the user routes it.
            home = self.home("route.complete = [['one']]\n", provider(kind, "one"))
            file = home.write("area.py", "def area(width, height):\n    return \n")
            self.script(type="reply", text="<fill>width * height</fill>")
            shown = home.json("complete", f"{file}:2:12", "--provider", "one")
            self.assertIn("width * height", str(shown))
            self.assert_no_findings(calls=1)
