"""What a training run was asked for: options from a preset, or from the run that is to be resumed."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field, make_dataclass, replace
from pathlib import Path
from typing import Annotated, Any, final

import tyro

from acutance.catalog import did_you_mean
from acutance.cli._config_options import as_options, from_options
from acutance.cli._folder import write_json
from acutance.cli._options import Common, Data, SeedOrNone, Switch
from acutance.cli._parse import parse
from acutance.errors import ConfigError
from acutance.models import ModelConfig, Preset, Recipe, presets
from acutance.models._bottleneck import QuantiserConfig
from acutance.models._frozen_code import FrozenCodeConfig
from acutance.models._store import config_from_values
from acutance.subjects import zoo
from acutance.train import RunConfig, read_record

__all__ = ["Asked", "RunOptions", "asked"]

FILE = "options.json"
SEED, HELD_OUT = 0, 0.1
_ZOO = "zoo:"

# What users of other trainers type; the names in the help stay ours.
_ALIASES = {
    "precision": ["--mixed-precision"],
    "learning_rate": ["--lr"],
    "ema_half_life_images": ["--ema"],
    "clip_norm": ["--max-grad-norm"],
}

# What papers call the quantisers; the names in the help stay ours.
_QUANTISERS = {"fsq": "scalar", "lfq": "signs", "vq": "codebook", "rvq": "residual"}


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """What every family has in common.

    Attributes:
        out: folder of the run; new or empty, unless --resume.
        held_out: share of the images never trained on; near variants stay on one side.
        seed: of initialisation, order and noise.
        resume: go on with the run in --out by its own settings, which need not be repeated.
        dry_run: say what would be done and how long it takes; write nothing.
    """

    out: Annotated[Path, tyro.conf.arg(metavar="RUN")]
    held_out: Annotated[float | None, tyro.conf.arg(metavar="SHARE", help_behavior_hint=f"(default: {HELD_OUT})")] = (
        None
    )
    seed: Annotated[SeedOrNone, tyro.conf.arg(metavar="INT", help_behavior_hint=f"(default: {SEED})")] = None
    resume: Switch = False
    dry_run: Switch = False


@final
@dataclass(frozen=True, kw_only=True)
class Asked:
    """A run, settled.

    Attributes:
        preset: its name.
        config: what to train and how.
        data: which images, with the size and channels that a resumed run was started with.
        held_out: share of them that is not trained on.
        out: the run's folder.
        resume: whether to go on with what is there.
        dry_run: whether only to say what would be done.
        common: how the command behaves.
    """

    preset: str
    config: RunConfig
    data: Data
    held_out: float
    out: Path
    resume: bool
    dry_run: bool
    common: Common

    @property
    def again(self) -> str:
        """The command that goes on with this run."""
        return shlex.join(
            ["acutance", "train", self.preset, "--data", self.data.data, "--out", str(self.out), "--resume"]
        )

    def keep(self) -> None:
        """Writes into the run's folder what `--resume` is to know."""
        kept = {"size": self.data.size, "channels": self.data.channels, "held_out": self.held_out}
        write_json(self.out / FILE, {"schema": "acutance.options/1", "preset": self.preset, **kept})


def asked(name: str, words: Sequence[str], examples: Sequence[str]) -> Asked:
    """A run from a preset's name and options.

    Args:
        name: of the preset; hyphens do for underscores.
        words: what the user typed behind it.
        examples: command lines for the help.

    Raises:
        ConfigError: no such preset or option, or a value that does not fit.
        SystemExit: help was asked for, and given.
    """
    found = presets()
    name = name.replace("-", "_")
    if name not in found:
        raise ConfigError(f"no preset is called {name!r}; {did_you_mean(name, list(found))}")
    preset = found[name]
    options = _parsed(name, preset, words, examples)
    run, kept = options.run, {}
    if run.resume and (run.out / "run.json").exists():
        record = read_record(run.out)
        preset, kept = _as_recorded(preset, record, run.out), _kept(run.out) | {"seed": record["seed"]}
        options = _parsed(name, preset, words, examples)
    model = _with_base(from_options(preset.model, options.model))
    recipe = from_options(preset.recipe, options.recipe)
    seed = _first(run.seed, kept.get("seed"), SEED)
    size, channels = (_first(getattr(options.images, key), kept.get(key)) for key in ("size", "channels"))
    return Asked(
        preset=name,
        config=RunConfig(model=model, recipe=recipe, seed=seed),
        data=replace(options.images, size=size, channels=channels),
        held_out=_first(run.held_out, kept.get("held_out"), HELD_OUT),
        out=run.out,
        resume=run.resume,
        dry_run=run.dry_run,
        common=options.common,
    )


def _with_base(model: ModelConfig) -> ModelConfig:
    """With the folder of a model of the zoo in the place of its name, where one is built on."""
    if not isinstance(model, FrozenCodeConfig) or not model.of.startswith(_ZOO):
        return model
    return replace(model, of=str(zoo.folder(model.of.removeprefix(_ZOO))))


def _parsed(name: str, preset: Preset, words: Sequence[str], examples: Sequence[str]) -> Any:
    model, recipe = as_options(preset.model, "Model"), as_options(preset.recipe, "Recipe", _ALIASES)
    groups: list[tuple[str, Any, Any]] = [
        ("run", tyro.conf.OmitArgPrefixes[RunOptions], field()),
        ("images", tyro.conf.OmitArgPrefixes[Data], field()),
        ("model", tyro.conf.OmitArgPrefixes[model], field(default_factory=model)),  # type: ignore[misc, valid-type]
        ("recipe", tyro.conf.OmitArgPrefixes[recipe], field(default_factory=recipe)),  # type: ignore[misc, valid-type]
        ("common", tyro.conf.OmitArgPrefixes[Common], field(default_factory=Common)),
    ]
    options = make_dataclass("Options", groups, frozen=True, kw_only=True)
    about = f"Train {preset.about}. {preset.expect}".strip()
    _refuse_abbreviation(preset, words)
    return parse(options, words, name=f"train {name}", about=about, examples=examples)


def _refuse_abbreviation(preset: Preset, words: Sequence[str]) -> None:
    """Raises ConfigError where a quantiser is called as in papers, with our word for it."""
    if not isinstance(preset.model, QuantiserConfig):
        return
    for word, following in zip(words, (*words[1:], ""), strict=True):
        name, equals, value = word.partition("=")
        asked_for = value if equals else following
        if name == "--quantiser" and asked_for.lower() in _QUANTISERS:
            found = _QUANTISERS[asked_for.lower()]
            raise ConfigError(f"--quantiser {asked_for} is called {found} here: write --quantiser {found}")


def _as_recorded(preset: Preset, record: dict[str, Any], out: Path) -> Preset:
    """The preset with a run's own settings as its defaults."""
    family = type(preset.model).__module__.rpartition(".")[2]
    try:
        was, values, recipe, _ = record["model"]["family"], record["model"]["config"], record["recipe"], record["seed"]
        if was != family:
            raise ConfigError(f"{out} holds a run of {was}, not of {family}; resume it with 'acutance train {was} ...'")
        model = config_from_values(type(preset.model), values).found_from(out)
        return replace(preset, model=model, recipe=Recipe(**recipe))
    except (KeyError, TypeError, AttributeError) as error:
        raise ConfigError(
            f"{out}/run.json was written by another version of acutance, or by something else ({error}), and cannot be "
            "resumed; choose another folder for --out"
        ) from error


def _kept(out: Path) -> dict[str, Any]:
    try:
        kept: dict[str, Any] = json.loads((out / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}


def _first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)
