"""Edits that need a review, in a real Neovim with the built server: the diff on the screen and its keys."""

import unittest

from common import Provider, until
from editor import Editor, Home, until_equal
from terminal import Terminal
from test_actions import ACT, CHOOSE
from test_status import CONFIG, SETUP

TEXT = """def mean(values):
    total = 0
    for value in values:
        total += value
    return total / len(values)


def spread(values):
    low = values[0]
    high = values[0]
    for value in values:
        low = min(low, value)
        high = max(high, value)
    return high - low
"""
# The action on the whole file, in any mode.
ACT_ON_ALL = """
local title = ...
local range = { start = { 1, 0 }, ['end'] = { 14, 0 } }
vim.lsp.buf.code_action({ apply = true, range = range, filter = function(it) return it.title == title end })
"""
REWORK = """[[action]]
name = "rework"
title = "Rework"
instruction = "Rename, remove and simplify as you like."
"""
FIRST = TEXT.replace("total = 0", "total = 0.0")
BOTH = FIRST.replace("high - low", "abs(high - low)")
SECOND = TEXT.replace("high - low", "abs(high - low)")


class Diff(unittest.TestCase):
    def review(self, answer, action="Understudy: Rework", settings='[actions]\nreview = "always"\n' + REWORK):
        """A Neovim on a screen that shows the edit of an answer."""
        home, provider = Home(SETUP), Provider(answer)
        self.addCleanup(home.remove)
        self.addCleanup(provider.close)
        config = home.path / "config/understudy/config.toml"
        config.parent.mkdir(parents=True)
        config.write_text(CONFIG.format(url=provider.url) + settings)
        self.file = home.write("mean.py", TEXT)
        self.terminal = Terminal(home, home.command(self.file))
        self.addCleanup(self.terminal.close)
        editor = Editor.on_screen(home)
        editor.until_attached()
        until("the project is indexed", lambda: editor.lua("return indexed == true"))
        editor.type("ggVG")
        if action:
            editor.lua(ACT, action)
        editor.type("<Esc>")
        return editor

    def floats(self, editor):
        return editor.lua("return #vim.tbl_filter(function(it) return vim.api.nvim_win_get_config(it).relative ~= '' end, vim.api.nvim_list_wins())")

    def press(self, editor, *keys):
        """Presses keys in the float, and waits until it is closed."""
        until("the cursor is in the diff", lambda: editor.lua("return vim.bo.filetype"), lambda it: it == "diff")
        for key in keys:
            editor.type(key)
        until("the diff is closed", lambda: self.floats(editor), lambda it: it == 0)
        self.assertNotIn("E5108", editor.messages())

    def test_the_diff_is_visible_with_its_keys_and_decisions(self):
        editor = self.review(f"```python\n{BOTH}```")
        shown = ["Rework", "-    total = 0", "+    total = 0.0", "-    return high - low", "+    return abs(high - low)"]
        self.terminal.until("a diff to review", *shown, "a accept  x reject  A accept all  q reject all")
        self.assertEqual(editor.lua("return vim.fn.readfile(...)", str(self.file)), TEXT.splitlines())
        editor.type("a")
        self.terminal.until("an accepted hunk", "@@ -2,1 +2,1 @@ accepted")
        self.press(editor, "x")
        until_equal(FIRST.splitlines(), editor.lines)

    def test_the_accepted_hunks_are_applied_as_one_undo_step(self):
        editor = self.review(f"```python\n{BOTH}```")
        self.press(editor, "x", "a")
        until_equal(SECOND.splitlines(), editor.lines)
        editor.type("u")
        until_equal(TEXT.splitlines(), editor.lines)

    def test_all_hunks_are_accepted_or_rejected_with_one_key(self):
        editor = self.review(f"```python\n{BOTH}```")
        self.press(editor, "A")
        until_equal(BOTH.splitlines(), editor.lines)
        editor.type("u")
        for key in ("q", "<Esc>", ":quit<CR>"):
            editor.type("ggVG")
            editor.lua(ACT, "Understudy: Rework")
            editor.type("<Esc>")
            self.press(editor, key)
            self.assertEqual(editor.lines(), TEXT.splitlines())
        self.assertNotIn("did not apply", editor.messages())

    def test_hunks_follow_lines_that_are_added_meanwhile(self):
        editor = self.review(f"```python\n{BOTH}```")
        until("the diff", lambda: self.floats(editor), lambda it: it == 1)
        buffer = f"vim.fn.bufnr('{self.file.name}')"
        editor.lua(f"vim.api.nvim_buf_set_lines({buffer}, 0, 0, false, {{ '# above' }})")
        editor.lua(f"vim.api.nvim_buf_set_lines({buffer}, 14, 15, false, {{ '    return low - high' }})")
        self.press(editor, "A")
        expected = ["# above", *FIRST.replace("high - low", "low - high").splitlines()]
        until_equal(expected, editor.lines)
        self.assertIn("lines that have changed in the meantime were not edited", editor.messages())

    def test_while_typing_the_diff_waits_for_normal_mode(self):
        editor = self.review(f"```python\n{BOTH}```", action=None)
        editor.type("Go# ax")
        editor.until_line("# ax")
        editor.lua(ACT_ON_ALL, "Understudy: Rework")
        until("the diff", lambda: self.floats(editor), lambda it: it == 1)
        editor.type("q")
        editor.until_line("# axq")
        editor.type("<Esc>")
        self.press(editor, "A")
        until_equal([*BOTH.splitlines(), "# axq"], editor.lines)

    def test_tests_for_a_new_file_are_reviewed_and_create_it(self):
        editor = self.review("```python\ndef test_mean():\n    assert mean([1]) == 1\n```", action=None, settings="")
        editor.type("ggVG")
        editor.lua(CHOOSE, "Write tests")
        editor.lua(ACT, "Understudy: More…")
        editor.type("<Esc>")
        self.terminal.until("a new file to review", "--- /dev/null", "tests/test_mean.py", "+def test_mean():")
        self.assertFalse((self.file.parent / "tests/test_mean.py").exists())
        self.press(editor, "a")
        lines = "return vim.fn.getbufline(vim.fn.bufnr('test_mean.py'), 1, '$')"
        until("the tests", lambda: editor.lua(lines), lambda it: it == ["def test_mean():", "    assert mean([1]) == 1"])


if __name__ == "__main__":
    unittest.main()
