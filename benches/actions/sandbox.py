"""A project with the sources of one language, and the built program in a home of its own."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile

CONFIG = """
embedded.enabled = false
[route]
edit = ["bench/model"]

{check}
[[provider]]
name = "bench"
kind = "openai-compatible"
url = "{url}"
models = ["model"]
"""


class Sandbox:
    def __init__(self, binary):
        self.binary = str(pathlib.Path(binary).resolve())
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="understudy-actions-"))
        self.project = self.path / "project"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)

    def clean(self, task):
        """The project as it was before the action, and no state of the program."""
        shutil.rmtree(self.path)
        (self.project / ".git").mkdir(parents=True)
        (self.project / "package.json").write_text('{"type": "module"}\n')
        for file in task.module.files():
            shutil.copy(file, self.project)
        self.write(task, task.text)

    def write(self, task, text):
        (self.project / task.path).write_text(text)

    def read(self, task):
        return (self.project / task.path).read_text()

    def add_tests(self, task, code):
        name = task.language.test_file(task.stem)
        if name is None:
            return self.write(task, f"{task.text.rstrip()}\n\n{code}")
        (self.project / name).parent.mkdir(exist_ok=True)
        (self.project / name).write_text(code)

    def tests(self, task, text):
        """The outcome of the project's tests with a text of the file."""
        self.write(task, text)
        return task.language.tests(self.project, task.stem)

    def act(self, task, url, is_checked):
        """Runs the action, with the check of a command or without; returns why nothing was changed, or an empty
        text."""
        config = self.path / "config.toml"
        words = json.dumps(task.language.check(task.stem))
        check = f"[actions.check]\n{task.language.name} = {words}\n" if is_checked else ""
        config.write_text(CONFIG.format(url=url, check=check))
        first, last = task.lines
        lines = f"{task.path}:{first}" if last is None else f"{task.path}:{first}-{last}"
        command = [self.binary, "--config", str(config), "act", task.action, lines, "--write"]
        if task.instruction:
            command += ["--instruction", task.instruction]
        if task.diagnostic:
            command += ["--diagnostic", "{}:{}".format(*task.diagnostic)]
        env = {it: os.environ[it] for it in ("PATH", "PYTHONPATH", "UNDERSTUDY_TESTBED") if it in os.environ}
        # rustc is in the user's own home.
        rustup = os.environ.get("RUSTUP_HOME", str(pathlib.Path.home() / ".rustup"))
        env |= {"HOME": str(self.path), "RUSTUP_HOME": rustup}
        done = subprocess.run(command, cwd=self.project, env=env, capture_output=True, text=True, timeout=1800)
        said = done.stderr.strip().split("\n")
        return "" if done.returncode == 0 else said[-1] or "failed"
