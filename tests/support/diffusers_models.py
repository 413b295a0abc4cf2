"""Small autoencoders built with diffusers, and trained for some seconds by a plain loop of the kind its users write."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import torch
from small_models import images_of
from torch import nn

SMALL: dict[str, Any] = {
    "in_channels": 1,
    "out_channels": 1,
    "down_block_types": ("DownEncoderBlock2D",) * 2,
    "up_block_types": ("UpDecoderBlock2D",) * 2,
    "block_out_channels": (16, 32),
    "layers_per_block": 1,
    "latent_channels": 4,
    "norm_num_groups": 8,
    "sample_size": 16,
}


def built(kind: str) -> Any:
    """One of the four classes with random weights, for grey images (AutoencoderTiny and -DC: colour)."""
    import diffusers

    with torch.random.fork_rng():
        torch.manual_seed(0)
        if kind == "AutoencoderKL":
            return diffusers.AutoencoderKL(**SMALL)
        if kind == "VQModel":
            return diffusers.VQModel(**SMALL, num_vq_embeddings=64)
        if kind == "AutoencoderTiny":
            return diffusers.AutoencoderTiny(
                encoder_block_out_channels=(16, 16),
                decoder_block_out_channels=(16, 16),
                num_encoder_blocks=(1, 1),
                num_decoder_blocks=(1, 1),
            )
        return diffusers.AutoencoderDC(
            latent_channels=4,
            encoder_block_out_channels=(16, 16),
            decoder_block_out_channels=(16, 16),
            encoder_layers_per_block=(1, 1),
            decoder_layers_per_block=(1, 1),
            encoder_block_types="ResBlock",
            decoder_block_types="ResBlock",
            encoder_qkv_multiscales=((), ()),
            decoder_qkv_multiscales=((), ()),
        )


@cache
def trained(kind: str, steps: int = 120) -> Path:
    """The folder of an AutoencoderKL or VQModel trained on the blobs in [-1, 1]."""
    module = built(kind).train()
    images = 2 * images_of(512, seed=1) - 1
    optimizer = torch.optim.Adam(module.parameters(), lr=2e-3)
    generator = torch.Generator().manual_seed(0)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        for _ in range(steps):
            batch = images[torch.randint(len(images), (16,), generator=generator)]
            loss = _kl_loss(module, batch) if kind == "AutoencoderKL" else _vq_loss(module, batch)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    folder = Path(mkdtemp(prefix="acutance-test-"))
    module.save_pretrained(folder)
    return folder


def _kl_loss(module: Any, batch: torch.Tensor) -> torch.Tensor:
    posterior = module.encode(batch).latent_dist
    output = module.decode(posterior.sample()).sample
    return nn.functional.mse_loss(output, batch) + 1e-6 * posterior.kl().mean()


def _vq_loss(module: Any, batch: torch.Tensor) -> torch.Tensor:
    output = module(batch)
    return nn.functional.mse_loss(output.sample, batch) + output.commit_loss.mean()
