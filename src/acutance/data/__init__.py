"""Images in: sources, a cache of decoded pixels, stable splits, and synthetic sets with known answers."""

from __future__ import annotations

from acutance.data._attributes import has_attribute
from acutance.data._digests import load_digests, save_digests
from acutance.data._image_set import ImageSet, Skipped, image_set
from acutance.data._open import SOURCES, open_source
from acutance.data._order import batch_indices, order
from acutance.data._pairs import PairSet, TrainingSet, are_pairs, match_pairs, open_pairs, paired
from acutance.data._store import default_cache

__all__ = [
    "SOURCES",
    "ImageSet",
    "PairSet",
    "Skipped",
    "TrainingSet",
    "are_pairs",
    "batch_indices",
    "default_cache",
    "has_attribute",
    "image_set",
    "load_digests",
    "match_pairs",
    "open_pairs",
    "open_source",
    "order",
    "paired",
    "save_digests",
]
