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
    def home(self, config=CONFIG, shapes=SHAPES, user=USER):
        home = Home(config)
        self.addCleanup(home.remove)
        home.write("user.py", user)
        home.write("shapes.py", shapes)
        return home

    def open(self, **files):
        editor = Editor(self.home(**files), "")
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

    def answer(self, editor, body):
        """Lets the server execute `body` instead of a rename. It calls `reply(failure, answer)`, or never."""
        editor.lua(f"""
local server = vim.lsp.get_clients({{ name = 'jedi' }})[1]
local request = server.request
server.request = function(one, two, ...)
  -- A function before 0.11, a method since.
  local method, rest = two, {{ ... }}
  if one ~= server then
    method, rest = one, {{ two, ... }}
  end
  if method ~= 'textDocument/rename' then
    return request(one, two, ...)
  end
  local reply = rest[2]
  {body}
end""")

    def refused(self, editor, name, reason, text=None):
        """Expects that nothing is renamed, and that the use is offered again."""
        self.assertTrue(editor.lua("return require('understudy').rename()"))
        until("the reason", editor.messages, lambda it: f"jedi cannot rename area to {name}: {reason}" in it)
        self.assertEqual(self.text(editor), text or SHAPES.replace("area", name, 1))

    def again(self, editor):
        until("the next edit", lambda: editor.lua("return require('understudy').next_edit_visible()"))

    def test_other_server_that_refuses_changes_nothing_and_the_use_is_offered_again(self):
        missing = "its answer does not contain the definition"
        for name, answer, reason in (
            ("surface", "reply({ message = 'not now' }) return true, 1", "not now"),
            ("extent", "reply(nil, { changes = {} }) return true, 1", missing),
            ("size", "reply(nil, nil) return true, 1", missing),
            ("measure", "return false", "it is not running"),
        ):
            with self.subTest(name):
                editor = self.open()
                self.rename(editor, name)
                self.answer(editor, answer)
                for _ in range(3):
                    self.refused(editor, name, reason)
                    self.again(editor)

    def test_server_that_never_answers_blocks_nothing(self):
        editor = self.open()
        self.rename(editor)
        self.answer(editor, "return true, 1")
        self.assertTrue(editor.lua("return require('understudy').rename()"))
        self.assertNotIn("cannot rename", editor.messages())
        editor.type("Goprint(1)<Esc>")
        self.assertEqual(editor.lines()[-1], "print(1)")
        until("the reason", editor.messages, lambda it: "jedi cannot rename area to surface: no answer within 5 s" in it)
        self.assertEqual(self.text(editor), SHAPES.replace("area", "surface", 1) + "print(1)\n")

    def test_edits_at_wrong_places_are_refused(self):
        editor = self.open()
        self.rename(editor)
        edit = "{{ range = {{ start = {{ line = {0}, character = {1} }}, ['end'] = {{ line = {0}, character = {2} }} }}, newText = 'surface' }}"
        own = edit.format(0, 4, 8)
        other = "[vim.uri_from_fname(vim.fn.fnamemodify('user.py', ':p'))]"
        editor.nvim.command(f"cd {editor.home.project}")
        for changes, place in (
            (f"[vim.uri_from_bufnr(0)] = {{ {own}, {edit.format(8, 7, 11)} }}", "shapes.py:9"),
            (f"[vim.uri_from_bufnr(0)] = {{ {own}, {edit.format(99, 0, 4)} }}", "shapes.py:100"),
            (f"[vim.uri_from_bufnr(0)] = {{ {own}, {edit.format(8, 6, 9)} }}", "shapes.py:9"),
            (f"[vim.uri_from_bufnr(0)] = {{ {own} }}, {other} = {{ {edit.format(0, 18, 22)} }}", "user.py:1"),
        ):
            self.answer(editor, f"reply(nil, {{ changes = {{ {changes} }} }}) return true, 1")
            self.refused(editor, "surface", f"{place}: its edit does not replace area")
            self.again(editor)
        self.assertEqual((editor.home.project / "user.py").read_text(), USER)

    def test_columns_behind_an_emoji_that_the_server_counts_wrongly_are_refused(self):
        text = SHAPES + "print('\N{GRINNING FACE}', area(4))\n"
        editor = self.open(shapes=text)
        self.rename(editor)
        self.assertTrue(editor.lua("return require('understudy').rename()"))
        renamed = RENAMED + "print('\N{GRINNING FACE}', surface(4))\n"
        kept = text.replace("area", "surface", 1)
        said = until("the answer", editor.messages, lambda it: "jedi renamed" in it or "cannot rename" in it)
        self.assertEqual(self.text(editor), renamed if "jedi renamed" in said else kept)

    def test_new_name_that_was_used_before_is_reported(self):
        editor = self.open(user=USER + "surface = 3\n")
        self.rename(editor)
        self.assertTrue(editor.lua("return require('understudy').rename()"))
        until("the message", editor.messages, lambda it: "surface was used before in" in it and "user.py, check it" in it)

    def test_name_that_exists_already_is_reported_at_the_definition(self):
        editor = self.open()
        editor.type("gg0wcescaled<Esc>")
        message = "  `scaled` is already declared in line 5: uses of `area` are not renamed"
        until("the message", lambda: editor.lua(HINTS), lambda it: it == [message])
        self.assertFalse(editor.lua("return require('understudy').rename()"))
        editor.type("xu")
        until("no message", lambda: editor.lua(HINTS), lambda it: message not in it)

    def test_text_that_changes_meanwhile_is_kept(self):
        answer = "{ changes = { [vim.uri_from_bufnr(0)] = { { range = range, newText = 'surface' } } } }"
        for name, reply, reason in (("late", "'timeout'", "timeout"), ("right", f"nil, {answer}", "the text has changed")):
            with self.subTest(name):
                editor = self.open()
                self.rename(editor)
                self.answer(editor, f"""
  local range = {{ start = {{ line = 0, character = 4 }}, ['end'] = {{ line = 0, character = 8 }} }}
  vim.schedule(function()
    vim.api.nvim_buf_set_lines(0, 0, 0, true, {{ '# new line' }})
    reply({reply})
  end)
  return true, 1""")
                self.refused(editor, "surface", reason, "# new line\n" + SHAPES.replace("area", "surface", 1))

    def test_file_that_cannot_be_changed_is_named(self):
        editor = self.open()
        file = f"{editor.home.project}/user.py"
        editor.nvim.command(f"badd {file} | call bufload('{file}') | call setbufvar('{file}', '&modifiable', 0)")
        self.rename(editor)
        self.assertTrue(editor.lua("return require('understudy').rename()"))
        until("the reason", editor.messages, lambda it: "user.py cannot be changed" in it)
        self.assertEqual(self.text(editor), SHAPES.replace("area", "surface", 1))
        self.assertEqual(editor.lua(OTHER), USER.splitlines())
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
