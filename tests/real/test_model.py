"""The built-in engine with the tiny model: one process for all windows, over a socket that only the user can open."""

import contextlib
import hashlib
import http.client
import http.server
import json
import os
import pathlib
import signal
import socket
import subprocess
import threading
import unittest

import world

TINY = world.REPOSITORY / "tests/fixtures/models/tiny-fim.gguf"
TEXT = "def area(width, height):\n    return \n"
HOLE = {"input_prefix": "def area(width, height):\n    ret", "input_suffix": "\n\nprint(area(1, 2))\n", "n_predict": 8}


class Connection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=world.PATIENCE)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Engine:
    """The engine's process, and requests to it."""

    def __init__(self, folder, *arguments, **environment):
        self.folder, self.socket = folder, folder / "servers/model.sock"
        self.models = folder / "models"
        self.models.mkdir()
        command = [world.BINARY, "model", "serve", "--socket", self.socket, "--folder", self.models, *arguments]
        env = {"PATH": os.environ["PATH"], "HOME": str(folder), **environment}
        self.process = subprocess.Popen(list(map(str, command)), env=env)
        world.until("the engine listens", self.listens)

    def listens(self):
        try:
            return self.open("GET", "/").status == 200
        except OSError:
            return False

    def open(self, method, path, body=None):
        connection = Connection(self.socket)
        connection.request(method, path, None if body is None else json.dumps(body))
        return connection.getresponse()

    def fill(self, **changes):
        """The events of an answer."""
        answer = self.open("POST", "/infill", {"model": "tiny", **HOLE, **changes})
        body = answer.read().decode()
        if answer.status != 200:
            return answer.status, json.loads(body)["error"]["message"]
        return [json.loads(it.removeprefix("data: ")) for it in body.split("\n\n") if it]

    def close(self):
        self.process.kill()
        self.process.wait()


class Serve(unittest.TestCase):
    def setUp(self):
        home = world.Home("")
        self.addCleanup(home.remove)
        self.engine = Engine(home.path)
        self.addCleanup(self.engine.close)
        (self.engine.models / "tiny.gguf").symlink_to(TINY)

    def test_only_the_user_can_open_the_socket(self):
        self.assertEqual(self.engine.socket.stat().st_mode & 0o777, 0o600)
        self.assertEqual(self.engine.socket.parent.stat().st_mode & 0o777, 0o700)
        table = subprocess.run(["ss", "-lntup"], capture_output=True, text=True, check=False).stdout
        self.assertNotIn(f"pid={self.engine.process.pid},", table)

    def test_an_answer_has_times_and_probabilities(self):
        events = self.engine.fill()
        last = events[-1]
        self.assertTrue(last["stop"])
        self.assertLessEqual(last["tokens_predicted"], 8)
        self.assertGreater(last["timings"]["prompt_n"], 10)
        self.assertGreater(last["timings"]["prompt_ms"], 0)
        probabilities = [it["logprob"] for event in events for it in event["completion_probabilities"]]
        self.assertTrue(probabilities and all(it <= 0 for it in probabilities), probabilities)
        self.assertFalse(any(event["stop"] for event in events[:-1]))

    def test_only_what_is_new_in_a_prompt_is_read(self):
        first = self.engine.fill()[-1]["timings"]
        self.assertEqual(first["cache_n"], 0)
        again = self.engine.fill()[-1]["timings"]
        self.assertEqual((again["cache_n"], again["prompt_n"]), (first["prompt_n"] - 1, 1))
        # Other documents do not displace it.
        for it in range(2):
            other = {"input_prefix": f"class Other{it}:\n" * 20}
            long = self.engine.fill(**other)[-1]["timings"]
            again = self.engine.fill(**other)[-1]["timings"]
            self.assertEqual(again["cache_n"], long["cache_n"] + long["prompt_n"] - 1)
        typed = self.engine.fill(input_prefix=HOLE["input_prefix"] + "urn wid")[-1]["timings"]
        self.assertGreater(typed["cache_n"], 5)

    def test_nothing_but_the_typed_text_is_read_while_the_user_types_and_deletes(self):
        hole = {"input_prefix": "def area(width, height):\n", "input_suffix": HOLE["input_suffix"] * 10}
        first = self.engine.fill(typed="    ret", **hole)[-1]["timings"]
        self.assertGreater(first["prompt_n"], 100)
        for typed in ["    return wid", "    return width * h", "    r", "    return width\n    # the end\n"]:
            events = self.engine.fill(typed=typed, **hole)
            self.assertLess(events[-1]["timings"]["prompt_n"], 24, typed)
            self.assertTrue("".join(it["content"] for it in events), typed)

    def test_the_same_prompt_gets_the_same_answer_from_the_cache(self):
        texts = ["".join(it["content"] for it in self.engine.fill()) for _ in range(3)]
        self.assertEqual(texts, [texts[0]] * 3)

    def test_a_stop_text_ends_the_answer(self):
        text = "".join(it["content"] for it in self.engine.fill(n_predict=64))
        stop = text[3:5]
        stopped = self.engine.fill(n_predict=64, stop=[stop])
        self.assertEqual("".join(it["content"] for it in stopped), text[: text.index(stop)])
        self.assertEqual(stopped[-1]["stop_type"], "word")

    def test_a_draft_does_not_change_the_answer(self):
        def text(**changes):
            return "".join(it["content"] for it in self.engine.fill(n_predict=24, **changes))

        right = text()
        for draft in [right, right[:5], right[:5] + "€ wrong", "wrong", "\n" * 600]:
            self.assertEqual(text(draft=draft), right, draft)

    def test_a_prompt_of_any_length_is_answered(self):
        events = self.engine.fill(input_prefix="x = 1\n" * 30_000, input_suffix="y = 2\n" * 30_000)
        self.assertTrue(events[-1]["stop"])
        extra = [{"filename": f"f{it}.py", "text": "z = 3\n" * 2000} for it in range(9)]
        self.assertTrue(self.engine.fill(input_extra=extra)[-1]["stop"])
        self.assertTrue(self.engine.fill(input_prefix="", input_suffix="")[-1]["stop"])

    def test_a_client_that_leaves_makes_room_for_the_next(self):
        left = [Connection(self.engine.socket) for _ in range(40)]
        for at, it in enumerate(left):
            long = {**HOLE, "model": "tiny", "n_predict": 512, "input_prefix": f"# {at}\n" * 400}
            it.request("POST", "/infill", json.dumps(long))
        for it in left:
            it.close()
        self.assertTrue(self.engine.fill()[-1]["stop"])

    def test_a_damaged_file_fails_and_other_models_answer(self):
        whole = TINY.read_bytes()
        files = {"cut": whole[: len(whole) // 2], "empty": b"", "page": b"<html>", "noise": b"GGUF" + bytes(range(256)) * 40}
        for name, content in files.items():
            (self.engine.models / f"{name}.gguf").write_bytes(content)
            status, message = self.engine.fill(model=name)
            self.assertEqual(status, 404, name)
            self.assertIn(f"{name}.gguf", message)
        self.assertEqual(self.engine.fill(model="missing")[0], 404)
        self.assertTrue(self.engine.fill()[-1]["stop"])

    def test_a_model_without_markers_for_holes_is_refused(self):
        (self.engine.models / "plain.gguf").write_bytes(without_markers())
        status, message = self.engine.fill(model="plain")
        self.assertEqual(status, 501)
        self.assertIn("no fill-in-the-middle tokens", message)


class Source:
    """A web server on loopback with some files."""

    def __init__(self, files):
        self.asked = asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                content = files.get(self.path.split("?")[0])
                self.send_response(404 if content is None else 200)
                self.send_header("content-length", str(len(content or b"")))
                self.end_headers()
                # The program looks at the start of a file before it asks.
                with contextlib.suppress(ConnectionError):
                    self.wfile.write(content or b"")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def without_markers():
    """The tiny model with other names of its markers."""
    content = TINY.read_bytes()
    for marker in [b"fim_prefix", b"fim_suffix", b"fim_middle", b"fim_pre_token", b"fim_suf_token", b"fim_mid_token"]:
        content = content.replace(marker, b"x" + marker[1:])
    return content


class Command(unittest.TestCase):
    def setUp(self):
        self.home = world.Home("embedded = 'off'\n")
        self.addCleanup(self.home.remove)
        self.addCleanup(world.stop_engines, self.home.path)

    def test_a_file_of_ones_own_is_used_where_it_is(self):
        self.assertIn("is in use", self.home.run("model", "add", TINY))
        self.assertIn(f'models = ["{TINY}"]', self.home.config.read_text())
        row = next(it for it in self.home.json("model", "list") if it["in_use"])
        self.assertEqual((row["name"], row["installed"]), (str(TINY), True))
        found = self.home.json("doctor")["targets"][0]
        self.assertIsNone(found["trouble"], found)
        self.assertEqual(len(world.engines(self.home.path)), 1)
        self.home.run("model", "remove", TINY)
        self.assertTrue(TINY.exists())
        self.assertNotIn("built-in", self.home.config.read_text())

    def test_a_file_that_cannot_complete_is_refused(self):
        plain = self.home.path / "plain.gguf"
        plain.write_bytes(without_markers())
        before = self.home.config.read_text()
        self.home.run("model", "add", plain, expect=1)
        plain.write_bytes(TINY.read_bytes()[:1000])
        self.home.run("model", "add", plain, expect=1)
        self.assertEqual(self.home.config.read_text(), before)

    def test_nothing_is_downloaded_without_confirmation(self):
        said = self.home.run("model", "add", "qwen2.5-coder-0.5b", expect=1)
        self.assertIn("licence Apache-2.0\n  492 MB from huggingface.co", said)
        self.assertIn("Nothing was downloaded", said)

    def test_a_model_at_a_url_is_downloaded_after_its_size_and_source_are_shown(self):
        content = TINY.read_bytes()
        source = Source({"/own.gguf": content, "/page.gguf": b"<html>", "/plain.gguf": without_markers()})
        self.addCleanup(source.close)
        said = self.home.run("model", "add", f"{source.url}/own.gguf", expect=1)
        self.assertIn("own: licence unknown: see its page\n", said)
        self.assertIn(f"{-(-len(content) // 10**6)} MB from 127.0.0.1\n", said)
        self.assertIn("Nothing was downloaded", said)
        said = self.home.run("model", "add", f"{source.url}/own.gguf?download=true", "--yes")
        self.assertIn(f"Its SHA-256 is {hashlib.sha256(content).hexdigest()}", said)
        self.assertIn('models = ["own"]', self.home.config.read_text())
        self.home.run("model", "add", f"{source.url}/own.gguf", "--yes", expect=1)
        listed = {it["name"]: it["installed"] for it in self.home.json("model", "list")}
        self.assertTrue(listed["own"])
        for it in ["page", "plain", "missing"]:
            self.home.run("model", "add", f"{source.url}/{it}.gguf", "--yes", expect=1)
        self.assertIn('models = ["own"]', self.home.config.read_text())
        self.home.run("model", "remove", "plain")
        asked = len(source.asked)
        for it in ["http://example.org/a.gguf", "ftp://127.0.0.1/a.gguf", f"{source.url}/a.bin"]:
            self.home.run("model", "add", it, "--yes", expect=1)
        self.assertEqual(len(source.asked), asked)

    def test_two_windows_share_one_engine_and_survive_its_end(self):
        self.home.run("model", "add", TINY)
        windows = [world.Client(self.home) for _ in range(2)]
        for at, window in enumerate(windows):
            self.addCleanup(window.close)
            window.open(self.home.write(f"area_{at}.py", TEXT), "python", TEXT)
        self.assertEqual(world.engines(self.home.path), [])
        self.until_answered(windows, 2)
        self.assertEqual(len(world.engines(self.home.path)), 1)
        os.kill(world.engines(self.home.path)[0], signal.SIGKILL)
        world.until("the engine is gone", lambda: not world.engines(self.home.path))
        self.until_answered(windows, 4)
        self.assertEqual(len(world.engines(self.home.path)), 1)

    def until_answered(self, windows, count):
        lines = iter(range(10_000))

        def served():
            for at, window in enumerate(windows):
                # At another place each time: an answer may be stored.
                file, number = self.home.project / f"area_{at}.py", next(lines)
                window.type(file, number + 1, 0, 0, f"# {number}\n")
                answer = window.wait(window.complete(file, number + 2, 11))
                self.assertNotIn("error", answer)
            models = self.home.json("usage")["models"]
            return sum(it["requests"] - it["failed"] for it in models if it["name"].startswith("built-in/")) >= count

        world.until(f"{count} requests are answered", served)
