"""Servers by other projects, and the built program as their client, each in a folder of its own."""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request

from common import BINARY, PATIENCE, REPOSITORY, TESTBED, until

HERE = pathlib.Path(__file__).resolve().parent


def free_port():
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return it.getsockname()[1]


def run(command, **environment):
    env = {**os.environ, **{name: str(value) for name, value in environment.items()}}
    subprocess.run(list(map(str, command)), env=env, check=True, timeout=PATIENCE)


def fetch(url, body=None, method=None, trust=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=PATIENCE, context=trust) as reply:
        return json.loads(reply.read())


class Process:
    """A server of another project, ready once `path` answers."""

    def __init__(self, command, at, path, trust=None, **environment):
        self.url, self.trust = at if isinstance(at, str) else f"http://127.0.0.1:{at}", trust
        self.log = tempfile.TemporaryFile()
        env = {**os.environ, **{name: str(value) for name, value in environment.items()}}
        self.process = subprocess.Popen(
            list(map(str, command)), stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, env=env
        )
        until(f"{command[0]} is up", lambda: self.is_up(path))

    def is_up(self, path):
        if self.process.poll() is not None:
            raise AssertionError(f"the process ended: {self.said()[-2000:]}")
        try:
            fetch(self.url + path, trust=self.trust)
            return True
        except (OSError, urllib.error.URLError, ValueError):
            return False

    def said(self):
        """The content of its log file."""
        size = os.fstat(self.log.fileno()).st_size
        return os.pread(self.log.fileno(), size, 0).decode(errors="replace")

    def close(self):
        self.process.kill()
        self.process.wait()
        self.log.close()


def llama(model):
    port = free_port()
    command = [sys.executable, HERE / "llama_server.py", model, port]
    return Process(command, port, "/health", PYTHONPATH=TESTBED / "llama")


def tiny():
    """A tiny model with FIM training; its suggestions are poor."""
    return llama(REPOSITORY / "tests/fixtures/models/tiny-fim.gguf")


def instruct():
    """A chat model without FIM training."""
    return llama(next((TESTBED / "instruct").rglob("SmolLM2-135M-Instruct*.gguf")))


class Home:
    """A folder with settings, a workspace and the program's state."""

    def __init__(self, config):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="understudy-real-"))
        self.project = self.path / "project"
        (self.project / ".git").mkdir(parents=True)
        self.config = self.path / "config.toml"
        self.config.write_text(config)

    def write(self, name, text):
        file = self.project / name
        file.write_text(text)
        return file

    def environment(self):
        folders = {f"XDG_{kind}_HOME": self.path / kind.lower() for kind in ("CONFIG", "STATE", "CACHE")}
        own = {"HOME": self.path, "PATH": os.environ["PATH"], "KEY": "key-one", "OTHER_KEY": "key-two"}
        return {name: str(value) for name, value in {**folders, **own}.items()}

    def run(self, *arguments, expect=0):
        """The output of a command in the project, whose exit status must be `expect`."""
        command = list(map(str, [BINARY, "--config", self.config, *arguments]))
        env = self.environment()
        done = subprocess.run(command, cwd=self.project, env=env, capture_output=True, text=True, timeout=PATIENCE)
        if expect is not None and done.returncode != expect:
            raise AssertionError(f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def json(self, *arguments, expect=0):
        return json.loads(self.run(*arguments, "--json", expect=expect))

    def remove(self):
        shutil.rmtree(self.path, ignore_errors=True)


class Client:
    """The program as an editor runs it, over stdio."""

    def __init__(self, home):
        self.process = subprocess.Popen(
            [BINARY, "--config", str(home.config)],
            env=home.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self.id = 0
        self.answers = {}
        self.edits = []
        self.arrived = threading.Condition()
        threading.Thread(target=self.read, daemon=True).start()
        folder = {"uri": home.project.as_uri(), "name": "project"}
        capabilities = {
            "general": {"positionEncodings": ["utf-8"]},
            "textDocument": {"inlineCompletion": {}},
            "workspace": {"workspaceEdit": {"documentChanges": True}},
        }
        self.wait(self.send("initialize", capabilities=capabilities, workspaceFolders=[folder], processId=None))
        self.tell("initialized")

    def read(self):
        while head := self.process.stdout.readline():
            length = 0
            while head.strip():
                if head.lower().startswith(b"content-length:"):
                    length = int(head.split(b":")[1])
                head = self.process.stdout.readline()
            message = json.loads(self.process.stdout.read(length))
            if message.get("method") == "workspace/applyEdit":
                self.edits.append(message["params"]["edit"])
                self.post({"id": message["id"], "result": {"applied": True}})
            elif "id" in message and "method" in message:
                self.post({"id": message["id"], "result": None})
            elif "id" in message:
                with self.arrived:
                    self.answers[message["id"]] = message
                    self.arrived.notify_all()

    def post(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def tell(self, method, **params):
        self.post({"method": method, "params": params})

    def send(self, method, **params):
        self.id += 1
        self.post({"id": self.id, "method": method, "params": params})
        return self.id

    def wait(self, id):
        with self.arrived:
            if not self.arrived.wait_for(lambda: id in self.answers, PATIENCE):
                raise AssertionError(f"no answer to {id} within {PATIENCE:.0f} s")
            return self.answers.pop(id)

    def open(self, file, language, text):
        document = {"uri": file.as_uri(), "languageId": language, "version": 0, "text": text}
        self.tell("textDocument/didOpen", textDocument=document)

    def type(self, file, version, line, character, text):
        place = {"line": line, "character": character}
        change = {"range": {"start": place, "end": place}, "text": text}
        document = {"uri": file.as_uri(), "version": version}
        self.tell("textDocument/didChange", textDocument=document, contentChanges=[change])

    def complete(self, file, line, character, trigger=1):
        """Sends a request for ghost text, invoked by default, and returns its id."""
        return self.send(
            "textDocument/inlineCompletion",
            textDocument={"uri": file.as_uri()},
            position={"line": line, "character": character},
            context={"triggerKind": trigger},
        )

    def act(self, action, file, version, lines):
        """Sends an action on the first `lines` lines and returns the request's id."""
        end = {"line": lines, "character": 0}
        place = {"uri": file.as_uri(), "version": version, "range": {"start": {"line": 0, "character": 0}, "end": end}}
        return self.send("workspace/executeCommand", command="understudy.act", arguments=[{**place, "action": action}])

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


def engines(folder):
    """The processes of the built-in model's engine whose socket is below `folder`."""
    command = ["pgrep", "-af", f"model serve --socket {folder}"]
    found = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return [int(it.split()[0]) for it in found.splitlines() if " keep --name " not in it]


def stop_engines(folder):
    subprocess.run(["pkill", "-f", f"keep --name .*{folder}"], check=False)
    until("the engine ended with its supervisor", lambda: not engines(folder))
