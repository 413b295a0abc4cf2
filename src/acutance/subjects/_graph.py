"""One ONNX graph as a function of tensors, run by onnxruntime on the processor."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any, final

import numpy as np
import torch
from torch import Tensor

from acutance.errors import SubjectError
from acutance.models._onnx import BOOKS
from acutance.models._parts import CODES

__all__ = ["Graph"]

_TYPES = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(double)": np.float64}
_MEANS = ("mean", "mu")
_SPREADS = ("std", "log_std", "log_var", "logvar")


@final
class Graph:
    """A graph of one input. No gradient passes.

    Args:
        file: `.onnx`; weights kept beside it are found.
        text: how messages call the subject.

    Raises:
        SubjectError: there is no such file, it is no ONNX, or it has several inputs.
    """

    def __init__(self, file: Path, text: str) -> None:
        if not file.is_file():
            raise SubjectError(f"{text}: there is no file {str(file)!r}")
        self._session = _session(file, text)
        inputs = self._session.get_inputs()
        if len(inputs) != 1 or inputs[0].type not in _TYPES:
            told = ", ".join(f"{one.name}: {one.type}" for one in inputs)
            raise SubjectError(f"{text}: {file.name} takes ({told}); a graph of one input of floats can be looked at")
        self._input = inputs[0]
        self._outputs = [output.name for output in self._session.get_outputs()]
        books = self._session.get_modelmeta().custom_metadata_map.get(BOOKS, "")
        self._books = [int(book) for book in books.split(",") if book.isdecimal()]

    @property
    def shape(self) -> tuple[int, ...] | None:
        """The shape of one input as the graph declares it; None where a side is free."""
        sides = list(self._input.shape)[1:]
        return tuple(sides) if all(isinstance(side, int) and side > 0 for side in sides) else None

    def __call__(self, given: Tensor) -> Any:
        """The output; a mean and its spread, or codes, by their names; or all outputs, where there are several."""
        parts = [self._run(part) for part in self._batches(given.detach().cpu())]
        whole = [torch.cat([part[k] for part in parts])[: len(given)] for k in range(len(self._outputs))]
        if len(whole) == 1:
            return whole[0]
        named = dict(zip(self._outputs, whole, strict=True))
        return _posterior(named) or _codes(named, self._books) or tuple(whole)

    def _batches(self, given: Tensor) -> list[Tensor]:
        """All at once, or as many at a time as the graph was made for, the last filled up."""
        size = self._input.shape[0] if self._input.shape else None
        if not isinstance(size, int) or size < 1:
            return [given]
        lacking = -len(given) % size
        filled = torch.cat([given, given[-1:].expand(lacking, *given.shape[1:])]) if lacking else given
        return list(torch.split(filled, size))

    def _run(self, given: Tensor) -> list[Tensor]:
        values = given.numpy().astype(_TYPES[self._input.type], copy=False)
        found = self._session.run(None, {self._input.name: np.ascontiguousarray(values)})
        return [torch.from_numpy(np.array(one)) for one in found]


def _session(file: Path, text: str) -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise SubjectError(f"{text} needs onnxruntime: pip install 'acutance[onnx]'") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its errors have no parent of their own
        first = (str(error).strip().splitlines() or [""])[0]
        raise SubjectError(f"{text}: {file.name} is no graph that can be run: {first}") from error


def _codes(outputs: dict[str, Tensor], books: list[int]) -> SimpleNamespace | None:
    """Codes whose parts are told by the names of the outputs."""
    if not {*outputs} >= {*CODES}:
        return None
    return SimpleNamespace(
        **{name: outputs[name] for name in CODES}, books=books, size=math.prod(books) if books else 0
    )


def _posterior(outputs: dict[str, Tensor]) -> SimpleNamespace | None:
    """A posterior whose parts are told by the names of the outputs."""
    mean = next((outputs[name] for name in _MEANS if name in outputs), None)
    spread = next((name for name in _SPREADS if name in outputs), None)
    if mean is None or spread is None:
        return None
    second = outputs[spread]
    std = second if spread == "std" else (second if spread == "log_std" else 0.5 * second).exp()
    return SimpleNamespace(mean=mean, std=std)
