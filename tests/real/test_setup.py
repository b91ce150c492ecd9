"""`setup` in a terminal: its questions, the effect of the answers, and the requests it sends."""

import os
import pathlib
import pty
import tempfile
import unittest

import world
from common import BINARY

ENDS = "[y/N]"


class Setup(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.home = pathlib.Path(folder.name)
        (self.home / "bin").mkdir()
        (self.home / "bin/nvim").touch()
        self.config = self.home / ".config/understudy/config.toml"

    def run_on_a_terminal(self, arguments, answers, **variables):
        """Returns the output; each question gets the next answer."""
        env = {"HOME": str(self.home), "PATH": str(self.home / "bin"), **variables}
        child, terminal = pty.fork()
        if child == 0:
            os.execve(BINARY, [BINARY, "setup", *arguments], env)
        self.addCleanup(os.close, terminal)
        shown = b""
        answers = list(answers)
        while True:
            try:
                more = os.read(terminal, 65536)
            except OSError:
                break
            if not more:
                break
            shown += more
            if shown.rstrip().endswith(ENDS.encode()):
                os.write(terminal, f"{answers.pop(0)}\n".encode())
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        text = shown.decode().replace("\r\n", "\n")
        self.assertEqual((status, answers), (0, []), text)
        return text

    def test_setup_asks_before_it_allows_training_writes_and_sends(self):
        tiny = world.tiny()
        self.addCleanup(tiny.close)
        arguments = ["--url", tiny.url]
        key = {"DEEPSEEK_API_KEY": "planted"}

        shown = self.run_on_a_terminal(arguments, "nn", **key)
        self.assertIn("Send code to deepseek anyway? [y/N] n", shown)
        self.assertIn("Nothing was written.", shown)
        self.assertFalse(self.config.exists())

        shown = self.run_on_a_terminal(arguments, "nyy", **key)
        self.assertIn("Written.", shown)
        self.assertIn("  ok  home/", shown)
        # Training was not allowed, so no request is sent to it.
        self.assertNotIn("  no  ", shown)
        self.assertIn("require('understudy').setup()", shown)
        self.assertIn("# training = \"allow\"", self.config.read_text())

        shown = self.run_on_a_terminal(arguments, "yyn", **key)
        self.assertIn("`training = \"allow\"` will be set in", shown)
        self.assertIn("\ntraining = \"allow\"", self.config.read_text())
        self.assertNotIn("planted", shown + self.config.read_text())
