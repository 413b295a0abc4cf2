"""What is trained: one cell a system; whatever else the catalog has a preset for on a CPU joins by itself."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, final

from acutance.models import ModelConfig, Recipe, presets

SHAPE = (1, 32, 32)


@final
@dataclass(frozen=True, kw_only=True)
class Cell:
    """A system in the table.

    Attributes:
        name: in the table; also of its folders.
        preset: whose model and recipe are taken.
        change: fields of the model's config that differ from the preset's.
        base: the cell whose trained model it is built on; None where it stands alone.
    """

    name: str
    preset: str
    change: dict[str, Any] = field(default_factory=dict)
    base: Cell | None = None

    def folder(self, seed: int) -> str:
        """What its folder is called."""
        return f"{self.name.replace(', ', '-').replace(' ', '_')}-seed{seed}"

    def recipe(self, images: int) -> Recipe:
        """The preset's, of another length, without pictures."""
        return dataclasses.replace(presets()[self.preset].recipe, images=images, picture_images=0)

    def model(self, runs: Path, seed: int) -> ModelConfig:
        """The config; one that is built on another names that one's folder.

        Args:
            runs: where the folders are.
            seed: of the run.
        """
        given = self.change if self.base is None else {**self.change, "of": str(runs / self.base.folder(seed))}
        return dataclasses.replace(presets()[self.preset].model, **given)


_SPATIAL_VAE = Cell(name="spatial_vae", preset="spatial_vae")
_NAMED = (
    Cell(name="ae", preset="ae"),
    Cell(name="vae", preset="vae"),
    _SPATIAL_VAE,
    Cell(name="vqvae, 64 entries", preset="vqvae", change={"entries": 64}),
    Cell(name="vqvae, 512 entries", preset="vqvae"),
    Cell(name="vqvae, scalar, 240", preset="vqvae_scalar", change={"levels": (8, 6, 5)}),
    Cell(name="vqvae, scalar, 1000", preset="vqvae_scalar"),
    Cell(name="vqvae, residual, 4 x 512", preset="vqvae_residual"),
    Cell(name="gan", preset="gan_grid"),
    Cell(name="adversarial_decoder", preset="adversarial_decoder", base=_SPATIAL_VAE),
    Cell(name="flow_decoder", preset="flow_decoder", base=_SPATIAL_VAE),
    Cell(name="energy_decoder", preset="energy_decoder", base=_SPATIAL_VAE),
    Cell(name="vaegan", preset="vaegan"),
    Cell(name="vqgan", preset="vqgan"),
    Cell(name="ali", preset="ali"),
    *(
        Cell(name=f"spatial_vae, {likelihood}", preset="spatial_vae", change={"likelihood": likelihood})
        for likelihood in ("laplace", "coloured", "logistic_mixture", "autoregressive")
    ),
)
_TWINS = ("gan",)
"""Presets of a system that is there under another one."""


def cells() -> tuple[Cell, ...]:
    """All of them, in the table's order; those that others are built on come before those."""
    named = {cell.preset for cell in _NAMED} | {*_TWINS}
    return (*_NAMED, *(Cell(name=name, preset=name) for name in presets() if name not in named and _joins(name)))


def _joins(preset: str) -> bool:
    """Whether a preset is one more system: for a CPU, of single images, and built on no other."""
    found = presets()[preset]
    alone = "of" not in {f.name for f in dataclasses.fields(found.model)}
    return found.device == "cpu" and found.model.learns_from == "images" and alone
