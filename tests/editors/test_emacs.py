"""Emacs with both LSP clients: completion, code actions, instructions, answers, hover, status."""

import subprocess
import unittest

from bed import BETTER, DOCUMENTED, Home, Terminal, keep
from common import BINARY, PATIENCE, REPOSITORY, REST, TYPED, Provider, until

HERE = REPOSITORY / "tests/editors"
GLUE = REPOSITORY / "editors/emacs"
DOCUMENT = f"```python\n{DOCUMENTED}```"
EDIT = f"```python\n{BETTER}```"
ANSWER = "It is the **area**."


def emacs(home, *arguments):
    """Runs Emacs without a screen and returns its exit status and output."""
    command = ["emacs", "--batch", "-q", *map(str, arguments)]
    environment = home.environment(TYPED=TYPED, REST=REST, BETTER=BETTER, DOCUMENTED=DOCUMENTED)
    done = subprocess.run(
        command, cwd=home.project, env=environment, capture_output=True, text=True, timeout=2 * PATIENCE
    )
    return done.returncode, done.stdout + done.stderr


class Glue(unittest.TestCase):
    def test_each_file_compiles_without_a_warning(self):
        home = Home()
        self.addCleanup(home.remove)
        strict = "(setq byte-compile-error-on-warn t)"
        for name in ("understudy.el", "understudy-next-edit.el"):
            compiled = home.path / name
            compiled.write_text((GLUE / name).read_text())
            # `-Q` leaves out packages of the system: the files must compile without them.
            arguments = ["-Q", "-L", home.path, "--eval", strict, "-f", "batch-byte-compile", compiled]
            self.assertEqual(emacs(home, *arguments), (0, ""))


class Client:
    """The tests of each client; `test` is its file."""

    def check(self, name, answer=ANSWER):
        home, provider = Home(), Provider(answer, fills=False)
        self.addCleanup(home.remove)
        self.addCleanup(provider.close)
        home.configure(provider)
        run = f'(ert-run-tests-batch-and-exit "^{name}$")'
        # Not by the exit status: while it quits, eglot can answer a request of the server that it has just ended.
        _, said = emacs(home, "-L", GLUE, "-l", HERE / self.test, "--eval", run)
        self.assertIn("1 results as expected, 0 unexpected", said, home.logs())
        return provider

    def test_suggestion_is_a_completion_and_completes_the_line(self):
        self.check("completion")

    def test_action_changes_the_buffer(self):
        self.check("action", DOCUMENT)

    def test_edit_with_an_instruction(self):
        provider = self.check("words", EDIT)
        self.assertIn("no variable", str(provider.asked[-1]))

    def test_explanation_streams_into_a_buffer_and_a_follow_up_continues_it(self):
        provider = self.check("answer")
        roles = [it["role"] for it in provider.asked[-1]["messages"]]
        self.assertEqual(roles, ["system", "user", "assistant", "user"])

    def test_hover_explains_a_symbol(self):
        provider = self.check("hover", "It multiplies.")
        self.assertEqual(len(provider.asked), 1)

    def test_status_shows_the_available_providers(self):
        self.check("status")

    def test_next_edit_is_shown_applied_jumped_to_and_rejected(self):
        self.check("next-edit")

    def test_pause_holds_until_it_is_resumed(self):
        self.check("pause")


# The configuration of the README, and options that do not affect it.
INIT = f"""
(add-to-list 'load-path "{GLUE}")
(require 'understudy)
(understudy-eglot-setup 'python-mode)
(setq inhibit-startup-screen t native-comp-async-report-warnings-errors nil understudy-command '("{BINARY}"))
"""


class Screen(unittest.TestCase):
    def test_configuration_of_the_readme_completes_a_line_on_the_screen(self):
        home = Home()
        self.addCleanup(home.remove)
        init = home.path / "init.el"
        init.write_text(INIT)
        terminal = Terminal(home, ["emacs", "-nw", "-q", "-l", init, home.client])
        self.addCleanup(terminal.close)
        terminal.until("the file", "_client.py")
        terminal.keys("M-x")
        terminal.text("eglot")
        terminal.keys("Enter")
        terminal.until("the server", "eglot:project")
        terminal.keys("M->")
        terminal.text(TYPED)
        terminal.until("the line", f"\n{TYPED}")

        # Nothing is suggested before the project is indexed.
        def completed():
            terminal.keys("C-M-i")
            return TYPED.strip() + REST in terminal.screen()

        until("the completed line", completed, every=0.5)
        keep("emacs-eglot", terminal.screen())


class Eglot(Client, unittest.TestCase):
    test = "eglot.el"


class LspMode(Client, unittest.TestCase):
    test = "lsp-mode.el"


if __name__ == "__main__":
    unittest.main()
