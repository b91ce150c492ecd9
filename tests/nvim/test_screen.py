"""Neovim in a terminal: the screen as a user sees it."""

import re
import unittest

from common import REST, TYPED, Provider, begin_method, until
from editor import Editor, Home
from terminal import Terminal, keep
from test_actions import ACT, CHOOSE, REVIEW, TEXT
from test_server import open_project
from test_status import CONFIG, SETUP


class Screen(unittest.TestCase):
    def test_suggestion_is_shown_dimmed_and_accepted_by_tab(self):
        home = open_project()
        self.addCleanup(home.remove)
        terminal = Terminal(home, home.command(begin_method(home.project)))
        self.addCleanup(terminal.close)
        editor = Editor.on_screen(home)
        editor.until_attached()
        until("the project is indexed", lambda: editor.lua("return indexed == true"))

        terminal.send("G", "o", "0", "C-d")
        for key in TYPED:
            terminal.send("-l", key)
        shown = until("the suggestion on the screen", lambda: TYPED + REST in terminal.screen() and terminal.screen())
        keep("a suggestion", shown)
        self.assertEqual(editor.line(), TYPED)
        coloured = terminal.screen("-e")
        self.assertRegex(coloured, re.escape(TYPED.split()[-1]) + r"(\x1b\[[\d;]*m)+" + re.escape(REST))

        terminal.send("Tab")
        editor.until_line(TYPED + REST)
        self.assertIn(TYPED + REST, terminal.screen())

    def test_findings_of_a_review_are_visible(self):
        home, provider = Home(f"{SETUP}\nvim.diagnostic.config({{ virtual_text = true }})"), Provider(REVIEW)
        self.addCleanup(home.remove)
        self.addCleanup(provider.close)
        config = home.path / "config/understudy/config.toml"
        config.parent.mkdir(parents=True)
        config.write_text(CONFIG.format(url=provider.url))
        terminal = Terminal(home, home.command(home.write("area.py", TEXT)))
        self.addCleanup(terminal.close)
        editor = Editor.on_screen(home)
        editor.until_attached()
        until("the project is indexed", lambda: editor.lua("return indexed == true"))
        terminal.send("V", "G")
        editor.lua(CHOOSE, "Review")
        editor.lua(ACT, "Understudy: More…")
        terminal.send("Escape")
        terminal.until("findings of a review", "a = w * h", "the name says nothing", "the parameters have no types")

    def test_status_pause_and_answer_are_visible(self):
        home, provider = Home(SETUP), Provider("print('hello')")
        self.addCleanup(home.remove)
        self.addCleanup(provider.close)
        config = home.path / "config/understudy/config.toml"
        config.parent.mkdir(parents=True)
        config.write_text(CONFIG.format(url=provider.url))
        terminal = Terminal(home, home.command(home.write("main.py", "import os\n")))
        self.addCleanup(terminal.close)
        editor = Editor.on_screen(home)
        editor.until_attached()
        until("the project is indexed", lambda: editor.lua("return indexed == true"))
        terminal.send("o")
        terminal.until("the serving model", "print('hello')", "understudy: home/m, $0.00")
        terminal.send("Escape")
        terminal.send("-l", ":Understudy ask what is it?")
        terminal.send("Enter")
        terminal.until("an answer", "what is it?", "*home/m*")
        terminal.send("-l", ":Understudy pause hour")
        terminal.send("Enter")
        terminal.until("a pause", "understudy: paused", ", 60 min left")
        terminal.send("-l", ":Understudy resume")
        terminal.send("Enter")
        terminal.until("the end of it", "understudy: home/m")
        provider.close()

        def typed():
            terminal.send("o", "x", "Escape")
            return terminal.screen()

        keep("one is unavailable", until("one is unavailable", typed, lambda it: "home/m, 1 out" in it, every=0.5))


if __name__ == "__main__":
    unittest.main()
