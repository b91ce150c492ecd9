"""What a user of VS Code sees, from the first key to a dead provider."""

import unittest

import workbench
from common import until
from workbench import Browser, Home, Upstream, Workbench

AREA = "def area(w, h):\n    a = w * h\n    return a\n"
SHAPES = "".join(
    f"def area_{it}(width, height):\n    result = multiply(width, height)\n    return result\n\n\n" for it in range(40)
)
CONFIG = """
[route]
complete = {complete}
edit = ["one/m"]
explain = ["one/m"]
[embedded]
threshold = 0.5
preempt = 1
"""
PROVIDER = """
[[provider]]
name = "{name}"
kind = "openai-compatible"
url = "{url}"
models = ["m"]
"""


def config(complete, **upstreams):
    providers = "".join(PROVIDER.format(name=name, url=it.url) for name, it in upstreams.items())
    return CONFIG.format(complete=complete) + providers


class VSCode(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.vsix = workbench.bundled()
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)

    def upstream(self, *scripts):
        upstream = Upstream(*scripts)
        self.addCleanup(upstream.close)
        return upstream

    def home(self, *arguments, **more):
        home = Home(self.vsix, *arguments, **more)
        self.addCleanup(home.close)
        self.addCleanup(self.tell, home)
        return home

    def window(self, home, *names):
        """A window of that home, with files open."""
        home.start()
        window = Workbench(self.browser, home)
        self.addCleanup(window.close)
        self.addCleanup(self.keep_failure, window)
        for name in names:
            window.open(name)
        return window

    def keep_failure(self, window):
        """The last screen of a test that failed."""
        if not self._outcome.success:
            window.keep(f"failed-{self._testMethodName}")

    def tell(self, home):
        log = home.logs()
        if "ERROR" in log or "panicked" in log:
            print(log)

    def test_ghost_text_of_the_embedded_model_is_accepted_with_tab(self):
        home = self.home("embedded.threshold = 0.5\n")
        home.write("shapes.py", SHAPES)
        file = home.write("area.py", "def area_99(width, height):\n")
        window = self.window(home, "area.py")
        window.until_status("the model built in answers")
        window.type("    result = mul")
        window.until_ghost("tiply(width, height)")
        window.keep("ghost-text")
        window.keys("Tab")
        window.until_saved(file, "    result = multiply(width, height)")
        self.assertEqual(window.ghost(), "")

    def test_code_action_edits_the_file(self):
        upstream = self.upstream("openai/edit.sse")
        home = self.home(config([], one=upstream))
        file = home.write("area.py", AREA)
        window = self.window(home, "area.py")
        window.until_status("all providers are up")
        window.keys("Control+a")
        window.act("Edit as I say")
        window.say("make it one line")
        window.until_saved(file, "def area(w, h):\n    return w * h\n")
        window.keep("code-action")
        self.assertIn("make it one line", upstream.asked())
        window.keys("Control+z")
        window.until_saved(file, AREA)

    def test_answer_streams_into_the_panel_and_is_asked_on(self):
        upstream = self.upstream("--wait", "400", "openai/markdown.sse")
        home = self.home(config([], one=upstream))
        file = home.write("area.py", AREA)
        window = self.window(home, "area.py")
        window.until_status("all providers are up")
        window.keys("Control+a")
        window.act("Explain")
        panel = window.panel()
        text = lambda: panel.locator("main").inner_text()  # noqa: E731
        until("it begins", text, lambda it: "What it is for" in it and "answers…" in it)
        self.assertTrue(window.page.is_visible(".notifications-toasts .notification-list-item"))
        window.keep("answer-streams")
        until("it ends", text, lambda it: "tokens read" in it)
        window.keep("answer")
        # Markdown, and nothing that runs, is fetched or leads anywhere but to the web.
        self.assertEqual(panel.locator("main strong").inner_text(), "area")
        self.assertEqual(panel.locator("main td").count(), 4)
        self.assertEqual(panel.locator("main img, main script").count(), 0)
        links = [it.get_attribute("href") for it in panel.query_selector_all("main a")]
        self.assertEqual([it for it in links if it], ["https://example.org/docs", "https://example.org/pixel.png"])
        self.assertIsNone(panel.locator("body").get_attribute("data-broken"))
        panel.click("button:text-is('Copy')")
        code = "def area(w, h):\n    return w * h\n"
        clipboard = lambda: window.page.evaluate("navigator.clipboard.readText()")  # noqa: E731
        until("it is copied", clipboard, lambda it: it == code)
        panel.click("button:text-is('Insert')")
        window.until_saved(file, code.strip())
        # On from there.
        panel.fill("textarea", "And of a circle?")
        panel.press("textarea", "Enter")
        until("the next answer", lambda: panel.locator("article").count(), lambda it: it == 2)
        until("it ends", text, lambda it: it.count("tokens read") == 2)
        self.assertIn("And of a circle?", upstream.asked())
        window.keep("answer-follow-up")

    def test_status_says_who_serves_and_who_has_died(self):
        one, two = self.upstream("openai/one_line.sse"), self.upstream("openai/one_line.sse")
        home = self.home(config([["one/m"], ["two/m"]], one=one, two=two))
        home.write("main.rs", "fn main() {\n")
        window = self.window(home, "main.rs")
        window.until_status("all providers are up")
        window.type("    // greet\n")
        window.until_ghost("println!")
        window.until_status("one/m")
        window.keep("status-up")
        one.close()

        def typed():
            window.type("let a = 1;\n")
            return window.status()

        until("who died is out", typed, lambda it: "one/m out" in it and "two/m" in it)
        window.until_ghost("println!")
        window.keep("status-one-is-out")
        window.click_status()
        window.until_row("one/m is out")
        window.keep("status-menu")


if __name__ == "__main__":
    unittest.main()
