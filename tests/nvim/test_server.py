"""The built server in a real project: what a user sees while typing in Neovim."""

import os
import unittest

from common import REST, TYPED, begin_method, copy_project, until
from editor import Editor, Home

SETUP = f"""
asked = 0
vim.api.nvim_create_autocmd('LspRequest', {{ callback = function(event)
  local request = event.data.request
  if request.method == 'textDocument/inlineCompletion' and request.type == 'complete' then asked = asked + 1 end
end }})
vim.api.nvim_create_autocmd('LspProgress', {{ pattern = 'end', callback = function() indexed = true end }})
require('understudy').setup({{
  cmd = {{ '{os.environ["UNDERSTUDY_BINARY"]}' }},
  keys = {{ accept = '<Tab>', accept_word = '<F2>', accept_line = '<F3>', trigger = '<F7>' }},
}})
"""

ANSWERED = "return vim.tbl_isempty(vim.lsp.get_clients()[1].requests)"


def open_project(config=SETUP):
    """A home with a copy of a real package as its project."""
    home = Home(config)
    copy_project(home.project)
    return home


class Server(unittest.TestCase):
    def open(self, config=SETUP, name=None, text=""):
        home = open_project(config)
        self.addCleanup(home.remove)
        editor = Editor(home, home.write(name, text) if name else begin_method(home.project))
        self.addCleanup(editor.close)
        editor.until_attached()
        until("the project is indexed", lambda: editor.lua("return indexed == true"))
        self.assertEqual(editor.messages(), "", "no message is allowed")
        return editor

    def begin(self, typed=TYPED, rest=REST, **more):
        """Types `typed` as a new last line, and waits for the ghost text `rest`."""
        editor = self.open(**more)
        editor.type(f"Go0<C-d>{typed}")
        editor.until_ghost(rest)
        self.assertEqual(editor.line(), typed)
        return editor

    def asked(self, editor):
        return editor.lua("return asked")

    def test_ghost_text_continues_a_line_as_the_project_does(self):
        self.begin()

    def test_accepting_everything_is_one_undo_step(self):
        editor = self.begin()
        editor.type("<Tab>")
        editor.until_line(TYPED + REST)
        editor.type("<Esc>u")
        editor.until_line(TYPED)

    def test_a_word_is_accepted_and_the_rest_stays_without_a_new_request(self):
        editor = self.begin()
        asked = self.asked(editor)
        editor.type("<F2>")
        editor.until_ghost(" | None = None,")
        self.assertEqual((editor.line(), self.asked(editor)), ("        headers: HeaderTypes", asked))

    def test_a_line_is_accepted(self):
        editor = self.begin()
        editor.type("<F3>")
        editor.until_line(TYPED + REST)

    def test_typing_through_keeps_it_without_a_new_request(self):
        editor = self.begin()
        asked = self.asked(editor)
        editor.type("erTypes")
        editor.until_ghost(" | None = None,")
        self.assertEqual(self.asked(editor), asked)

    def test_column_is_correct_after_emoji(self):
        utf16 = SETUP + "vim.lsp.config('understudy', { capabilities = { general = { positionEncodings = { 'utf-16' } } } })"
        for encoding, config in (("utf-8", SETUP), ("utf-16", utf16)):
            with self.subTest(encoding):
                editor = self.begin(f'"\U0001f600é\U0001f600"; {TYPED.strip()}', "erTypes", config=config)
                self.assertEqual(editor.lua("return vim.lsp.get_clients()[1].offset_encoding"), encoding)
                editor.type("<Tab>")
                editor.until_line(f'"\U0001f600é\U0001f600"; {TYPED.strip()}erTypes')

    def test_manual_trigger_waits_for_a_key(self):
        manual = SETUP.replace("keys =", "settings = { complete = { trigger = 'manual' } }, keys =")
        editor = self.open(config=manual)
        editor.type(f"Go0<C-d>{TYPED}")
        editor.until_line(TYPED)
        until("every request is answered", lambda: self.asked(editor) > 0 and editor.lua(ANSWERED))
        self.assertEqual(editor.ghost(), [])
        editor.type("<F7>")
        until("a suggestion", lambda: editor.ghost() and editor.ghost()[0].startswith("erTypes"))

    def test_an_excluded_file_gets_no_suggestion(self):
        # Repeated often enough for a confident suggestion.
        names = ("ALPHA", "BETA", "GAMMA", "DELTA", "EPSILON", "ZETA", "ETA", "THETA", "IOTA", "KAPPA", "LAMBDA", "MY")
        text = "".join(f"SERVICE_{name}_URL=$BASE/service\n" for name in names)
        typed, rest = "SERVICE_OMEGA_URL=$B", "ASE/service"
        for name, ghost in (("services.sh", [rest]), (".env", [])):
            with self.subTest(name):
                editor = self.open(name=name, text=text)
                editor.type(f"Go0<C-d>{typed}")
                editor.until_line(typed)
                asked = self.asked(editor)
                editor.type("<F7>")
                until("every request is answered", lambda: self.asked(editor) > asked and editor.lua(ANSWERED))
                self.assertEqual(editor.ghost(), ghost)

    def test_completion_menu_hides_it(self):
        editor = self.begin()
        editor.type("<C-n>")
        until("the menu is open", lambda: editor.lua("return vim.fn.pumvisible()") == 1)
        editor.until_ghost()

    def test_restart_brings_it_back(self):
        editor = self.begin()
        editor.type("<Esc>")
        # Indexing a small project may finish before Neovim attaches the server to the buffer.
        editor.lua("indexed, attached = false, false")
        editor.lua("vim.api.nvim_create_autocmd('LspAttach', { callback = function() attached = true end })")
        editor.nvim.command("Understudy restart")
        until("the project is indexed again", lambda: editor.lua("return indexed and attached"))
        editor.type("A")

        # On a busy machine the first answer may miss its deadline: request again.
        def is_back():
            if editor.ghost() != [REST]:
                editor.type("<F7>")
            return editor.ghost() == [REST]

        until("the suggestion is back", is_back, every=0.1)

    def test_health_finds_the_server(self):
        editor = self.open()
        editor.nvim.command("checkhealth understudy")
        report = "\n".join(editor.lines())
        self.assertNotIn("ERROR", report)
        for said in ("understudy: understudy 0.", "ghost text: this plugin's", "<Tab> accepts"):
            self.assertIn(said, report)

    def test_setup_opens_a_terminal_and_sent_prompts_open_in_a_buffer(self):
        editor = self.open()
        editor.nvim.command("Understudy sent")
        until("it is shown", editor.line, lambda it: it == "No request left this machine.")
        editor.nvim.command("Understudy setup")
        said = until("its report", lambda: "\n".join(editor.lines()).strip())
        self.assertRegex(said, "No usable API key is in the environment|API keys found")
        self.assertEqual(editor.nvim.current.buffer.options["buftype"], "terminal")

    def test_log_opens(self):
        loud = "vim.lsp.config('understudy', { cmd_env = { UNDERSTUDY_LOG = 'trace' } })"
        editor = self.open(config=SETUP + loud)
        state = editor.home.path / "state/understudy/log"
        (log,) = until("a log is written", lambda: list(state.glob("*.log")))
        editor.nvim.command("Understudy log")
        self.assertEqual(editor.nvim.current.buffer.name, str(log))
