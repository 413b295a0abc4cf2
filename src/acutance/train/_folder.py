"""A run's folder: which run it belongs to, and who may write into it."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator
from dataclasses import MISSING, asdict, dataclass, fields
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, final

import torch

from acutance.data import TrainingSet, save_digests
from acutance.errors import ConfigError
from acutance.models._base import ModelConfig
from acutance.models._recipe import Precision, Recipe
from acutance.models._store import TRAINED_ON
from acutance.models._whole_file import replace_file
from acutance.train._checkpoint import NAME

__all__ = ["RunConfig", "RunFolder", "made_with", "read_record"]

SCHEMA = "acutance.run/1"


@final
@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """Everything that decides a run's outcome, besides the images.

    Attributes:
        model: the family's config.
        recipe: how it is trained.
        seed: of initialisation, order and noise.
    """

    model: ModelConfig
    recipe: Recipe
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuses a seed that no generator takes.

        Raises:
            ConfigError: it is negative or has more than 63 bits.
        """
        if not 0 <= self.seed < 2**63:
            raise ConfigError(f"a seed is a whole number from 0 to 2^63 - 1, got {self.seed}")


SAFETENSORS_TEMPORARY = ".tmp??????"
"""What safetensors calls the file it writes before it gives it the name that it was asked for."""


@final
class RunFolder:
    """The folder of one run.

    Args:
        path: made by `claim`.
        config: what is trained and how.
        images: what on.
    """

    def __init__(self, path: Path, config: RunConfig, images: TrainingSet) -> None:
        self.path = path
        self.file = path / "run.json"
        self.images = images
        self.wanted = _asked(config, images, path)
        self._defaults = {"model": {"config": _defaults(config.model)}, "recipe": _defaults(config.recipe)}

    def check(self, resume: bool) -> bool:
        """Looks whether this run may use the folder; writes nothing.

        Args:
            resume: whether to go on with the run that is there.

        Returns:
            Whether the run is finished already.

        Raises:
            ConfigError: the folder holds another run or a model, or the run in it was not to be resumed.
        """
        if self.path.exists() and not self.path.is_dir():
            raise ConfigError(f"{self.path} is a file: --out takes a folder")
        if not self.file.exists():
            stray = next((name for name in (NAME, "config.json") if (self.path / name).exists()), None)
            if stray is not None:
                raise ConfigError(f"{self.path} holds {stray} but no run.json: choose another folder for --out")
            return False
        if not resume:
            raise ConfigError(
                f"{self.path} already holds a run: go on with --resume, or choose another folder for --out"
            )
        before = read_record(self.path)
        known = _filled({key: before.get(key) for key in self.wanted}, self._defaults)
        changed = sorted(_differences(known, self.wanted))
        if changed:
            raise ConfigError(
                f"{self.path} holds a run with other settings: {'; '.join(changed)}. "
                "Repeat the settings of its run.json to resume it, or choose another folder for --out"
            )
        return before.get("finished") is True

    def begun_in(self) -> Precision | None:
        """What a run that is to be gone on with computes in; None before its start, or where its record is older."""
        found: Precision | None = read_record(self.path).get("precision") if self.file.exists() else None
        return found

    def claim(self, precision: Precision) -> None:
        """Takes the folder for this run, notes its training images, and sweeps up what a killed process was writing.

        Args:
            precision: that it is computed in, on whatever processor it goes on.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        replace_file(self.path / TRAINED_ON, lambda temporary: save_digests(temporary, self.images.digests))
        if not self.file.exists():
            self._write({"finished": False, "precision": precision})
        for torn in (*self.path.glob(".*.tmp"), *self.path.glob(SAFETENSORS_TEMPORARY)):
            torn.unlink()

    def close(self, **record: Any) -> None:
        """Writes down that the run is finished, and what it came to."""
        self._write({"finished": True, **record})

    def _write(self, record: dict[str, Any]) -> None:
        text = json.dumps({**self.wanted, "made_with": made_with(), **record}, indent=2, sort_keys=True) + "\n"
        replace_file(self.file, lambda temporary: temporary.write_text(text))


def read_record(folder: Path) -> dict[str, Any]:
    """What run.json says: the settings of a run and, once it is finished, what it came to.

    Args:
        folder: of the run.

    Raises:
        ConfigError: there is no run, or its record is damaged.
    """
    file = folder / "run.json"
    try:
        record = json.loads(file.read_text())
    except FileNotFoundError as error:
        raise ConfigError(f"{folder} holds no run: there is no run.json in it") from error
    except ValueError as error:
        raise ConfigError(f"{file} is damaged ({error}): choose another folder for --out") from error
    if not isinstance(record, dict) or record.get("schema") != SCHEMA:
        raise ConfigError(f"{file} does not say schema {SCHEMA!r}: choose another folder for --out")
    return record


def _asked(config: RunConfig, images: TrainingSet, path: Path) -> dict[str, Any]:
    """What makes two runs the same run, as JSON values."""
    model = config.model.seen_from(path)
    asked = {
        "schema": SCHEMA,
        "model": {"family": type(model).__module__.rpartition(".")[2], "config": asdict(model)},
        "recipe": asdict(config.recipe),
        "seed": config.seed,
        "data": {
            "source": images.source,
            "images": len(images),
            "shape": list(images.shape),
            "fingerprint": images.fingerprint,
            "skipped": [f"{s.name}: {s.reason}" for s in images.skipped],
        },
    }
    plain: dict[str, Any] = json.loads(json.dumps(asked))
    return plain


def _defaults(config: ModelConfig | Recipe) -> dict[str, Any]:
    """What each field is where nothing is said, as JSON values."""
    made = {f.name: f.default_factory() for f in fields(config) if f.default_factory is not MISSING}
    plain: dict[str, Any] = json.loads(
        json.dumps(made | {f.name: f.default for f in fields(config) if f.default is not MISSING}, default=asdict)
    )
    return plain


def _filled(record: Any, defaults: Any) -> Any:
    """The record with the settings that did not exist when it was written: a new one's default is what was done."""
    if not (isinstance(record, dict) and isinstance(defaults, dict)):
        return record
    inner = {key: _filled(record[key], default) for key, default in defaults.items() if key in record}
    return defaults | record | inner


def _differences(old: Any, new: Any, path: str = "") -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in {*old, *new}:
            yield from _differences(old.get(key), new.get(key), f"{path}.{key}" if path else key)
    elif old != new:
        yield f"{path} was {old!r}, now {new!r}"


def made_with() -> dict[str, str]:
    """Versions and machine, for the record."""
    names = ("acutance", "torch", "numpy", "accelerate")
    found = {name: _version(name) for name in names}
    found["python"] = platform.python_version()
    found["machine"] = f"{platform.machine()}, {torch.get_num_threads()} threads"
    if torch.cuda.is_available():
        found["machine"] += f", {torch.cuda.get_device_name()}"
    return found


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
