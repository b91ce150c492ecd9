"""The status in Neovim with the built server: available models, pauses and exclusion rules."""

import os
import unittest

from common import Provider, until
from editor import Editor, Home

SETUP = f"""
vim.api.nvim_create_autocmd('LspProgress', {{ pattern = 'end', callback = function() indexed = true end }})
require('understudy').setup({{ cmd = {{ '{os.environ["UNDERSTUDY_BINARY"]}' }} }})
vim.o.statusline = "%{{%v:lua.require'understudy'.statusline()%}}"
"""
CONFIG = """
[route]
complete = [["home/m"]]
edit = ["home/m"]
explain = ["home/m"]
[complete]
languages = {{ css = false }}
[[provider]]
name = "home"
kind = "openai-compatible"
url = "{url}"
models = ["m"]
"""


class Status(unittest.TestCase):
    def setUp(self):
        self.provider = Provider("print('hello')")
        self.addCleanup(self.provider.close)
        self.home = Home(SETUP)
        self.addCleanup(self.home.remove)
        config = self.home.path / "config/understudy/config.toml"
        config.parent.mkdir(parents=True)
        config.write_text(CONFIG.format(url=self.provider.url))
        self.editor = Editor(self.home, self.home.write("main.py", "import os\n"))
        self.addCleanup(self.editor.close)
        self.editor.until_attached()
        until("the project is indexed", lambda: self.editor.lua("return indexed == true"))

    def statusline(self):
        return self.editor.lua("return vim.api.nvim_eval_statusline(vim.o.statusline, {}).str")

    def until_statusline(self, text):
        until(f"{text!r} in the statusline", self.statusline, lambda it: text in it)

    def until_said(self, *texts):
        until(f"{texts} in the messages", self.editor.messages, lambda it: all(text in it for text in texts))

    def test_statusline_shows_the_serving_and_the_unavailable_models(self):
        self.until_statusline("understudy: built in, $0.00")
        self.editor.type("o")
        self.editor.until_ghost("print('hello')")
        self.until_statusline("understudy: home/m, $0.00")
        self.provider.close()
        for number in range(6):
            self.editor.type(f"x{number}<CR>")
            until("the response", lambda: self.editor.lua("return next(vim.lsp.get_clients()[1].requests) == nil"))
        self.until_statusline("understudy: home/m, 1 out")
        self.editor.type("<Esc>")
        self.editor.nvim.command("Understudy status")
        self.until_said("no provider is available", "home/m is out: it failed several times", "$0.00 today", "server 0.1.0")

    def test_pause_stops_suggestions_until_it_is_resumed(self):
        for words, told in (
            ("pause", f"paused in {self.home.project}"),
            ("pause everywhere hour", "paused everywhere, 60 min left"),
            ("pause here 5", f"paused in {self.home.project}, 5 min left"),
        ):
            with self.subTest(words):
                self.editor.nvim.command("messages clear")
                self.editor.nvim.command(f"Understudy {words}")
                self.until_said(told)
                self.until_statusline("understudy: paused")
                asked = len(self.provider.asked)
                self.editor.type("Go")
                until("the response", lambda: self.editor.lua("return next(vim.lsp.get_clients()[1].requests) == nil"))
                self.editor.until_ghost()
                self.assertEqual(len(self.provider.asked), asked)
                self.editor.type("<Esc>")
                self.editor.nvim.command("Understudy resume")
                self.until_statusline("understudy: built in")
        self.editor.type("Go")
        self.editor.until_ghost("print('hello')")

    def test_unknown_arguments_are_refused(self):
        for words, told in (
            ("pause forever", "pause [here|everywhere] [hour|{minutes}]"),
            ("pause 0", "pause [here|everywhere] [hour|{minutes}]"),
            ("resume now", "one of ask, explain, log, pause, rename, restart, resume, sent, setup, status"),
        ):
            self.editor.type(f":Understudy {words}<CR>")
            self.until_said(told)
            self.editor.type("<CR>:messages clear<CR>")
        complete = "return vim.fn.getcompletion('Understudy ' .. ..., 'cmdline')"
        self.assertEqual(self.editor.lua(complete, "p"), ["pause"])
        self.assertEqual(self.editor.lua(complete, "pause h"), ["here", "hour"])
        self.assertEqual(self.editor.lua(complete, "resume "), [])

    def test_status_names_the_rule_that_excludes_a_document(self):
        for name, words in (
            (".env", (".env (never sent: secrets)", "(secret)")),
            ("a.css", ("css is switched off", "(complete.languages)")),
        ):
            with self.subTest(name):
                self.home.write(name, "A=1\n")
                self.editor.nvim.command("messages clear")
                self.editor.nvim.command(f"edit {self.home.project / name}")
                self.editor.until_attached()
                self.until_statusline("understudy: off here")
                self.editor.nvim.command("Understudy status")
                self.until_said("nothing is suggested or sent: ", *words)


if __name__ == "__main__":
    unittest.main()
