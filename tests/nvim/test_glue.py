"""What the plugin does with the answers of a server, whichever they are."""

import unittest

from editor import Editor, Home, until, until_equal

SETUP = """
scripted = require('scripted')
require('understudy').setup({ cmd = scripted.cmd })
"""

TOTAL = {"before": "total = ", "text": "sum(values)"}
BLOCK = {"before": "for it in all:", "text": "\n    keep(it)\n    count += 1"}


class Glue(unittest.TestCase):
    def open(self, text="", offers=(), before=SETUP, encoding="utf-8", name="main.py"):
        home = Home(before)
        self.addCleanup(home.remove)
        editor = Editor(home, home.write(name, text))
        self.addCleanup(editor.close)
        self.addCleanup(lambda: self.assertNotIn("Error", editor.messages()))
        editor.lua("scripted.offers, scripted.encoding = ...", list(offers), encoding)
        editor.until_attached()
        return editor

    def sent(self, editor, method):
        return editor.lua(
            "return vim.tbl_filter(function(it) return it[1] == ... end, scripted.log)"
            .replace("...", repr(method))
        )

    def check(self, offers, keys, lines, ghost=(), text="", **more):
        """Types `keys` one after the other, each once what stands before it has come to rest."""
        editor = self.open(text, offers, **more)
        for key in keys:
            if isinstance(key, str):
                editor.type(key)
            else:
                editor.until_ghost(*key)
        until_equal(lines, editor.lines)
        editor.until_ghost(*ghost)
        return editor

    def test_a_suggestion_stands_behind_the_cursor(self):
        self.check([TOTAL], ["itotal = "], ["total = "], ["sum(values)"])

    def test_lines_after_the_first_stand_below(self):
        self.check([BLOCK], ["ifor it in all:"], ["for it in all:"], ["", "    keep(it)", "    count += 1"])

    def test_tab_accepts_all(self):
        self.check([TOTAL], ["itotal = ", ["sum(values)"], "<Tab>"], ["total = sum(values)"])

    def test_tab_accepts_several_lines_as_they_are_indented(self):
        keys = ["ifor it in all:", ["", "    keep(it)", "    count += 1"], "<Tab>", "!"]
        self.check([BLOCK], keys, ["for it in all:", "    keep(it)", "    count += 1!"])
