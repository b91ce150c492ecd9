"""Code actions, answers and hover in a real Neovim with the built server and a scripted provider."""

import json
import os
import unittest

from common import Provider, until
from editor import Editor, Home, until_equal

SETUP = f"""
vim.api.nvim_create_autocmd('LspProgress', {{ pattern = 'end', callback = function() indexed = true end }})
require('understudy').setup({{ cmd = {{ '{os.environ["UNDERSTUDY_BINARY"]}' }} }})
"""

TEXT = "def area(w, h):\n    a = w * h\n    return a\n"
DOCUMENTED = TEXT.replace("\n", '\n    """The area."""\n', 1)
REVIEW = """2: warning: the name says nothing
-     a = w * h
-     return a
+     product = w * h
+     return product
1: hint: the parameters have no types
- def area(w, h):
"""
EDIT = "```python\ndef area(w, h):\n    return w * h\n```"

ACT = """
local title = ...
vim.lsp.buf.code_action({ apply = true, filter = function(it) return it.title == title end })
"""

# Chooses an entry of a selection by its title.
CHOOSE = """
local title = ...
vim.ui.select = function(items, _, done)
  done(vim.tbl_filter(function(it) return it.title == title end, items)[1])
end
"""

HOVER = """
local params = vim.lsp.util.make_position_params(0, 'utf-8')
local answer = vim.lsp.buf_request_sync(0, 'textDocument/hover', params, 5000)
local _, first = next(answer or {})
local result = first and first.result
return type(result) == 'table' and result.contents.value or ''
"""

DIAGNOSTICS = """
return vim.tbl_map(function(it)
  return ('%d:%d %s %s: %s'):format(it.lnum, it.col, vim.diagnostic.severity[it.severity], it.source, it.message)
end, vim.diagnostic.get(0))
"""

PLAIN = '"m"'
PRICED = '{ id = "m", price = { input = 1.0, output = 4.0 } }'

FLOATS = """
local found = {}
for _, win in ipairs(vim.api.nvim_list_wins()) do
  if vim.api.nvim_win_get_config(win).relative ~= '' then
    table.insert(found, table.concat(vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(win), 0, -1, false), '\\n'))
  end
end
return found
"""


class Actions(unittest.TestCase):
    def open(self, answer, settings="", price=False, file=("area.py", TEXT)):
        self.provider = Provider(answer)
        self.addCleanup(self.provider.close)
        home = Home(SETUP)
        self.addCleanup(home.remove)
        config = home.path / "config/understudy/config.toml"
        config.parent.mkdir(parents=True)
        config.write_text(
            'route.edit = ["home/m"]\nroute.explain = ["home/m"]\n' + settings
            + '[[provider]]\nname = "home"\nkind = "openai-compatible"\n'
            + f'url = "{self.provider.url}"\nmodels = [{PRICED if price else PLAIN}]\n'
        )
        self.config = config
        editor = Editor(home, home.write(*file))
        self.addCleanup(editor.close)
        editor.until_attached()
        until("the project is indexed", lambda: editor.lua("return indexed == true"))
        return editor

    def floats(self, editor):
        return editor.lua(FLOATS)

    def test_an_action_from_the_menu_changes_the_buffer_in_one_step(self):
        editor = self.open(f"```python\n{DOCUMENTED}```")
        editor.type("2G")
        editor.lua(ACT, "Understudy: Document")
        until_equal(DOCUMENTED.splitlines(), editor.lines)
        editor.type("u")
        until_equal(TEXT.splitlines(), editor.lines)
        self.assertNotIn("E5108", editor.messages())

    def test_an_explanation_streams_into_a_float(self):
        editor = self.open("It is the **area**.")
        editor.type("ggVG")
        editor.lua(ACT, "Understudy: Explain")
        shown = until("the answer is shown", lambda: self.floats(editor), lambda it: it and "home/m" in it[0])
        self.assertEqual(shown, ["It is the **area**.\n\n*home/m*"])
        self.assertEqual(editor.lines(), TEXT.splitlines())

    def test_findings_of_a_review_are_diagnostics_with_quick_fixes(self):
        editor = self.open(REVIEW)
        editor.type("ggVG")
        editor.lua(CHOOSE, "Review")
        editor.lua(ACT, "Understudy: More…")
        first = "1:4 WARN understudy: the name says nothing"
        second = "0:0 HINT understudy: the parameters have no types"
        diagnostics = lambda: sorted(editor.lua(DIAGNOSTICS))  # noqa: E731
        until("the findings", diagnostics, lambda it: it == [second, first])
        # The finding follows its line.
        editor.type("<Esc>ggO# above<Esc>j")
        moved = "1:0 HINT understudy: the parameters have no types"
        until("they move", diagnostics, lambda it: moved in it)
        editor.lua(ACT, "Understudy: Dismiss")
        until("one is left", diagnostics, lambda it: len(it) == 1 and "the name says nothing" in it[0])
        editor.type("j")
        editor.lua(ACT, "Understudy: Apply the suggested change")
        changed = ["# above", "def area(w, h):", "    product = w * h", "    return product"]
        until_equal(changed, editor.lines)
        until("none is left", diagnostics, lambda it: it == [])
        self.assertNotIn("E5108", editor.messages())

    def test_an_edit_with_an_instruction(self):
        editor = self.open(EDIT)
        editor.lua("vim.ui.input = function(_, done) done('no variable') end")
        editor.type("2G")
        editor.lua(ACT, "Understudy: Edit as I say…")
        until_equal(["def area(w, h):", "    return w * h"], editor.lines)
        self.assertIn("no variable", json.dumps(self.provider.asked[-1]))

    def test_after_an_edit_of_rust_cargo_is_offered_as_its_check(self):
        text = "pub fn half(value: u32) -> u32 {\n    value / 2\n}\n"
        new = text.replace("value / 2", "value.div_ceil(2)")
        editor = self.open(f"```rust\n{new}```", file=("src/lib.rs", text))
        (editor.home.project / "Cargo.toml").write_text('[package]\nname = "half"\nedition = "2024"\n')
        editor.lua("vim.ui.input = function(_, done) done('round up') end")
        editor.lua(CHOOSE, "Yes")
        editor.type("2G")
        editor.lua(ACT, "Understudy: Edit as I say…")
        until_equal(new.splitlines(), editor.lines)
        saved = '[actions.check]\nrust = ["cargo", "check", "--tests"]\n'
        until("the choice is saved", lambda: saved in self.config.read_text())
        self.assertNotIn("E5108", editor.messages())

    def test_a_question_about_lines_is_answered_and_continued(self):
        editor = self.open("Yes.")
        editor.nvim.command("1,3Understudy ask is it right?")
        until("the answer is shown", lambda: self.floats(editor), lambda it: it and "home/m" in it[0])
        editor.nvim.command("Understudy ask are you sure?")
        until("the second request", lambda: len(self.provider.asked), lambda it: it == 2)
        roles = [it["role"] for it in self.provider.asked[1]["messages"]]
        self.assertEqual(roles, ["system", "user", "assistant", "user"])
        # A restarted server has no thread: the question is about the cursor's line.
        first = editor.lua("return vim.lsp.get_clients()[1].id")
        editor.nvim.command("Understudy restart")
        until("a new client", lambda: editor.lua("return (vim.lsp.get_clients()[1] or {}).id") not in (first, None))
        editor.until_attached()
        editor.nvim.command("Understudy ask and now?")
        until("the third request", lambda: len(self.provider.asked), lambda it: it == 3)
        self.assertIn("def area", json.dumps(self.provider.asked[2]))

    def test_hover_explains_a_symbol(self):
        editor = self.open("It multiplies.")
        editor.type("gg0w")
        # A hover by key queries a free model, and the next hover shows the answer.
        facts = until("the facts", lambda: editor.lua(HOVER), lambda it: "area.py:1" in it)
        self.assertIn("def area(w, h):", facts)
        self.assertIn("home/m is writing an explanation: hover again", facts)
        until("the explanation", lambda: editor.lua(HOVER), lambda it: "It multiplies." in it)
        self.assertEqual(len(self.provider.asked), 1)
        editor.lua("vim.lsp.buf.hover()")
        shown = until("the float", lambda: self.floats(editor), bool)
        self.assertIn("It multiplies.", shown[0])

    def test_explanation_of_a_symbol_that_costs_more_is_requested_by_a_command(self):
        editor = self.open("It multiplies.", "[limit]\nhover = { usd = 0.0 }\n", price=True)
        editor.type("gg0w")
        facts = until("the facts", lambda: editor.lua(HOVER), lambda it: "area.py:1" in it)
        self.assertIn("`:Understudy explain` requests an explanation from home/m for about $", facts)
        self.assertEqual(self.provider.asked, [])
        editor.nvim.command("Understudy explain")
        shown = until("the answer is shown", lambda: self.floats(editor), lambda it: it and "home/m" in it[0])
        self.assertIn("It multiplies.", shown[0])
        self.assertIn("It multiplies.", until("the hover", lambda: editor.lua(HOVER)))


if __name__ == "__main__":
    unittest.main()
