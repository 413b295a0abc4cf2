"""A folder that training wrote: `config.json`, `model.safetensors`, and the run's record beside them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from acutance.data import load_digests
from acutance.errors import SubjectError
from acutance.models import from_pretrained
from acutance.models._store import TRAINED_ON
from acutance.subjects._opened import Opened
from acutance.subjects._trained_on import TrainedOn

__all__ = ["opened"]

_TOLD = ("model", "recipe", "data", "seed", "seconds", "precision", "made_with")


def opened(argument: str) -> Opened:
    """The model of a run; its record is told as far as it is there.

    Raises:
        SubjectError: there is no such folder, or no finished model in it.
    """
    folder = Path(argument).expanduser()
    if not folder.is_dir():
        raise SubjectError(f"there is no folder {argument!r}: a SUBJECT is the folder that 'acutance train' wrote")
    record = _record(folder)
    return Opened(
        text=argument,
        name=folder.resolve().name,
        model=from_pretrained(folder),
        made={key: record[key] for key in _TOLD if key in record},
        warnings=tuple(map(str, record.get("warnings", ()))),
        trained_on=_trained_on(folder, record.get("data")),
    )


def _record(folder: Path) -> dict[str, Any]:
    """What run.json says; nothing where the model was saved without a run."""
    file = folder / "run.json"
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise SubjectError(
            f"{file} cannot be read ({error}); without it nobody knows how the model was made"
        ) from error
    if not isinstance(record, dict):
        raise SubjectError(f"{file} is no run's record: it is no JSON object")
    return record


def _trained_on(folder: Path, data: Any) -> TrainedOn | None:
    if not isinstance(data, dict) or not {"source", "images", "fingerprint"} <= data.keys():
        return None
    return TrainedOn(
        source=data["source"],
        images=data["images"],
        fingerprint=data["fingerprint"],
        digests=load_digests(folder / TRAINED_ON),
    )
