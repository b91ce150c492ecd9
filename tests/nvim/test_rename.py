"""A definition is renamed by typing, and another language server, jedi's, renames its uses."""

import os
import unittest

from common import TESTBED, until
from editor import Editor, Home
from terminal import Terminal, keep

JEDI = TESTBED / "jedi"
SERVER = f"cmd = {{ '{JEDI}/bin/jedi-language-server' }}, cmd_env = {{ PYTHONPATH = '{JEDI}' }}, filetypes = {{ 'python' }}"
CONFIG = f"""
vim.lsp.config('jedi', {{ {SERVER}, root_markers = {{ '.git' }} }})
vim.lsp.enable('jedi')
require('understudy').setup({{ cmd = {{ '{os.environ["UNDERSTUDY_BINARY"]}' }} }})
"""

SHAPES = """\
def area(side):
    return side * side


def scaled(area):
    return area * 2


print(area(2), scaled(area(3)))
"""
RENAMED = SHAPES.replace("area(side)", "surface(side)").replace("area(2)", "surface(2)").replace("area(3)", "surface(3)")
USER = "from shapes import area\n\nprint(area(4))\n"

HINTS = """
local space = vim.api.nvim_create_namespace('understudy.next_edit')
local hints = {}
for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(0, space, 0, -1, { details = true })) do
  if mark[4].virt_text_pos == 'eol' then table.insert(hints, mark[4].virt_text[1][1]) end
end
return hints
"""
OTHER = "return vim.api.nvim_buf_get_lines(vim.fn.bufnr('user.py'), 0, -1, false)"
READY = """
local client = vim.lsp.get_clients({ bufnr = 0, name = 'jedi' })[1]
return client ~= nil and client.initialized == true
"""


class Rename(unittest.TestCase):
    def home(self, config=CONFIG):
        home = Home(config)
        self.addCleanup(home.remove)
        home.write("user.py", USER)
        home.write("shapes.py", SHAPES)
        return home

    def open(self, *config):
        editor = Editor(self.home(*config), "")
        self.addCleanup(editor.close)
        editor.nvim.command(f"edit {editor.home.project}/shapes.py")
        return self.ready(editor)

    def ready(self, editor):
        editor.until_attached()
        until("jedi is attached", lambda: editor.lua(READY))
        return editor

    def rename(self, editor, name="surface"):
        """Renames the function by hand, until the server suggests its first use."""
        editor.type(f"gg0wce{name}<Esc>")
        until("the offer", lambda: editor.lua(HINTS), lambda it: it == ["  <M-CR> rename all with jedi"])

    def text(self, editor):
        return "\n".join(editor.lines()) + "\n"

    def test_other_server_renames_the_uses_in_all_files_as_one_undo_step(self):
        editor = self.open()
        self.rename(editor)
        typed = self.text(editor)
        editor.type("<M-CR>")
        until("the uses", lambda: self.text(editor), lambda it: it == RENAMED)
        self.assertEqual(editor.lua(OTHER), USER.replace("area", "surface").splitlines())
        until("the message", editor.messages, lambda it: "jedi renamed area to surface in 2 files" in it)
        self.assertEqual(editor.lua(HINTS), [])
        editor.type("u")
        until("the undo", lambda: self.text(editor), lambda it: it == typed)
        editor.type("u")
        until("the second undo", lambda: self.text(editor), lambda it: it == SHAPES)

    def test_other_server_that_refuses_changes_nothing(self):
        missing = "its answer does not contain the definition"
        for name, answer, reason in (
            ("surface", "{ err = { message = 'not now' } }", "not now"),
            ("extent", "{ result = { changes = {} } }", missing),
            ("size", "{ result = vim.NIL }", missing),
            ("measure", "nil, 'timeout'", "timeout"),
        ):
            with self.subTest(name):
                editor = self.open()
                self.rename(editor, name)
                editor.lua(f"vim.lsp.get_clients({{ name = 'jedi' }})[1].request_sync = function() return {answer} end")
                self.assertFalse(editor.lua("return require('understudy').rename()"))
                self.assertEqual(self.text(editor), SHAPES.replace("area", name, 1))
                self.assertIn(f"jedi cannot rename area to {name}: {reason}", editor.messages())

    def test_text_that_a_plugin_changes_meanwhile_is_kept(self):
        answer = "{ result = { changes = { [vim.uri_from_bufnr(0)] = { { range = range, newText = 'surface' } } } } }"
        for name, reply, reason in (("late", "nil, 'timeout'", "timeout"), ("right", answer, "the text has changed")):
            with self.subTest(name):
                editor = self.open()
                self.rename(editor)
                editor.lua(f"""
local range = {{ start = {{ line = 0, character = 4 }}, ['end'] = {{ line = 0, character = 8 }} }}
vim.lsp.get_clients({{ name = 'jedi' }})[1].request_sync = function()
  vim.api.nvim_buf_set_lines(0, 0, 0, true, {{ '# new line' }})
  return {reply}
end""")
                self.assertFalse(editor.lua("return require('understudy').rename()"))
                self.assertEqual(self.text(editor), "# new line\n" + SHAPES.replace("area", "surface", 1))
                self.assertIn(f"jedi cannot rename area to surface: {reason}", editor.messages())

    def test_file_that_cannot_be_changed_is_named(self):
        editor = self.open()
        file = f"{editor.home.project}/user.py"
        editor.nvim.command(f"badd {file} | call bufload('{file}') | call setbufvar('{file}', '&modifiable', 0)")
        self.rename(editor)
        self.assertFalse(editor.lua("return require('understudy').rename()"))
        self.assertEqual(self.text(editor), SHAPES.replace("area", "surface", 1))
        self.assertEqual(editor.lua(OTHER), USER.splitlines())
        self.assertIn("user.py cannot be changed", editor.messages())
        editor.nvim.command("set nomodifiable")
        self.assertFalse(editor.lua("return require('understudy').rename()"))
        self.assertFalse(editor.lua("return require('understudy').next_edit_visible()"))

    def test_without_another_server_only_the_use_is_offered(self):
        editor = Editor(self.home(CONFIG.replace("vim.lsp.enable('jedi')", "")), "")
        self.addCleanup(editor.close)
        editor.nvim.command(f"edit {editor.home.project}/shapes.py")
        editor.until_attached()
        editor.type("gg0wcesurface<Esc>")
        until("the next edit", lambda: editor.lua("return require('understudy').next_edit_visible()"))
        self.assertEqual(editor.lua(HINTS), [])
        editor.nvim.command("Understudy rename")
        self.assertIn("no other language server", editor.messages())

    def test_offer_is_visible_on_the_screen(self):
        home = self.home()
        terminal = Terminal(home, home.command(f"{home.project}/shapes.py"))
        self.addCleanup(terminal.close)
        editor = self.ready(Editor.on_screen(home))
        self.rename(editor)
        shown = until("the offer on the screen", terminal.screen, lambda it: "<M-CR> rename all with jedi" in it)
        keep("a rename", shown)


if __name__ == "__main__":
    unittest.main()
