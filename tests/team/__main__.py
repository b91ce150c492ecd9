"""Runs the tests of this folder: see `suite`."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import suite  # noqa: E402

if __name__ == "__main__":
    sys.exit(suite.main(__file__, sys.argv[1:]))
