"""Runs the tests of a folder: `python3 tests/FOLDER [NAME...]`, with the tools that `tests/run` installs."""

import pathlib
import signal
import sys
import unittest

# Limit of one test in seconds: an editor that waits for a key would block the run.
PATIENCE = 180


class Result(unittest.TextTestResult):
    def startTest(self, test):
        super().startTest(test)
        signal.alarm(PATIENCE)

    def stopTest(self, test):
        signal.alarm(0)
        super().stopTest(test)


def hangs(*_):
    raise AssertionError(f"hangs: not done within {PATIENCE} s")


def main(file, names):
    folder = str(pathlib.Path(file).resolve().parent)
    loader = unittest.TestLoader()
    loader.testNamePatterns = [f"*{name}*" for name in names] or None
    suite = loader.discover(folder)
    signal.signal(signal.SIGALRM, hangs)
    runner = unittest.TextTestRunner(sys.stdout, verbosity=2, warnings="ignore", resultclass=Result)
    result = runner.run(suite)
    # A test that cannot run counts as failed.
    unwell = [getattr(it, "test_case", it) for it, _ in result.failures + result.errors + result.skipped]
    failed = len({it.id() for it in unwell})
    failed = failed or int(not result.wasSuccessful())
    print(f"{result.testsRun - failed} passed, {failed} failed")
    return 1 if failed or not result.testsRun else 0
