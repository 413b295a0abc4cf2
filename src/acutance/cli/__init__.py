"""The command line: parse, call one function, write.

A command is one file in `commands/`: what it is called, its options, its examples and its `run`. Nothing here or there
imports torch before the options are known to be right, so that help and refusals come at once.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from acutance.cli._exit import guarded
from acutance.cli._overview import COMMANDS, overview
from acutance.errors import ConfigError

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command.

    Args:
        argv: the words after `acutance`; those of this process by default.

    Returns:
        The exit code: 0 done, 2 the input is wrong, 1 our fault, 130 stopped by Ctrl-C.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch: threads that spin for a taken core crawl
    words = list(sys.argv[1:] if argv is None else argv)
    return guarded(lambda: _dispatch(words), words)


def _dispatch(words: list[str]) -> None:
    if not words or words[0] in ("-h", "--help", "help"):
        print(overview())
        return
    if words[0] in ("-V", "--version"):
        from acutance import __version__

        print(f"acutance {__version__}")
        return
    if words[0].startswith("-"):
        raise ConfigError(f"a command comes first, got {words[0]!r}; 'acutance --help' lists the commands")
    COMMANDS.load(words[0])(words[1:])
