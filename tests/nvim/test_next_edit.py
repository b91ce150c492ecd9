"""The next edit in Neovim with the built server: display and keys."""

import os
import unittest

from common import until
from editor import Editor, Home, until_equal
from terminal import Terminal, keep

CONFIG = f"require('understudy').setup({{ cmd = {{ '{os.environ['UNDERSTUDY_BINARY']}' }}, keys = {{ accept = '<Tab>', dismiss = '<F6>' }} }})"

SHOWN = """
local space = vim.api.nvim_create_namespace('understudy.next_edit')
local shown = {}
for _, buf in ipairs(vim.api.nvim_list_bufs()) do
  for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(buf, space, 0, -1, { details = true })) do
    local details, text = mark[4], ''
    for _, chunk in ipairs(details.virt_text or {}) do text = text .. chunk[1] end
    if details.end_col then
      text = '-' .. vim.api.nvim_buf_get_text(buf, mark[2], mark[3], details.end_row, details.end_col, {})[1]
    end
    table.insert(shown, (mark[2] + 1) .. ': ' .. text)
  end
end
return shown
"""

LINES = [f"let v{at} = store.load(context, {at});" for at in range(9)]


class NextEdit(unittest.TestCase):
    def open(self, lines=LINES, config=CONFIG, more=()):
        home = Home(config)
        self.addCleanup(home.remove)
        for name, text in more:
            home.write(name, text)
        editor = Editor(home, home.write("main.rs", "\n".join(lines) + "\n"))
        self.addCleanup(editor.close)
        editor.until_attached()
        return editor

    def shown(self, editor):
        return editor.lua(SHOWN)

    def until_shown(self, editor, *expected):
        until(f"the next edit {expected}", lambda: self.shown(editor), lambda it: it == list(expected))

    def change(self, editor, line):
        """Changes one call by hand."""
        editor.type(f":call cursor({line}, 1)<CR>/load<CR>cefetch<Esc>")
        until_equal("n", editor.mode)
        until("the line is changed", lambda: "fetch" in editor.lines()[line - 1])

    def three(self, editor):
        for line in (1, 2, 3):
            self.change(editor, line)

    def test_third_change_shows_the_next_place_and_tab_applies_it(self):
        editor = self.open()
        self.change(editor, 1)
        self.change(editor, 2)
        self.change(editor, 3)
        self.until_shown(editor, "4: -load", "4: fetch")
        editor.type("<Tab>")
        until("the line", lambda: editor.lines()[3], lambda it: it == LINES[3].replace("load", "fetch"))
        self.until_shown(editor, "5: -load", "5: fetch")
        editor.type("<Tab>")
        self.until_shown(editor, "6: -load", "6: fetch")
        editor.type("u")
        until("the undo", lambda: editor.lines()[4], lambda it: it == LINES[4])
        self.until_shown(editor)
        self.assertEqual(editor.mode(), "n")

    def test_edit_far_away_is_jumped_to_first(self):
        # A place far away must have more in common with the changed ones.
        lines = [f"let v{at} = store.load(context, options)?;" for at in range(5)]
        editor = self.open([*lines[:4], *["// a comment"] * 200, lines[4]])
        self.three(editor)
        self.change(editor, 4)
        self.until_shown(editor, "4:   <Tab> next edit: line 205", "205: -load", "205: fetch")
        editor.type("<Tab>")
        until_equal([205, 15], lambda: list(editor.nvim.api.win_get_cursor(0)))
        self.assertEqual(editor.lines()[204], lines[4])
        self.until_shown(editor, "205: -load", "205: fetch")
        editor.type("<Tab>")
        until("the line", lambda: editor.lines()[204], lambda it: it == lines[4].replace("load", "fetch"))

    def test_rejected_edit_is_hidden_and_tab_is_a_tab_again(self):
        editor = self.open(LINES[:4])
        self.three(editor)
        self.until_shown(editor, "4: -load", "4: fetch")
        editor.type("<F6>")
        self.until_shown(editor)
        editor.type("A<Tab>x<Esc>")
        until_equal("n", editor.mode)
        self.assertRegex(editor.line(), r";\s+x$")
        self.assertEqual(self.shown(editor), [])

    def test_edit_is_shown_in_insert_mode_after_a_pause(self):
        editor = self.open()
        self.change(editor, 1)
        self.change(editor, 2)
        editor.type(":call cursor(3, 1)<CR>/load<CR>cefetch")
        self.until_shown(editor, "4: -load", "4: fetch")
        self.assertEqual(editor.mode(), "i")
        editor.type("<Tab>")
        until("the line", lambda: editor.lines()[3], lambda it: it == LINES[3].replace("load", "fetch"))
        self.assertEqual(editor.mode(), "i")

    def test_menu_takes_precedence(self):
        editor = self.open()
        self.change(editor, 1)
        self.change(editor, 2)
        editor.type(":call cursor(3, 1)<CR>/load<CR>cefetch")
        self.until_shown(editor, "4: -load", "4: fetch")
        editor.lua("vim.o.completeopt = 'menu,noinsert,noselect'")
        editor.type("<C-r>=execute(\"call complete(col('.'), ['one', 'two'])\")<CR>")
        until("the menu is open", lambda: editor.lua("return vim.fn.pumvisible() == 1"))
        self.until_shown(editor)

    def test_edit_in_another_buffer_is_jumped_to(self):
        editor = self.open(LINES[:3], more=[("other.rs", LINES[3] + "\n")])
        editor.type(f":edit {editor.home.project}/other.rs<CR>")
        editor.until_attached()
        editor.type(":buffer main.rs<CR>")
        until("the first buffer", lambda: editor.lines(), lambda it: it == LINES[:3])
        self.three(editor)
        self.until_shown(editor, "3:   <Tab> next edit: other.rs line 1", "1: -load", "1: fetch")
        editor.type("<Tab>")
        until("the other buffer", lambda: editor.lines(), lambda it: it == [LINES[3]])
        editor.type("<Tab>")
        until("the line", lambda: editor.lines(), lambda it: it == [LINES[3].replace("load", "fetch")])

    def test_edit_is_visible_on_the_screen(self):
        home = Home(CONFIG)
        self.addCleanup(home.remove)
        terminal = Terminal(home, home.command(home.write("main.rs", "\n".join(LINES) + "\n")))
        self.addCleanup(terminal.close)
        editor = Editor.on_screen(home)
        editor.until_attached()
        self.three(editor)
        line = LINES[3].replace("load", "loadfetch")
        shown = until("the edit on the screen", terminal.screen, lambda it: f"» {line}" in it)
        keep("a next edit", shown)
        editor.type("<Tab>")
        until("the line", lambda: editor.lines()[3], lambda it: it == LINES[3].replace("load", "fetch"))


if __name__ == "__main__":
    unittest.main()
