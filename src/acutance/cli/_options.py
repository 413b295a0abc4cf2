"""Options that several commands share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

__all__ = [
    "PIXELS",
    "Channels",
    "Common",
    "Data",
    "DataOrOriginals",
    "Out",
    "Seed",
    "SeedOrNone",
    "Size",
    "Subject",
    "Switch",
]

PIXELS = {
    "decoded": "what the decoder shows, no noise of its likelihood added",
    "likelihood": "a random draw of the likelihood that it states",
}
"""What `--pixels` shows, in words."""


def _seed(words: list[str]) -> int:
    """Raises ValueError, which tyro tells the user, for all that is no seed."""
    if not words[0].isdecimal():
        raise ValueError(f"a whole number from 0 up is needed, got {words[0]}")
    return int(words[0])


Switch = Annotated[tyro.conf.FlagCreatePairsOff[bool], tyro.conf.arg(help_behavior_hint="")]
Size = Annotated[int | None, tyro.conf.arg(metavar="PIXELS", help_behavior_hint="")]
Channels = Annotated[int | None, tyro.conf.arg(metavar="1|3", help_behavior_hint="")]
_SEED = tyro.constructors.PrimitiveConstructorSpec(
    nargs=1,
    metavar="INT",
    instance_from_str=_seed,
    is_instance=lambda value: value is None or isinstance(value, int),
    str_from_instance=lambda value: [str(value)],
)
Seed = Annotated[int, _SEED]
SeedOrNone = Annotated[int | None, _SEED]
Subject = Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="SUBJECT")]


@dataclass(frozen=True, kw_only=True)
class Common:
    """How the command behaves.

    Attributes:
        quiet: no progress, only results and warnings.
        threads: how many threads compute; the processor's cores by default.
    """

    quiet: Switch = False
    threads: Annotated[int | None, tyro.conf.arg(metavar="N", help_behavior_hint="")] = None


@dataclass(frozen=True, kw_only=True)
class Data:
    """Which images.

    Attributes:
        data: builtin:icons, builtin:photos, synthetic:edges, a folder, a .zip .npz .npy file, hf:NAME, wds:GLOB, ...;
            for models that translate builtin:icon-pairs, pairs:INPUTS:TARGETS, ab:SOURCE, edges:SOURCE.
        size: cut every image to a square and resize it to this many pixels a side; by default to what
            the model takes, or not at all.
        channels: 1 for grey, 3 for colour; by default what there is, or what the model takes.
    """

    data: Annotated[str, tyro.conf.arg(metavar="SOURCE")]
    size: Size = None
    channels: Channels = None


@dataclass(frozen=True, kw_only=True)
class DataOrOriginals:
    """Which images.

    Attributes:
        data: as for the other commands: builtin:icons, a folder, hf:NAME, ...; needed unless the subject is
            pairs:ORIGINALS:RECONSTRUCTIONS, which brings its originals.
        size: cut every image to a square and resize it to this many pixels a side; by default to what
            the model takes, or not at all.
        channels: 1 for grey, 3 for colour; by default what there is, or what the model takes.
    """

    data: Annotated[str | None, tyro.conf.arg(metavar="SOURCE", help_behavior_hint="")] = None
    size: Size = None
    channels: Channels = None


@dataclass(frozen=True, kw_only=True)
class Out:
    """Where to.

    Attributes:
        out: folder for the results; it must be new or empty.
        overwrite: use the folder although there are files in it; files of the same names are replaced.
    """

    out: Annotated[Path, tyro.conf.arg(metavar="DIR")]
    overwrite: Switch = False
