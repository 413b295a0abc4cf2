"""Measure pictures, whatever made them: samples against real images, or outputs against their originals."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import tyro

from acutance.cli._options import Channels, Common, Size
from acutance.cli._parse import parse
from acutance.cli._terminal import Terminal, at_work
from acutance.errors import ConfigError

__all__ = ["Options", "run"]

EXAMPLES = (
    "acutance measure --real photos/ --fake samples/ --json samples.json",
    "acutance measure --pairs originals/ reconstructions/",
    "acutance measure --pairs photos/ reconstructions/ --size 32 --json -",
    "acutance measure --real builtin:glyphs --fake samples.npz --modes 3",
    "acutance measure --real photos/ --fake samples/ --features timm:vit_small_patch14_dinov2.lvd142m",
)


@dataclass(frozen=True, kw_only=True)
class Options:
    """What to measure: --real and --fake, or --pairs.

    Attributes:
        real: real images.
        fake: samples to measure against them.
        pairs: originals and outputs, matched by file name.
        size: cut every image to a square and resize it to this many pixels a side.
        channels: 1 for grey, 3 for colour.
        window: window before the transform; auto takes Hann from 64 px on, and below where pictures reach their border.
        features: network for the distances: squeezenet, timm:NAME or inception; the last two need their own package.
        k: neighbour numbers of precision, recall, density and coverage, all in one pass.
        modes: count the real images' labels that this many samples or more show.
        effort: fast leaves out the Frechet limit, memorised share and birthday support; of pairs the perceptual
            distance.
        json: file for the readings; - writes them to stdout in place of the tables.
    """

    real: Annotated[str | None, tyro.conf.arg(metavar="SOURCE", help_behavior_hint="")] = None
    fake: Annotated[str | None, tyro.conf.arg(metavar="SOURCE", help_behavior_hint="")] = None
    pairs: Annotated[tuple[str, str] | None, tyro.conf.arg(metavar="SOURCE SOURCE", help_behavior_hint="")] = None
    size: Size = None
    channels: Channels = None
    window: Literal["auto", "hann", "none"] = "auto"
    features: Annotated[str, tyro.conf.arg(metavar="NET")] = "squeezenet"
    k: Annotated[tuple[int, ...], tyro.conf.arg(metavar="K ...")] = (3, 5)
    modes: Annotated[int | None, tyro.conf.arg(metavar="HITS", help_behavior_hint="")] = None
    effort: Literal["fast", "full"] = "full"
    json: Annotated[Path | None, tyro.conf.arg(metavar="FILE", help_behavior_hint="")] = None
    common: tyro.conf.OmitArgPrefixes[Common] = field(default_factory=Common)


def run(words: Sequence[str]) -> None:
    """Shows tables of readings and bands, and writes them as JSON of schema acutance.measurement/1."""
    if len(words) > 1 and not any(word.startswith("-") for word in words[:2]):
        one, other = words[:2]
        raise ConfigError(
            f"say what {one!r} and {other!r} are: --pairs {one} {other} for originals and their outputs, "
            f"--real {one} --fake {other} for real images and samples"
        )
    if len(words) == 1 and not words[0].startswith("-"):
        raise ConfigError(
            f"{words[0]!r} alone cannot be measured: --real {words[0]} --fake SAMPLES measures samples against it, "
            f"--pairs {words[0]} OUTPUTS outputs against their originals"
        )
    options = parse(Options, words, name="measure", about=__doc__ or "", examples=EXAMPLES)
    one_of_two = (options.real is None) == (options.fake is None)
    if not one_of_two or (options.pairs is None) == (options.real is None):
        raise ConfigError(
            "give --real SOURCE and --fake SOURCE to measure samples, or --pairs ORIGINALS OUTPUTS to measure outputs "
            "against their originals"
        )
    if options.pairs is not None and (options.features, options.k, options.modes) != ("squeezenet", (3, 5), None):
        raise ConfigError("--features, --k and --modes are for samples; leave them out, or give --real and --fake")
    if min(options.k, default=0) < 1:
        raise ConfigError(f"--k takes neighbour numbers from 1 up, such as --k 3 5 10, got {options.k}")
    if options.json is not None and str(options.json) != "-":
        _check_target(options.json)
    with at_work(options.common) as terminal:
        _measure(options, terminal)


def _check_target(path: Path) -> None:
    if path.is_dir():
        raise ConfigError(f"--json {path} is a folder; name a file")
    above = next(folder for folder in path.absolute().parents if folder.exists())
    if not above.is_dir():
        raise ConfigError(f"--json {path} would lie below {above.name}, which is a file; name another place")
    if not os.access(above, os.W_OK | os.X_OK):
        raise ConfigError(f"--json {path}: nothing can be written to {above}; name another place")


def _measure(options: Options, terminal: Terminal) -> None:
    from acutance.cli._measuring import measured_pairs, measured_samples
    from acutance.cli._tables import band_table, notes, reading_table

    if options.pairs is not None:
        found = measured_pairs(
            *options.pairs,
            terminal,
            size=options.size,
            channels=options.channels,
            window=options.window,
            effort=options.effort,
        )
    else:
        assert options.real is not None and options.fake is not None
        found = measured_samples(
            options.real,
            options.fake,
            terminal,
            size=options.size,
            channels=options.channels,
            window=options.window,
            features=options.features,
            effort=options.effort,
            ks=options.k,
            hits=options.modes,
        )
    if options.json is not None and str(options.json) == "-":
        terminal.say(found.text())
        return
    terminal.say(f"{found.headline}{'; spectra under a Hann window' if found.windowed else ''}")
    terminal.table(reading_table(found.readings, terminal.out.width))
    terminal.table(band_table(found.bands, found.floor))
    for note in notes(found.readings):
        terminal.say(note)
    if options.json is not None:
        found.write(options.json)
        terminal.say(f"written: {options.json}")
