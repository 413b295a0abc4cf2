"""What a user states about a model behind a question mark: `torchscript:model.pt?range=-1,1&shape=3,64,64`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final
from urllib.parse import parse_qsl

from acutance.catalog import did_you_mean
from acutance.errors import SubjectError
from acutance.subjects._values import ValueRange

__all__ = ["Stated", "split"]

_KNOWN = ("range", "out", "shape", "posterior", "precision")


@final
@dataclass(frozen=True, kw_only=True)
class Stated:
    """What was stated; None where nothing was.

    Attributes:
        takes: the range of values of the inputs.
        gives: that of the outputs; the same where only one was stated.
        shape: of the images, (channels, height, width).
        posterior: what the second of a pair of encoder outputs is: "std", "log_std" or "log_var".
        bfloat16: compute in bfloat16, `precision=bf16`, for models of diffusers.
    """

    takes: ValueRange | None = None
    gives: ValueRange | None = None
    shape: tuple[int, int, int] | None = None
    posterior: str | None = None
    bfloat16: bool = False


def split(kind: str, argument: str) -> tuple[str, Stated]:
    """The path or name, and what is stated about it.

    Args:
        kind: of the subject, for messages.
        argument: what the user typed after `KIND:`.

    Raises:
        SubjectError: something unknown is stated, or it is not what it should be.

    Example:
        >>> split("onnx", "model.onnx?range=-1,1")[1].gives
        ValueRange(low=-1.0, high=1.0)
    """
    path, mark, query = argument.rpartition("?")
    if not mark or "=" not in query:
        return argument, Stated()
    text = f"{kind}:{argument}"
    told = dict(parse_qsl(query, keep_blank_values=True))
    for name in told:
        if name not in _KNOWN:
            raise SubjectError(f"{text}: nothing is called {name!r}; {did_you_mean(name, list(_KNOWN))}")
    takes = _range(told["range"], text) if "range" in told else None
    gives = _range(told["out"], text) if "out" in told else takes
    posterior = told.get("posterior")
    if posterior not in (None, "std", "log_std", "log_var"):
        raise SubjectError(f"{text}: posterior is std, log_std or log_var, got {posterior!r}")
    precision = told.get("precision", "fp32")
    if precision not in (("fp32", "bf16") if kind == "diffusers" else ("fp32",)):
        raise SubjectError(f"{text}: precision is fp32, or bf16 for a model of diffusers; got {precision!r}")
    shape = _shape(told["shape"], text) if "shape" in told else None
    return path, Stated(takes=takes, gives=gives, shape=shape, posterior=posterior, bfloat16=precision == "bf16")


def _range(words: str, text: str) -> ValueRange:
    try:
        return ValueRange.of(tuple(float(word) for word in words.split(",")), text)
    except ValueError as error:
        raise SubjectError(f"{text}: a range is two numbers, the lower first, e.g. -1,1; got {words!r}") from error


def _shape(words: str, text: str) -> tuple[int, int, int]:
    try:
        channels, height, width = (int(word) for word in words.split(","))
    except ValueError as error:
        raise SubjectError(f"{text}: shape is channels,height,width, e.g. 3,64,64; got {words!r}") from error
    return channels, height, width
