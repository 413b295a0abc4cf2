"""Features of two populations, kept, and the measures made from them."""

from __future__ import annotations

import abc
from typing import ClassVar, Literal, Self, final

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from acutance.errors import MeasureError, NoDataError
from acutance.measure._base import PopulationMeasure, State, as_signed, as_unsigned
from acutance.measure._images import ROLES, Role
from acutance.measure._keys import mix

__all__ = ["FeatureBank", "FeatureMeasure"]

Floats = NDArray[np.float64]


@final
class FeatureBank:
    """Feature vectors of two populations: four bytes a number, 100 MB for 50,000 images of 512 features."""

    def __init__(self) -> None:
        self.parts: dict[Role, list[Tensor]] = {"real": [], "fake": []}
        self.keys: dict[Role, list[NDArray[np.uint64]]] = {"real": [], "fake": []}

    def add(self, role: Role, features: Tensor, keys: NDArray[np.uint64] | None = None) -> None:
        """Keep a batch.

        Args:
            role: the population.
            features: (N, D).
            keys: (N,) content keys of the images, which then set the order of the rows; by default the features do.

        Raises:
            MeasureError: not (N, D) finite floats, or another D than before.
        """
        if not isinstance(features, Tensor) or features.ndim != 2 or not features.is_floating_point():
            came = (
                f"{features.dtype} {tuple(features.shape)}" if isinstance(features, Tensor) else type(features).__name__
            )
            raise MeasureError(f"{role}: asked for features (N, D) of floats, got {came}")
        if not bool(torch.isfinite(features).all()):
            raise MeasureError(f"{role}: some features are NaN or infinite; check the feature network and its input")
        if self.width not in (None, features.shape[1]):
            raise MeasureError(f"{role}: asked for {self.width} features as before, got {features.shape[1]}")
        kept = features.detach().cpu()
        self.parts[role].append(kept if kept.dtype == torch.float64 else kept.float())
        self.keys[role].append(_row_keys(kept) if keys is None else keys)

    @property
    def width(self) -> int | None:
        """Features an image; None while no vector is kept."""
        return next((part.shape[1] for role in ROLES for part in self.parts[role]), None)

    def count(self, role: Role) -> int:
        """How many vectors of one population are kept."""
        return sum(len(part) for part in self.parts[role])

    def get(self, role: Role, at_least: int = 2, who: str = "a distance of features") -> Float[Tensor, "n d"]:
        """All vectors of one population, in an order that depends on their content alone; `who` asks for them.

        Raises:
            NoDataError: there is none.
            MeasureError: there are fewer than `at_least`.
        """
        n = self.count(role)
        if n == 0:
            raise NoDataError(f"a distance was asked for before any {role} features were seen; update {role}= first")
        if n < at_least:
            raise MeasureError(f"{who} needs at least {at_least} {role} images, got {n}; give more")
        joined = torch.cat([part.to(torch.float64) if self._wide() else part for part in self.parts[role]])
        keys = np.concatenate(self.keys[role])
        order = np.argsort(keys, kind="stable")
        joined = joined[torch.from_numpy(order)]
        self.parts[role], self.keys[role] = [joined], [keys[order]]
        return joined

    def _wide(self) -> bool:
        return any(part.dtype == torch.float64 for role in ROLES for part in self.parts[role])

    def halves(self) -> FeatureBank:
        """The real set, split in two by content, as if one half were fake.

        Raises:
            NoDataError: there is no real feature.
        """
        real = self.get("real", 4)
        split = FeatureBank()
        split.add("real", real[0::2])
        split.add("fake", real[1::2])
        return split

    def merge(self, other: FeatureBank) -> None:
        """Keep all of another's vectors too."""
        for role in ROLES:
            for part, keys in zip(other.parts[role], other.keys[role], strict=True):
                self.add(role, part, keys)

    def state(self) -> State:
        """The vectors and their keys, by population."""
        kept: State = {}
        for role in ROLES:
            if self.parts[role]:
                kept[role] = torch.cat(self.parts[role])
                kept[f"{role}.keys"] = as_signed(np.concatenate(self.keys[role]))
        return kept

    @classmethod
    def of(cls, state: State) -> FeatureBank:
        """The inverse of `state`."""
        bank = cls()
        for role in ROLES:
            if role in state:
                bank.add(role, state[role].clone(), as_unsigned(state[f"{role}.keys"]))
        return bank


def _row_keys(rows: Tensor) -> NDArray[np.uint64]:
    """A key per row, a function of its float32 bits."""
    words = rows.float().contiguous().numpy().view(np.uint32).astype(np.uint64)
    salt = mix(np.arange(1, words.shape[1] + 1, dtype=np.uint64)) | np.uint64(1)
    return mix((words * salt).sum(axis=1, dtype=np.uint64))


class FeatureMeasure(PopulationMeasure, abc.ABC):
    """A distance between two populations of feature vectors (real and fake).

    Args:
        bank: features already at hand, shared with other measures; a new one by default.
    """

    takes: ClassVar[Literal["images", "features"]] = "features"

    def __init__(self, bank: FeatureBank | None = None) -> None:
        self.bank = FeatureBank() if bank is None else bank

    def update(self, *, real: Tensor | None = None, fake: Tensor | None = None) -> None:
        """See a batch of feature vectors of either population or of both.

        Raises:
            MeasureError: not (N, D) finite floats, or another D than before.
        """
        seen = FeatureBank()
        for role, features in zip(ROLES, (real, fake), strict=True):
            if features is not None:
                seen.add(role, features)
        self.bank.merge(seen)

    def merge(self, other: Self) -> Self:
        self.bank.merge(other.bank)
        return self

    def state(self) -> State:
        return self.bank.state()

    def load_state(self, state: State) -> Self:
        self.bank = FeatureBank.of(state)
        return self
