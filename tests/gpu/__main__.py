"""Runs the tests of this folder: see `suite`. They use the engine of the tests of real servers."""

import pathlib
import sys

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "support"), str(TESTS / "real")]

import suite  # noqa: E402

if __name__ == "__main__":
    sys.exit(suite.main(__file__, sys.argv[1:]))
