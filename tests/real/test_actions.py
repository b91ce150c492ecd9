"""The bench of code actions, in a small form: its checks, and runs of the program with the answer of a scripted server, which
are repeated from the kept answers."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import common
import world

FOLDER = world.REPOSITORY / "benches/actions"
sys.path.insert(0, str(FOLDER))

import judge  # noqa: E402
import packages  # noqa: E402
import tasks  # noqa: E402

TASK = "document/units.py/is_enabled"
# A file of a package, without documentation and types.
PACKAGE = """
def latest(versions, limit):
    found = []
    for version in versions:
        if not version.startswith("0."):
            found.append(version)
    found.sort()
    if limit > 0:
        found = found[:limit]
    return found
"""


class Actions(unittest.TestCase):
    def run_it(self, folder, *arguments):
        report = folder / "report.json"
        command = [sys.executable, FOLDER, "--only", TASK, "--binary", world.BINARY, "--json", report]
        command += ["--answers", folder / "answers.jsonl", *arguments]
        subprocess.run(list(map(str, command)), env=os.environ, check=True, timeout=world.PATIENCE)
        return json.loads(report.read_text())

    def results(self, change):
        """The results of both arms for an answer that changes the function so. A second run repeats the answers."""
        server = common.Provider(f"```python\n{change(self.task(TASK).function())}```\n")
        with tempfile.TemporaryDirectory(prefix="understudy-bench-") as folder:
            report = self.run_it(pathlib.Path(folder), "--server", server.url)
            server.close()
            self.assertEqual(self.run_it(pathlib.Path(folder)), report)
        return {it["arm"]: it["result"] for it in report["tasks"]}

    def test_a_right_answer_solves_a_task_and_the_program_alone_mends_or_refuses_a_wrong_one(self):
        head = "    value = environment.get(name)\n"
        right = lambda it: it.replace(head, f'    """Whether a switch is on."""\n{head}')
        self.assertEqual(self.results(right), {"ours": "solved", "plain": "solved"})
        wrong = lambda it: right(it).replace("return True", "return False")
        self.assertEqual(self.results(wrong), {"ours": "solved", "plain": "damaging"})
        changed = lambda it: it.replace("return True", "return False")
        self.assertEqual(self.results(changed), {"ours": "refused", "plain": "damaging"})

    def task(self, id):
        return tasks.diagnosed(next(it for it in tasks.everything() if it.id == id))

    def verdict(self, id, *changes):
        task = self.task(id)
        new = task.text
        for old, by in changes:
            self.assertIn(old, new)
            new = new.replace(old, by, 1)
        return judge.judge(task, new, lambda _: (2, 0)).result

    def test_each_check_tells_right_from_damaging(self):
        checked = lambda id, *changes: self.assertEqual(self.verdict(id, *changes[1:]), changes[0], id)
        find_gaps = "document/ranges.py/find_gaps"
        checked(find_gaps, "wrong")
        checked(find_gaps, "solved", ("    gaps = []\n", '    """Finds gaps."""\n    gaps = []\n'))
        checked(find_gaps, "damaging", ("    gaps = []\n", '    """Finds gaps."""\n    gaps = list()\n'))
        checked(find_gaps, "damaging", ("def moving_average", "def find_gaps"))
        checked(find_gaps, "damaging", ("    return gaps", "    return gaps\n\n\ndef find_gaps(): pass"))
        checked(find_gaps, "damaging", ("    gaps = []", "    gaps = ["))
        checked(find_gaps, "damaging", ("    merged = []", "    merged = list()"))
        slug = "document/text.rs/slug"
        checked(slug, "solved", ("pub fn slug", "/// The address of a title.\npub fn slug"))
        checked(slug, "damaging", ("pub fn slug", "/// The address of a title.\nfn slug"))
        types = "types/series.ts/median"
        checked(types, "wrong", ("median(values)", "median(values: number[])"))
        checked(types, "solved", ("median(values)", "median(values: number[]): number | null"))
        checked(types, "damaging", ("median(values)", "median(values: number[] = []): number | null"))
        names = "rename/ranges.py/find_gaps"
        checked(names, "wrong")
        checked(names, "damaging", ("a = []", "found = []"))
        simplify = "simplify/cart.ts/cheapest"
        checked(simplify, "wrong")
        checked(simplify, "damaging", ("line.price < best.price", "line.price <= best.price - 2"))
        fix = "fix/units.py/parse_size-1"
        checked(fix, "wrong")
        checked(fix, "solved", ("number > 0", "number < 0"))
        edit = "edit/route.rs/status_text"
        checked(edit, "wrong")
        checked(edit, "solved", ("} else if code == 404", '} else if code == 204 {\n        "No Content"\n    } else if code == 404'))
        checked(edit, "damaging", ("code == 404", "code == 204"))

    def test_functions_of_packages_are_checked_without_cases(self):
        with tempfile.TemporaryDirectory(prefix="understudy-bench-") as folder:
            (pathlib.Path(folder) / "versions.py").write_text(PACKAGE)
            found = {it.action: it for it in packages.tasks([folder])}
        self.assertEqual(sorted(found), ["document", "rename", "types"])

        def checked(action, result, *changes):
            text = found[action].text
            for old, by in changes:
                self.assertIn(old, text)
                text = text.replace(old, by)
            self.assertEqual(judge.judge(found[action], text, None).result, result, (action, changes))

        head = "def latest(versions, limit):"
        checked("document", "wrong")
        checked("document", "solved", (head, f'{head}\n    """The latest versions."""'))
        checked("document", "damaging", (head, f'{head}\n    """The latest versions."""\n    print(limit)'))
        checked("types", "wrong", ("limit)", "limit: int)"))
        checked("types", "solved", (head, "def latest(versions: list[str], limit: int) -> list[str]:"))
        checked("types", "damaging", (head, "def latest(versions: List[str], limit: int) -> List[str]:"))
        checked("types", "damaging", (head, "def latest(versions: list[str], limit: int = 0) -> list[str]:"))
        checked("rename", "wrong")
        checked("rename", "damaging", ("a = []", "found = []"))
        checked("rename", "damaging", ("for b in", "for limit in"), ("not b.", "not limit."), ("(b)", "(limit)"))
        names = [("a = []", "it = []"), ("a.", "it."), ("a[", "it["), ("a = it", "it = it"), ("return a", "return it")]
        checked("rename", "solved", *names)


if __name__ == "__main__":
    unittest.main()
