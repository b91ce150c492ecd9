"""How the plugin handles answers, keys and menus, with a scripted server."""

import unittest

from common import until
from editor import Editor, Home, until_equal

KEYS = """{
  accept = '<Tab>', accept_word = '<F2>', accept_line = '<F3>', next = '<F4>', previous = '<F5>',
  dismiss = '<F6>', trigger = '<F7>',
}"""
SERVER = "scripted = require('scripted')\n"
ALL_KEYS = f"{SERVER}require('understudy').setup({{ cmd = scripted.cmd, keys = {KEYS} }})"
PLAIN = f"{SERVER}require('understudy').setup({{ cmd = scripted.cmd }})"

# The options that the plugin sends.
OURS = {"ghostText": True, "status": True, "answers": True, "input": True, "explain": ":Understudy explain"}

TOTAL = {"before": "total = ", "text": "sum(values)"}
BLOCK = {"before": "for it in all:", "text": "\n    keep(it)\n    count += 1"}
ASKED = "textDocument/inlineCompletion"


class Ghost(list):
    """A step of a test: waits until this ghost text is on the screen."""


class Glue(unittest.TestCase):
    def open(self, offers=(), text="", config=ALL_KEYS, name="main.txt"):
        home = Home(config)
        self.addCleanup(home.remove)
        editor = Editor(home, home.write(name, text))
        self.addCleanup(editor.close)
        editor.lua("scripted.offers = ...", list(offers))
        editor.until_attached()
        return editor

    def play(self, editor, steps):
        for step in steps:
            if isinstance(step, Ghost):
                editor.until_ghost(*step)
            else:
                editor.type(step)

    def check(self, offers, steps, lines, ghost=(), **more):
        """Plays `steps`, then checks the buffer and the ghost text, and that no error occurred."""
        editor = self.open(offers, **more)
        self.play(editor, steps)
        until_equal(lines, editor.lines)
        editor.until_ghost(*ghost)
        self.assertNotIn("E5108", editor.messages())
        return editor

    def sent(self, editor, method):
        """The parameters of every `method` message to the server."""
        log = editor.lua("return scripted.log")
        return [params for name, params in log if name == method]

    # Display

    def test_suggestion_is_shown_after_the_cursor(self):
        self.check([TOTAL], ["itotal = "], ["total = "], ["sum(values)"])

    def test_further_lines_are_shown_below(self):
        self.check([BLOCK], ["ifor it in all:"], ["for it in all:"], ["", "    keep(it)", "    count += 1"])

    def test_tabs_extend_to_their_tab_stops(self):
        offer = {"before": "if ok {", "text": "\t// go\n\treturn"}
        self.check([offer], ["iif ok {"], ["if ok {"], [" // go", "        return"])

    def test_suggestion_comes_on_entering_insert_mode(self):
        self.check([{"before": "", "text": "import os"}], ["i"], [""], ["import os"])

    def test_leaving_insert_mode_hides_it(self):
        self.check([TOTAL], ["itotal = ", Ghost(["sum(values)"]), "<Esc>"], ["total = "])

    def test_replaced_closing_brackets_are_shown_once(self):
        offer = {"before": "print(", "text": "name) + 1", "covers": 1}
        steps = ["iprint()<Left>", Ghost(["name", " + 1"]), "<Tab>"]
        self.check([offer], steps, ["print(name) + 1"])

    def test_block_covers_the_closing_bracket_it_replaces(self):
        offer = {"before": "loop {", "text": "\n    go();\n}", "covers": 1}
        steps = ["iloop {}<Left>", Ghost([" ", "    go();", "}"]), "<Tab>"]
        self.check([offer], steps, ["loop {", "    go();", "}"])

    def test_column_is_correct_after_emoji(self):
        offer = {"before": 'say("\U0001f600é\U0001f600", ', "text": "loud)", "covers": 1}
        for encoding in ("utf-8", "utf-16", "utf-32"):
            with self.subTest(encoding):
                steps = ['isay("\U0001f600é\U0001f600", )<Left>', Ghost(["loud"]), "<Tab>"]
                config = ALL_KEYS.replace(SERVER, f"{SERVER}scripted.encoding = '{encoding}'\n")
                self.check([offer], steps, ['say("\U0001f600é\U0001f600", loud)'], config=config)

    def test_server_is_notified_once_of_a_shown_suggestion(self):
        editor = self.check([TOTAL], ["itotal = ", Ghost(["sum(values)"]), "su"], ["total = su"], ["m(values)"])
        (shown,) = self.sent(editor, "textDocument/didShowCompletion")
        self.assertEqual(shown["item"]["insertText"], "sum(values)")

    # Typing

    def test_typing_through_keeps_it_without_a_new_request(self):
        editor = self.open([TOTAL])
        self.play(editor, ["itotal = ", Ghost(["sum(values)"])])
        asked = len(self.sent(editor, ASKED))
        self.play(editor, ["s", Ghost(["um(values)"]), "um", Ghost(["(values)"]), "<BS>", Ghost(["m(values)"])])
        self.assertEqual(len(self.sent(editor, ASKED)), asked)

    def test_typing_something_else_hides_it_and_sends_a_new_request(self):
        editor = self.open([TOTAL, {"before": "total = x", "text": "s[0]"}])
        self.play(editor, ["itotal = ", Ghost(["sum(values)"])])
        asked = len(self.sent(editor, ASKED))
        self.play(editor, ["x", Ghost(["s[0]"])])
        self.assertEqual(len(self.sent(editor, ASKED)), asked + 1)

    def test_late_answer_is_dropped_and_its_request_cancelled(self):
        editor = self.open([TOTAL, {"before": "total = x", "text": "s[0]"}])
        editor.lua("scripted.hold = true")
        editor.type("itotal = ")
        until("a request waits", lambda: editor.lua("return #scripted.held") > 0)
        waiting = editor.lua("return #scripted.held")
        editor.type("x")
        until("the next waits", lambda: editor.lua("return #scripted.held") > waiting)
        editor.lua("scripted.release()")
        editor.until_ghost("s[0]")
        self.assertEqual(len(self.sent(editor, "$/cancelRequest")), waiting)

    def test_answer_after_a_dismissal_is_dropped(self):
        editor = self.open([TOTAL])
        self.play(editor, ["itotal = ", Ghost(["sum(values)"])])
        editor.lua("scripted.hold = true")
        editor.type("<F7>")
        until("a request waits", lambda: editor.lua("return #scripted.held") > 0)
        self.play(editor, ["<F6>", Ghost()])
        editor.lua("scripted.release() vim.wait(10)")
        editor.until_ghost()

    def test_null_leaves_what_is_shown_and_an_empty_list_hides_it(self):
        editor = self.open([TOTAL])
        self.play(editor, ["itotal = ", Ghost(["sum(values)"])])
        for offers, ghost in (([{"before": "total = ", "none": True}], ["sum(values)"]), ([], [])):
            editor.lua("scripted.offers = ...", offers)
            asked = len(self.sent(editor, ASKED))
            editor.type("<F7>")
            until("the request", lambda: len(self.sent(editor, ASKED)) > asked)
            editor.until_ghost(*ghost)

    # Accepting

    def test_tab_accepts_all(self):
        self.check([TOTAL], ["itotal = ", Ghost(["sum(values)"]), "<Tab>"], ["total = sum(values)"], config=PLAIN)

    def test_block_is_accepted_as_it_is_indented(self):
        steps = ["ifor it in all:", Ghost(["", "    keep(it)", "    count += 1"]), "<Tab>", "!"]
        self.check([BLOCK], steps, ["for it in all:", "    keep(it)", "    count += 1!"])

    def test_word_leaves_the_rest_without_a_new_request(self):
        editor = self.open([TOTAL])
        self.play(editor, ["itotal = ", Ghost(["sum(values)"])])
        asked = len(self.sent(editor, ASKED))
        self.play(editor, ["<F2>", Ghost(["(values)"]), "<F2>", Ghost([")"])])
        self.assertEqual(editor.line(), "total = sum(values")
        self.assertEqual(len(self.sent(editor, ASKED)), asked)

    def test_word_does_not_run_over_the_end_of_a_line(self):
        steps = ["ifor it in all:", Ghost(["", "    keep(it)", "    count += 1"])]
        steps += ["<F2>", Ghost(["(it)", "    count += 1"]), "<F2><F2>", Ghost(["", "    count += 1"])]
        self.check([BLOCK], steps, ["for it in all:", "    keep(it)"], ["", "    count += 1"])

    def test_line_leaves_the_lines_below(self):
        steps = ["ifor it in all:", Ghost(["", "    keep(it)", "    count += 1"]), "<F3>"]
        self.check([BLOCK], steps, ["for it in all:", "    keep(it)"], ["", "    count += 1"])

    def test_accepted_length_is_counted_in_utf_16_from_the_start(self):
        editor = self.open([{"before": "say ", "text": "\U0001f600é loud"}])
        self.play(editor, ["isay ", Ghost(["\U0001f600é loud"]), "<F2>", Ghost([" loud"]), " l", Ghost(["oud"])])
        self.play(editor, ["<BS><BS>", Ghost([" loud"])])
        partial = self.sent(editor, "textDocument/didPartiallyAcceptCompletion")
        self.assertEqual([it["acceptedLength"] for it in partial], [3])

    def test_undo_takes_back_what_was_accepted_and_nothing_else(self):
        editor = self.open([TOTAL])
        self.play(editor, ["itotal = ", Ghost(["sum(values)"]), "<Tab>"])
        editor.until_line("total = sum(values)")
        editor.type(" + 1<Esc>")
        editor.until_line("total = sum(values) + 1")
        for line in ("total = sum(values)", "total = ", ""):
            editor.type("u")
            editor.until_line(line)

    def test_dismissed_stays_away_until_the_text_changes(self):
        editor = self.open([TOTAL])
        self.play(editor, ["itotal = ", Ghost(["sum(values)"]), "<F6>", Ghost(), "s<BS>", Ghost(["sum(values)"])])

    def test_next_and_previous_cycle_through_several(self):
        offers = [TOTAL, {"before": "total = ", "text": "0"}]
        first, second = Ghost(["sum(values)  1/2"]), Ghost(["0  2/2"])
        steps = ["itotal = ", first, "<F4>", second, "<F4>", first, "<F5>", second, "<Tab>"]
        self.check(offers, steps, ["total = 0"])

    def test_next_requests_more_and_shows_another(self):
        editor = self.open([TOTAL])
        self.play(editor, ["itotal = ", Ghost(["sum(values)"])])
        editor.lua("scripted.offers = ...", [TOTAL, {"before": "total = ", "text": "0"}])
        self.play(editor, ["<F4>", Ghost(["0  2/2"])])
        self.assertEqual(self.sent(editor, ASKED)[-1]["context"]["triggerKind"], 1)

    def test_typing_picks_the_suggestion_that_still_fits(self):
        offers = [TOTAL, {"before": "total = ", "text": "math.fsum(values)"}]
        self.check(offers, ["itotal = ", Ghost(["sum(values)  1/2"]), "m"], ["total = m"], ["ath.fsum(values)  2/2"])

    def test_trigger_sends_an_invoked_request(self):
        editor = self.open()
        editor.type("itotal = ")
        editor.until_line("total = ")
        editor.lua("scripted.offers = ...", [TOTAL])
        self.play(editor, ["<F7>", Ghost(["sum(values)"])])
        kinds = [it["context"]["triggerKind"] for it in self.sent(editor, ASKED)]
        self.assertEqual((kinds[0], kinds[-1]), (2, 1))

    # Keys

    def test_tab_without_a_suggestion_is_a_tab(self):
        self.check([TOTAL], ["ix<Tab>"], ["x\t"], config=PLAIN)

    def test_tab_without_a_suggestion_jumps_in_a_snippet(self):
        editor = self.open(config=PLAIN)
        editor.type("i")
        until("insert mode", lambda: editor.mode() == "i")
        editor.lua("vim.snippet.expand('f($1, $2)')")
        editor.type("a<Tab>b")
        editor.until_line("f(a, b)")

    def test_mapping_of_tab_by_the_user_is_kept(self):
        mapped = "vim.keymap.set('i', '<Tab>', 'mine')"
        for config in (f"{mapped}\n{PLAIN}", f"{PLAIN}\n{mapped}"):
            with self.subTest(config):
                steps = ["itotal = ", Ghost(["sum(values)"]), "<Tab>"]
                self.check([TOTAL], steps, ["total = mine"], config=config)

    def test_named_key_without_a_suggestion_does_what_it_did_before(self):
        lua = "vim.keymap.set('i', '<Tab>', {})"
        befores = {
            "plain": (lua.format("'mine'"), "mine"),
            "of Vim script": ("vim.cmd('inoremap <Tab> mine')", "mine"),
            "remapped": ("vim.cmd('inoremap <F9> deep|imap <Tab> <F9>')", "deep"),
            "not remapped": ("vim.cmd('inoremap Q q|inoremap <Tab> Q')", "Q"),
            "beginning with itself": ("vim.cmd('imap <Tab> <Tab>x')", "\tx"),
            "expression of Vim script": ("vim.cmd([[inoremap <expr> <Tab> line('.') . \"\\<C-v>u00e9\"]])", "1\u00e9"),
            "callback": (lua.format("function() vim.api.nvim_put({ 'put' }, 'c', true, true) end"), "put"),
            "callback that gives keys": (lua.format("function() return 'k<C-v>u00e9' end, { expr = true }"), "k\u00e9"),
            "callback that gives bytes": (
                lua.format("function() return '<Tab>' end, { expr = true, replace_keycodes = false }"),
                "<Tab>",
            ),
            "command": (lua.format("'<Cmd>let g:pressed = 1<CR>!'"), "!"),
            "nothing": ("", "\t"),
        }
        for kind, (before, typed) in befores.items():
            with self.subTest(kind):
                # A second setup must not take our own mapping for one of the user.
                setup = f"require('understudy').setup({{ keys = {KEYS} }})"
                editor = self.open([TOTAL], config=f"{before}\n{ALL_KEYS}\n{setup}")
                editor.type("ix<Tab>")
                editor.until_line(f"x{typed}")
                self.play(editor, ["<Esc>cctotal = ", Ghost(["sum(values)"]), "<Tab>"])
                editor.until_line("total = sum(values)")
                self.assertEqual(editor.messages(), "")

    def test_mapping_of_a_buffer_does_not_affect_other_buffers(self):
        buffer = "vim.keymap.set('i', '<Tab>', 'here', { buffer = true })\nvim.keymap.set('i', '<Tab>', 'there')"
        editor = self.open([TOTAL], config=f"{buffer}\n{ALL_KEYS}")
        editor.nvim.command("enew")
        editor.type("i<Tab>")
        editor.until_line("there")

    def test_keys_can_be_mapped_by_name(self):
        config = f"{PLAIN}\nvim.keymap.set('i', '<C-l>', '<Plug>(understudy-accept-word)')"
        self.check([TOTAL], ["itotal = ", Ghost(["sum(values)"]), "<C-l>"], ["total = sum"], ["(values)"], config=config)

    # Coexistence with menus

    def test_completion_menu_hides_the_suggestion(self):
        steps = ["Gototal = ", Ghost(["sum(values)"]), "<C-n>"]
        editor = self.check([TOTAL], steps, ["word wood", "total = word"], text="word wood\n")
        self.assertEqual(editor.lua("return vim.fn.pumvisible()"), 1)
        self.play(editor, ["<C-e>", Ghost(["sum(values)"])])

    def test_menus_of_plugins_hide_the_suggestion(self):
        editor = self.open([TOTAL])
        self.play(editor, ["itotal = ", Ghost(["sum(values)"])])
        editor.lua("package.loaded['blink.cmp'] = { is_menu_visible = function() return blink_open end }")
        for open_now, event, ghost in ((True, "Open", []), (False, "Close", ["sum(values)"])):
            editor.lua("blink_open = ...", open_now)
            editor.nvim.command(f"doautocmd User BlinkCmpMenu{event}")
            editor.until_ghost(*ghost)

    def test_ghost_text_of_neovim_itself_is_used_if_available(self):
        native = (
            "calls = {}\n"
            "vim.lsp.inline_completion = {\n"
            "  enable = function(on, filter) table.insert(calls, { 'enable', on, filter.client_id }) end,\n"
            "  get = function() table.insert(calls, { 'get' }) return true end,\n"
            "}\n"
        )
        editor = self.open([TOTAL], config=native + PLAIN)
        client = editor.lua("return vim.lsp.get_clients()[1].id")
        self.assertEqual(editor.lua("return calls"), [["enable", True, client]])
        mark = "vim.api.nvim_buf_set_extmark(0, vim.api.nvim_create_namespace('nvim.lsp.inline_completion'), 0, 0, {})"
        self.play(editor, ["itotal = "])
        editor.until_line("total = ")
        editor.lua(mark)
        editor.type("<Tab>")
        until("its own suggestion is accepted", lambda: ["get"] in editor.lua("return calls"))
        self.assertEqual(self.sent(editor, ASKED), [])

    def test_neovim_without_client_configurations_is_supported(self):
        # Hides the functions of Neovim 0.11, so that the older ones are used.
        older = (
            "vim.lsp.config, vim.lsp.enable = nil, nil\n"
            "local has = vim.fn.has\n"
            "vim.fn.has = function(it) return it == 'nvim-0.11' and 0 or has(it) end\n"
        )
        for encoding in ("utf-8", "utf-16", "utf-32"):
            with self.subTest(encoding):
                config = older + ALL_KEYS.replace(SERVER, f"{SERVER}scripted.encoding = '{encoding}'\n")
                offer = {"before": "say \U0001f600é ", "text": "it loud)", "covers": 1}
                editor = self.open([offer], config=config)
                editor.nvim.command("Understudy restart")
                until("a new client", lambda: editor.lua("return (vim.lsp.get_clients()[1] or {}).id") == 2)
                editor.until_attached()
                steps = ["isay \U0001f600é )<Left>", Ghost(["it loud"]), "<F2>", Ghost([" loud"]), "<Tab>"]
                self.play(editor, steps)
                editor.until_line("say \U0001f600é it loud)")

    def test_a_word_of_neovims_own_ghost_text_is_inserted_after_the_typed_text(self):
        for shape in ("{ start_row = 0, start_col = 8 }", "{ start = { row = 0, col = 8 } }"):
            with self.subTest(shape):
                native = (
                    "vim.lsp.inline_completion = { enable = function() end, get = function(how)\n"
                    f"  vim.schedule(function() how.on_accept({{ insert_text = 'sum(values)', range = {shape} }}) end)\n"
                    "  return true\n"
                    "end }\n"
                )
                editor = self.open(config=native + ALL_KEYS)
                editor.type("itotal = s")
                editor.until_line("total = s")
                editor.lua("require('understudy').accept_word()")
                editor.until_line("total = sum")

    # Client

    def test_client_enabled_without_setup_shows_ghost_text(self):
        config = f"{SERVER}vim.lsp.config('understudy', {{ cmd = scripted.cmd }})\nvim.lsp.enable('understudy')"
        editor = self.check([TOTAL], ["itotal = "], ["total = "], ["sum(values)"], config=config)
        (params,) = self.sent(editor, "initialize")
        self.assertEqual(params["initializationOptions"], OURS)

    def test_only_files_are_attached(self):
        editor = self.open(config=PLAIN)
        for command in ("enew | setfiletype python", "new | setlocal buftype=nofile | setfiletype lua"):
            editor.nvim.command(command)
            self.assertEqual(editor.lua("return #vim.lsp.get_clients({ bufnr = 0 })"), 0)

    def test_settings_reach_the_server(self):
        setup = "require('understudy').setup({ cmd = scripted.cmd, settings = { complete = { trigger = 'manual' } } })"
        editor = self.open(config=SERVER + setup)
        (params,) = self.sent(editor, "initialize")
        self.assertEqual(params["initializationOptions"], {**OURS, "complete": {"trigger": "manual"}})
        self.assertIn("inlineCompletion", params["capabilities"]["textDocument"])

    def test_restart_attaches_a_new_server(self):
        editor = self.open([TOTAL])
        first = editor.lua("return vim.lsp.get_clients()[1].id")
        editor.nvim.command("Understudy restart")
        until("a new client", lambda: first not in editor.lua("return vim.tbl_map(function(it) return it.id end, vim.lsp.get_clients())"))
        editor.until_attached()
        self.play(editor, ["itotal = ", Ghost(["sum(values)"])])

    def test_command_completes_its_words(self):
        editor = self.open()
        complete = "return vim.fn.getcompletion(..., 'cmdline')"
        names = "ask explain log pause rename restart resume sent setup status".split()
        self.assertEqual(editor.lua(complete, "Understudy "), names)
        self.assertEqual(editor.lua(complete, "Understudy st"), ["status"])
        self.assertEqual(editor.lua(complete, "Understudy status "), [])

    def test_status_shows_what_serves_the_buffer(self):
        editor = self.open()
        editor.nvim.command("Understudy status")
        until("the message", editor.messages, lambda it: "ghost text: this plugin's" in it)
        editor.nvim.command("enew")
        self.assertIn("not attached", editor.nvim.command_output("Understudy status"))


if __name__ == "__main__":
    unittest.main()
