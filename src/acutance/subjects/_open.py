"""From the text that a user types to a model."""

from __future__ import annotations

from acutance.catalog import Catalog
from acutance.errors import SubjectError
from acutance.subjects._opened import Opened

__all__ = ["KINDS", "Opened", "open_subject"]

KINDS = Catalog("acutance.subjects", noun="kind of subject", attribute="opened")

_INSTEAD = {
    "pairs": "measure two folders with 'acutance measure --pairs REAL RECONSTRUCTIONS'",
    "samples": "measure a folder of samples with 'acutance measure --real SOURCE --fake FOLDER'",
}
_FOREIGN = ("diffusers", "onnx", "pythae", "python", "torchscript")


def open_subject(subject: str) -> Opened:
    """Open a model.

    Args:
        subject: a folder that training wrote, or `KIND:ARGUMENT` with a kind of the catalog.

    Returns:
        The model in evaluation mode on the CPU, and what is known of it.

    Raises:
        SubjectError: there is no such model, or it cannot be used.
    """
    kind, colon, argument = subject.partition(":")
    if colon and kind in KINDS.names():
        return _as(kind, argument)
    if colon and kind in _INSTEAD:
        raise SubjectError(f"{subject!r} is no model that this version can open: {_INSTEAD[kind]}")
    if colon and kind in _FOREIGN:
        raise SubjectError(
            f"{subject!r}: models of the kind {kind!r} are not supported by this version; give a folder that "
            "'acutance train' wrote, or measure the model's pictures with 'acutance measure'"
        )
    return _as("run", subject)


def _as(kind: str, argument: str) -> Opened:
    found: Opened = KINDS.load(kind)(argument)
    return found
