"""aider edits a file with the settings that `understudy http config aider` prints."""

import os
import subprocess
import sys
import unittest

import gateway
import world
from common import TESTBED

BEFORE = "def area(w, h):\n    return w + h\n"
AFTER = "def area(w, h):\n    return w * h\n"
EDIT = "area.py\n```python\n<<<<<<< SEARCH\n    return w + h\n=======\n    return w * h\n>>>>>>> REPLACE\n```\n"


class Aider(unittest.TestCase):
    def test_a_file_is_edited(self):
        aimock = gateway.Aimock({"match": {}, "response": {"content": EDIT}})
        self.addCleanup(aimock.close)
        endpoint = gateway.Gateway(("openai", aimock.url + "/v1", "gpt-4o-mini"))
        self.addCleanup(endpoint.close)
        project = endpoint.home.path / "edited"
        project.mkdir()
        file = project / "area.py"
        file.write_text(BEFORE)
        (project / ".aider.conf.yml").write_text(endpoint.settings("aider"))
        env = {"PATH": os.environ["PATH"], "HOME": str(endpoint.home.path), "PYTHONPATH": str(TESTBED / "aider")}
        env["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
        quiet = ["--no-git", "--no-check-update", "--no-show-model-warnings", "--no-analytics", "--no-show-release-notes"]
        command = [sys.executable, "-m", "aider", "--yes-always", "--edit-format", "diff", *quiet]
        done = subprocess.run(
            [*command, "--message", "Multiply.", "area.py"],
            cwd=project,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=world.PATIENCE * 2,
        )
        self.assertEqual(file.read_text(), AFTER, done.stdout[-3000:] + done.stderr[-2000:])
