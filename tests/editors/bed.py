"""What a real editor is tested in: folders of its own, a project, a scripted provider, a terminal."""

import http.server
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import threading
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
TESTBED = pathlib.Path(os.environ["UNDERSTUDY_TESTBED"])
BINARY = os.environ["UNDERSTUDY_BINARY"]

# Seconds. A hang guard, ten times what a loaded machine takes.
PATIENCE = float(os.environ.get("PATIENCE", "60"))

# A method as httpx writes some twenty, begun once more: what stands there, what is typed, what follows.
METHOD = """
    def trace(
        self,
        url: URL | str,
        *,
        params: QueryParamTypes | None = None,
"""
TYPED = "        headers: Head"
REST = "erTypes | None = None,"

AREA = "def area(w, h):\n    a = w * h\n    return a\n"
BETTER = "def area(w, h):\n    return w * h\n"


def until(what, question, holds=bool):
    """Polls `question` until its answer `holds`, and returns it; `what` names it in the failure."""
    end = time.monotonic() + PATIENCE
    while not holds(answer := question()):
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {PATIENCE:.0f} s, but {answer!r}")
        time.sleep(0.02)
    return answer


class Home:
    """A folder of a test's own, with the XDG folders and a project that is a copy of a real package."""

    def __init__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="understudy-editors-"))
        self.project = self.path / "project"
        (self.project / ".git").mkdir(parents=True)
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(TESTBED / "project/httpx", self.project / "httpx", ignore=ignored)
        self.client = self.project / "httpx/_client.py"
        self.client.write_text(self.client.read_text() + METHOD)
        self.area = self.project / "area.py"
        self.area.write_text(AREA)

    def configure(self, provider):
        """Sets one provider up, who writes and explains."""
        config = self.path / "config/understudy/config.toml"
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(
            '[route]\ncomplete = []\nedit = ["home/m"]\nexplain = ["home/m"]\n'
            '[[provider]]\nname = "home"\nkind = "openai-compatible"\n'
            f'url = "{provider.url}"\nmodels = ["m"]\n'
        )

    def environment(self, **more):
        """Nothing of the machine's own configuration gets in."""
        folders = {f"XDG_{it}_HOME": str(self.path / it.lower()) for it in ("CONFIG", "DATA", "STATE", "CACHE")}
        own = {"HOME": str(self.path), "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TERM": "xterm-256color"}
        return {**own, **folders, "UNDERSTUDY_BINARY": BINARY, "PROJECT": str(self.project), **more}

    def logs(self):
        """What the server wrote of late, for a test that fails."""
        files = sorted((self.path / "state/understudy/log").glob("*"))
        return files[-1].read_text()[-4000:] if files else "no log"

    def remove(self):
        shutil.rmtree(self.path, ignore_errors=True)


class Provider:
    """Speaks OpenAI's protocol on loopback, and answers every chat with `text`."""

    def __init__(self, text):
        self.asked = []
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                provider.asked.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
                self.send_response(200)
                self.send_header("content-type", "text/event-stream")
                self.end_headers()
                for piece in [text[:9], text[9:]]:
                    self.event({"delta": {"content": piece}, "finish_reason": None})
                self.event({"delta": {}, "finish_reason": "stop"})
                self.wfile.write(b"data: [DONE]\n\n")

            def event(self, choice):
                value = {"choices": [{"index": 0, **choice}]}
                self.wfile.write(f"data: {json.dumps(value)}\n\n".encode())

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Terminal:
    """A terminal of tmux's with one command in it; its own tmux, not the user's."""

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
        """Waits until all of these stand on the screen, and returns it."""
        return until(what, self.screen, lambda it: all(text in it for text in texts))

    def close(self):
        subprocess.run([*self.tmux, "kill-server"], check=False, capture_output=True)


def keep(name, screen):
    """Prints a screen and keeps it in the testbed, as what was seen."""
    folder = TESTBED / "screens"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.txt").write_text(screen)
    print(f"\n{screen.rstrip()}")
