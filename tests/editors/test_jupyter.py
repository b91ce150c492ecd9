"""JupyterLab with an extension made for Copilot that starts Understudy instead: ghost text and its key."""

import unittest

import lab
from common import BINARY, until

FUNCTION = "def {0}(alpha, {1}):\n    total = compute(alpha, {1})\n    return total\n"
CELL = "".join(FUNCTION.format(*it) for it in [("first", "beta"), ("second", "gamma"), ("third", "delta")])
TYPED = "def fourth(alpha, epsilon):\ntotal = comp"
# The suggestion may continue on the next line.
REST = "ute(alpha, epsilon)"


class Jupyter(unittest.TestCase):
    def setUp(self):
        # As in `editors/copilot/README.md`.
        home = lab.Home(CELL)
        home.write("config/understudy/config.toml", "embedded.threshold = 0.1\n")
        node = home.write("understudy-node", f"#!/bin/sh\nexec '{BINARY}' --stdio\n")
        node.chmod(0o755)
        self.lab = lab.Lab(home, lab.PACKAGES, JUPYTER_COPILOT_NODE_PATH=str(node))
        self.addCleanup(self.lab.close)

    def test_ghost_text_is_shown_and_accepted_by_the_key_of_the_extension(self):
        ghost = until(f"ghost text\n{self.lab.said()}", lambda: self.lab.type(TYPED))
        self.assertTrue(ghost.startswith(REST), ghost)
        self.lab.screenshot("jupyter")
        self.lab.page.keyboard.press("Control+j")
        text = until("the text is accepted", lambda: self.lab.cells()[1].inner_text(), lambda it: REST in it)
        # The editor indents once its Python support is loaded.
        self.assertEqual(text.splitlines()[1].strip(), f"total = comp{REST}")
        self.assertEqual(self.lab.ghost(), "")
