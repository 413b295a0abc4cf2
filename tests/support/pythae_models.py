"""A small VAE built with pythae, and trained for some seconds by a plain loop."""

from __future__ import annotations

from pathlib import Path

import torch
from small_models import images_of


def trained_vae(folder: Path, steps: int = 300) -> Path:
    """A VAE of four latents, trained on the blobs in [0, 1] and saved as pythae does."""
    import pythae.models as library

    images, generator = images_of(512, seed=1), torch.Generator().manual_seed(0)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        module = library.VAE(library.VAEConfig(input_dim=(1, 16, 16), latent_dim=4, reconstruction_loss="mse")).train()
        optimizer = torch.optim.Adam(module.parameters(), lr=2e-3)
        torch.manual_seed(0)
        for _ in range(steps):
            batch = images[torch.randint(512, (32,), generator=generator)]
            optimizer.zero_grad()
            module({"data": batch}).loss.backward()
            optimizer.step()
    module.save(str(folder))
    return folder
