"""opencode and Continue's command line edit a file with the settings that `understudy http config` prints."""

import json
import os
import subprocess
import unittest

import gateway
import world
from common import TESTBED

BEFORE = "def area(w, h):\n    return w + h\n"
AFTER = "def area(w, h):\n    return w * h\n"
REQUEST = "Multiply instead of adding in area.py"
SAID = "The function multiplies now."
EDIT = {"filePath": "area.py", "oldString": "w + h", "newString": "w * h"}
OPENCODE = [TESTBED / "agents/node_modules/.bin/opencode", "run", REQUEST]
OFFLINE = {"OPENCODE_DISABLE_AUTOUPDATE": "1", "OPENCODE_DISABLE_MODELS_FETCH": "1"}


class Agents(unittest.TestCase):
    def endpoint(self, tool, arguments, kind="openai", model="gpt-4o-mini"):
        """An endpoint whose model calls a tool once, and then answers in words."""
        call = {"name": tool, "arguments": json.dumps(arguments)}
        called = {"match": {"toolName": tool, "hasToolResult": False}, "response": {"toolCalls": [call]}}
        self.aimock = gateway.Aimock(called, {"match": {}, "response": {"content": SAID}})
        self.addCleanup(self.aimock.close)
        endpoint = gateway.Gateway((kind, self.aimock.url + "/v1", model))
        self.addCleanup(endpoint.close)
        endpoint.home.write("area.py", BEFORE)
        return endpoint

    def run_agent(self, endpoint, command, **environment):
        env = {"PATH": os.environ["PATH"], "HOME": str(endpoint.home.path), **environment}
        return subprocess.run(
            list(map(str, command)),
            cwd=endpoint.home.project,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=world.PATIENCE * 2,
        )

    def check(self, endpoint, command, **environment):
        """Runs an agent, which must edit the file and print the answer to the tool's result."""
        done = self.run_agent(endpoint, command, **environment)
        log = f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        self.assertEqual((endpoint.home.project / "area.py").read_text(), AFTER, log)
        self.assertIn(SAID, done.stdout, log)
        bodies = [it["body"] for it in self.aimock.journal()]
        roles = {message["role"] for body in bodies for message in body["messages"]}
        self.assertIn("tool", roles, log)

    def test_opencode(self):
        endpoint = self.endpoint("edit", EDIT)
        endpoint.home.write("opencode.json", endpoint.settings("opencode"))
        self.check(endpoint, OPENCODE, **OFFLINE)

    def test_opencode_with_anthropics_api(self):
        endpoint = self.endpoint("edit", EDIT, "anthropic", "claude-haiku-4-5")
        options = {"baseURL": f"{endpoint.url}/v1", "apiKey": endpoint.token}
        provider = {"npm": "@ai-sdk/anthropic", "options": options, "models": {"auto": {}}}
        settings = {"provider": {"understudy": provider}, "model": "understudy/auto"}
        endpoint.home.write("opencode.json", json.dumps(settings))
        self.check(endpoint, OPENCODE, **OFFLINE)

    def test_opencode_reports_an_error_that_lasts(self):
        # It repeats a request after a 503 for minutes without a message.
        endpoint = self.endpoint("edit", {})
        endpoint.home.write("opencode.json", endpoint.settings("opencode"))
        pauses = endpoint.home.path / "state/understudy/paused.json"
        pauses.write_text(json.dumps([{"folder": "/elsewhere", "until": None}]))
        done = self.run_agent(endpoint, OPENCODE, **OFFLINE)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("paused in /elsewhere", done.stdout + done.stderr)

    def test_continue(self):
        endpoint = self.endpoint("Write", {"filepath": "area.py", "content": AFTER})
        settings = endpoint.home.path / "config.yaml"
        settings.write_text(endpoint.settings("continue"))
        command = [TESTBED / "agents/node_modules/.bin/cn", "--print", "--auto", "--config", settings, REQUEST]
        self.check(endpoint, command, CONTINUE_TELEMETRY_ENABLED="0")
