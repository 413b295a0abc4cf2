"""How a command ends: exit codes, and one message for what the user can put right."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Callable, Sequence

from acutance.errors import AcutanceError, InputError

__all__ = ["DONE", "OUR_FAULT", "STOPPED", "WRONG_INPUT", "Stopped", "guarded"]

DONE, OUR_FAULT, WRONG_INPUT, STOPPED = 0, 1, 2, 130

# What a disk or a folder refuses is for the user to put right; any other OSError is a fault of ours.
_REFUSED = {errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.ENAMETOOLONG, errno.ENOTDIR}


class Stopped(Exception):
    """Ctrl-C during work that was saved; the message says how to go on."""


def guarded(work: Callable[[], None], words: Sequence[str]) -> int:
    """Runs `work`, and turns whatever it raises into a message on stderr and an exit code.

    Args:
        work: what to run.
        words: the command's words, to name it in the message.
    """
    name = f"acutance {words[0]}" if words and not words[0].startswith("-") else "acutance"
    try:
        work()
        sys.stdout.flush()
    except SystemExit as request:
        return request.code if isinstance(request.code, int) else DONE
    except InputError as error:
        return _say(f"{name}: {error}", WRONG_INPUT)
    except AcutanceError as error:
        return _say(f"{name}: {error}", OUR_FAULT)
    except Stopped as stop:
        return _say(f"\n{stop}", STOPPED)
    except KeyboardInterrupt:
        return _say(f"\n{name}: stopped", STOPPED)
    except BrokenPipeError:
        return _hung_up()
    except OSError as error:
        if error.errno in _REFUSED:
            return _say(
                f"{name}: {error.strerror}: {error.filename}; choose a place that can be written to", WRONG_INPUT
            )
        return _our_fault(name)
    except Exception:
        return _our_fault(name)
    return DONE


def _say(message: str, code: int) -> int:
    print(message, file=sys.stderr)
    return code


def _our_fault(name: str) -> int:
    traceback.print_exc()
    return _say(
        f"\n{name}: this is a fault in acutance, not in your input; please report it with the lines above", OUR_FAULT
    )


def _hung_up() -> int:
    """Whoever read our output has gone (`| head`); the interpreter is not to complain about it on its way out."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return OUR_FAULT
