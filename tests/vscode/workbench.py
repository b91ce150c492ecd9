"""VS Code in a browser: code-server with our extension, driven through Chromium."""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import zipfile

from common import BINARY, PATIENCE, REPOSITORY, TESTBED, until

sys.path.insert(0, str(TESTBED / "browser"))

from playwright.sync_api import sync_playwright  # noqa: E402

TARGET = TESTBED.parent
NODE = TESTBED / "node/bin/node"
CODE_SERVER = TESTBED / "code-server/node_modules/code-server/out/node/entry.js"
CHROMIUM = ["chromium", "chromium-browser"]
# Chromium has no sandbox as root, and these tests load only local pages.
QUIET = "--no-sandbox --disable-gpu --disable-quic --disable-background-networking --disable-component-update".split()
SCREENS = TARGET / "screens/vscode"
SETTINGS = """{
  "chat.disableAIFeatures": true,
  "editor.minimap.enabled": false,
  "extensions.autoCheckUpdates": false,
  "files.autoSave": "off",
  "security.workspace.trust.enabled": TRUST,
  "security.workspace.trust.startupPrompt": "never",
  "telemetry.telemetryLevel": "off",
  "window.restoreWindows": "none",
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "workbench.startupEditor": "none"
}
"""


# Text added by a decoration is the content of pseudo-elements.
NEXT_EDIT = """() => {
  const parts = [...document.querySelectorAll(".editor-instance .view-line span span")];
  const struck = parts.filter((it) => getComputedStyle(it).textDecorationLine === "line-through");
  const added = parts.map((it) => getComputedStyle(it, "::after").content).filter((it) => it.startsWith('"'));
  return [...struck.map((it) => it.innerText), ...added.map((it) => JSON.parse(it))];
}"""


def free_port():
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return it.getsockname()[1]


def is_up(url):
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE):
            return True
    except urllib.error.HTTPError:
        return True
    except (OSError, urllib.error.URLError):
        return False


class Upstream:
    """The scripted upstream: answers with cassettes and statuses in turn, the last one repeatedly."""

    def __init__(self, *scripts):
        self.port = free_port()
        self.log = tempfile.NamedTemporaryFile(prefix="upstream-")
        program = TARGET / "debug/examples/upstream"
        command = [program, self.port, *scripts]
        self.process = subprocess.Popen(list(map(str, command)), stdout=self.log, stderr=self.log)
        until("the upstream answers", lambda: is_listening(self.port))

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def asked(self):
        """The requests it has printed."""
        return pathlib.Path(self.log.name).read_text()

    def close(self):
        self.process.kill()
        self.process.wait()
        self.log.close()


def is_listening(port):
    with socket.socket() as it:
        return it.connect_ex(("127.0.0.1", port)) == 0


def packed(*arguments):
    """The extension as released, built by the packaging script."""
    command = list(map(str, [REPOSITORY / "packaging/vsix", *arguments]))
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(f"{command}: {done.stdout}\n{done.stderr}")
    line = done.stdout.splitlines()[-1]
    print(f"\n{line}")
    return pathlib.Path(line.split(": ")[0])


class Home:
    """A user's folders with a project, and code-server with an extension."""

    def __init__(self, vsix, config="", settings=None, trust=False):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="understudy-vscode-"))
        self.project = self.path / "project"
        (self.project / ".git").mkdir(parents=True)
        self.user = self.path / "user"
        self.extensions = self.path / "extensions"
        self.process, self.url = None, None
        file = self.path / "config/understudy/config.toml"
        file.parent.mkdir(parents=True)
        if config:
            file.write_text(config)
        written = self.user / "User/settings.json"
        written.parent.mkdir(parents=True)
        written.write_text(settings or SETTINGS.replace("TRUST", "true" if trust else "false"))
        self.run("--install-extension", vsix)

    def command(self, *arguments):
        folders = ["--user-data-dir", self.user, "--extensions-dir", self.extensions]
        return list(map(str, [NODE, CODE_SERVER, *folders, *arguments]))

    def environment(self):
        """Keeps out the configuration of the machine."""
        folders = {f"XDG_{it}_HOME": str(self.path / it.lower()) for it in ("CONFIG", "DATA", "STATE", "CACHE")}
        return {"HOME": str(self.path), "PATH": os.environ["PATH"], "LANG": "C.UTF-8", **folders}

    def run(self, *arguments):
        done = subprocess.run(
            self.command(*arguments), env=self.environment(), capture_output=True, text=True, timeout=PATIENCE
        )
        if done.returncode != 0:
            raise AssertionError(f"code-server {arguments}: {done.stdout}\n{done.stderr}")

    def write(self, name, text):
        file = self.project / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def config(self):
        """The content of the user's config file."""
        return (self.path / "config/understudy/config.toml").read_text()

    def start(self):
        port = free_port()
        quiet = ["--auth", "none", "--disable-telemetry", "--disable-update-check"]
        quiet += ["--disable-getting-started-override", "--bind-addr", f"127.0.0.1:{port}"]
        with open(self.path / "code-server.log", "wb") as log:
            self.process = subprocess.Popen(
                self.command(*quiet, self.project), env=self.environment(), stdout=log, stderr=log
            )
        self.url = f"http://127.0.0.1:{port}"
        until("code-server is up", lambda: is_up(f"{self.url}/healthz"), every=0.1)

    def logs(self):
        """The end of the server's log, for a test that fails."""
        files = sorted((self.path / "state/understudy/log").glob("*"))
        return files[-1].read_text()[-4000:] if files else "no log"

    def close(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait()
        shutil.rmtree(self.path, ignore_errors=True)


class Browser:
    """Chromium, shared by all tests of a run; each test has its own windows."""

    def __init__(self):
        self.playwright = sync_playwright().start()
        program = next(filter(None, map(shutil.which, CHROMIUM)), None)
        if program is None:
            raise AssertionError("there is no Chromium")
        self.browser = self.playwright.chromium.launch(executable_path=program, args=QUIET)

    def close(self):
        self.browser.close()
        self.playwright.stop()


class Workbench:

    def __init__(self, browser, home):
        self.home = home
        self.context = browser.browser.new_context(viewport={"width": 1280, "height": 800})
        self.context.grant_permissions(["clipboard-read", "clipboard-write"])
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE * 1000)
        self.page.goto(f"{home.url}/?folder={home.project}")
        self.page.wait_for_selector(".monaco-workbench")
        self.page.wait_for_selector(".statusbar-item")

    def keys(self, *keys):
        for it in keys:
            self.page.keyboard.press(it)

    def type(self, text):
        self.page.keyboard.type(text, delay=20)

    def open(self, name):
        """Opens a file of the project with the cursor at the end."""
        tab = f'.tab[data-resource-name="{name}"]'

        def opened():
            if self.page.query_selector(f"{tab}.active"):
                return True
            self.keys("Escape", "Control+p")
            self.page.wait_for_selector(".quick-input-widget input")
            self.page.keyboard.type(name)
            found = f'.quick-input-list .monaco-list-row.focused[aria-label^="{name}"]'
            try:
                self.page.wait_for_selector(found, timeout=5000)
            except Exception:
                return False
            self.keys("Enter")
            try:
                self.page.wait_for_selector(f"{tab}.active", timeout=5000)
            except Exception:
                return False
            return True

        until(f"{name} is open", opened, every=0.5)
        self.page.wait_for_selector(".editor-instance .view-lines")
        self.focus()

    def focus(self):
        """Goes to the end of the active file."""
        self.page.locator(".editor-instance .view-lines").first.click()
        self.keys("Control+End")

    def command(self, title):
        """Runs a command of the palette."""
        self.keys("F1")
        self.page.wait_for_selector(".quick-input-widget input")
        self.page.keyboard.type(title)
        self.page.wait_for_selector(f'.quick-input-list .monaco-list-row.focused[aria-label*="{title}"]')
        self.keys("Enter")

    def act(self, title):
        """Chooses a code action for the selection."""
        row = f'.action-widget .monaco-list-row[aria-label*="{title}"]'

        def offered():
            self.keys("Escape", "Control+.")
            try:
                return self.page.wait_for_selector(row, timeout=5000)
            except Exception:
                return None

        until(f"the action {title!r}", offered).click()

    def say(self, words):
        """Answers an input box."""
        self.page.wait_for_selector(".quick-input-widget .quick-input-message")
        self.page.keyboard.type(words)
        self.keys("Enter")

    def rows(self):
        """The entries of a quick pick."""
        rows = self.page.query_selector_all(".quick-input-list .monaco-list-row")
        return [it.get_attribute("aria-label") for it in rows if it.is_visible()]

    def until_row(self, text):
        return until(f"the row {text!r}", self.rows, lambda rows: any(text in it for it in rows), every=0.1)

    def choose(self, text):
        self.page.click(f'.quick-input-list .monaco-list-row[aria-label*="{text}"]')

    def until_frame(self, text):
        """Waits for a webview page with this text."""

        def said():
            return any(text in it.inner_text("body") for it in self.page.frames[1:] if it.query_selector("body"))

        until(f"a page with {text!r}", said, every=0.2)

    def click_status(self):
        self.page.click(".statusbar-item[id='understudy.understudy.understudy'] a")

    def lines(self):
        """The text on the screen, including ghost text."""
        rows = self.page.query_selector_all(".editor-instance .view-line")
        rows.sort(key=lambda it: (it.bounding_box() or {"y": 0})["y"])
        return [it.inner_text().replace("\xa0", " ") for it in rows]

    def ghost(self):
        parts = self.page.query_selector_all(".editor-instance [class*=ghost-text-decoration]")
        return "".join(it.inner_text() for it in parts).replace("\xa0", " ")

    def next_edit(self):
        """The text that the next edit strikes through, and the text that it adds."""
        return self.page.evaluate(NEXT_EDIT)

    def type_until_ghost(self, typed, ghost):
        """Types, and repeats the last key if no answer came in time: the editor sends a request only on a key."""
        self.type(typed)

        def shown():
            end = time.monotonic() + 3
            while ghost not in self.ghost():
                if time.monotonic() > end:
                    self.keys("Backspace")
                    self.type(typed[-1])
                    return False
                time.sleep(0.05)
            return True

        until(f"the ghost text {ghost!r} after {typed!r}", shown)

    def until_ghost(self, text):
        return until(f"the ghost text {text!r}", self.ghost, lambda it: text in it, every=0.05)

    def status(self):
        """The accessible label of our status bar item."""
        item = self.page.query_selector('.statusbar-item[id="understudy.understudy.understudy"]')
        if item is None:
            return ""
        label = item.query_selector("a")
        return f"{item.inner_text().strip()} | {(label or item).get_attribute('aria-label')}"

    def until_status(self, text):
        return until(f"the status {text!r}", self.status, lambda it: text in it, every=0.1)

    def until_hover(self, word, text):
        """Rests the pointer on a word until its hover contains a text, and returns the hover."""
        shown = f".monaco-hover >> text={text}"

        def found():
            self.page.mouse.move(5, 5)
            self.page.hover(f".view-line span >> text={word}")
            try:
                self.page.wait_for_selector(shown, timeout=5000)
            except Exception:
                return ""
            hovers = self.page.query_selector_all(".monaco-hover")
            return "\n".join(it.inner_text().replace("\xa0", " ") for it in hovers)

        return until(f"the hover {text!r}", found)

    def notices(self):
        return [it.inner_text() for it in self.page.query_selector_all(".notification-list-item-message")]

    def panel(self):
        """The page of our side panel, once it has loaded."""

        def found():
            pages = [it for it in self.page.frames if it.query_selector("main#answers")]
            return pages[0] if pages else None

        return until("the panel", found, every=0.1)

    def save(self):
        self.keys("Control+s")

    def until_saved(self, file, text):
        """Saves until the file has this text: an edit may still be in progress."""

        def saved():
            self.save()
            return file.read_text()

        return until(f"{text!r} in {file.name}", saved, lambda it: text in it, every=0.3)

    def keep(self, name):
        """Saves the screen."""
        SCREENS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENS / f"{name}.png")

    def close(self):
        self.context.close()


def extension(folder, code):
    """A packed extension for Python files that runs `code`."""
    about = {
        "name": "other",
        "publisher": "test",
        "version": "0.0.1",
        "engines": {"vscode": "^1.80.0"},
        "main": "./main.js",
        "activationEvents": ["onLanguage:python"],
    }
    identity = '<Identity Id="other" Publisher="test" Version="0.0.1"/>'
    file = folder / "other.vsix"
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("extension/package.json", json.dumps(about))
        packed.writestr("extension/main.js", code)
        packed.writestr(
            "extension.vsixmanifest",
            '<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011">'
            f"<Metadata>{identity}</Metadata>"
            '<Installation><InstallationTarget Id="Microsoft.VisualStudio.Code"/></Installation>'
            '<Assets><Asset Type="Microsoft.VisualStudio.Code.Manifest" Path="extension/package.json"/></Assets>'
            "</PackageManifest>",
        )
    return file


def bundled():
    """The extension for this platform, including the server."""
    return packed("linux-x64", BINARY)
