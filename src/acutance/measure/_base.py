"""What a measure is: update, merge, compute, and a state that can travel."""

from __future__ import annotations

import abc
from typing import ClassVar, Final, Literal, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from acutance.catalog import did_you_mean
from acutance.errors import ConfigError, MeasureError
from acutance.measure._reading import Reading

__all__ = [
    "Measure",
    "PairMeasure",
    "PopulationMeasure",
    "State",
    "Summed",
    "Sums",
    "as_signed",
    "as_unsigned",
    "few_cases",
    "few_images",
    "known_word",
]

State = dict[str, Tensor]


class Measure(abc.ABC):
    """A streaming measure: a monoid of states, and a map from states to readings.

    Updates may come in any order and split; `merge` is associative and the fresh measure is its identity. There are no
    ranks inside: to measure in several processes, send `state()` and `merge` a measure that was given it.
    """

    takes: ClassVar[Literal["images", "features"]] = "images"

    @abc.abstractmethod
    def merge(self, other: Self) -> Self:
        """Take in what `other` has seen; returns self.

        Raises:
            MeasureError: the other has seen images of another size or is configured otherwise.
        """

    @abc.abstractmethod
    def compute(self) -> tuple[Reading, ...]:
        """The readings of all that was seen so far.

        Raises:
            NoDataError: nothing was seen.
        """

    @abc.abstractmethod
    def state(self) -> State:
        """All that was seen, as plain tensors."""

    @abc.abstractmethod
    def load_state(self, state: State) -> Self:
        """Replace what was seen by a `state()`; returns self."""


class PairMeasure(Measure):
    """A measure of outputs against their own references."""

    @abc.abstractmethod
    def update(self, x: Tensor, ref: Tensor) -> None:
        """See a batch of outputs and their references, both (N, C, H, W) in [0, 1]."""


class PopulationMeasure(Measure):
    """A measure of one population against another; keyword-only, so that the two cannot be swapped."""

    @abc.abstractmethod
    def update(self, *, real: Tensor | None = None, fake: Tensor | None = None) -> None:
        """See a batch of either population or of both; their sizes may differ."""


class Sums:
    """Named float64 sums that add up over batches and over merges.

    Attributes:
        shape: what the summed things look like (height, width, ...); the first addition sets it, the others must agree.
    """

    def __init__(self) -> None:
        self.shape: tuple[int, ...] = ()
        self.values: dict[str, Tensor] = {}

    def __getitem__(self, name: str) -> Tensor:
        return self.values[name]

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def expect(self, shape: tuple[int, ...], what: str) -> None:
        """Fix the shape, or insist on it.

        Raises:
            MeasureError: it is another than before.
        """
        self.check(shape, what)
        self.shape = shape

    def check(self, shape: tuple[int, ...], what: str) -> None:
        """Insist on the shape if there is one.

        Raises:
            MeasureError: it is another than before.
        """
        if self.shape and shape != self.shape:
            raise MeasureError(f"{what}: asked for {self.shape} as before, got {shape}; resize all images alike")

    def add(self, name: str, value: Tensor) -> None:
        """Add a batch's share to the sum called `name`."""
        self.values[name] = _kept(self.values[name] + value if name in self.values else value)

    def add_in_place(self, name: str, value: Tensor) -> None:
        """Add a large share of whatever precision to the sum called `name`, without another copy of it."""
        if name in self.values:
            self.values[name].add_(value)
        else:
            self.values[name] = _kept(value.double())

    def merge(self, other: Sums) -> None:
        """Add all of another's sums."""
        if other.shape:
            self.expect(other.shape, "merge")
        for name, value in other.values.items():
            self.add(name, value if name in self.values else value.clone())

    def state(self) -> State:
        """The sums and their shape as tensors."""
        return {"shape": torch.tensor(self.shape, dtype=torch.int64)} | {k: v.clone() for k, v in self.values.items()}

    @classmethod
    def of(cls, state: State) -> Sums:
        """The inverse of `state`."""
        sums = cls()
        sums.shape = tuple(int(n) for n in state["shape"])
        sums.values = {name: value.clone() for name, value in state.items() if name != "shape"}
        return sums


def _kept(value: Tensor) -> Tensor:
    """The value, not as an inference tensor, to which nothing could be added once inference mode is left."""
    if not value.is_inference():
        return value
    with torch.inference_mode(False):
        return value.clone()


class Summed(Measure, abc.ABC):
    """A measure all of whose state is sums: two merge by adding them, and the sums are what travels."""

    def __init__(self) -> None:
        self.sums = Sums()

    def settings(self) -> tuple[str, ...]:
        """What two measures must have alike to be merged."""
        return ()

    def merge(self, other: Self) -> Self:
        if other.settings() != self.settings():
            raise MeasureError(
                f"merge: asked for a measure made with {', '.join(self.settings())}, got one with "
                f"{', '.join(other.settings())}; make them alike"
            )
        self.sums.merge(other.sums)
        return self

    def state(self) -> State:
        return self.sums.state()

    def load_state(self, state: State) -> Self:
        self.sums = Sums.of(state)
        return self


def known_word(what: str, word: str, known: tuple[str, ...]) -> None:
    """Insist on one of a few words.

    Raises:
        ConfigError: it is another.
    """
    if word not in known:
        raise ConfigError(f"{what}: there is no {word!r}; {did_you_mean(str(word), list(known))}")


FEW: Final = 30


def few_images(n: int) -> tuple[str, ...]:
    """The precondition that intervals need: enough images."""
    return (f"only {n} images: intervals are rough below {FEW}",) if n < FEW else ()


_FEW_CASES: Final = 5


def few_cases(share: float, n: int) -> tuple[str, ...]:
    """The precondition that the interval of a share needs: enough cases on either side."""
    count = round(n * min(share, 1.0 - share))
    which = "only" if share <= 0.5 else "all but"
    return (f"{which} {count} of {n} images are counted: the interval is rough",) if count < _FEW_CASES else ()


def as_signed(keys: NDArray[np.uint64]) -> Tensor:
    """Content keys as a tensor that every backend can send."""
    return torch.from_numpy(keys.view(np.int64).copy())


def as_unsigned(keys: Tensor) -> NDArray[np.uint64]:
    """The inverse of `as_signed`."""
    return keys.numpy().view(np.uint64)
