"""CellSense in JupyterLab shows and accepts completions of a chat model behind the endpoint."""

import json
import unittest

import gateway
import lab
from common import TESTBED, Provider, until

REST = "width * height"
TYPED = "def area(width, height):\nreturn "
SETTINGS = "config/lab/user-settings/jupyterlab-cellsense/plugin.jupyterlab-settings"


class CellSense(unittest.TestCase):
    def test_ghost_text_is_shown_and_accepted(self):
        provider = Provider(f"<fill>{REST}</fill>")
        self.addCleanup(provider.close)
        endpoint = gateway.Gateway(("openai-compatible", provider.url, "chatty"))
        self.addCleanup(endpoint.close)
        home = lab.Home("import math\n")
        # As the page tells: the package has no files where JupyterLab looks.
        extensions = home.path / "data/labextensions"
        extensions.mkdir(parents=True)
        (extensions / "jupyterlab-cellsense").symlink_to(TESTBED / "cellsense/cellsense/labextension")
        # The name of the model selects the format of the prompt.
        server = {"base_url": endpoint.url, "api_key": endpoint.token, "model": "qwen2.5-coder"}
        home.write(SETTINGS, json.dumps({"provider": "openai_compatible", "openai_compatible": server}))
        page = lab.Lab(home, TESTBED / "cellsense")
        self.addCleanup(page.close)
        ghost = until(f"ghost text\n{page.said()}", lambda: page.type(TYPED))
        self.assertEqual(ghost, REST)
        page.screenshot("cellsense")
        page.page.keyboard.press("Tab")
        text = until("the text is accepted", lambda: page.cells()[1].inner_text(), lambda it: REST in it)
        self.assertEqual(text.splitlines()[1].strip(), f"return {REST}")
        self.assertIn("import math", str(provider.asked[-1]["messages"]))
