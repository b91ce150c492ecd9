"""A server between the program and a llama.cpp server, which keeps every answer in a file by the hash of its request.
Without a server behind it, it gives kept answers only."""

import hashlib
import http.server
import json
import pathlib
import threading
import time
import urllib.request

# A client that leaves so many seconds after its request has waited for too long; one that leaves earlier has read
# enough. The program waits 300 seconds for a model that nothing can replace.
WAITS = 290
# A client that leaves after a pause of so many seconds has waited for too long, too; it is noticed two pieces later.
PAUSE, PIECES = 9, 4


class Recorder:
    def __init__(self, path, upstream=None):
        self.path, self.upstream = pathlib.Path(path), upstream
        lines = self.path.read_text().splitlines() if self.path.exists() else []
        self.known = {it["key"]: it for it in map(json.loads, lines)}
        self.lock = threading.Lock()
        # Answers since `begin`, the number of those that were not kept before, and of requests without one.
        self.begin()
        handler = type("Handler", (Handler,), {"recorder": self})
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}"

    def begin(self):
        with self.lock:
            self.given, self.new, self.missing = [], 0, 0

    def has_new(self):
        """Whether an answer was not kept before, once the last one is complete."""
        with self.lock:
            return self.new > 0

    def last(self):
        """The last answer, once it is complete."""
        with self.lock:
            return self.given[-1]

    def answer(self, body, send):
        """Sends the pieces of an answer, and returns it; None without one."""
        kept = {name: body.get(name) for name in ("messages", "max_tokens", "temperature", "stop")}
        key = hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()[:24]
        with self.lock:
            if key in self.known:
                sent(send, self.known[key]["text"])
            elif self.upstream:
                try:
                    self.keep({"key": key, **self.ask(body, send), "request": kept})
                except OSError as error:
                    print(f"{self.upstream}: {error}", flush=True)
            answer = self.known.get(key)
            self.given += [answer] if answer else []
            self.missing += answer is None
        return answer

    def keep(self, answer):
        self.known[answer["key"]] = answer
        self.new += 1
        with open(self.path, "a") as file:
            file.write(json.dumps(answer) + "\n")

    def ask(self, body, send):
        """Sends the answer on while it arrives."""
        start, text, finish, timings, is_there = time.monotonic(), "", None, {}, True
        times, has_left, is_late = [], False, False
        body = {**body, "stream": True, "timings_per_token": True}
        request = urllib.request.Request(
            f"{self.upstream}/v1/chat/completions", json.dumps(body).encode(), {"content-type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=900) as reply:
            for line in reply:
                if not line.startswith(b"data: ") or line.strip() == b"data: [DONE]":
                    continue
                event = json.loads(line[6:])
                timings = event.get("timings") or timings
                for choice in event.get("choices", []):
                    piece, finish = choice["delta"].get("content") or "", choice.get("finish_reason") or finish
                    text += piece
                    times = [*times[-PIECES:], time.monotonic()]
                    is_late = times[-1] - start > WAITS or any(it[1] - it[0] > PAUSE for it in zip(times, times[1:]))
                    has_left = is_there and not sent(send, piece)
                    is_there = is_there and not has_left
                if has_left and not is_late:
                    finish = "stop"
                    break
        seconds = time.monotonic() - start
        count = lambda *names: sum(timings.get(it) or 0 for it in names)
        tokens = [count("cache_n", "prompt_n"), count("predicted_n")]
        return {"text": text, "finish": finish, "tokens": tokens, "seconds": round(seconds, 2), "is_read": is_there}

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def sent(send, piece):
    try:
        send(piece)
        return True
    except OSError:
        return False


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_error(404)

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.is_begun = False
        answer = self.recorder.answer(body, self.piece)
        if answer is None:
            return self.send_error(400, "no answer")
        try:
            self.event({"delta": {}, "finish_reason": answer["finish"]})
            self.wfile.write(b"data: [DONE]\n\n")
        except OSError:
            pass

    def piece(self, text):
        self.event({"delta": {"content": text}, "finish_reason": None})

    def event(self, choice):
        if not self.is_begun:
            self.is_begun = True
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.end_headers()
        self.wfile.write(f"data: {json.dumps({'choices': [{'index': 0, **choice}]})}\n\n".encode())
        self.wfile.flush()

    def log_message(self, *_):
        pass
