"""The table: shares with 95 % intervals, by action and language, and the difference of the first arm to each other one."""

import math
import random

DRAWS = 1000


def wilson(count, of):
    """A share and the bounds of its interval."""
    if of == 0:
        return None
    z, share = 1.96, count / of
    middle, width = share + z * z / (2 * of), z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    low, high = ((middle + side * width) / (1 + z * z / of) for side in (-1, 1))
    return [round(it, 3) for it in (share, max(low, 0.0), min(high, 1.0))]


def paired(rows, first, other):
    """The difference and the ratio of solved tasks between two arms, with the bounds of resamplings of the tasks."""
    solved = {}
    for it in rows:
        solved.setdefault(it["task"], {})[it["arm"]] = it["result"] == "solved"
    pairs = [(it[first], it[other]) for it in solved.values() if first in it and other in it]
    if not pairs:
        return None
    draw = random.Random(24)
    draws = [[draw.choice(pairs) for _ in pairs] for _ in range(DRAWS)]

    def bounds(value):
        values = sorted(map(value, draws))
        return [round(it, 3) for it in (value(pairs), values[DRAWS * 25 // 1000], values[-1 - DRAWS * 25 // 1000])]

    one, two = (lambda it, at=at: sum(pair[at] for pair in it) for at in (0, 1))
    return {
        "arms": [first, other],
        "tasks": len(pairs),
        "difference": bounds(lambda it: (one(it) - two(it)) / len(it)),
        "ratio": bounds(lambda it: one(it) / max(two(it), 1)),
    }


def group(rows):
    count = lambda *results: sum(it["result"] in results for it in rows)
    offered, mean = count("solved", "wrong", "damaging"), lambda name: round(sum(it[name] for it in rows) / len(rows), 1)
    return {
        "tasks": len(rows),
        "offered": offered,
        "solved": wilson(count("solved"), len(rows)),
        # Of the edits that are applied.
        "damaging": wilson(count("damaging"), offered),
        "refused": count("refused"),
        "requests": mean("requests"),
        "prompt_tokens": mean("prompt_tokens"),
        "answer_tokens": mean("answer_tokens"),
        "seconds": mean("seconds"),
    }


def report(rows):
    keys = [(it["arm"], it[name]) for name in ("action", "language") for it in rows]
    arms = list(dict.fromkeys(it["arm"] for it in rows))
    groups = [(arm, "all", [it for it in rows if it["arm"] == arm]) for arm in arms]
    for arm, value in dict.fromkeys(keys):
        groups.append((arm, value, [it for it in rows if it["arm"] == arm and value in (it["action"], it["language"])]))
    order = {"all": 0, "python": 1, "rust": 1, "typescript": 1}
    groups.sort(key=lambda it: (order.get(it[1], 2), it[1], it[0]))
    return {
        "groups": [{"arm": arm, "of": name, **group(of)} for arm, name, of in groups if of],
        "paired": [it for it in (paired(rows, arms[0], other) for other in arms[1:]) if it],
        "tasks": rows,
    }


def show(report):
    print("                    tasks offered  solved (95 %)      damaging (95 %)    refused requests  tokens in   out  seconds")
    share = lambda it: "    -             " if it is None else f"{it[0]:5.2f} ({it[1]:.2f}-{it[2]:.2f})"
    for it in report["groups"]:
        print(
            f"{it['of']:10} {it['arm']:6}  {it['tasks']:5} {it['offered']:7}  {share(it['solved']):18} "
            f"{share(it['damaging']):18} {it['refused']:7} {it['requests']:8.1f} {it['prompt_tokens']:10.0f} "
            f"{it['answer_tokens']:5.0f} {it['seconds']:8.1f}"
        )
    for it in report["paired"]:
        low_high = lambda it: f"{it[0]:+.2f} ({it[1]:+.2f} to {it[2]:+.2f})"
        (first, other), ratio = it["arms"], it["ratio"]
        print(
            f"solved, {first} - {other}: {low_high(it['difference'])}; "
            f"{first} / {other}: {ratio[0]:.2f} ({ratio[1]:.2f} to {ratio[2]:.2f})"
        )
