"""What interventions found, kept in a folder, so that a stopped diagnosis goes on and a second one is quick."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import final

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from acutance.data import ImageSet
from acutance.diagnose._memory import values_of
from acutance.models import Encodes, Preprocesses, Subject
from acutance.models._whole_file import replace_file
from acutance.rng import seeded

__all__ = ["Keep", "fingerprint"]

VERSION = 2
"""Raised whenever an intervention would find something else."""

Found = dict[str, Tensor]


@final
class Keep:
    """Tensors by the name of the intervention that found them.

    Args:
        folder: where they outlive the process; None for nowhere.
        key: of everything that the findings depend on.
    """

    def __init__(self, folder: Path | None, key: str) -> None:
        self.folder = None if folder is None else folder / key
        self._found: dict[str, Found] = {}

    def apart(self, name: str) -> Keep:
        """A place of its own within this one."""
        return Keep(self.folder, name)

    def recall(self, name: str, find: Callable[[], Found]) -> Found:
        """What `find` finds, or found before."""
        if name not in self._found:
            self._found[name] = self._from_folder(name, find)
        return self._found[name]

    def _from_folder(self, name: str, find: Callable[[], Found]) -> Found:
        if self.folder is None:
            return find()
        file = self.folder / f"{name}.safetensors"
        kept = _read(file)
        if kept is None:
            kept = {key: value.detach().cpu().contiguous() for key, value in find().items()}
            content = save(kept)
            self.folder.mkdir(parents=True, exist_ok=True)
            replace_file(file, lambda temporary: temporary.write_bytes(content))
        return kept


def _read(file: Path) -> Found | None:
    """None where there is no such file, or it is damaged: then it is found anew."""
    try:
        return load(file.read_bytes())
    except (OSError, SafetensorError):
        return None


@torch.no_grad()
def fingerprint(subject: Subject, *sets: ImageSet | None) -> str:
    """A name for a subject by what it does to images, and for the images: 24 hexadecimal digits.

    Two subjects that prepare, encode and decode some images alike, bit for bit, and state the same of themselves, are
    one.
    """
    state = hashlib.blake2b(f"{VERSION}".encode(), digest_size=12)
    stated = {"family": subject.family, "config": subject.configuration(), "facts": subject.facts()}
    state.update(json.dumps(stated, sort_keys=True, default=str).encode())
    for images in sets:
        state.update(b"-" if images is None else images.fingerprint.encode())
    if sets and sets[0] is not None and isinstance(subject, Encodes):
        with seeded(0, "fingerprint"):
            some = sets[0].tensor(np.arange(min(4, len(sets[0])))).to(subject.device)
            piped = (subject.preprocess(some),) if isinstance(subject, Preprocesses) else ()
            code = subject.encode(some)
            for values in (*piped, *values_of(code), subject.decode(code.mode)):
                state.update(np.ascontiguousarray(values.float().cpu().numpy()).tobytes())
    return state.hexdigest()
