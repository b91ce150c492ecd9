"""Shared by tests in real editors and with real servers: polling, a scripted provider, a project to type in."""

import http.server
import json
import os
import pathlib
import shutil
import threading
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
TESTBED = pathlib.Path(os.environ["UNDERSTUDY_TESTBED"])
BINARY = os.environ["UNDERSTUDY_BINARY"]

# Hang guard in seconds: ten times what a loaded machine takes.
PATIENCE = 60.0

# A method like some twenty in httpx: its beginning, the typed text, and the expected rest.
METHOD = """
    def trace(
        self,
        url: URL | str,
        *,
        params: QueryParamTypes | None = None,
"""
TYPED = "        headers: Head"
REST = "erTypes | None = None,"
# Where suggestions are requested after each key: what is suggested at the first letters stays while they are typed on.
BEGINNING = "erTypes | None"


def until(what, question, holds=bool, every=0.01, patience=PATIENCE):
    """Polls `question` until its answer `holds`, and returns it; `what` names it in the failure. For questions that
    press a key, `every` is a pause in seconds in which the effect of the key can end."""
    end = time.monotonic() + patience
    while not holds(answer := question()):
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {patience:.0f} s, but {answer!r}")
        time.sleep(every)
    return answer


def copy_project(folder):
    """Copies a real package into a folder."""
    shutil.copytree(TESTBED / "project/httpx", folder / "httpx", ignore=shutil.ignore_patterns("__pycache__"))


def begin_method(folder):
    """The copied package's largest file, with the beginning of one more method at its end."""
    file = folder / "httpx/_client.py"
    file.write_text(file.read_text() + METHOD)
    return file


class Provider:
    """Speaks OpenAI's protocol on loopback, and answers every chat with `text`. With `fills` false, it inserts nothing
    while the user types, and these requests are not in `asked`."""

    def __init__(self, text, fills=True):
        self.asked = []
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
                is_hole = not fills and "<fill>" in json.dumps(asked)
                if not is_hole:
                    provider.asked.append(asked)
                self.send_response(200)
                self.send_header("content-type", "text/event-stream")
                self.end_headers()
                for piece in ["<fill>", "</fill>"] if is_hole else [text[:9], text[9:]]:
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
