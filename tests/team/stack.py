"""LiteLLM's proxy with PostgreSQL and Redis, on free ports of loopback, in temporary folders."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "real"))

import world  # noqa: E402
from common import REPOSITORY, TESTBED, until  # noqa: E402

# Packages: LiteLLM, and Prisma's command line and engine.
LITELLM = TESTBED / "team"
PRISMA = TESTBED / "prisma"
ENGINE = pathlib.Path(__file__).resolve().parent / "engine.mjs"
# The proxy imports for 20 s on an idle machine.
START = 300.0


def page(language):
    """The blocks of `editors/TEAM.md` in this language."""
    text = (REPOSITORY / "editors/TEAM.md").read_text()
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


class Server:
    """A server in a temporary folder, which belongs to `user` if the test runs as root."""

    def __init__(self, user=None):
        self.user = user if os.getuid() == 0 else None
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="understudy-team-"))
        if self.user:
            shutil.chown(self.folder, self.user)
        self.port = world.free_port()
        self.process = None

    def run(self, *command, **environment):
        self.spawn(command, environment, subprocess.run, check=True, timeout=START)

    def start(self, *command, **environment):
        self.process = self.spawn(command, environment, subprocess.Popen)

    def spawn(self, command, environment, spawn, **options):
        env = {"PATH": os.environ["PATH"], "HOME": str(self.folder), **environment}
        with open(self.folder / "log", "ab") as log:
            return spawn(
                list(map(str, command)),
                env={name: str(value) for name, value in env.items()},
                cwd=self.folder,
                user=self.user,
                group=self.user,
                extra_groups=[] if self.user else None,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **options,
            )

    def until_up(self, question):
        def is_up():
            if self.process.poll() is not None:
                raise AssertionError(f"the process ended: {self.said()[-3000:]}")
            return question()

        until(f"{self.process.args[0]} is up", is_up, every=0.1, patience=START)

    def said(self):
        return (self.folder / "log").read_text(errors="replace")

    def stop(self):
        """Stops the process, which may be started again."""
        if self.process:
            # PostgreSQL disconnects its clients at this signal.
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None

    def close(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class Database(Server):
    """PostgreSQL with LiteLLM's tables."""

    def __init__(self):
        super().__init__("postgres")
        self.bin = max(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda it: int(it.parent.name))
        self.run(self.bin / "initdb", "-D", self.folder / "data", "-U", "litellm", "-A", "trust", "--no-sync")
        local = ["-k", self.folder, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]
        self.start(self.bin / "postgres", "-D", self.folder / "data", "-p", self.port, *local)
        ready = [self.bin / "pg_isready", "-h", "127.0.0.1", "-p", str(self.port)]
        self.until_up(lambda: subprocess.run(ready, stdout=subprocess.DEVNULL).returncode == 0)
        self.run(self.bin / "createdb", "-h", "127.0.0.1", "-p", self.port, "-U", "litellm", "litellm")
        # LiteLLM applies these itself with Prisma's schema engine, which no package registry has.
        for file in sorted(LITELLM.glob("litellm_proxy_extras/migrations/*/migration.sql")):
            self.query(file.read_text())

    @property
    def url(self):
        return f"postgresql://litellm@127.0.0.1:{self.port}/litellm"

    def query(self, text):
        """The rows of the last statement, as lists of text."""
        command = [self.bin / "psql", self.url, "-qAt", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-f", "-"]
        done = subprocess.run(list(map(str, command)), input=text, capture_output=True, text=True, check=True)
        return [line.split("\t") for line in done.stdout.splitlines()]


class Redis(Server):
    def __init__(self):
        super().__init__("redis")
        self.start("redis-server", "--port", self.port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no")
        self.until_up(lambda: "Ready to accept connections" in self.said())

    def size(self):
        """The number of its keys."""
        command = ["redis-cli", "-h", "127.0.0.1", "-p", str(self.port), "dbsize"]
        return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


class Proxy(Server):
    """LiteLLM's proxy with the configuration of the page. `upstreams` are the addresses of its providers."""

    def __init__(self, database, redis, upstreams):
        super().__init__()
        self.key = "sk-master-6b1f0c5e7d2a49838e0f"
        (self.folder / "config.yaml").write_text(self.config(upstreams))
        self.variables = {
            "PATH": f"{LITELLM / 'bin'}:{os.environ['PATH']}",
            "PYTHONPATH": LITELLM,
            "UNDERSTUDY_TESTBED": TESTBED,
            "DATABASE_URL": database.url,
            "REDIS_HOST": "127.0.0.1",
            "REDIS_PORT": redis.port,
            "LITELLM_MASTER_KEY": self.key,
            "LITELLM_SALT_KEY": "sk-salt-5d9d1c3b7f0e4a628c11",
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
            "DISABLE_SCHEMA_UPDATE": "true",
            "PRISMA_BINARY_CACHE_DIR": PRISMA,
            "PRISMA_CLI_QUERY_ENGINE_TYPE": "binary",
            "PRISMA_QUERY_ENGINE_BINARY": ENGINE,
            "PRISMA_SCHEMA_ENGINE_BINARY": ENGINE,
            **{f"{name}_API_KEY": "key-of-the-team" for name in ["CODESTRAL", "ANTHROPIC", "OPENAI"]},
        }
        self.generate()
        self.restart()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def config(self, upstreams):
        """The page's `config.yaml` with the addresses of scripted providers, and spending written every second."""
        (config,) = page("yaml")
        for model, url in upstreams.items():
            line = f"      model: {model}\n"
            assert line in config, line
            config = config.replace(line, f"{line}      api_base: {url}\n")
        return config.replace("general_settings:\n", "general_settings:\n  proxy_batch_write_at: 1\n")

    def generate(self):
        """Generates Prisma's client for LiteLLM's tables, once per installation."""
        if (LITELLM / "prisma/client.py").exists():
            return
        schema = self.folder / "schema.prisma"
        lines = (LITELLM / "litellm/proxy/schema.prisma").read_text().splitlines(keepends=True)
        # Other platforms have engines of their own.
        schema.write_text("".join(it for it in lines if "binaryTargets" not in it))
        index = PRISMA / "node_modules/prisma/build/index.js"
        self.run("node", index, "generate", "--schema", schema, **self.variables)

    def restart(self):
        command = [LITELLM / "bin/litellm", "--config", self.folder / "config.yaml", "--host", "127.0.0.1"]
        self.start(*command, "--port", self.port, **self.variables)
        self.until_up(self.is_alive)

    def is_alive(self):
        try:
            return world.fetch(self.url + "/health/liveliness")
        except (OSError, urllib.error.URLError):
            return False

    def post(self, path, body):
        """A request of the administrator."""
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.key}"}
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=START) as reply:
            return json.loads(reply.read())

    def shell(self, script):
        """The output of the page's commands for the administrator."""
        env = {**os.environ, "GATEWAY": self.url, "LITELLM_MASTER_KEY": self.key}
        done = subprocess.run(["bash", "-euc", script], env=env, capture_output=True, text=True, timeout=START)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout
