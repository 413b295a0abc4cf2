"""Subjects on which nothing was tuned: other seeds, data and strengths than those of the suite.

The second set was written down after all thresholds, and before any diagnosis of its members.
"""

from __future__ import annotations

from dataclasses import replace

from acutance.models.spatial_vae import Config as SpatialVAE
from acutance.models.vae import Config as VAE
from acutance.nn.layout import Layout
from planted_suite.bases import Ours, Plain
from planted_suite.faults import BehindPipeline, Codebook, DecoderFiltered, EncoderSees, Noisy, Rounded, Widened
from planted_suite.fitting import Pace
from planted_suite.halves import Redecoded, Reencoded
from planted_suite.nets import Conv, Perceptron
from planted_suite.plants import HEALTHY, Plant

_GLYPHS = Plain(data="glyphs", net=Conv(code=16, width=32), pace=Pace(images=48_000, rate=2e-3), seed=101)
_LEAVES_MODEL = SpatialVAE(latent_channels=12, widths=(80,), patch=2, sigma=0.02)
_LEAVES = Ours(data="leaves", model=_LEAVES_MODEL, images=40_000, seed=102)
_EDGES = Plain(data="edges", net=Perceptron(code=48, width=384), pace=Pace(images=100_000, rate=1e-3), seed=103)

_FIRST: tuple[Plant, ...] = (
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
            data="edges", model=VAE(latents=24, widths=(48, 24), sigma=0.5, kl_weight=16.0), images=24_000, seed=104
        ),
        twin=_EDGES,
    ),
    Plant(name="held-encoder", location="encoder", base=_LEAVES, fault=EncoderSees(filter="blur", amount=0.9)),
    Plant(name="held-noise", location="encoder_noise", base=_LEAVES, fault=Widened(times=4.0)),
    Plant(name="held-codes", location="quantization", base=_GLYPHS, fault=Codebook(entries=12, seed=105)),
    Plant(name="held-decoder", location="decoder", base=_GLYPHS, fault=DecoderFiltered(filter="blur", amount=0.8)),
)

_PHOTOS_MODEL = SpatialVAE(latent_channels=14, widths=(88,), patch=4, sigma=0.012)
_PHOTOS = Ours(data="photos", model=_PHOTOS_MODEL, images=32_000, seed=201, mirror=True)
_DENSE_NET = Perceptron(code=220, width=700)
_DENSE = Plain(data="leaves", net=_DENSE_NET, pace=Pace(images=120_000, rate=1e-3), seed=202)
_ICONS_MODEL = SpatialVAE(latent_channels=12, widths=(80,), patch=4, sigma=0.04)
_ICONS = Ours(data="icons", model=_ICONS_MODEL, images=28_000, seed=203)
_ICONS_LAYOUT = Layout(widths=(80,), blocks=1, patch=4)

_SECOND: tuple[Plant, ...] = (
    Plant(name="second-healthy-photos", location=HEALTHY, base=_PHOTOS),
    Plant(name="second-healthy-dense", location=HEALTHY, base=_DENSE),
    Plant(name="second-healthy-icons", location=HEALTHY, base=_ICONS),
    Plant(name="second-data-dense", location="data", base=_DENSE, fault=BehindPipeline(filter="bilinear", amount=9)),
    Plant(name="second-data-jpeg", location="data", base=_ICONS, fault=BehindPipeline(filter="jpeg", amount=4)),
    Plant(
        name="second-bottleneck-map",
        location="bottleneck",
        base=replace(_ICONS, model=replace(_ICONS_MODEL, latent_channels=1)),
        twin=_ICONS,
    ),
    Plant(
        name="second-bottleneck-dense",
        location="bottleneck",
        base=replace(_DENSE, net=replace(_DENSE_NET, code=30)),
        twin=_DENSE,
    ),
    Plant(
        name="second-rate-map",
        location="rate",
        base=replace(_ICONS, model=replace(_ICONS_MODEL, sigma=0.35)),
        twin=_ICONS,
    ),
    Plant(
        name="second-rate-dense",
        location="rate",
        base=replace(_DENSE, net=replace(_DENSE_NET, sigma=0.2)),
        twin=_DENSE,
    ),
    Plant(name="second-encoder-blur", location="encoder", base=_PHOTOS, fault=EncoderSees(filter="blur", amount=1.2)),
    Plant(
        name="second-encoder-half",
        location="encoder",
        base=_DENSE,
        fault=EncoderSees(filter="bilinear", amount=8),
    ),
    Plant(
        name="second-encoder-small",
        location="encoder",
        base=_ICONS,
        fault=Reencoded(
            of=_ICONS, layout=Layout(widths=(10,), blocks=1, patch=4), pace=Pace(images=10_000, rate=2e-3), seed=204
        ),
    ),
    Plant(name="second-noise-map", location="encoder_noise", base=_ICONS, fault=Widened(times=6.0)),
    Plant(name="second-noise-points", location="encoder_noise", base=_DENSE, fault=Noisy(relative_std=0.5)),
    Plant(name="second-codes-rounded", location="quantization", base=_DENSE, fault=Rounded(step=2.0)),
    Plant(name="second-codes-book", location="quantization", base=_PHOTOS, fault=Codebook(entries=20, seed=205)),
    Plant(
        name="second-decoder-blur", location="decoder", base=_PHOTOS, fault=DecoderFiltered(filter="blur", amount=0.9)
    ),
    Plant(
        name="second-decoder-half",
        location="decoder",
        base=_DENSE,
        fault=DecoderFiltered(filter="bilinear", amount=9),
    ),
    Plant(
        name="second-decoder-short",
        location="decoder",
        base=_ICONS,
        fault=Redecoded(of=_ICONS, layout=_ICONS_LAYOUT, pace=Pace(images=3_000, rate=1e-3), seed=206),
    ),
)

HELD_BACK: tuple[Plant, ...] = (*_FIRST, *_SECOND)
