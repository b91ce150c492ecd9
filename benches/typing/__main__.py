"""Measures how soon ghost text follows a key while a user types: see `benches/README.md`."""

import argparse
import json
import os
import pathlib
import random
import re
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1].parent / "tests/support"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1].parent / "tests/real"))

LANGUAGES = {".py": "python", ".rs": "rust", ".ts": "typescript", ".js": "javascript"}
COMMENT = re.compile(r"(//|#|\*|/\*|'''|\"\"\")")
# A place starts with a line of at least so many bytes.
LEAST = 16
# Keys before a pause, and the shortest and longest time between two keys in seconds.
RUN = (4, 10)
KEY = (0.06, 0.18)
SETTINGS = "log.level = \"warn\"\nembedded = \"off\"\ncomplete.eagerness = \"{eagerness}\"\n"
SERVER = """
[[provider]]
name = "home"
kind = "llama-cpp"
url = "{url}"
models = ["qwen2.5-coder"]
"""


def places(tree, count, seed):
    """Files of a tree, each with a row from which on lines are typed."""
    rng = random.Random(seed)
    files = sorted(it for it in pathlib.Path(tree).rglob("*") if it.suffix in LANGUAGES and it.is_file())
    rng.shuffle(files)
    found = []
    for file in files:
        lines = file.read_text(errors="replace").split("\n")
        if not 80 <= len(lines) <= 3000:
            continue
        rows = [row for row in range(12, len(lines) - 6) if is_code(lines[row]) and is_code(lines[row + 1])]
        if rows:
            found.append((file, rng.choice(rows), lines))
        if len(found) == count:
            break
    return found


def is_code(line):
    return len(line.strip()) >= LEAST and line.isascii() and not COMMENT.match(line.strip())


class Typist:
    """Types two lines with pauses, and notes when ghost text arrives."""

    def __init__(self, client, file, language, row, lines, wait, rng):
        self.client, self.file, self.row, self.wait, self.rng = client, file, row, wait, rng
        self.truth = "\n".join(line.rstrip() for line in lines[row : row + 2])
        self.version, self.line, self.column, self.pending = 0, row, 0, None
        text = "\n".join([*lines[:row], "", *lines[row + 2 :]])
        client.open(file, language, text)

    def run(self):
        typed, pauses = 0, []
        while typed < len(self.truth):
            end = min(typed + self.rng.randint(*RUN), len(self.truth))
            # An editor indents by itself.
            while end < len(self.truth) and self.truth[end - 1].isspace():
                end += 1
            for key in self.truth[typed:end]:
                self.key(key)
                asked = time.monotonic()
                self.ask()
                time.sleep(self.rng.uniform(*KEY) if not key.isspace() else 0.01)
            typed = end
            rest = self.truth[typed:].split("\n")[0]
            pauses.append({"rest": rest, **self.pause(asked)})
        return pauses

    def key(self, key):
        self.version += 1
        self.client.type(self.file, self.version, self.line, self.column, key)
        self.line, self.column = (self.line + 1, 0) if key == "\n" else (self.line, self.column + 1)

    def ask(self):
        """Sends a request for the new position and cancels the previous one, as editors do."""
        if self.pending is not None:
            self.client.tell("$/cancelRequest", id=self.pending)
        self.pending = self.client.complete(self.file, self.line, self.column, trigger=2)

    def pause(self, asked):
        with self.client.arrived:
            answered = self.client.arrived.wait_for(lambda: self.pending in self.client.answers, self.wait)
            seconds = time.monotonic() - asked
            answer = self.client.answers.pop(self.pending) if answered else None
        if not answered:
            self.client.tell("$/cancelRequest", id=self.pending)
        self.pending = None
        items = ((answer or {}).get("result") or {}).get("items") or []
        text = items[0]["insertText"] if items else ""
        if isinstance(text, dict):
            text = text["value"]
        return {"seconds": seconds if answered else self.wait, "answered": answered, "text": text}


def quantile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else float("nan")


def report(name, pauses):
    first = [it["first"] for it in pauses if it["pauses"]]
    rest = [pause for it in pauses for pause in it["pauses"][1:]]
    shown = [it for it in rest if it["text"]]
    times = [it["seconds"] for it in shown]
    right = sum(it["rest"].strip() != "" and it["text"].split("\n")[0].strip() == it["rest"].strip() for it in shown)
    prefix = sum(it["rest"].startswith(it["text"].split("\n")[0].rstrip()) for it in shown)
    opened = [it["seconds"] for it in first if it["text"]]
    print(
        f"{name:<12} {len(rest):>6} {len(shown):>6} {right:>6} {prefix:>6}"
        f" {quantile(times, .5):>7.2f} {quantile(times, .95):>7.2f}"
        f" {quantile([it['seconds'] for it in rest], .5):>8.2f}"
        f" {quantile(opened, .5):>7.2f}",
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser(prog="benches/typing")
    parser.add_argument("trees", nargs="+")
    parser.add_argument("--arm", action="append", required=True, help="NAME=built-in:MODEL or NAME=URL")
    parser.add_argument("--binary", default="target/release/understudy")
    parser.add_argument("--places", type=int, default=6)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--wait", type=float, default=6.0)
    parser.add_argument("--eagerness", default="medium")
    parser.add_argument("--json")
    options = parser.parse_args()
    os.environ["UNDERSTUDY_BINARY"] = str(pathlib.Path(options.binary).resolve())
    os.environ.setdefault("UNDERSTUDY_TESTBED", "target/testbed")
    import world

    print(f"{'':<12} {'pauses':>6} {'shown':>6} {'right':>6} {'begun':>6} {'p50':>7} {'p95':>7} {'answer':>8} {'opened':>7}")
    everything = {}
    for arm in options.arm:
        name, _, target = arm.partition("=")
        rows = [row for tree in options.trees for row in session(world, target, tree, options)]
        report(name, rows)
        everything[name] = rows
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(everything))


def session(world, target, tree, options):
    """One editor, in which files of a tree are opened one after the other. The first one only starts the model."""
    model = target.removeprefix("built-in:")
    settings = SETTINGS.format(eagerness=options.eagerness)
    home = world.Home(settings if model != target else settings + SERVER.format(url=target))
    try:
        if model != target:
            home.run("model", "add", pathlib.Path(model).resolve(), "--yes")
        found = places(tree, options.places + 1, options.seed)
        for folder in {file.parent for file, *_ in found}:
            for other in folder.iterdir():
                if other.suffix in LANGUAGES and other.is_file():
                    home.write(other.name, other.read_text(errors="replace"))
        client = world.Client(home)
        rows = [one(client, home, *it, options) for it in found]
        client.process.terminate()
        client.process.wait()
        return rows[1:]
    finally:
        world.stop_engines(home.path)
        home.remove()


def one(client, home, file, row, lines, options):
    copy = home.project / file.name
    rng = random.Random(f"{file.name}{row}")
    typist = Typist(client, copy, LANGUAGES[file.suffix], row, lines, options.wait, rng)
    time.sleep(1.0)
    pauses = typist.run()
    client.tell("textDocument/didClose", textDocument={"uri": copy.as_uri()})
    return {"file": str(file), "row": row, "first": pauses[0], "pauses": pauses}


if __name__ == "__main__":
    main()
