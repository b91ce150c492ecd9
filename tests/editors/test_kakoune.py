"""Kakoune with kak-lsp on a terminal: completion, code actions, a review, the next edit, hover."""

import os
import pathlib
import unittest

from bed import DOCUMENTED, Home, Terminal, keep
from common import BEGINNING, BINARY, REPOSITORY, TESTBED, TYPED, Provider, until

KAKRC = f"""
eval %sh{{kak-lsp}}
lsp-enable
remove-hooks global lsp-filetype-python
source {REPOSITORY}/editors/kakoune/understudy.kak
map global normal <F2> ': lsp-code-actions<ret>'
map global normal <F3> ': lsp-hover<ret>'
map global normal <F4> ': write<ret>'
map global normal <F5> ': lsp-find-error warning hint<ret>'
"""
PATH = f"{pathlib.Path(BINARY).parent}:{TESTBED}/kak/bin:{os.environ['PATH']}"
LOAD = "def load(path):\n    return open(path)\n\n\none = load(1)\n\ntwo = load(2)\n"


class Kakoune(unittest.TestCase):
    def open(self, file, answer="It is the area.\n\nIt multiplies.", settings=""):
        home, provider = Home(), Provider(answer, fills=False)
        self.addCleanup(home.remove)
        self.addCleanup(provider.close)
        home.configure(provider)
        config = home.path / "config/understudy/config.toml"
        config.write_text(settings + config.read_text())
        kakrc = home.path / "config/kak/kakrc"
        kakrc.parent.mkdir(parents=True)
        kakrc.write_text(KAKRC)
        runtime = home.path / "run"
        runtime.mkdir(mode=0o700)
        self.terminal = Terminal(home, ["kak", file(home)], PATH=PATH, XDG_RUNTIME_DIR=str(runtime))
        self.addCleanup(self.terminal.close)
        self.addCleanup(self.quit)
        self.home = home
        until("the server is up", lambda: "serving" in home.logs())
        return self.terminal

    def quit(self):
        """Ends the session, which ends kak-lsp's daemon."""
        self.escape()
        self.terminal.text(":kill!")
        self.terminal.keys("Enter")
        until("the end of the session", self.terminal.screen, lambda it: not it)

    def escape(self):
        """Returns to normal mode. Two keys at once would be one key with a modifier."""

        looks = iter(range(1000))

        def is_normal():
            look = next(looks)
            if look % 5 == 0:
                self.terminal.keys("Escape")
            screen = self.terminal.screen()
            # The first looks can be at the screen before the key.
            return look % 5 > 1 and " sel - client" in screen and "insert" not in screen

        until("normal mode", is_normal, every=0.2)

    def choose(self, title):
        self.terminal.keys("F2")
        self.terminal.until("the menu of actions", title)
        self.terminal.text(title)
        self.terminal.keys("Enter")

    def saves(self, file, text):
        def saved():
            self.terminal.keys("F4")
            return file.read_text()

        until("the file", saved, lambda it: it == text, every=0.2)

    def test_suggestion_is_a_row_of_the_menu_and_completes_the_line(self):
        terminal = self.open(lambda it: it.client)
        terminal.keys("g", "e", "o")
        terminal.text(TYPED.strip())


        # The project is perhaps not indexed yet: each key requests suggestions again.
        def typed():
            terminal.keys("BSpace")
            terminal.text(TYPED[-1])
            return terminal.screen()

        keep("kakoune-completion", until("the menu", typed, lambda it: "Head" + BEGINNING in it, every=0.5))
        terminal.keys("C-n")
        self.escape()
        terminal.keys("F4")
        until("the file", lambda: TYPED + BEGINNING in self.home.client.read_text())

    def test_action_is_about_the_function_around_the_cursor(self):
        terminal = self.open(lambda it: it.area, f"```python\n{DOCUMENTED}```")
        # A motion leaves a word selected.
        terminal.keys("j", "w", "w")
        self.choose("Understudy: Document")
        terminal.until("the edit", "The area.")
        self.saves(self.home.area, DOCUMENTED)

    def test_explanation_is_a_box_and_a_buffer(self):
        terminal = self.open(lambda it: it.area)
        self.choose("Understudy: Explain")
        keep("kakoune-answer", terminal.until("the box", "*understudy*", "│ It multiplies."))
        terminal.text(":buffer *understudy*")
        terminal.keys("Enter")
        terminal.until("the buffer", "[scratch]", " It is the area.\n\n It multiplies.")

    def test_finding_of_a_review_is_a_diagnostic_and_its_change_is_applied(self):
        found = "3: warning: no local is needed\n-     return a\n+     return w * h\n"
        terminal = self.open(lambda it: it.area, found)
        self.choose("Understudy: More…")
        terminal.until("the message", "open the code actions again")
        self.choose("Understudy: Review")
        until("the place of the finding", lambda: self.pressed("F5"), lambda it: "area.py 3:" in it, every=0.2)
        self.choose("Understudy: Apply the suggested change")
        self.saves(self.home.area, "def area(w, h):\n    a = w * h\n    return w * h\n")

    def pressed(self, key):
        """What the key has changed since it was last pressed; presses it again."""
        screen = self.terminal.screen()
        self.terminal.keys(key)
        return screen

    def test_next_edit_is_marked_and_applied(self):
        terminal = self.open(self.loads, settings='next_edit = "hint"\n')
        terminal.text("wwcfetch")
        self.escape()
        until("the place of the edit", lambda: self.pressed("F5"), lambda it: "load.py 5:" in it, every=0.2)
        keep("kakoune-next-edit", terminal.screen())
        self.choose("Next edit: line 5, `load` → `fetch`")
        self.saves(self.home.project / "load.py", LOAD.replace("load(p", "fetch(p").replace("load(1", "fetch(1"))

    def loads(self, home):
        file = home.project / "load.py"
        file.write_text(LOAD)
        return file

    def test_hover_explains_a_symbol(self):
        terminal = self.open(lambda it: it.area)
        terminal.keys("w", "l")
        keep("kakoune-hover", until("the hover", lambda: self.pressed("F3"), lambda it: "It multiplies." in it, every=0.5))


if __name__ == "__main__":
    unittest.main()
