"""A terminal of tmux's with an editor in it: what stands on its screen is what a user sees."""

import subprocess

from common import TESTBED, until

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
