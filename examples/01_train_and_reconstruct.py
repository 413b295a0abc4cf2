"""Train a VAE on icons and put its reconstructions of held-out ones under the originals.

python examples/01_train_and_reconstruct.py
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch

from acutance.data import open_source
from acutance.models import presets
from acutance.models.vae import Config
from acutance.report import contact_sheet
from acutance.train import ProgressBar, RunConfig, train


def to_bytes(images: torch.Tensor):
    return (images * 255).round().byte().permute(0, 2, 3, 1).numpy()


def main(source: str = "builtin:icons", out: str = "out/01", images: int = 60_000, model: Config | None = None) -> None:
    training, held_out = open_source(source).split()
    preset = presets()["vae"]
    config = RunConfig(model=model or preset.model, recipe=replace(preset.recipe, images=images))
    vae = train(config, training, Path(out, "vae"), held_out=held_out, listeners=[ProgressBar("vae")])

    shown = held_out.tensor(range(min(12, len(held_out))))
    with torch.no_grad():
        mean = vae.reconstruct(shown)
        draw = vae.reconstruct(shown, latent="sample", generator=torch.Generator().manual_seed(0))
    rows = [("originals, held out", shown), ("decoded from the code's mean", mean), ("from a draw of the code", draw)]
    Path(out, "reconstructions.png").write_bytes(contact_sheet([(label, to_bytes(row)) for label, row in rows]))
    print(f"{out}/reconstructions.png", vae.facts())


if __name__ == "__main__":
    main()
