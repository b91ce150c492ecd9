"""Measures code actions on a real model: see `benches/README.md`."""

import argparse
import json
import pathlib
import re
import sys
import urllib.error
import urllib.request

import figures
import judge
import packages
import recorder
import sandbox
import tasks

HERE = pathlib.Path(__file__).resolve().parent
PLAIN = {
    "document": "with documentation",
    "types": "with type annotations",
    "simplify": "more simply",
    "extract": "with a part of it in a function of its own",
    "rename": "with better names for its local variables",
}
PLAIN_TOKENS = 1024
# The end of a fence is a line of its own: comments of Rust have fences of examples.
FENCE = re.compile(r"^[ \t]*```[^\n]*\n(.*?)^[ \t]*```", re.DOTALL | re.MULTILINE)


def plain_prompt(task):
    code = f"```{task.language.name}\n{task.selected()}```"
    if task.action == "test":
        return f"Write {task.language.framework} for this code of `{task.path}`:\n{code}"
    if task.action == "fix":
        return f"Rewrite this code so that this is fixed: {task.diagnostic[1]}\n{code}"
    if task.action == "edit":
        return f"Rewrite this code: {task.instruction}\n{code}"
    return f"Rewrite this code {PLAIN[task.action]}:\n{code}"


def first_fence(answer, indent):
    """The code of an answer, with the indentation of the selection."""
    found = FENCE.search(answer) or re.search(r"^[ \t]*```[^\n]*\n(.*)", answer, re.DOTALL | re.MULTILINE)
    lines = (found.group(1) if found else answer).strip("\n").split("\n")
    shift = indent if lines[0][:1] not in (" ", "\t") else ""
    return "".join(f"{shift}{it}".rstrip() + "\n" for it in lines)


def until_fence(reply):
    """Reads an answer until its first fence is complete."""
    text = ""
    for line in reply:
        if line.startswith(b"data: {"):
            text += json.loads(line[6:])["choices"][0]["delta"].get("content") or ""
            if FENCE.search(text):
                return


def plain(task, record, box):
    """The plainest prompt, and its code in place of the selection."""
    body = {"messages": [{"role": "user", "content": plain_prompt(task)}], "max_tokens": PLAIN_TOKENS, "temperature": 0}
    request = urllib.request.Request(
        f"{record.url}/v1/chat/completions", json.dumps(body).encode(), {"content-type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=900) as reply:
            until_fence(reply)
    except urllib.error.HTTPError:
        return None
    selected = task.selected()
    code = first_fence(record.last()["text"], re.match(r"\s*", selected).group())
    if task.action == "test":
        box.add_tests(task, code)
    elif selected in task.text:
        box.write(task, task.text.replace(selected, code, 1))
    else:
        # The selection ends with the file.
        box.write(task, task.text.replace(selected.rstrip("\n"), code.rstrip("\n"), 1))
    return ""


def ours(task, record, box, is_checked=False):
    """The program itself. After a time limit it runs again, with the answers that have arrived since."""
    for _ in range(8):
        record.begin()
        box.clean(task)
        refusal = box.act(task, record.url, is_checked)
        if not record.has_new():
            break
    return None if record.missing else refusal


def checked(task, record, box):
    """The program with a command that checks each edit (`actions.check`)."""
    return ours(task, record, box, is_checked=True)


ARMS = {"ours": ours, "checked": checked, "plain": plain}


def measure(task, arm, record, binary):
    """A row of the report; None if an answer is not recorded."""
    with sandbox.Sandbox(binary) as box:
        record.begin()
        box.clean(task)
        refusal = ARMS[arm](task, record, box)
        if refusal is None:
            return None
        new = box.read(task)
        verdict = judge.Verdict("refused", refusal)
        if not refusal:
            verdict = judge.judge(task, new, lambda text: box.tests(task, text))
    given = record.given
    total = lambda at: sum(it["tokens"][at] for it in given)
    return {
        "task": task.id,
        "arm": arm,
        "action": task.action,
        "language": task.language.name,
        "result": verdict.result,
        "why": verdict.why,
        "requests": len(given),
        "prompt_tokens": total(0),
        "answer_tokens": total(1),
        "seconds": round(sum(it["seconds"] for it in given), 2),
        "answers": [it["key"] for it in given],
    }


def options():
    parser = argparse.ArgumentParser(prog="benches/actions", description=__doc__)
    parser.add_argument("--server", help="URL of a llama.cpp server; without it, only kept answers count")
    parser.add_argument("--binary", default=str(HERE.parents[1] / "target/release/understudy"))
    parser.add_argument("--answers", default=str(HERE.parents[1] / "target/actions.jsonl"))
    parser.add_argument("--tasks", type=int, help="the first N tasks (default: all)")
    parser.add_argument("--skip", type=int, default=0, help="leaves out the first N tasks (default: 0)")
    parser.add_argument("--only", default="", help="a part of the names of the tasks")
    parser.add_argument("--arms", default="ours,plain")
    parser.add_argument("--repo", action="append", help="a tree with functions for tasks, in place of the sources; may be repeated")
    parser.add_argument("--json", help="also writes the figures as JSON")
    parser.add_argument("--check", action="store_true", help="checks the tasks themselves, without a model")
    parser.add_argument("--verbose", action="store_true", help="prints each verdict")
    return parser.parse_args()


def main():
    chosen = options()
    if chosen.check:
        broken = packages.check(chosen.repo) if chosen.repo else tasks.check()
        print("\n".join(broken) or "the tasks are sound")
        return 1 if broken else 0
    record = recorder.Recorder(chosen.answers, chosen.server)
    rows = []
    every = packages.tasks(chosen.repo) if chosen.repo else tasks.everything()
    all = [it for it in every[chosen.skip :] if re.search(chosen.only, it.id)]
    for task in map(tasks.diagnosed, all[: chosen.tasks]):
        for arm in chosen.arms.split(","):
            row = measure(task, arm, record, chosen.binary)
            rows += [row] if row else []
            if row and chosen.verbose:
                print(f"{row['result']:9} {arm:6} {task.id}: {row['why'][:150]}", flush=True)
    record.close()
    report = figures.report(rows)
    figures.show(report)
    if chosen.json:
        pathlib.Path(chosen.json).write_text(json.dumps(report, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
