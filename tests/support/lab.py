"""JupyterLab in Chromium with a notebook of one filled and one empty cell."""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

from common import TESTBED, until

sys.path.insert(0, str(TESTBED / "browser"))

from playwright.sync_api import sync_playwright  # noqa: E402

PACKAGES = TESTBED / "jupyter"
CHROMIUM = ["chromium", "chromium-browser"]
QUIET = "--no-sandbox --disable-gpu --disable-quic --disable-background-networking --disable-component-update".split()


def code(id, source):
    return {"cell_type": "code", "execution_count": None, "id": id, "metadata": {}, "outputs": [], "source": source}


class Home:
    """A temporary home with the notebook. Tests add the settings of an extension."""

    def __init__(self, cell):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="understudy-jupyter-"))
        work = self.path / "work"
        work.mkdir()
        python = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
        cells = [code("one", cell), code("two", "")]
        notebook = {"cells": cells, "metadata": python, "nbformat": 4, "nbformat_minor": 5}
        (work / "it.ipynb").write_text(json.dumps(notebook))

    def write(self, name, text):
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def environment(self):
        """Keeps out the configuration of the machine."""
        own = {f"XDG_{it}_HOME": str(self.path / it.lower()) for it in ("CONFIG", "DATA", "STATE", "CACHE")}
        jupyter = {f"JUPYTER_{it}_DIR": str(self.path / it.lower()) for it in ("CONFIG", "DATA", "RUNTIME")}
        return {"HOME": str(self.path), "PATH": os.environ["PATH"], "LANG": "C.UTF-8", **own, **jupyter}


class Lab:
    """A running JupyterLab with the extension that is installed in the folder `extension`, and its page."""

    def __init__(self, home, extension, **environment):
        self.home = home
        with socket.socket() as it:
            it.bind(("127.0.0.1", 0))
            port = it.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.log = (home.path / "log").open("w+")
        command = [sys.executable, "-m", "jupyterlab", "--allow-root", "--no-browser", f"--port={port}"]
        command += ["--ip=127.0.0.1", "--IdentityProvider.token=", "--ServerApp.disable_check_xsrf=True"]
        command += ["--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
        packages = {
            "PYTHONPATH": f"{PACKAGES}:{extension}",
            "JUPYTER_PATH": str(extension / "share/jupyter"),
            "JUPYTER_CONFIG_PATH": str(extension / "etc/jupyter"),
            "JUPYTERLAB_DIR": str(PACKAGES / "share/jupyter/lab"),
        }
        env = {**home.environment(), **packages, **environment}
        self.process = subprocess.Popen(
            command, cwd=home.path / "work", env=env, stdout=self.log, stderr=subprocess.STDOUT
        )
        self.playwright = sync_playwright().start()
        program = next(filter(None, map(shutil.which, CHROMIUM)), None)
        assert program, "there is no Chromium"
        self.browser = self.playwright.chromium.launch(executable_path=program, args=QUIET)
        self.page = self.browser.new_page(viewport={"width": 1000, "height": 600})
        until("JupyterLab is up", self.is_up, every=0.2)

    def is_up(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the process ended: {self.said()}")
        try:
            with urllib.request.urlopen(f"{self.url}/api/status", timeout=5):
                return True
        except OSError:
            return False

    def said(self):
        """The end of its log."""
        self.log.seek(0)
        return self.log.read()[-4000:]

    def cells(self):
        return self.page.query_selector_all(".jp-Notebook .jp-CodeCell .cm-content")

    def ghost(self):
        return "".join(it.inner_text() for it in self.page.query_selector_all(".jp-GhostText"))

    def type(self, text):
        """Types in the second cell of a newly loaded page until ghost text appears, and returns it. If the extension was
        not ready, presses the last key again."""
        self.page.goto(f"{self.url}/lab/tree/it.ipynb?reset")
        until("the notebook", self.cells, lambda it: len(it) == 2, every=0.2)
        self.cells()[1].click()
        self.page.keyboard.type(text, delay=30)
        for _ in range(4):
            end = time.monotonic() + 3
            while time.monotonic() < end:
                if ghost := self.ghost():
                    return ghost
                time.sleep(0.05)
            self.page.keyboard.press("Backspace")
            self.page.keyboard.type(text[-1])
        return None

    def screenshot(self, name):
        screens = TESTBED / "screens"
        screens.mkdir(exist_ok=True)
        self.page.screenshot(path=screens / f"{name}.png")

    def close(self):
        self.browser.close()
        self.playwright.stop()
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        shutil.rmtree(self.home.path, ignore_errors=True)
