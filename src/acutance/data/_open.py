"""From the text that a user types to images."""

from __future__ import annotations

from pathlib import Path

from acutance.catalog import Catalog, did_you_mean
from acutance.data._image_set import ImageSet
from acutance.data._item import Listing, Options
from acutance.data._store import Progress, stored
from acutance.errors import SourceError

__all__ = ["SOURCES", "listing_of", "open_source"]

SOURCES = Catalog("acutance.data.sources", noun="kind of source", attribute="listing")


def open_source(
    source: str,
    *,
    size: int | None = None,
    channels: int | None = None,
    cache: Path | None = None,
    progress: Progress | None = None,
) -> ImageSet:
    """Open a source of images; decode it if that was not done before.

    Pictures that cannot be read are skipped, logged, and named in `ImageSet.skipped`.

    Args:
        source: `builtin:NAME`, `synthetic:NAME[?s=3&n=2000]`, a folder, a `.zip`, `.npz` or `.npy` file,
            `hf:NAME[:SPLIT]`, a folder saved by Hugging Face datasets, or `wds:GLOB`; pairs as both sides' images,
            under `input/` and `target/`: `pairs:INPUTS:TARGETS`, `ab:SOURCE`, `edges:SOURCE`, `reversed:SOURCE`.
        size: crop every picture to its largest centred square and resize it to this many pixels a side, 1 to 8192.
        channels: 1 for grey, 3 for colour; by default colour as soon as one picture has it.
        cache: where decoded images are kept; `$ACUTANCE_CACHE` or `~/.cache/acutance` by default.
        progress: called with the number of pictures decoded, and the number of all or None.

    Returns:
        The images, memory-mapped, in a fixed order.

    Raises:
        SourceError: there is no such source, or its pictures cannot be used.
        ConfigError: size or channels is out of range.

    Example:
        >>> images = open_source("builtin:icons", size=16)  # doctest: +SKIP
        >>> train, held_out = images.split()  # doctest: +SKIP
    """
    options = Options(size=size, channels=channels)
    kind, argument = _kind_of(source)
    try:
        listing: Listing = SOURCES.load(kind)(argument, options)
        return stored(source, kind, listing, cache, progress)
    except SourceError as error:
        raise SourceError(f"source {source!r}: {error}") from error


def listing_of(source: str, options: Options) -> Listing:
    """What a source lists, before anything is decoded: for kinds that are made of other sources.

    Args:
        source: see `open_source`.
        options: what is asked of every picture.

    Raises:
        SourceError: there is no such source.
    """
    kind, argument = _kind_of(source)
    listing: Listing = SOURCES.load(kind)(argument, options)
    return listing


def _kind_of(source: str) -> tuple[str, str]:
    """The catalog entry for a source text, and what is left for it: `scheme:NAME?...`, `scheme:...`, or a path."""
    kinds = SOURCES.names()
    scheme, colon, rest = source.partition(":")
    name, _, parameters = rest.partition("?")
    if colon and f"{scheme}_{name}".replace("-", "_") in kinds:
        return f"{scheme}_{name}".replace("-", "_"), parameters
    if colon and scheme in kinds:
        return scheme, rest
    siblings = [_text(kind) for kind in kinds if kind.startswith(f"{scheme}_")]
    if colon and siblings:
        raise SourceError(f"there is no source {source!r}; {did_you_mean(f'{scheme}:{name}', siblings)}")
    return _kind_of_path(source, kinds), source


def _kind_of_path(source: str, kinds: list[str]) -> str:
    if not source:
        raise SourceError(f"the source is empty; name one: a folder, a file, or {', '.join(map(_text, kinds))}")
    whole = Path(source).expanduser()
    path = whole if whole.exists() else Path(source.partition("?")[0]).expanduser()
    if not path.exists():
        near = did_you_mean(source, [_text(kind) for kind in kinds if "_" in kind])
        raise SourceError(f"there is no source {source!r}, and no such file or folder; {near}")
    if path.is_dir():
        saved = (path / "state.json").is_file() or (path / "dataset_dict.json").is_file()
        return "hf" if saved else "folder"
    suffix = path.suffix.lower().removeprefix(".")
    if suffix in kinds:
        return suffix
    if suffix in ("tar", "tgz", "gz"):
        raise SourceError(f"{source!r} is an archive of another kind; WebDataset shards are opened by 'wds:{source}'")
    raise SourceError(f"{source!r} is no source; give a folder of pictures, or a .zip, .npz or .npy file")


def _text(kind: str) -> str:
    """How a user writes a kind: builtin_icon_pairs is builtin:icon-pairs."""
    scheme, underscore, name = kind.partition("_")
    return f"{scheme}:{name.replace('_', '-')}" if underscore else f"{scheme}:"
