"""`builtin:photos`: patches of the photographs that come with scikit-image, in colour at 64 px; split by photograph.

Each photograph is cut at three scales, into squares that stand half their side apart, and at least 32 pixels: as it is
(brought to about 512 pixels, by a whole factor, where it is much larger, so that no photograph outweighs others), at a
half and at a quarter of that. Patches without detail (values that span fewer than 8 of 255 steps) are left out.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Iterator
from functools import partial
from importlib.metadata import version
from pathlib import Path

import numpy as np
from PIL import Image

from acutance.data._decode import decode
from acutance.data._item import Item, Listing, Options
from acutance.data._query import no_parameters
from acutance.data._resize import resized
from acutance.data.sources._files import file_key
from acutance.errors import SourceError

__all__ = ["listing"]

_PHOTOS = {  # file -> photograph; the two views of one scene are one photograph
    "astronaut.png": "astronaut",
    "brick.png": "brick",
    "camera.png": "camera",
    "cell.png": "cell",
    "chelsea.png": "chelsea",
    "clock_motion.png": "clock",
    "coffee.png": "coffee",
    "coins.png": "coins",
    "grass.png": "grass",
    "gravel.png": "gravel",
    "hubble_deep_field.jpg": "hubble",
    "ihc.png": "ihc",
    "moon.png": "moon",
    "motorcycle_left.png": "motorcycle",
    "motorcycle_right.png": "motorcycle",
    "retina.jpg": "retina",
    "rocket.jpg": "rocket",
}
_SCALES = (1, 2, 4)
_FULL_PX = 512
_LEAST_SPAN = 8
_LEAST_STEP_PX = 32


def listing(argument: str, options: Options) -> Listing:
    """Patches of `size` (64) pixels a side, in `channels` (3)."""
    no_parameters("builtin:photos", argument)
    size, channels = options.size or 64, options.channels or 3
    if size > _FULL_PX:
        raise SourceError(f"the photographs have some {_FULL_PX} px, too small for {size}; give a smaller size")
    folder = Path(importlib.import_module("skimage").__file__ or "").parent / "data"
    files = [file for file in _PHOTOS if (folder / file).is_file()]
    if not files:
        raise SourceError(f"scikit-image {version('scikit-image')} brings no photographs; install version 0.26")
    return Listing(
        key=(
            str(_SCALES),
            str(_FULL_PX),
            str(_LEAST_SPAN),
            str(_LEAST_STEP_PX),
            *(file_key(folder / file, file) for file in files),
        ),
        items=partial(_items, folder, files, size),
        options=Options(size=size, channels=channels),
    )


def _items(folder: Path, files: list[str], size: int) -> Iterator[Item]:
    for file in files:
        for scale in _SCALES:
            picture = _scaled(folder / file, scale)
            for left, top in _corners(picture.size, size):
                patch = picture.crop((left, top, left + size, top + size))
                if int(np.ptp(np.asarray(patch))) >= _LEAST_SPAN:
                    name = f"{Path(file).stem}-{scale}-{top}-{left}.png"
                    yield Item(name=name, load=patch.copy, group=f"photo:{_PHOTOS[file]}", label=_PHOTOS[file])


@functools.lru_cache(maxsize=1)
def _opened(path: Path) -> Image.Image:
    with path.open("rb") as stream:
        return decode(stream, path.name)


def _scaled(path: Path, scale: int) -> Image.Image:
    picture = _opened(path)
    factor = scale * max(round(min(picture.size) / _FULL_PX), 1)
    return resized(picture, round(picture.width / factor), round(picture.height / factor))


def _corners(extent: tuple[int, int], size: int) -> Iterator[tuple[int, int]]:
    """Left and top of every patch, half a patch apart."""
    width, height = extent
    step = max(size // 2, _LEAST_STEP_PX)
    return ((left, top) for top in range(0, height - size + 1, step) for left in range(0, width - size + 1, step))
