"""Ghost text in a real Neovim from the real llama.cpp server, and after that server is gone."""

import ast
import os
import pathlib
import sys
import time
import unittest

import common
import world

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "nvim"))

import editor  # noqa: E402
import terminal  # noqa: E402

SETUP = f"""
vim.api.nvim_create_autocmd('LspProgress', {{ pattern = 'end', callback = function() indexed = true end }})
require('understudy').setup({{
  cmd = {{ '{os.environ["UNDERSTUDY_BINARY"]}' }},
  keys = {{ accept = '<Tab>', accept_word = '<M-w>' }},
}})
"""
CONFIG = """
complete.debounce = 0
complete.eagerness = "high"
embedded.threshold = 0.5
embedded.preempt = 1
[[provider]]
name = "near"
kind = "llama-cpp"
url = "{url}"
models = ["tiny-fim"]
"""
CLOUDS = ["first_cloud(width)", "second_cloud(width)"]
ROUTE = """
[route]
prefer = "listed"
complete = [["cloud-0"], ["cloud-1"], ["near"]]
"""
FUNCTION = "def area_{n}(width, height):\n    result = multiply(width, height)\n    return result\n\n\n"


def cloud(at_and_provider):
    at, provider = at_and_provider
    return f"[[provider]]\nname = 'cloud-{at}'\nkind = 'openai-compatible'\nurl = '{provider.url}'\nmodels = ['m']\n"


class Case(unittest.TestCase):
    def home(self, before="", behind=""):
        """A home with the tiny model on a server, and additional settings before and after it."""
        self.llama = world.tiny()
        self.addCleanup(self.llama.close)
        home = editor.Home(SETUP)
        self.addCleanup(home.remove)
        config = home.path / "config/understudy/config.toml"
        config.parent.mkdir(parents=True)
        config.write_text(before + CONFIG.format(url=self.llama.url) + behind)
        return home

    def counted(self, *names):
        """Metrics of the server."""
        with world.urllib.request.urlopen(self.llama.url + "/metrics", timeout=world.PATIENCE) as reply:
            lines = reply.read().decode().splitlines()
        found = dict(it.split() for it in lines if it.startswith("llamacpp:"))
        return [float(found[f"llamacpp:{name}"]) for name in names]


class Neovim(Case):
    def setUp(self):
        self.clouds = [common.Provider(text) for text in CLOUDS]
        home = self.home(behind="".join(map(cloud, enumerate(self.clouds))) + ROUTE)
        for name in range(30):
            home.write(f"shapes_{name}.py", "".join(FUNCTION.format(n=it) for it in range(name, name + 4)))
        self.editor = editor.Editor(home, home.write("area.py", "def area_99(width, height):\n"))
        self.addCleanup(self.editor.close)
        self.editor.until_attached()
        world.until("the project is indexed", lambda: self.editor.lua("return indexed == true"))

    def shown(self, typed, ghost, holds):
        """The text after the cursor once `typed` was typed, and the milliseconds it took."""
        self.editor.type(typed)
        start = time.monotonic()
        shown = world.until("a suggestion", self.editor.ghost, holds, every=0.002)
        return shown, 1000 * (time.monotonic() - start)

    def test_after_each_killed_server_the_next_one_suggests_and_finally_the_built_in_model(self):
        """Types key by key and kills one server after another: each key has a suggestion."""
        waits = []
        for at, typed in enumerate(["Go    result = ", "<Esc>cc    other = ", "<Esc>cc    third = "]):
            wanted = CLOUDS[at] if at < 2 else None
            holds = (lambda it: it and it[0] == wanted) if wanted else bool
            waits.append(self.shown(typed, wanted, holds)[1])
            (self.clouds + [self.llama])[at].close()
        self.editor.type("<Esc>cc    result = mul")
        self.editor.until_ghost("tiply(width, height)")
        self.assertEqual(self.editor.messages(), "")
        print("shown after", ", ".join(f"{it:.0f} ms" for it in waits), flush=True)

    def test_the_built_in_model_completes_after_the_server_is_gone(self):
        for it in self.clouds:
            it.close()
        self.editor.type("Go    result = ")
        ghost = world.until("the model's text is shown", self.editor.ghost)
        world.until("its server has counted", lambda: self.counted("tokens_predicted_total"), all)
        before = self.editor.line()
        self.editor.type("<Tab>")
        self.editor.until_line(before + ghost[0])
        self.llama.close()
        # No popup reports it: the next suggestion comes from the workspace.
        self.editor.type("<Esc>cc    result = mul")
        self.editor.until_ghost("tiply(width, height)")
        self.assertEqual(self.editor.messages(), "")


SHAPES = """def area(width, height):
    return width * height


def volume(width, height, depth):
    size = area()
    return size * depth
"""


class Session(Case):
    def setUp(self):
        # The machine may be too busy to load a model.
        patient = "limit.complete = { first_token_ms = 60000, total_ms = 60000 }\n"
        home = self.home(before="embedded.enabled = false\n" + patient)
        self.terminal = terminal.Terminal(home, home.command(home.write("shapes.py", SHAPES)))
        self.addCleanup(self.terminal.close)
        self.nvim = editor.Editor.on_screen(home)
        self.nvim.until_attached()

    def asked(self):
        """Prompt tokens and generated tokens of the server."""
        return self.counted("prompt_tokens_total", "tokens_predicted_total")

    def test_one_call_serves_typing_and_acceptance_word_by_word(self):
        """In a terminal, with each screen printed."""
        self.nvim.lua("vim.api.nvim_win_set_cursor(0, { 6, 16 })")
        self.terminal.send("i")
        self.terminal.send("-l", "w")
        ghost = world.until("a suggestion", self.nvim.ghost)[0]
        world.until("its server is idle", lambda: self.counted("requests_processing"), [0].__eq__)
        asked = self.asked()
        self.terminal.until("a text in its hole", "area(w" + ghost)
        self.terminal.send("-l", ghost[:2])
        self.nvim.until_ghost(ghost[2:])
        self.terminal.until("typed through", "area(w" + ghost)
        self.terminal.send("M-w")
        left = world.until("a word is taken", self.nvim.ghost, lambda it: it and it != [ghost[2:]])[0]
        self.assertTrue(ghost.endswith(left))
        self.terminal.until("a word taken", "area(w" + ghost)
        self.assertEqual(self.asked(), asked)
        self.terminal.send("Tab")
        self.nvim.until_line("    size = area(w" + ghost + ("" if ghost.endswith(")") else ")"))
        self.terminal.until("all of it taken", "area(w" + ghost)
        ast.parse("\n".join(self.nvim.lines()))
