"""`python -m acutance.measure` is the command `acutance measure`."""

from __future__ import annotations

import sys

from acutance.cli import main

if __name__ == "__main__":
    sys.exit(main(["measure", *sys.argv[1:]]))
