"""Two sources measured against one another, and what is written of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, final

from torch import Tensor

from acutance.cli._folder import write_json
from acutance.cli._images import batches, opened, shape_text
from acutance.cli._references import reference
from acutance.cli._terminal import Advance, Terminal
from acutance.data import ImageSet, match_pairs
from acutance.data.sources.builtin_glyph_stacks import GlyphStackAnswers
from acutance.errors import ConfigError, SourceError
from acutance.measure import (
    Band,
    Effort,
    Modes,
    Reading,
    feature_net,
    measure_pairs,
    measure_samples,
    modes_of,
    stacked_modes_of,
)
from acutance.measure._measurement import noted
from acutance.measure._plane import Window
from acutance.train import made_with

__all__ = ["Measured", "measured_pairs", "measured_samples"]

SCHEMA = "acutance.measurement/1"


@final
@dataclass(frozen=True, kw_only=True)
class Measured:
    """What was measured.

    Attributes:
        kind: what stands under "bands" in the JSON.
        headline: what was measured against what, for readers.
        windowed: whether the spectra were taken under a Hann window.
        data: the sources, for the JSON.
        bands: octaves, low to high.
        floor: of samples the same of the real set's two halves; empty where there is none.
        readings: all single numbers.
        more: what else there is, for the JSON: directions and curves.
    """

    kind: Literal["pairs", "samples"]
    headline: str
    windowed: bool
    data: dict[str, Any]
    bands: tuple[Band, ...]
    floor: tuple[Band, ...]
    readings: tuple[Reading, ...]
    more: dict[str, Any]

    def document(self) -> dict[str, Any]:
        """The JSON object of schema acutance.measurement/1."""
        return {
            "schema": SCHEMA,
            "data": self.data,
            "window": "hann" if self.windowed else "none",
            "bands": {self.kind: _bands(self.bands)},
            **({"floor": _bands(self.floor)} if self.floor else {}),
            **self.more,
            "readings": [reading.to_json() for reading in self.readings],
            "made_with": made_with(),
        }

    def text(self) -> str:
        """The document as text."""
        return json.dumps(self.document(), indent=1, ensure_ascii=False, allow_nan=False)

    def write(self, path: Path) -> None:
        """Writes the document, whole or not at all.

        Raises:
            ConfigError: it cannot be written there.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_json(path, self.document())
        except OSError as error:
            raise ConfigError(f"--json {path} cannot be written: {error.strerror}; name another place") from error


def measured_pairs(
    originals: str,
    outputs: str,
    terminal: Terminal,
    *,
    size: int | None,
    channels: int | None,
    window: Window,
    effort: Effort,
) -> Measured:
    """Outputs against their originals, matched by file name.

    Raises:
        SourceError: the two do not pair up.
    """
    ref, x = (opened(source, terminal, size=size, channels=channels) for source in (originals, outputs))
    pairs = match_pairs(ref, x)
    with terminal.progress("Measuring") as advance:
        both = zip(batches(pairs.input), _counted(pairs.target, advance, 0, len(pairs)), strict=True)
        found = measure_pairs(batches=both, window=window, perceptual=effort == "full")
    return Measured(
        kind="pairs",
        headline=f"{len(pairs):,} pairs, {shape_text(ref.shape)}: {outputs} against the originals in {originals}",
        windowed=found.windowed,
        data={"originals": _described(pairs.input), "outputs": _described(pairs.target)},
        bands=found.bands,
        floor=(),
        readings=noted(found.readings, _resized(("originals", ref), ("outputs", x))),
        more={
            "directions": {name: _bands(bands) for name, bands in found.directions.items()},
            "curves": [curve.to_json() for curve in (*found.curves, *found.acutance)],
        },
    )


def measured_samples(
    real: str,
    fake: str,
    terminal: Terminal,
    *,
    size: int | None,
    channels: int | None,
    window: Window,
    features: str,
    effort: Effort,
    ks: tuple[int, ...],
    hits: int | None,
) -> Measured:
    """Samples against real images.

    Raises:
        SourceError: the two have different shapes.
        ConfigError: there is no such feature network, or modes are to be counted of images without labels.
    """
    net = feature_net(features)
    a, b = (opened(source, terminal, size=size, channels=channels) for source in (real, fake))
    if a.shape != b.shape:
        raise SourceError(
            f"--real {real!r} has {shape_text(a.shape)}, --fake {fake!r} has {shape_text(b.shape)}; give --size and "
            "--channels so that they agree"
        )
    modes = None if hits is None else _modes(a, hits)
    total = len(a) + len(b)
    with terminal.progress("Measuring") as advance:
        seen = reference(a, net, window, terminal, advance, total)
        found = measure_samples(real=seen, fake=_counted(b, advance, len(a), total), ks=ks, modes=modes, effort=effort)
    return Measured(
        kind="samples",
        headline=f"{len(b):,} samples against {len(a):,} real images, {shape_text(a.shape)}: {fake} against {real}",
        windowed=found.windowed,
        data={"real": _described(a), "fake": _described(b), "features": found.features},
        bands=found.bands,
        floor=found.floor,
        readings=noted(found.readings, _resized(("real images", a), ("samples", b))),
        more={"curves": [curve.to_json() for curve in found.curves]},
    )


def _resized(*sides: tuple[str, ImageSet]) -> tuple[str, ...]:
    """What --size did that moves sharpness: pictures made larger, or resized in one set otherwise than in the other."""
    came = [(role, images.sides, min(images.shape[1:])) for role, images in sides]
    found = [
        f"some {role} were enlarged from {before[0]} to {side} px, and hold no finer detail than before"
        for role, before, side in came
        if before is not None and before[0] < side
    ]
    known = [(role, before) for role, before, _ in came if before is not None]
    if len(known) == len(came) and len({before for _, before in known}) > 1:
        words = " and ".join(f"the {role} from {_px(before)}" for role, before in known)
        found.append(f"resized, {words}: factors that differ move sharpness by themselves")
    return tuple(found)


def _px(sides: tuple[int, int]) -> str:
    least, largest = sides
    return f"{least} px" if least == largest else f"{least} to {largest} px"


def _modes(images: ImageSet, hits: int) -> Modes:
    if images.labels is None:
        raise ConfigError(
            f"--modes counts the labels of the real images, and {images.source!r} has none; give labelled images, such "
            "as builtin:glyphs, or leave out --modes"
        )
    if hits < 1:
        raise ConfigError(f"--modes is how many samples make a mode count, 1 or more, got {hits}")
    classifier = stacked_modes_of if isinstance(images.answers, GlyphStackAnswers) else modes_of
    return classifier(images.tensor(), images.labels, hits=hits)


def _counted(images: ImageSet, advance: Advance, done: int, total: int) -> Iterator[Tensor]:
    for batch in batches(images):
        yield batch
        done += len(batch)
        advance(done, total)


def _described(images: ImageSet) -> dict[str, Any]:
    channels, height, width = images.shape
    found: dict[str, Any] = {"source": images.source, "images": len(images), "height": height, "width": width}
    resized = {} if images.sides in (None, (min(height, width),) * 2) else {"sides_before": images.sides}
    return {**found, "channels": channels, **resized, "skipped": [str(skipped) for skipped in images.skipped]}


def _bands(bands: tuple[Band, ...]) -> list[dict[str, Any]]:
    """The bands' own JSON, with an empty list for an interval that cannot be stated."""
    documents = [band.to_json() for band in bands]
    for document in documents:
        document["interval"] = {name: [] if None in ends else ends for name, ends in document["interval"].items()}
    return documents
