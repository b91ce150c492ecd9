"""A Neovim on a terminal: what stands on the screen is what a user sees."""

import re
import subprocess
import unittest

from common import REST, TESTBED, TYPED, Provider, begin_method, until
from editor import Editor, Home
from test_server import open_project
from test_status import CONFIG, SETUP

COLUMNS, ROWS = 90, 24
SCREENS = TESTBED.parent / "screens/nvim"


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

    def until(self, what, *texts):
        """Waits until all of these stand on the screen, and keeps it."""
        shown = until(what, self.screen, lambda it: all(text in it for text in texts))
        keep(what, shown)

    def close(self):
        subprocess.run([*self.tmux, "kill-server"], check=False)


def keep(what, screen):
    """Prints a screen and keeps it, as what was seen."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    (SCREENS / f"{what.replace(' ', '-')}.txt").write_text(screen)
    print(f"\n{screen.rstrip()}")


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

    def test_who_serves_who_is_out_a_pause_and_an_answer_are_seen(self):
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
        until("the project is learned", lambda: editor.lua("return indexed == true"))
        terminal.send("o")
        terminal.until("who serves", "print('hello')", "understudy: home/m, $0.00")
        terminal.send("Escape")
        terminal.send("-l", ":Understudy ask what is it?")
        terminal.send("Enter")
        terminal.until("an answer", "what is it?", "*home/m*")
        terminal.send("-l", ":Understudy pause hour")
        terminal.send("Enter")
        terminal.until("a pause", "understudy: paused", ", 60 min more")
        terminal.send("-l", ":Understudy resume")
        terminal.send("Enter")
        terminal.until("the end of it", "understudy: home/m")
        provider.close()

        def typed():
            terminal.send("o", "x", "Escape")
            return terminal.screen()

        keep("who is out", until("who is out", typed, lambda it: "home/m, 1 out" in it, every=0.5))


if __name__ == "__main__":
    unittest.main()
