"""Evaluates the cases of a module: `python3 cases.py MODULE < [setup, [[owner, "expression == expected"], ...]]`."""

import importlib
import json
import sys


def error(act):
    try:
        act()
    except Exception as it:
        return type(it).__name__
    return None


def outcome(text, names):
    try:
        return repr(eval(text, names))
    except Exception as it:
        return f"an exception: {it!r}"


setup, cases = json.load(sys.stdin)
names = vars(importlib.import_module(sys.argv[1]))
names["error"] = error
exec(setup, names)
for owner, text in cases:
    tested, expected = text.split(" == ", 1)
    said, wanted = outcome(tested, names), repr(eval(expected, names))
    print("row " + json.dumps([owner, said == wanted, f"`{tested}` is {said}, expected {wanted}"]))
