"""The bench of real models, in a small form: its requests, its table, and the answers that it keeps."""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import world

FILES, PLACES = 5, 4
# As `tests/run` compiles it before: compiling takes longer than a test may.
BENCH = "cargo bench --quiet --locked --profile dev --features all-languages,local-model --bench real --".split()


class Bench(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="understudy-bench-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_it(self, *arguments):
        report = self.folder / "report.json"
        options = ["--repo", str(world.TESTBED / "project/httpx"), "--files", str(FILES), "--places", str(PLACES)]
        # The tiny model has a context of 2,048 tokens, and its tokens are short.
        options += ["--variants", "2 kB,slow", "--answers", str(self.folder / "answers.jsonl"), "--json", str(report)]
        subprocess.run([*BENCH, *options, *arguments], cwd=world.REPOSITORY, env=os.environ, check=True)
        return json.loads(report.read_text())

    def test_a_server_is_asked_once_for_each_place_and_variant(self):
        server = world.tiny()
        self.addCleanup(server.close)
        rows = self.run_it("--server", server.url)
        self.assertEqual([it["variant"] for it in rows], ["2 kB", "slow"])
        for row in rows:
            self.assertEqual(row["places"], FILES * PLACES)
            self.assertGreater(row["prompt_tokens"], 100)
            self.assertGreater(row["reading_ms"], 0)
        self.assertLess(rows[1]["prompt_tokens"], rows[0]["prompt_tokens"])
        server.close()
        self.assertEqual(self.run_it(), rows)


if __name__ == "__main__":
    unittest.main()
