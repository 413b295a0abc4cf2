"""What measurements against one real set share, kept: its features and sums, under a name made of its content."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from acutance import __version__
from acutance.cli._images import batches
from acutance.cli._terminal import Advance, Terminal
from acutance.data import ImageSet, default_cache
from acutance.errors import AcutanceError
from acutance.measure import FeatureNet, NamedNet, SampleSets, identity_of
from acutance.measure._plane import Window
from acutance.models._whole_file import replace_file

__all__ = ["reference"]

_LAYOUT_VERSION = 6


def reference(
    images: ImageSet, net: FeatureNet, window: Window, terminal: Terminal, advance: Advance, total: int
) -> SampleSets:
    """The real set, seen; from the cache where the same images were measured before in the same way and version.

    Args:
        images: the real set.
        net: images to features; what a network without a name gives is not kept.
        window: `auto`, `hann` or `none`, for the spectra.
        terminal: told where the cache cannot be written.
        advance: told of the images done.
        total: of how many, samples included.
    """
    path = _path(images, net, window) if isinstance(net, NamedNet) else None
    found = None if path is None else _read(path, SampleSets(net, window=window))
    if found is None:
        found = SampleSets(net, window=window)
        for batch in batches(images):
            found.update(real=batch)
            advance(found.count("real"), total)
        if path is not None:
            _write(path, found, terminal)
    advance(len(images), total)
    return found


def _path(images: ImageSet, net: NamedNet, window: Window) -> Path:
    content = hashlib.blake2b(np.sort(images.digests.view("V16").ravel()).tobytes(), digest_size=16).hexdigest()
    parts = (_LAYOUT_VERSION, __version__, identity_of(net), window, images.shape, len(images), content)
    name = hashlib.blake2b(json.dumps(parts).encode(), digest_size=16).hexdigest()
    return default_cache() / "references" / f"{name}.safetensors"


def _read(path: Path, empty: SampleSets) -> SampleSets | None:
    """What was kept; None where there is nothing, or nothing that can be used."""
    try:
        return empty.load_state(load_file(path))
    except (OSError, KeyError, ValueError, SafetensorError, AcutanceError):
        return None


def _write(path: Path, sets: SampleSets, terminal: Terminal) -> None:
    state = {name: value.contiguous() for name, value in sets.state().items()}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, lambda temporary: save_file(state, temporary))
    except OSError as error:
        terminal.warn(f"the real set's features are not kept for the next time: {error}")
