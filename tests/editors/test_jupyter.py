"""JupyterLab with an extension made for Copilot that starts Understudy instead: ghost text and its key."""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

from common import BINARY, TESTBED, until

sys.path.insert(0, str(TESTBED / "browser"))

from playwright.sync_api import sync_playwright  # noqa: E402

PACKAGES = TESTBED / "jupyter"
CHROMIUM = ["chromium", "chromium-browser"]
QUIET = "--no-sandbox --disable-gpu --disable-quic --disable-background-networking --disable-component-update".split()
FUNCTION = "def {0}(alpha, {1}):\n    total = compute(alpha, {1})\n    return total\n"
CELL = "".join(FUNCTION.format(*it) for it in [("first", "beta"), ("second", "gamma"), ("third", "delta")])
TYPED = "def fourth(alpha, epsilon):\ntotal = comp"
# The suggestion may continue on the next line.
REST = "ute(alpha, epsilon)"


def code(id, source):
    return {"cell_type": "code", "execution_count": None, "id": id, "metadata": {}, "outputs": [], "source": source}


class Lab:
    """JupyterLab with a notebook of one filled and one empty cell, started as in `editors/copilot/README.md`."""

    def __init__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="understudy-jupyter-"))
        work = self.path / "work"
        work.mkdir()
        python = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
        cells = [code("one", CELL), code("two", "")]
        notebook = {"cells": cells, "metadata": python, "nbformat": 4, "nbformat_minor": 5}
        (work / "it.ipynb").write_text(json.dumps(notebook))
        config = self.path / "config/understudy/config.toml"
        config.parent.mkdir(parents=True)
        config.write_text("embedded.threshold = 0.1\n")
        node = self.path / "understudy-node"
        node.write_text(f"#!/bin/sh\nexec '{BINARY}' --stdio\n")
        node.chmod(0o755)
        with socket.socket() as it:
            it.bind(("127.0.0.1", 0))
            port = it.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.log = (self.path / "log").open("w+")
        command = [sys.executable, "-m", "jupyterlab", "--allow-root", "--no-browser", f"--port={port}"]
        command += ["--ip=127.0.0.1", "--IdentityProvider.token=", "--ServerApp.disable_check_xsrf=True"]
        command += ["--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
        self.process = subprocess.Popen(
            command, cwd=work, env=self.environment(node), stdout=self.log, stderr=subprocess.STDOUT
        )
        until("JupyterLab is up", self.is_up, every=0.2)

    def environment(self, node):
        """Keeps out the configuration of the machine."""
        own = {f"XDG_{it}_HOME": str(self.path / it.lower()) for it in ("CONFIG", "DATA", "STATE", "CACHE")}
        jupyter = {f"JUPYTER_{it}_DIR": str(self.path / it.lower()) for it in ("CONFIG", "DATA", "RUNTIME")}
        packages = {
            "PYTHONPATH": str(PACKAGES),
            "JUPYTER_PATH": str(PACKAGES / "share/jupyter"),
            "JUPYTER_CONFIG_PATH": str(PACKAGES / "etc/jupyter"),
            "JUPYTERLAB_DIR": str(PACKAGES / "share/jupyter/lab"),
            "JUPYTER_COPILOT_NODE_PATH": str(node),
        }
        home = {"HOME": str(self.path), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
        return {**home, **own, **jupyter, **packages}

    def is_up(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the process ended: {self.said()}")
        try:
            with urllib.request.urlopen(f"{self.url}/api/status", timeout=5):
                return True
        except OSError:
            return False

    def said(self):
        self.log.seek(0)
        return self.log.read()[-4000:]

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        shutil.rmtree(self.path, ignore_errors=True)


class Jupyter(unittest.TestCase):
    def setUp(self):
        self.lab = Lab()
        self.addCleanup(self.lab.close)
        playwright = sync_playwright().start()
        self.addCleanup(playwright.stop)
        program = next(filter(None, map(shutil.which, CHROMIUM)), None)
        self.assertIsNotNone(program, "there is no Chromium")
        browser = playwright.chromium.launch(executable_path=program, args=QUIET)
        self.addCleanup(browser.close)
        self.page = browser.new_page(viewport={"width": 1000, "height": 600})

    def cells(self):
        return self.page.query_selector_all(".jp-Notebook .jp-CodeCell .cm-content")

    def ghost(self):
        return "".join(it.inner_text() for it in self.page.query_selector_all(".jp-GhostText"))

    def shown(self):
        """Types in a newly loaded page until a suggestion appears. If the extension was not ready, presses the last key
        again."""
        self.page.goto(f"{self.lab.url}/lab/tree/it.ipynb?reset")
        until("the notebook", self.cells, lambda it: len(it) == 2, every=0.2)
        self.cells()[1].click()
        self.page.keyboard.type(TYPED, delay=30)
        for _ in range(4):
            end = time.monotonic() + 3
            while time.monotonic() < end:
                if ghost := self.ghost():
                    return ghost
                time.sleep(0.05)
            self.page.keyboard.press("Backspace")
            self.page.keyboard.type(TYPED[-1])
        return None

    def test_ghost_text_is_shown_and_accepted_by_the_key_of_the_extension(self):
        ghost = until(f"ghost text\n{self.lab.said()}", self.shown)
        self.assertTrue(ghost.startswith(REST), ghost)
        screens = TESTBED / "screens"
        screens.mkdir(exist_ok=True)
        self.page.screenshot(path=screens / "jupyter.png")
        self.page.keyboard.press("Control+j")
        text = until("the text is accepted", lambda: self.cells()[1].inner_text(), lambda it: REST in it)
        # The editor indents once its Python support is loaded.
        self.assertEqual(text.splitlines()[1].strip(), f"total = comp{REST}")
        self.assertEqual(self.ghost(), "")


if __name__ == "__main__":
    unittest.main()
