"""The HTTP endpoint of the built program with scripted providers."""

import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "real"))

import world  # noqa: E402
from common import BINARY, TESTBED, until  # noqa: E402

SETTINGS = """
embedded = "off"
[http]
enabled = true
port = {port}
[route]
prefer = "listed"
edit = {routes}
explain = {routes}
"""


class Gateway:
    """Providers of these kinds, models and URLs, and the endpoint in front of them."""

    def __init__(self, *providers):
        rows, routes = "", []
        for kind, url, model in providers:
            rows += f"[[provider]]\nname = '{kind}'\nkind = '{kind}'\nurl = '{url}'\nmodels = ['{model}']\nkey.env = 'KEY'\n"
            routes.append(f"{kind}/{model}")
        self.port = world.free_port()
        self.home = world.Home(SETTINGS.format(port=self.port, routes=json.dumps(routes)) + rows)
        self.process = subprocess.Popen(
            [BINARY, "--config", str(self.home.config), "http", "serve"],
            env=self.home.environment(),
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until("the endpoint serves", lambda: self.home.json("http", expect=None)["serving"])

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def token(self):
        return (self.home.path / "state/understudy/http/token").read_text().strip()

    def settings(self, client):
        """The settings that the program prints for a client."""
        return self.home.run("http", "config", client)

    def close(self):
        self.process.kill()
        self.process.wait()
        self.home.remove()


class Aimock:
    """aimock: an independent implementation of OpenAI's and Anthropic's APIs with scripted answers."""

    def __init__(self, *fixtures):
        self.folder = tempfile.TemporaryDirectory()
        file = pathlib.Path(self.folder.name) / "fixtures.json"
        file.write_text(json.dumps({"fixtures": list(fixtures)}))
        port = world.free_port()
        command = [TESTBED / "aimock/node_modules/.bin/llmock", "-p", port, "-h", "127.0.0.1", "-f", file, "--chunk-size", 8]
        self.process = world.Process(command, port, "/__aimock/journal")
        self.url = self.process.url

    def journal(self):
        return world.fetch(self.url + "/__aimock/journal")

    def close(self):
        self.process.close()
        self.folder.cleanup()
