"""Subjects that are run once at the very end: other seeds, data and strengths, so that nothing can be tuned on them."""

from __future__ import annotations

from dataclasses import replace

from acutance.models.spatial_vae import Config as SpatialVAE
from acutance.models.vae import Config as VAE
from planted_suite.bases import Ours, Plain
from planted_suite.faults import BehindPipeline, Codebook, DecoderFiltered, EncoderSees, Widened
from planted_suite.fitting import Pace
from planted_suite.nets import Conv, Perceptron
from planted_suite.plants import HEALTHY, Plant

_GLYPHS = Plain(data="glyphs", net=Conv(code=16, width=32), pace=Pace(images=48_000, rate=2e-3), seed=101)
_LEAVES_MODEL = SpatialVAE(latent_channels=12, widths=(80,), patch=2, sigma=0.02)
_LEAVES = Ours(data="leaves", model=_LEAVES_MODEL, images=40_000, seed=102)
_EDGES = Plain(data="edges", net=Perceptron(code=48, width=384), pace=Pace(images=100_000, rate=1e-3), seed=103)

HELD_BACK: tuple[Plant, ...] = (
    Plant(name="held-healthy-glyphs", location=HEALTHY, base=_GLYPHS),
    Plant(name="held-healthy-leaves", location=HEALTHY, base=_LEAVES),
    Plant(name="held-data", location="data", base=_LEAVES, fault=BehindPipeline(filter="bicubic", amount=10)),
    Plant(
        name="held-bottleneck",
        location="bottleneck",
        base=replace(_LEAVES, model=replace(_LEAVES_MODEL, latent_channels=1)),
        twin=_LEAVES,
    ),
    Plant(
        name="held-rate",
        location="rate",
        base=Ours(
            data="edges", model=VAE(latents=24, widths=(48, 24), sigma=0.5, kl_weight=4.0), images=24_000, seed=104
        ),
        twin=_EDGES,
    ),
    Plant(name="held-encoder", location="encoder", base=_LEAVES, fault=EncoderSees(filter="blur", amount=0.9)),
    Plant(name="held-noise", location="encoder_noise", base=_LEAVES, fault=Widened(times=4.0)),
    Plant(name="held-codes", location="quantization", base=_GLYPHS, fault=Codebook(entries=12, seed=105)),
    Plant(name="held-decoder", location="decoder", base=_GLYPHS, fault=DecoderFiltered(filter="blur", amount=0.8)),
)
