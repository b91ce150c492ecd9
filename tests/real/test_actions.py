"""The bench of code actions, in a small form: its tasks, its checks, and a run with a real model that is repeated from the
kept answers."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import world

FOLDER = world.REPOSITORY / "benches/actions"
sys.path.insert(0, str(FOLDER))

import judge  # noqa: E402
import tasks  # noqa: E402

# Actions of the run with a model. A small one answers them briefly.
RUN = "document/units.py/is_enabled|edit/series.ts/median-rename"


class Actions(unittest.TestCase):
    def run_it(self, folder, *arguments):
        report = folder / "report.json"
        command = [sys.executable, FOLDER, "--only", RUN, "--binary", world.BINARY, "--json", report]
        command += ["--answers", folder / "answers.jsonl", *arguments]
        subprocess.run(list(map(str, command)), env=os.environ, check=True)
        return json.loads(report.read_text())

    def test_the_small_model_answers_and_a_second_run_repeats_its_answers(self):
        server = world.instruct()
        self.addCleanup(server.close)
        with tempfile.TemporaryDirectory(prefix="understudy-bench-") as folder:
            report = self.run_it(pathlib.Path(folder), "--server", server.url)
            server.close()
            repeated = self.run_it(pathlib.Path(folder))
        self.assertEqual({(it["task"], it["arm"]) for it in report["tasks"]}, self.expected())
        for it in report["tasks"]:
            self.assertIn(it["result"], ("solved", "wrong", "damaging", "refused"))
            self.assertGreaterEqual(it["requests"], 1)
            self.assertGreater(it["prompt_tokens"], 50)
        self.assertEqual(repeated, report)

    def expected(self):
        return {(task, arm) for task in RUN.split("|") for arm in ("ours", "plain")}

    def verdict(self, id, *changes):
        task = tasks.diagnosed(next(it for it in tasks.everything() if it.id == id))
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


if __name__ == "__main__":
    unittest.main()
