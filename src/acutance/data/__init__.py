"""Images in: sources, a cache of decoded pixels, stable splits, and synthetic sets with known answers."""

from __future__ import annotations

from acutance.data._image_set import ImageSet, Skipped, image_set
from acutance.data._open import SOURCES, open_source
from acutance.data._order import batch_indices, order

__all__ = ["SOURCES", "ImageSet", "Skipped", "batch_indices", "image_set", "open_source", "order"]
