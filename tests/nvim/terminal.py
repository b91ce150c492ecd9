"""An editor in a tmux terminal, so that tests see the screen as a user does."""

import subprocess

from common import TESTBED, until

COLUMNS, ROWS = 90, 24
SCREENS = TESTBED.parent / "screens/nvim"


class Terminal:
    """One command in a terminal of its own tmux server."""

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
        """Waits until the screen contains all texts, and keeps it."""
        shown = until(what, self.screen, lambda it: all(text in it for text in texts))
        keep(what, shown)

    def close(self):
        subprocess.run([*self.tmux, "kill-server"], check=False)


def keep(what, screen):
    """Prints a screen and saves it."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    (SCREENS / f"{what.replace(' ', '-')}.txt").write_text(screen)
    print(f"\n{screen.rstrip()}")
