"""The real 0.5B of `understudy model add` in a real Neovim: ghost text, its memory, and the end of its engine."""

import ast
import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import time
import unittest

import test_model
import world

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "nvim"))

import editor  # noqa: E402
import terminal  # noqa: E402

NAME = "qwen2.5-coder-0.5b"
FILE = world.TESTBED / f"{NAME}.gguf"
SETUP = f"""
require('understudy').setup({{
  cmd = {{ '{os.environ["UNDERSTUDY_BINARY"]}' }},
  keys = {{ accept = '<Tab>', accept_word = '<M-w>' }},
}})
"""
SHAPES = """def area(width, height):
    return width * height


def volume(width, height, depth):
"""
# Memory beside the file: prompts, the vocabulary, buffers.
BUFFERS = 150 * 10**6
IDLE = 600


class Neural(unittest.TestCase):
    def setUp(self):
        self.home = editor.Home(SETUP)
        self.addCleanup(self.home.remove)
        self.addCleanup(world.stop_engines, self.home.path)
        models = self.home.path / "state/understudy/models"
        models.mkdir()
        (models / FILE.name).symlink_to(FILE)
        config = self.home.path / "config/understudy/config.toml"
        config.parent.mkdir(parents=True)
        config.write_text("embedded = 'off'\ncomplete.eagerness = 'high'\n")
        command = self.home.command()
        command = [*command[: command.index(str(editor.NVIM))], world.BINARY, "model", "add", NAME]
        said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=world.PATIENCE).stdout
        self.assertIn(f"{NAME} is in use", said)
        self.terminal = terminal.Terminal(self.home, self.home.command(self.home.write("shapes.py", SHAPES)))
        self.addCleanup(self.terminal.close)
        self.nvim = editor.Editor.on_screen(self.home)
        self.nvim.until_attached()

    def line(self, *keys):
        """Types a line, whose text is the last of the keys, without automatic indentation."""
        *before, text = keys
        self.terminal.send("Escape")
        self.terminal.send(*before, "0", "C-d")
        self.terminal.send("-l", text)

    def engine(self):
        """The only engine."""
        found = world.engines(self.home.path)
        self.assertLessEqual(len(found), 1)
        return found[0] if found else None

    def suggestion(self, what, typed):
        """The ghost text behind `typed` on a line of its own. Types it again until there is one: a suggestion is lost
        while the engine starts."""
        start, end = time.monotonic(), 0

        def shown():
            nonlocal end
            if time.monotonic() > end:
                self.line("c", "c", typed)
                end = time.monotonic() + 5
            return self.nvim.ghost()

        ghost = world.until(what, shown, every=0.05)[0]
        print(f"\n{what} after {time.monotonic() - start:.1f} s", flush=True)
        return ghost

    def accepted(self):
        """The text as valid code; else accepts what is shown of the rest."""
        try:
            return ast.unparse(ast.parse("\n".join(self.nvim.lines())))
        except SyntaxError:
            if self.nvim.ghost():
                self.terminal.send("Tab")
            return ""

    def test_a_suggestion_is_shown_typed_through_and_accepted_and_the_engine_may_end(self):
        self.assertIsNone(self.engine())
        self.line("G", "o", "    return")
        typed = "    return area("
        ghost = self.suggestion("a suggestion", typed)
        self.terminal.until("a neural suggestion", typed + ghost)
        self.terminal.send("-l", ghost[:2])
        # On a slow machine it is the beginning of a text, and grows.
        rest = lambda: (self.nvim.ghost() or [""])[0]
        world.until("a suggestion typed through", rest, lambda it: it.startswith(ghost[2:]))
        self.terminal.until("a neural suggestion typed through", typed + ghost)
        self.terminal.send("Tab")
        world.until("the accepted text", self.nvim.line, lambda it: it.startswith(typed + ghost))
        world.until("valid code", self.accepted, lambda it: "width" in it, every=0.2)
        self.check_memory()
        self.kill_while_it_answers()
        self.suggestion("a suggestion of the next engine", "    return area(")
        self.leave_idle()
        self.line("o", "def prism(width, height, depth):")
        self.line("o", "    return")
        self.suggestion("a suggestion after the pause", "    return area(")
        self.assertEqual(self.nvim.messages(), "")

    def check_memory(self):
        """All windows share the engine, so this is the memory of all of them. The program's own pages are shared, too."""
        rollup = pathlib.Path(f"/proc/{self.engine()}/smaps_rollup").read_text()
        resident = 1024 * next(int(it.split()[1]) for it in rollup.splitlines() if it.startswith("Pss:"))
        print(f"the engine takes {resident / 1e6:.0f} MB, of which the file is {FILE.stat().st_size / 1e6:.0f} MB")
        self.assertLess(resident, FILE.stat().st_size + BUFFERS)

    def busy(self):
        """Processor time of the engine in ticks."""
        fields = pathlib.Path(f"/proc/{self.engine()}/stat").read_text().rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])

    def kill_while_it_answers(self):
        pid, before = self.engine(), self.busy()
        self.line("o", "def box(width, height, depth):")
        self.line("o", "    return area(")
        world.until("the engine reads", self.busy, lambda it: it > before + 5)
        os.kill(pid, signal.SIGKILL)
        world.until("the engine is gone", lambda: self.engine() != pid)

    def leave_idle(self):
        """As if nothing was requested for ten minutes: the time of the last use is that of a file."""
        pid = self.engine()
        found = subprocess.run(
            ["pgrep", "-af", f"keep --name .*{self.home.path}"], capture_output=True, text=True, check=True
        )
        file = found.stdout.split("--file ")[1].split()[0]
        self.terminal.send("Escape")
        past = time.time() - IDLE - 1

        def ended():
            # A request that is still running records its use later.
            with contextlib.suppress(FileNotFoundError):
                os.utime(file, (past, past))
            return self.engine() != pid

        world.until("the engine has ended", ended)
        self.assertIsNone(self.engine())


class Draft(unittest.TestCase):
    def setUp(self):
        self.home = world.Home("")
        self.addCleanup(self.home.remove)
        self.engine = test_model.Engine(self.home.path)
        self.addCleanup(self.engine.close)
        (self.engine.models / FILE.name).symlink_to(FILE)

    def fill(self, **changes):
        """The text of an answer, and the tokens that were written per second."""
        prefix = "class Point:\n    def __init__(self, left, top, width, height, colour):\n"
        hole = {"model": NAME, "input_prefix": prefix, "input_suffix": "", "n_predict": 48, **changes}
        events = self.engine.fill(**hole)
        times = events[-1]["timings"]
        return "".join(it["content"] for it in events), 1000 * times["predicted_n"] / times["predicted_ms"]

    def test_a_right_draft_is_verified_and_does_not_change_the_answer(self):
        text, without = self.fill()
        self.assertIn("self.left = left", text)
        verified, rate = self.fill(draft=text)
        self.assertEqual(verified, text)
        self.assertEqual(self.fill(draft=text[:20] + "wrong")[0], text)
        print(f"\n{without:.0f} tokens/s without a draft, {rate:.0f} with a right one", flush=True)


if __name__ == "__main__":
    unittest.main()
