"""The environment for tests in real editors: folders, a project, a terminal."""

import os
import pathlib
import shutil
import subprocess
import tempfile

from common import BINARY, TESTBED, begin_method, copy_project, until

AREA = "def area(w, h):\n    a = w * h\n    return a\n"
DOCUMENTED = AREA.replace("\n", '\n    """The area."""\n', 1)
BETTER = "def area(w, h):\n    return w * h\n"


class Home:
    """A temporary home with XDG folders and a project that is a copy of a real package."""

    def __init__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="understudy-editors-"))
        self.project = self.path / "project"
        # A real repository: eglot gets the files to watch from git and fails without it.
        subprocess.run(["git", "init", "-q", self.project], check=True)
        copy_project(self.project)
        self.client = begin_method(self.project)
        self.area = self.project / "area.py"
        self.area.write_text(AREA)

    def configure(self, provider):
        """Configures one provider for edits and explanations."""
        config = self.path / "config/understudy/config.toml"
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(
            '[route]\ncomplete = []\nedit = ["home/m"]\nexplain = ["home/m"]\n'
            '[[provider]]\nname = "home"\nkind = "openai-compatible"\n'
            f'url = "{provider.url}"\nmodels = ["m"]\n'
        )

    def environment(self, **more):
        """Keeps out the configuration of the machine."""
        folders = {f"XDG_{it}_HOME": str(self.path / it.lower()) for it in ("CONFIG", "DATA", "STATE", "CACHE")}
        own = {"HOME": str(self.path), "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TERM": "xterm-256color"}
        return {**own, **folders, "UNDERSTUDY_BINARY": BINARY, "PROJECT": str(self.project), **more}

    def logs(self):
        """The end of the server's log, for a test that fails."""
        files = sorted((self.path / "state/understudy/log").glob("*"))
        return files[-1].read_text()[-4000:] if files else "no log"

    def remove(self):
        shutil.rmtree(self.path, ignore_errors=True)


class Terminal:
    """One command in a terminal of its own tmux server."""

    def __init__(self, home, command, **more):
        self.tmux = ["tmux", "-S", str(home.path / "tmux.socket"), "-f", "/dev/null"]
        clean = ["env", "-i", *(f"{name}={value}" for name, value in home.environment(**more).items())]
        size = ["-x", "100", "-y", "30"]
        start = [*self.tmux, "-u", "new-session", "-d", "-s", "it", *size, *clean, *map(str, command)]
        subprocess.run(start, check=True, cwd=home.project)

    def keys(self, *keys):
        subprocess.run([*self.tmux, "send-keys", "-t", "it", *keys], check=True)

    def text(self, text):
        subprocess.run([*self.tmux, "send-keys", "-t", "it", "-l", text], check=True)

    def screen(self):
        capture = [*self.tmux, "capture-pane", "-t", "it", "-p"]
        return subprocess.run(capture, check=False, capture_output=True, text=True).stdout

    def until(self, what, *texts):
        """Waits until the screen contains all texts, and returns it."""
        return until(what, self.screen, lambda it: all(text in it for text in texts))

    def close(self):
        subprocess.run([*self.tmux, "kill-server"], check=False, capture_output=True)


def keep(name, screen):
    """Prints a screen and saves it in the testbed."""
    folder = TESTBED / "screens"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.txt").write_text(screen)
    print(f"\n{screen.rstrip()}")
