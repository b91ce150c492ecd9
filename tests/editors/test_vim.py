"""Vim with ALE on a terminal: completion, code actions, hover."""

import re
import unittest

from bed import DOCUMENTED, Home, Terminal, keep
from common import BEGINNING, BINARY, REPOSITORY, TYPED, Provider, until

VIMRC = f"""
set nocompatible noswapfile hidden
set completeopt=menu,menuone,noselect
let g:ale_linters = {{'python': ['understudy']}}
let g:ale_completion_enabled = 1
let g:ale_hover_to_preview = 1
let g:ale_lsp_show_message_severity = 'information'
let g:understudy_executable = '{BINARY}'
set runtimepath+=/usr/share/vim-ale,{REPOSITORY}/editors/vim
filetype plugin on
nnoremap <F2> :ALECodeAction<CR>
xnoremap <F2> :ALECodeAction<CR>
nnoremap <F3> :ALEHover<CR>
nnoremap <F4> :write<CR>
"""


class Vim(unittest.TestCase):
    def open(self, file, answer="It is the area."):
        home, provider = Home(), Provider(answer, fills=False)
        self.addCleanup(home.remove)
        self.addCleanup(provider.close)
        home.configure(provider)
        (home.path / "vimrc").write_text(VIMRC)
        terminal = Terminal(home, ["vim", "-u", home.path / "vimrc", file(home)])
        self.addCleanup(terminal.close)
        self.home = home
        until("the server is up", lambda: "serving" in home.logs())
        return terminal

    def test_suggestion_is_a_row_of_the_menu_and_completes_the_line(self):
        terminal = self.open(lambda it: it.client)
        terminal.keys("G", "o", "0", "C-d")
        terminal.text(TYPED)
        shown = terminal.until("the menu", "Head" + BEGINNING)
        keep("vim-ale-completion", shown)
        terminal.keys("C-n", "C-y", "Escape", "F4")
        until("the line", lambda: TYPED + BEGINNING in self.home.client.read_text())

    def choose(self, terminal, title):
        terminal.keys("F2")
        numbered = re.compile(rf"(\d+)\)[^\n]*{re.escape(title)}\s*$", re.MULTILINE)
        number = until("the menu of actions", lambda: numbered.search(terminal.screen()))
        terminal.text(number[1])
        terminal.keys("Enter")

    def test_action_changes_the_buffer(self):
        terminal = self.open(lambda it: it.area, f"```python\n{DOCUMENTED}```")
        # Without a selection, ALE sends the line and not the function around it.
        terminal.keys("g", "g", "V", "G")
        self.choose(terminal, "Understudy: Document")
        terminal.until("the edit", "The area.")
        terminal.keys("F4")
        until("the file", lambda: self.home.area.read_text() == DOCUMENTED)

    def test_explanation_is_a_message(self):
        terminal = self.open(lambda it: it.area)
        self.choose(terminal, "Understudy: Explain")
        keep("vim-ale-answer", terminal.until("the answer", "It is the area."))

    def test_hover_explains_a_symbol(self):
        terminal = self.open(lambda it: it.area, "It multiplies.")
        terminal.keys("w")
        terminal.until("the file", "def area(w, h):")
        until("the facts", lambda: self.hovered(terminal), lambda it: "area.py:1" in it, every=0.5)
        # ALE sends the word under the cursor; the next hover shows its explanation.
        self.choose(terminal, "Understudy: Explain")
        terminal.until("the answer", "It multiplies.")
        until("the hover", lambda: self.hovered(terminal), lambda it: "It multiplies." in it, every=0.5)
        keep("vim-ale-hover", terminal.screen())

    def hovered(self, terminal):
        """The preview window of a hover, without the message line below it."""
        terminal.keys("F3")
        return "\n".join(terminal.screen().splitlines()[:-1])


if __name__ == "__main__":
    unittest.main()
