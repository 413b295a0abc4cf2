"""Ranges of values: a foreign model's own, and ours, [0, 1]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, final

from torch import Tensor

from acutance.errors import SubjectError

__all__ = ["KNOWN", "UNIT", "ValueRange"]


@final
@dataclass(frozen=True)
class ValueRange:
    """What black and white are to a model.

    Attributes:
        low: black.
        high: white.
    """

    low: float
    high: float

    def __str__(self) -> str:
        return f"[{self.low:g}, {self.high:g}]"

    def to_model(self, images: Tensor) -> Tensor:
        """Images in [0, 1] as the model takes them, in a tensor of their own, which it may change."""
        return images.clone() if self == UNIT else self.low + (self.high - self.low) * images

    def to_images(self, values: Tensor) -> Tensor:
        """The model's values as images, float32, not clamped."""
        return values.float() if self == UNIT else (values.float() - self.low) / (self.high - self.low)

    @staticmethod
    def of(stated: object, who: str) -> ValueRange:
        """A range from what a user stated.

        Args:
            stated: two numbers, the lower first.
            who: how the subject is called.

        Raises:
            SubjectError: it is none.
        """
        if isinstance(stated, ValueRange):
            return stated
        numbers = list(stated) if isinstance(stated, tuple | list) else []
        if len(numbers) != 2 or not all(isinstance(x, int | float) for x in numbers) or not numbers[0] < numbers[1]:
            raise SubjectError(
                f"{who}: a range of values is two numbers, the lower first, e.g. (-1, 1); got {stated!r}"
            )
        return ValueRange(float(numbers[0]), float(numbers[1]))


UNIT: Final = ValueRange(0.0, 1.0)
KNOWN: Final = (UNIT, ValueRange(-1.0, 1.0), ValueRange(0.0, 255.0))
"""The ranges that models are used with."""
