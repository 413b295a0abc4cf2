"""`python -m acutance` is the command `acutance`."""

from __future__ import annotations

import sys

from acutance.cli import main

if __name__ == "__main__":
    sys.exit(main())
