"""Hugging Face datasets: `hf:NAME[:SPLIT]`, `hf:FOLDER[:SPLIT]`, or a folder that `save_to_disk` wrote.

The pictures are the first column of type Image; the label is the column `label`, or else the first of type ClassLabel.
Without a split, `train` is taken, or the only one. Needs the package `datasets` (the extra `acutance[hf]`).
"""

from __future__ import annotations

import contextlib
import importlib
import logging
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from PIL import Image

from acutance.catalog import did_you_mean
from acutance.data._decode import decode
from acutance.data._item import Item, Listing, Options, Unreadable
from acutance.data.sources._files import file_key
from acutance.errors import SourceError

__all__ = ["listing"]


def listing(argument: str, options: Options) -> Listing:
    """The rows of one split, in their order."""
    library = _library()
    name, split = _parts(argument)
    rows, key = _saved(library, name, split) if Path(name).is_dir() else _by_name(library, name, split)
    column, label = _columns(library, rows)
    rows = rows.cast_column(column, library.Image(decode=False)).select_columns([column, *([label] if label else [])])
    classes = rows.features[label] if label else None
    words = classes.int2str if isinstance(classes, library.ClassLabel) else str
    items = partial(_items, rows, column, label, words)
    return Listing(key=(*key, column), items=items, options=options, total=len(rows))


def _library() -> Any:
    try:
        return importlib.import_module("datasets")
    except ImportError as error:
        raise SourceError(
            "Hugging Face datasets are read by the package datasets, which is not here; pip install 'acutance[hf]'"
        ) from error


def _parts(argument: str) -> tuple[str, str | None]:
    """The name and the split; a folder's name may hold colons."""
    if not argument.strip(":"):
        raise SourceError("a name must stand behind hf:, as in hf:mnist, hf:mnist:test or hf:FOLDER")
    folder = Path(argument).expanduser()
    if folder.is_dir():
        return str(folder), None
    name, _, split = argument.rpartition(":") if ":" in argument else (argument, "", "")
    return str(Path(name).expanduser()) if name.startswith("~") else name, split or None


def _saved(library: Any, name: str, split: str | None) -> tuple[Any, tuple[str, ...]]:
    """One split of a folder that `save_to_disk` wrote."""
    try:
        found = library.load_from_disk(name)
    except Exception as error:  # whatever the library raises about a damaged folder
        raise SourceError(f"{name!r} cannot be opened as a saved dataset: {error}; save it again") from error
    splits = dict(found) if isinstance(found, library.DatasetDict) else {}
    if not splits and split is not None:
        raise SourceError(f"{name!r} is a single dataset without splits; leave out {split!r}")
    chosen = _split(splits, split, name) if splits else None
    files = sorted(path for path in Path(name).rglob("*") if path.is_file())
    key = (*(file_key(path) for path in files), chosen or "")
    return (found if chosen is None else splits[chosen]), key


def _split(splits: dict[str, Any], wanted: str | None, name: str) -> str:
    if wanted is not None and wanted not in splits:
        raise SourceError(f"{name!r} has no split {wanted!r}; {did_you_mean(wanted, list(splits))}")
    if wanted is None and "train" not in splits and len(splits) > 1:
        raise SourceError(f"{name!r} has the splits {', '.join(splits)}; name one: hf:{name}:SPLIT")
    return wanted or ("train" if "train" in splits else next(iter(splits)))


def _by_name(library: Any, name: str, split: str | None) -> tuple[Any, tuple[str, ...]]:
    """One split of a dataset from the hub, or from its local cache."""
    try:
        with _one_message():
            found = library.load_dataset(name)
    except Exception as error:  # the library raises a dozen kinds for what is missing, gated, offline or damaged
        raise SourceError(
            f"the dataset {name!r} cannot be loaded: {error}; check its name and the network, or give a folder that "
            "save_to_disk wrote"
        ) from error
    chosen = _split(dict(found), split, name)
    return found[chosen], (name, chosen, str(found[chosen]._fingerprint))


@contextlib.contextmanager
def _one_message() -> Iterator[None]:
    """Without a line for each of the library's attempts: what came of them is said once."""
    logger = logging.getLogger("huggingface_hub")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


def _columns(library: Any, rows: Any) -> tuple[str, str | None]:
    """The column of pictures, and that of labels if there is one."""
    pictures = [name for name, kind in rows.features.items() if isinstance(kind, library.Image)]
    if not pictures:
        raise SourceError(f"none of its columns has the type Image; it has {', '.join(rows.features) or 'no columns'}")
    classes = [name for name, kind in rows.features.items() if isinstance(kind, library.ClassLabel)]
    return pictures[0], "label" if "label" in rows.features else next(iter(classes), None)


def _items(rows: Any, column: str, label: str | None, words: Callable[[Any], str]) -> Iterator[Item]:
    seen: set[str] = set()
    for i, row in enumerate(rows):
        cell = row[column] or {}
        name = PurePosixPath(cell.get("path") or f"{i:06d}.png").name
        name = f"{i:06d}-{name}" if name in seen else name
        seen.add(name)
        yield Item(name=name, load=partial(_load, cell, name), label=_word(words, row[label]) if label else None)


def _word(words: Callable[[Any], str], value: Any) -> str | None:
    return None if value is None or value == -1 else words(value)


def _load(cell: dict[str, Any], name: str) -> Image.Image:
    if cell.get("bytes") is not None:
        return decode(cell["bytes"], name)
    if not cell.get("path"):
        raise Unreadable("the cell is empty")
    try:
        with Path(cell["path"]).open("rb") as stream:
            return decode(stream, name)
    except OSError as error:
        raise Unreadable(str(error)) from error
