"""A Neovim on a terminal: what stands on the screen is what a user sees."""

import re
import subprocess
import unittest

from common import REST, TESTBED, TYPED, begin_method, until
from editor import Editor
from test_server import open_project

COLUMNS, ROWS = 90, 24


class Terminal:
    """A terminal of tmux's with one command in it; its own tmux, not the user's."""

    def __init__(self, home, command):
        self.tmux = ["tmux", "-S", str(home.path / "tmux.socket"), "-f", "/dev/null"]
        size = ["-x", str(COLUMNS), "-y", str(ROWS)]
        subprocess.run([*self.tmux, "-u", "new-session", "-d", "-s", "it", *size, *command], check=True)

    def send(self, *keys):
        subprocess.run([*self.tmux, "send-keys", "-t", "it", *keys], check=True)

    def screen(self, *options):
        capture = [*self.tmux, "capture-pane", "-t", "it", "-p", *options]
        return subprocess.run(capture, check=True, capture_output=True, text=True).stdout

    def close(self):
        subprocess.run([*self.tmux, "kill-server"], check=False)


class Screen(unittest.TestCase):
    def test_suggestion_is_seen_dimmed_and_accepted_by_tab(self):
        home = open_project()
        self.addCleanup(home.remove)
        terminal = Terminal(home, home.command(begin_method(home.project)))
        self.addCleanup(terminal.close)
        editor = Editor.on_screen(home)
        editor.until_attached()
        until("the project is learned", lambda: editor.lua("return indexed == true"))

        terminal.send("G", "o", "0", "C-d")
        terminal.send("-l", TYPED)
        shown = until("the suggestion on the screen", lambda: TYPED + REST in terminal.screen() and terminal.screen())
        (TESTBED / "screen.txt").write_text(shown)
        print(f"\n{shown}")
        self.assertEqual(editor.line(), TYPED)
        coloured = terminal.screen("-e")
        self.assertRegex(coloured, re.escape(TYPED.split()[-1]) + r"(\x1b\[[\d;]*m)+" + re.escape(REST))

        terminal.send("Tab")
        editor.until_line(TYPED + REST)
        self.assertIn(TYPED + REST, terminal.screen())
