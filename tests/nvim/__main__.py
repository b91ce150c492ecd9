"""Runs the tests of this folder. `python3 tests/nvim [NAME…]`, with what `tests/run` puts in place."""

import pathlib
import sys
import unittest


def main(names):
    folder = str(pathlib.Path(__file__).resolve().parent)
    loader = unittest.TestLoader()
    loader.testNamePatterns = [f"*{name}*" for name in names] or None
    suite = loader.discover(folder)
    result = unittest.TextTestRunner(sys.stdout, verbosity=2, warnings="ignore").run(suite)
    # What cannot run has failed.
    failed = len({test.id() for test, _ in result.failures + result.errors + result.skipped})
    failed = failed or int(not result.wasSuccessful())
    print(f"{result.testsRun - failed} passed, {failed} failed")
    return 1 if failed or not result.testsRun else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
