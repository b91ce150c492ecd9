"""Edits by a small model that runs here, and how fast a cancelled one stops."""

import ast
import time
import unittest

import world

# So small a model may leave a function unchanged: the tests need a change in one of several.
MEAN = """def mean(values):
    total = 0
    for value in values:
        total += value
    return total / len(values)
"""
FUNCTIONS = [
    MEAN,
    'def greet(name):\n    message = "Hello, " + name\n    print(message)\n',
    "def larger(a, b):\n    if a > b:\n        return a\n    return b\n",
]
CONFIG = """
[[provider]]
name = "near"
kind = "llama-cpp"
url = "{url}"
models = ["smollm2"]

[route]
complete = []
edit = ["near/smollm2"]
explain = ["near/smollm2"]

[[action]]
name = "docstring"
title = "Docstring"
instruction = "Add a docstring to this function."
gives = "edit"
"""
# Seconds that every answer takes at least, and within which the fastest of several cancellations must stop the server.
LONG, SOON = 1, 0.25


def setUpModule():
    global chat
    chat = world.instruct()


def tearDownModule():
    chat.close()


def applied(text, edit):
    """The text after an edit, as an editor applies it."""
    for change in edit["documentChanges"]:
        for it in sorted(change["edits"], key=lambda it: -it["range"]["start"]["line"]):
            lines = text.split("\n")
            start, end = it["range"]["start"], it["range"]["end"]
            head = "\n".join([*lines[: start["line"]], lines[start["line"]][: start["character"]]])
            tail = "\n".join([lines[end["line"]][end["character"] :], *lines[end["line"] + 1 :]])
            text = head + it["newText"] + tail
    return text


class Edit(unittest.TestCase):
    def setUp(self):
        self.home = world.Home(CONFIG.format(url=chat.url))
        self.addCleanup(self.home.remove)

    def client(self):
        client = world.Client(self.home)
        self.addCleanup(client.close)
        return client

    def check(self, before, after):
        """Checks that the text changed and is Python that defines the same names. The quality of the edit is not
        judged."""
        print(f"\n{after.rstrip()}")
        self.assertNotEqual(after, before)
        names = lambda text: [it.name for it in ast.parse(text).body if isinstance(it, ast.FunctionDef)]
        self.assertEqual(names(after), names(before))

    def test_an_editor_is_sent_the_edit_of_a_real_model(self):
        client = self.client()
        for number, text in enumerate(FUNCTIONS):
            file = self.home.write(f"part{number}.py", text)
            client.open(file, "python", text)
            answer = client.wait(client.act("docstring", file, 0, text.count("\n")))
            self.assertNotIn("error", answer)
            if client.edits:
                return self.check(text, applied(text, client.edits[0]))
        self.fail("nothing was changed")

    def test_a_command_writes_the_edit_of_a_real_model(self):
        for number, text in enumerate(FUNCTIONS):
            file = self.home.write(f"part{number}.py", text)
            self.home.run("act", "docstring", f"{file}:1-{text.count(chr(10))}", "--write", expect=None)
            if file.read_text() != text:
                return self.check(text, file.read_text())
        self.fail("nothing was changed")

    def test_a_cancelled_action_stops_its_generation_at_once(self):
        client, file = self.client(), self.home.write("mean.py", MEAN)
        client.open(file, "python", MEAN)
        busy = lambda: world.fetch(chat.url + "/slots")[0]["is_processing"]
        # The machine may be busy: the fastest of several attempts shows the server's own time.
        times = []
        for _ in range(5):
            id = client.act("explain", file, 0, MEAN.count("\n"))
            world.until("the server is busy", busy, every=0.001)
            long = time.monotonic() + LONG
            world.until("the server is busy for long", lambda: time.monotonic() > long, every=0.001)
            self.assertTrue(busy(), "the answer is too short for this test")
            start = time.monotonic()
            client.tell("$/cancelRequest", id=id)
            world.until("the server is free", lambda: not busy(), every=0.001)
            times.append(time.monotonic() - start)
            client.wait(id)
        print("\nfree again after", ", ".join(f"{it * 1000:.0f} ms" for it in times))
        self.assertLess(min(times), SOON)


if __name__ == "__main__":
    unittest.main()
