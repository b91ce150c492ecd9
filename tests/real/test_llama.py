"""llama.cpp's own server: its routes, its prompt cache, and that a cancelled request frees it."""

import unittest

import world

CODE = "def area(width, height):\n    return \n\n\ndef volume(width, height, depth):\n    return area(width, height) * depth\n"


def setUpModule():
    global tiny, chat
    tiny, chat = world.tiny(), world.instruct()


def tearDownModule():
    tiny.close()
    chat.close()


class Llama(unittest.TestCase):
    def home(self, kind, url, extra="", settings=""):
        config = (
            f"{settings}embedded.preempt = 1\nlimit.complete.total_ms = 60000\n"
            f"[[provider]]\nname = 'near'\nkind = '{kind}'\nurl = '{url}'\n{extra}\n"
        )
        home = world.Home(config)
        self.addCleanup(home.remove)
        return home

    def client(self, home):
        client = world.Client(home)
        self.addCleanup(client.close)
        return client

    def test_the_infill_markers_of_the_server_are_used(self):
        home = self.home("llama-cpp", tiny.url, "models = ['tiny-fim']")
        file = home.write("area.py", CODE)
        client = self.client(home)
        client.open(file, "python", CODE)
        answer = client.wait(client.complete(file, 1, 11))
        self.assertNotIn("error", answer)
        world.until("the call is recorded", lambda: "near" in str(home.json("usage")))

    def test_the_unchanged_start_of_a_prompt_is_not_processed_again(self):
        home = self.home("llama-cpp", tiny.url, "models = ['tiny-fim']")
        # Of a longer text the server would read the end, whose start moves with each key.
        text = "".join(f"def area_{n}(width, height):\n    return width * height\n\n\n" for n in range(20))
        file = home.write("area.py", text)
        client = self.client(home)
        client.open(file, "python", text)
        for character in (11, 12, 13):
            client.wait(client.complete(file, 77, character))
        calls = world.until("three calls are recorded", lambda: self.booked(home, 3))
        self.assertGreater(calls["cached_tokens"], calls["prompt_tokens"] / 3, calls)

    def test_while_typing_little_of_a_prompt_is_read_again(self):
        # The tiny model reads fast: the less time it has, the more it is like a large model on a laptop.
        home = self.home("llama-cpp", tiny.url, "models = ['tiny-fim']", "limit.complete.first_token_ms = 5\n")
        text = "".join(f"def area_{n}(width, height):\n    return width * height\n\n\n" for n in range(40))
        file = home.write("area.py", text)
        client = self.client(home)
        client.open(file, "python", text)
        for column, character in enumerate("zq = (zqx + zqy) * z"):
            client.type(file, column + 1, 158, column, character)
            client.wait(client.complete(file, 158, column + 1, trigger=2))
        calls = world.until("some calls are recorded", lambda: self.booked(home, 5))
        self.assertGreater(calls["cached_tokens"], 0.8 * calls["prompt_tokens"], calls)

    def test_benchmark_reports_the_speed_of_the_model(self):
        home = self.home("llama-cpp", tiny.url, "models = ['tiny-fim']")
        home.write("area.py", "".join(f"def area_{n}(width, height):\n    return width * height\n\n\n" for n in range(40)))
        git = ["git", "-C", home.project, "-c", "user.name=T", "-c", "user.email=t@example.invalid"]
        # The places depend on the commit.
        dates = {f"GIT_{it}_DATE": "2026-01-01T00:00:00Z" for it in ("AUTHOR", "COMMITTER")}
        for words in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "-m", "areas"]):
            world.run([*git, *words], **dates)
        said = home.run("benchmark", "--places", 3, "--yes", expect=None)
        self.assertRegex(said, r"\nnear/tiny-fim reads \d+ and writes \d+ tokens per second\.\n")

    def booked(self, home, count):
        total = home.json("usage")["total"]
        return total if total["requests"] >= count else None

    def test_a_request_that_is_cancelled_frees_the_server(self):
        home = self.home("llama-cpp", chat.url, "models = ['smollm2']")
        text = CODE * 30
        file = home.write("area.py", text)
        client = self.client(home)
        client.open(file, "python", text)
        busy = lambda: world.fetch(chat.url + "/slots")[0]["is_processing"]
        id = client.complete(file, 1, 11)
        world.until("the server is busy", busy)
        given_up = lambda: chat.said().count("cancel task")
        before = given_up()
        client.tell("$/cancelRequest", id=id)
        self.assertEqual(client.wait(id)["error"]["code"], -32800)
        world.until("the server has cancelled it", lambda: given_up() > before)
        world.until("the server is free", lambda: not busy())

    def test_a_model_without_fim_markers_gets_a_chat_request(self):
        home = self.home("llama-cpp", chat.url, "models = ['smollm2']")
        doctor = home.json("doctor")
        self.assertEqual(doctor["targets"][0]["fills"], "chat")
        file = home.write("area.py", CODE)
        # An empty answer is no failure.
        home.run("complete", f"{file}:2:12", "--provider", "near", expect=None)
        self.assertTrue(self.booked(home, 1))

    def test_the_other_apis_of_the_server_work(self):
        rows = {
            "openai-compatible": (chat.url + "/v1", "models = ['smollm2']\nkey.env = 'KEY'"),
            "anthropic": (chat.url + "/v1", "models = ['smollm2']\nkey.env = 'KEY'"),
            "openai-responses": (chat.url + "/v1", "models = ['smollm2']\nkey.env = 'KEY'"),
        }
        for kind, (url, extra) in rows.items():
            with self.subTest(kind):
                answer = self.home(kind, url, extra).json("ask", "Say hello.")
                self.assertTrue(answer["done"]["answer"].strip())
        with self.subTest("completions with the markers of a family"):
            home = self.home("vllm", tiny.url + "/v1", "models = ['qwen2.5-coder-tiny']")
            file = home.write("area.py", CODE)
            home.run("complete", f"{file}:2:12", "--provider", "near", expect=None)
            self.assertTrue(self.booked(home, 1))


if __name__ == "__main__":
    unittest.main()
