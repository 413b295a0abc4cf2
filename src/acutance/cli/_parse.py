"""From words to a dataclass of options. tyro reads types, defaults and docstrings; refusals are put in our words."""

from __future__ import annotations

import contextlib
import difflib
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from itertools import pairwise
from typing import Any, TypeVar, final, get_args, get_type_hints

import tyro

from acutance.errors import ConfigError

__all__ = ["help_text", "parse"]

T = TypeVar("T")


@final
@dataclass(frozen=True)
class _Option:
    """An option's names, its own first, and whether it must be given."""

    names: tuple[str, ...]
    required: bool


_WORDINGS = (
    (r"invalid literal for int\(\) with base 10: (.*)", r"a whole number is needed, got \1"),
    (r"could not convert string to float: (.*)", r"a number is needed, got \1"),
    (r"Error parsing \S+: (?:no type matching .* from|Could not find .*:) \[\]", "{usage} is needed, got nothing"),
    (r"Error parsing \S+: (?:no type matching .* from|Could not find .*:) \[(.*?)\].*", r"{usage} is needed, got \1"),
    (r"Error parsing (\S+): ", r"\1: "),
    (r"Missing from .*?: (\S+) .*", r"\1 must be given"),
    (r"Missing value for argument '(\S+?)'\..*", r"\1: a value is needed, got nothing"),
    (r"Unrecognized options: (.*)", r"there are words too many: \1"),
)


def parse(options: type[T], words: Sequence[str], *, name: str, about: str, examples: Sequence[str]) -> T:
    """The options that the words give.

    Args:
        options: a dataclass; dataclasses in it are groups of options.
        words: what the user typed behind the command's name.
        name: of the command, e.g. "sample".
        about: the text above the options.
        examples: whole command lines.

    Raises:
        ConfigError: an unknown, missing, repeated or unfit option.
        SystemExit: help was asked for, and given.
    """
    prog = f"acutance {name}"
    if not {"-h", "--help"} & {*words}:
        _check_names(words, list(_options(options)), prog)
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            return tyro.cli(options, args=list(words), prog=prog, description=help_text(about, examples))
    except SystemExit as request:
        if not request.code:
            raise
        raise ConfigError(f"{_plain(said.getvalue())}; '{prog} --help' lists the options") from None


def help_text(about: str, examples: Sequence[str]) -> str:
    """What stands above the options in a help text."""
    shown = "\n".join(f"  {example}" for example in examples)
    return f"{about.strip()}\n\nExamples:\n{shown}"


def _options(kind: type[Any]) -> Iterator[_Option]:
    """Every option of a dataclass and of the groups in it, without the positional words."""
    hints = get_type_hints(kind, include_extras=True)
    for field in fields(kind):
        hint, *markers = get_args(hints[field.name]) or (hints[field.name],)
        if isinstance(hint, type) and is_dataclass(hint):
            yield from _options(hint)
        elif tyro.conf.Positional not in markers:
            aliases = [alias for marker in markers for alias in getattr(marker, "aliases", None) or ()]
            if hint is bool and tyro.conf.FlagCreatePairsOff not in markers:
                aliases.append("--no-" + field.name.replace("_", "-"))
            required = field.default is MISSING and field.default_factory is MISSING
            yield _Option(("--" + field.name.replace("_", "-"), *aliases), required)


def _check_names(words: Sequence[str], options: Sequence[_Option], prog: str) -> None:
    typed = [word.split("=")[0].replace("_", "-") for word in words if re.match(r"--?[A-Za-z]", word)]
    own = {name: option.names[0] for option in options for name in option.names}
    for name in typed:
        if name not in own:
            near = difflib.get_close_matches(name, own, n=1)
            hint = f"did you mean {near[0]}? " if near else ""
            raise ConfigError(f"there is no option {name}; {hint}'{prog} --help' lists the options")
    given = [own[name] for name in typed]
    for name in given:
        if given.count(name) > 1:
            raise ConfigError(f"{name} is given twice; once is enough")
    missing = [option.names[0] for option in options if option.required and option.names[0] not in given]
    if missing:
        raise ConfigError(f"{' and '.join(missing)} must be given; '{prog} --help' shows how")


def _plain(box: str) -> str:
    """What tyro says inside its box, up to the first rule or empty line, in our words; not every terminal has boxes."""
    said = box.splitlines()
    lines = [line.strip("│ ") for line in said if line.startswith("│")] or [line.strip() for line in said[2:]]
    usage = next((after for line, after in pairwise(lines) if line == "Argument helptext:"), "")
    end = next((i for i, line in enumerate(lines) if not line or set(line) <= {"─", "-"}), len(lines))
    text = " ".join(lines[:end]) or box.strip()
    for pattern, wording in _WORDINGS:
        text = re.sub(pattern, wording.replace("{usage}", usage), text)
    return text.rstrip(".")
