"""What a user of VS Code sees, from the first key to a failed provider."""

import json
import unittest

import workbench
from common import until
from workbench import Browser, Home, Upstream, Workbench

AREA = "def area(w, h):\n    a = w * h\n    return a\n"
SHAPES = "".join(
    f"def area_{it}(width, height):\n    result = multiply(width, height)\n    return result\n\n\n" for it in range(40)
)
AREAS = """\
export function area(side: number): number {
  return side * side;
}

export function scaled(area: number): number {
  return area * 2;
}

export const both = [area(2), scaled(area(3))];
"""
USER = 'import { area } from "./shapes";\n\nexport const four = area(4);\n'
PYTHON = "def area(side):\n    return side * side\n\n\nprint(area(2))\n"
# A rename provider whose columns are wrong by one in the last line, unless the name is put back.
WRONG = """
const { languages, Range, WorkspaceEdit } = require("vscode");
exports.activate = () => languages.registerRenameProvider("python", {
  provideRenameEdits(document, position, name) {
    const edit = new WorkspaceEdit();
    const word = document.getText(document.getWordRangeAtPosition(position));
    const off = name === "area" ? 0 : 1;
    edit.replace(document.uri, new Range(0, 4, 0, 4 + word.length), name);
    if (word === "area") {
      edit.replace(document.uri, new Range(4, 6 + off, 4, 10 + off), name);
    }
    return edit;
  },
});
"""
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
        """A window of that home with open files."""
        home.start()
        window = Workbench(self.browser, home)
        self.addCleanup(window.close)
        self.addCleanup(self.keep_failure, window)
        for name in names:
            window.open(name)
        return window

    def keep_failure(self, window):
        """Saves the last screen of a failed test."""
        result = self._outcome.result
        if any(it is self for it, _ in result.failures + result.errors):
            window.keep(f"failed-{self._testMethodName}")

    def tell(self, home):
        log = home.logs()
        if "ERROR" in log or "panicked" in log:
            print(log)

    def test_ghost_text_of_the_built_in_model_is_accepted_with_tab(self):
        home = self.home("embedded.threshold = 0.5\n")
        home.write("shapes.py", SHAPES)
        file = home.write("area.py", "def area_99(width, height):\n")
        window = self.window(home, "area.py")
        window.until_status("the built-in model answers")
        window.type_until_ghost("    result = mul", "tiply(width, height)")
        window.keep("ghost-text")
        window.keys("Control+ArrowRight")
        window.until_ghost("width, height)")
        self.assertIn("    result = multiply(width, height)", window.lines())
        window.keys("Tab")
        window.until_saved(file, "    result = multiply(width, height)")
        self.assertEqual(window.ghost(), "")

    def quiet(self):
        """A home without menus of completions."""
        quiet = '{\n  "editor.quickSuggestions": { "other": "off" },\n  "editor.suggestOnTriggerCharacters": false,'
        return self.home(settings=workbench.SETTINGS.replace("TRUST", "false").replace("{", quiet, 1))

    def test_extension_for_the_language_renames_all_uses_of_a_renamed_definition(self):
        home = self.quiet()
        home.write("tsconfig.json", "{}\n")
        user = home.write("user.ts", USER)
        file = home.write("shapes.ts", AREAS)
        window = self.window(home, "shapes.ts")
        window.until_status("the built-in model answers")
        window.keys("Control+Home", *["ArrowRight"] * len("export function "), *["Shift+ArrowRight"] * len("area"))
        window.type("surface")
        until("the offer", window.next_edit, lambda it: it == ["area", "surface", "Alt+Enter: rename all uses"])
        window.keep("rename")
        window.keys("Alt+Enter")
        renamed = AREAS.replace("area(side", "surface(side").replace("area(2)", "surface(2)").replace("area(3)", "surface(3)")
        window.until_saved(file, renamed)
        until("the other file", user.read_text, lambda it: it == USER.replace("area", "surface"))
        self.assertEqual(window.next_edit(), [])
        window.keys("Control+z")
        window.until_saved(file, AREAS)

    def test_rename_with_edits_at_wrong_places_is_refused_and_the_use_is_offered_again(self):
        home = self.quiet()
        home.run("--install-extension", workbench.extension(home.path, WRONG))
        file = home.write("shapes.py", PYTHON)
        window = self.window(home, "shapes.py")
        window.until_status("the built-in model answers")
        window.keys("Control+Home", *["ArrowRight"] * len("def "), *["Shift+ArrowRight"] * len("area"))
        window.type("surface")
        for _ in range(2):
            until("the offer", window.next_edit, lambda it: it == ["area", "surface", "Alt+Enter: rename all uses"])
            window.keys("Alt+Enter")
            reason = "Understudy: cannot rename area to surface: shapes.py:5: the edit does not replace area"
            until("the reason", window.notices, lambda it: reason in it)
        window.keep("rename-refused")
        until("the offer again", window.next_edit, lambda it: it[:2] == ["area", "surface"])
        window.until_saved(file, PYTHON.replace("area", "surface", 1))

    def test_name_that_exists_already_is_reported_at_the_definition(self):
        home = self.quiet()
        home.write("shapes.py", PYTHON + "scaled = 3\n")
        window = self.window(home, "shapes.py")
        window.until_status("the built-in model answers")
        window.keys("Control+Home", *["ArrowRight"] * len("def "), *["Shift+ArrowRight"] * len("area"))
        window.type("scaled")
        message = "`scaled` is already declared in line 6: uses of `area` are not renamed"
        until("the message", window.next_edit, lambda it: message in it)
        window.keep("rename-conflict")

    def test_next_edit_is_shown_after_the_third_change_and_applied_with_tab(self):
        home = self.quiet()
        file = home.write("calls.rs", "".join(f"let v{it} = store.load(context, {it});\n" for it in range(9)))
        window = self.window(home, "calls.rs")
        window.until_status("the built-in model answers")
        window.keys("Control+Home")
        for _ in range(3):
            window.keys("Home", *["ArrowRight"] * 15, *["Shift+ArrowRight"] * 4)
            window.type("fetch")
            window.keys("ArrowDown")
        until("the next edit", window.next_edit, lambda it: it == ["load", "fetch"])
        window.keep("next-edit")
        window.keys("Tab")
        window.until_saved(file, "let v3 = store.fetch(context, 3);")
        until("the one after it", window.next_edit, lambda it: it == ["load", "fetch"])
        window.keys("Escape")
        until("nothing", window.next_edit, lambda it: it == [])

    def test_code_action_edits_the_file(self):
        upstream = self.upstream("openai/edit.sse")
        home = self.home(config([], one=upstream))
        file = home.write("area.py", AREA)
        window = self.window(home, "area.py")
        window.until_status("all providers are available")
        window.keys("Control+a")
        window.act("Edit as I say")
        window.say("make it one line")
        window.until_saved(file, "def area(w, h):\n    return w * h\n")
        window.keep("code-action")
        self.assertIn("make it one line", upstream.asked())
        window.keys("Control+z")
        window.until_saved(file, AREA)

    def test_findings_of_a_review_are_marked_fixed_and_dismissed(self):
        upstream = self.upstream("openai/review.sse")
        home = self.home(config([], one=upstream))
        file = home.write("area.py", AREA)
        window = self.window(home, "area.py")
        window.until_status("all providers are available")
        window.keys("Control+a")
        window.act("More…")
        window.page.click(".notification-list-item >> text=Review")
        marks = lambda kind: window.page.locator(f".editor-instance .squiggly-{kind}").count()  # noqa: E731
        until("the finding is marked", lambda: marks("warning"), bool)
        window.focus()
        window.keys("Control+Home", "ArrowDown", "F8")
        window.page.wait_for_selector(".marker-widget >> text=the name says nothing")
        window.keep("review")
        window.keys("Escape")
        window.act("Apply the suggested change")
        window.until_saved(file, "    product = w * h\n    return product\n")
        until("it is not marked", lambda: marks("warning"), lambda it: it == 0)
        window.keys("Control+Home")
        window.act("Dismiss")
        until("nothing is marked", lambda: marks("hint"), lambda it: it == 0)

    def test_answer_streams_into_the_panel_and_can_be_continued(self):
        upstream = self.upstream("--wait", "400", "openai/markdown.sse")
        home = self.home(config([], one=upstream))
        file = home.write("area.py", AREA)
        window = self.window(home, "area.py")
        window.until_status("all providers are available")
        window.keys("Control+a")
        window.act("Explain")
        panel = window.panel()
        text = lambda: panel.locator("main").inner_text()  # noqa: E731
        until("it begins", text, lambda it: "What it is for" in it and "answers…" in it)
        self.assertTrue(window.page.is_visible(".notifications-toasts .notification-list-item"))
        window.keep("answer-streams")
        until("it ends", text, lambda it: "tokens read" in it)
        window.keep("answer")
        # Markdown is rendered, but nothing in it runs, is fetched or links outside the web.
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
        # Continues the thread.
        panel.fill("textarea", "And of a circle?")
        panel.press("textarea", "Enter")
        until("the next answer", lambda: panel.locator("article").count(), lambda it: it == 2)
        until("it ends", text, lambda it: it.count("tokens read") == 2)
        self.assertIn("And of a circle?", upstream.asked())
        window.keep("answer-follow-up")
        # A restarted server has no thread: the next question begins a new one.
        window.command("Understudy: Restart the Server")
        window.until_status("all providers are available")
        panel.fill("textarea", "And now?")
        panel.press("textarea", "Enter")
        until("a thread of its own", lambda: panel.locator("article").count(), lambda it: it == 1)

    def test_hover_shows_facts_and_a_link_that_requests_an_explanation(self):
        upstream = self.upstream("openai/markdown.sse")
        home = self.home(config([], one=upstream))
        home.write("area.py", AREA)
        window = self.window(home, "area.py")
        window.until_status("all providers are available")
        facts = window.until_hover("area", "area.py:1")
        self.assertIn("def area(w, h):", facts)
        window.keep("hover-facts")
        self.assertEqual(upstream.asked().count("POST"), 0)
        window.page.click(".monaco-hover a:has-text('Explain with one/m')")
        panel = window.panel()
        until("the answer", lambda: panel.locator("main").inner_text(), lambda it: "tokens read" in it)
        self.assertIn("The definition of `area`", upstream.asked())
        explained = window.until_hover("area", "of a rectangle")
        self.assertIn("one/m", explained)
        window.keep("hover")
        self.assertEqual(upstream.asked().count("POST"), 1)

    def test_hover_without_a_provider_has_no_link(self):
        home = self.home("embedded.threshold = 0.5\n")
        home.write("area.py", AREA)
        window = self.window(home, "area.py")
        window.until_status("the built-in model answers")
        self.assertNotIn("Explain", window.until_hover("area", "area.py:1"))
        window.keep("hover-without-a-provider")

    def test_status_shows_the_serving_and_the_failed_models(self):
        one, two = self.upstream("openai/one_line.sse"), self.upstream("openai/one_line.sse")
        home = self.home(config([["one/m"], ["two/m"]], one=one, two=two))
        home.write("main.rs", "fn main() {\n")
        window = self.window(home, "main.rs")
        window.until_status("all providers are available")
        window.type_until_ghost("    // greet\n", "println!")
        window.until_status("one/m")
        window.keep("status-up")
        one.close()

        def typed():
            window.type("let a = 1;\n")
            return window.status()

        until("the failed provider", typed, lambda it: "one/m unavailable" in it and "two/m" in it)
        window.until_ghost("println!")
        window.keep("status-one-is-out")
        window.click_status()
        window.until_row("one/m is out")
        window.keep("status-menu")

    def chat_only(self, model, price):
        """A window with a file of 30 kB and one provider with a chat model at a price in dollars."""
        upstream = self.upstream("anthropic/one_line.sse")
        home = self.home(
            f"""
embedded = "off"
[[provider]]
name = "far"
kind = "anthropic"
url = "{upstream.url}"
key = {{ command = ["echo", "key"] }}
models = [{{ id = "{model}", price = {price} }}]
"""
        )
        rows = "".join(f"fn area_{it}(w: u64, h: u64) -> u64 {{\n    w * h + {it}\n}}\n\n" for it in range(600))
        home.write("main.rs", rows + "fn main() {\n")
        window = self.window(home, "main.rs")
        window.keys("Control+End")
        return upstream, home, window

    def test_chat_model_completes_while_typing_in_a_large_file(self):
        upstream, _, window = self.chat_only("claude-haiku-4-5", "{ input = 1, output = 5 }")
        window.type_until_ghost("    // greet\n", "println!")
        window.keep("chat-only-ghost-text")
        self.assertLess(len(upstream.asked().splitlines()[1]), 10_000)

    def test_price_above_the_limit_is_shown_with_figures_and_can_be_allowed(self):
        _, home, window = self.chat_only("claude-opus-4", "{ input = 15, output = 75 }")

        def typed():
            window.type("    // greet\n")
            return window.notices()

        notices = until("the notice about the price", typed, every=3)
        self.assertRegex(notices[0], r"far/claude-opus-4 costs about \$0\.0\d+ per suggestion, \$\d+\.\d+ per hour")
        self.assertIn("`limit.complete.usd` allows $0.002", notices[0])
        window.keep("price-above-the-limit")
        window.page.click(".notification-list-item >> text=Allow")
        until("it is written", home.config, lambda it: "[limit.complete]" in it)
        window.type_until_ghost("    // greet\n", "println!")

    def test_pause_of_a_folder_stops_suggestions_and_is_in_the_status(self):
        upstream = self.upstream("openai/one_line.sse")
        home = self.home(config([["one/m"]], one=upstream))
        home.write("main.rs", "fn main() {\n")
        window = self.window(home, "main.rs")
        window.until_status("all providers are available")
        window.click_status()
        window.until_row("Pause in this folder")
        window.choose("Pause in this folder")
        window.until_status(f"paused in {home.project}")
        window.focus()
        window.type("    let a = 1;\nlet b = 2;\n")
        window.click_status()
        window.until_row(f"nothing is suggested or sent: paused in {home.project} (pause)")
        window.keep("status-paused")
        self.assertEqual([window.ghost(), upstream.asked().count("POST")], ["", 0])
        window.choose("Resume")
        window.until_status("all providers are available")
        window.focus()
        window.type_until_ghost("// greet\n", "println!")
        window.command("Understudy: Pause Everywhere for an Hour")
        window.until_status("paused everywhere, 60 min left")

    def test_status_names_the_rule_that_excludes_the_active_file(self):
        home = self.home("[complete]\nlanguages = { css = false }\n")
        for name in (".env", "a.css", "main.rs"):
            home.write(name, "\n")
        window = self.window(home, ".env")
        window.until_status("no suggestions here: .env (never sent: secrets)")
        window.open("a.css")
        window.until_status("no suggestions here: css is switched off")
        window.keep("status-blocked")
        window.open("main.rs")
        window.until_status("the built-in model answers")

    def test_running_request_can_be_cancelled(self):
        upstream = self.upstream("--wait", "20000", "openai/markdown.sse")
        home = self.home(config([], one=upstream))
        home.write("area.py", AREA)
        window = self.window(home, "area.py")
        window.until_status("all providers are available")
        window.keys("Control+a")
        window.act("Explain")
        toast = ".notifications-toasts .notification-list-item"
        window.page.wait_for_selector(f"{toast} >> text=Explain")
        window.page.click(f"{toast} a:has-text('Cancel')")
        window.page.wait_for_selector(toast, state="detached")

    def test_untrusted_workspace_starts_no_program_of_its_own(self):
        home = self.home("embedded.threshold = 0.5\n", trust=True)
        ran = home.path / "ran"
        evil = home.write("evil", f"#!/bin/sh\ntouch {ran}\n")
        evil.chmod(0o755)
        settings = {"understudy.path": str(evil), "understudy.complete.trigger": "manual"}
        home.write(".vscode/settings.json", json.dumps(settings))
        home.write("shapes.py", SHAPES)
        home.write("area.py", "def area_99(width, height):\n")
        window = self.window(home, "area.py")
        window.page.wait_for_selector("text=Restricted Mode")
        window.until_status("the built-in model answers")
        window.type_until_ghost("    result = mul", "tiply(width, height)")
        window.keep("untrusted")
        self.assertFalse(ran.exists())

    def test_usage_opens_a_page_and_the_walkthrough_starts(self):
        upstream = self.upstream("openai/one_line.sse")
        home = self.home(config([["one/m"]], one=upstream))
        home.write("main.rs", "fn main() {\n")
        window = self.window(home, "main.rs")
        window.until_status("all providers are available")
        window.type_until_ghost("    // greet\n", "println!")
        window.until_status("one/m")
        window.command("Understudy: Show Usage and Spend")
        window.until_frame("one/m")
        window.keep("usage")
        window.command("Welcome: Open Walkthrough")
        window.until_row("Start with Understudy")
        window.choose("Start with Understudy")
        for title in ("Type, and press Tab", "Ask about code", "Add models of your choice", "See which model answers"):
            window.page.wait_for_selector(f".gettingStartedContainer >> text={title}")
        window.keep("walkthrough")

    def test_missing_program_is_named(self):
        home = self.home(settings='{"understudy.path": "/nowhere/understudy"}')
        home.write("main.rs", "\n")
        window = self.window(home, "main.rs")
        window.until_status("program not found: /nowhere/understudy")
        notices = lambda: "\n".join(window.notices())  # noqa: E731
        until("the message", notices, lambda it: "/nowhere/understudy" in it)
        window.keep("missing-program")


if __name__ == "__main__":
    unittest.main()
