"""Measures how much sooner the built-in model writes code that repeats itself, with guesses: see `benches/README.md`."""

import argparse
import json
import os
import pathlib
import random
import statistics
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/support"), str(ROOT / "tests/real")]

SUFFIXES = {".py", ".rs", ".ts", ".js"}
# Bytes of text before the cursor, and tokens of an answer.
BEFORE, TOKENS = 1500, 40
# A passage repeats itself if this many bytes in two rows occur twice, and the rows behind the first of them are alike.
LEAST, ROWS, ALIKE = 30, 4, 0.6


def words(lines):
    return set(" ".join(lines).replace("(", " ").replace(".", " ").split())


def passages(tree, rng):
    """Places behind two rows that occurred before: the text up to there, and the text behind the earlier ones."""
    found = []
    for file in sorted(it for it in pathlib.Path(tree).rglob("*") if it.suffix in SUFFIXES and it.is_file()):
        lines = file.read_text(errors="replace").split("\n")
        seen, places = {}, []
        for row in range(len(lines) - ROWS - 2):
            key = (lines[row].strip(), lines[row + 1].strip())
            if sum(map(len, key)) < LEAST or key[0].startswith(("#", "//", "use ", "import ", "from ")):
                continue
            at = row + 2
            earlier = seen.setdefault(key, at)
            now, then = lines[at : at + ROWS], lines[earlier : earlier + ROWS]
            both, either = words(now) & words(then), words(now) | words(then)
            if earlier + ROWS <= row and len(both) >= ALIKE * len(either) and len("".join(now)) > 40:
                head = "\n".join(lines[:at]) + "\n"
                start = max(0, len(head) - BEFORE)
                # The earlier occurrence is in the prompt.
                if len("\n".join(lines[:earlier])) >= start:
                    places.append((head[start:], "\n".join(then)))
        if places:
            found.append(rng.choice(places))
    rng.shuffle(found)
    return found


def writing(engine, prompt, **changes):
    request = {"model": "model", "input_prefix": prompt, "n_predict": TOKENS, **changes}
    answer = engine.open("POST", "/infill", request)
    body = answer.read().decode()
    assert answer.status == 200, body
    events = [json.loads(it.removeprefix("data: ")) for it in body.split("\n\n") if it]
    timings = events[-1]["timings"]
    return timings["predicted_ms"] / max(1, timings["predicted_n"]), "".join(it["content"] for it in events)


def interval(ratios, rng):
    """Median with the bounds of 95 % of 1,000 resamplings."""
    medians = sorted(statistics.median(rng.choices(ratios, k=len(ratios))) for _ in range(1000))
    return statistics.median(ratios), medians[25], medians[974]


def main():
    parser = argparse.ArgumentParser(prog="benches/draft")
    parser.add_argument("trees", nargs="+")
    parser.add_argument("--model", default="target/testbed/qwen2.5-coder-0.5b.gguf")
    parser.add_argument("--binary", default="target/release/understudy")
    parser.add_argument("--places", type=int, default=12, help="in each tree")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    os.environ["UNDERSTUDY_BINARY"] = str(pathlib.Path(options.binary).resolve())
    os.environ.setdefault("UNDERSTUDY_TESTBED", "target/testbed")
    import test_model
    import world

    rng = random.Random(options.seed)
    places = [it for tree in options.trees for it in passages(tree, rng)[: options.places]]
    home = world.Home("")
    engine = test_model.Engine(home.path)
    (engine.models / "model.gguf").symlink_to(pathlib.Path(options.model).resolve())
    arms = {
        "from the text": lambda answer, then: {},
        "the earlier passage": lambda answer, then: {"draft": then},
        "the answer itself": lambda answer, then: {"draft": answer},
    }
    ratios = {name: [] for name in arms}
    same = dict.fromkeys(arms, 0)
    try:
        for prompt, then in places:
            writing(engine, prompt)
            for name, arm in arms.items():
                before, answer = writing(engine, prompt, **{"speculative.n_max": 0})
                after, text = writing(engine, prompt, **arm(answer, then))
                again, _ = writing(engine, prompt, **{"speculative.n_max": 0})
                ratios[name].append((before + again) / 2 / after)
                same[name] += text == answer
    finally:
        engine.close()
        home.remove()
    print(f"{len(places)} repeated passages, times as fast as without guesses, median and 95 %")
    for name, values in ratios.items():
        middle, low, high = interval(values, rng)
        print(f"{name:<22} {middle:5.2f} ({low:.2f} to {high:.2f})   same answer {same[name]} of {len(values)}")


if __name__ == "__main__":
    main()
