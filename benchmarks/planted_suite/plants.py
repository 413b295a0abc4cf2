"""The suite: every subject with the location where its detail is lost, and healthy ones.

A plant is a recipe. `twin` is the same subject without the fault; whether the fault is the largest loss is checked on
the two of them by `check`, before and apart from any diagnosis.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from acutance.models.ae import Config as AE
from acutance.models.spatial_vae import Config as SpatialVAE
from acutance.models.vae import Config as VAE
from acutance.nn.layout import Layout
from planted_suite.bases import Base, Ours, Plain
from planted_suite.data import images_of
from planted_suite.faults import (
    BehindPipeline,
    Codebook,
    DecoderFiltered,
    EncoderSees,
    Fault,
    Noisy,
    Rounded,
    Widened,
)
from planted_suite.fitting import Pace
from planted_suite.halves import CodesLearned, Redecoded, Reencoded
from planted_suite.nets import Conv, Perceptron
from planted_suite.subject import Parts

HEALTHY = "healthy"


@final
@dataclass(frozen=True, kw_only=True)
class Plant:
    """A subject with one fault, or with none.

    Attributes:
        name: short and fixed.
        location: where its detail is lost; HEALTHY where nothing was planted.
        base: what it is made of, trained.
        twin: the subject without the fault, where that is not the base itself.
        fault: what was done to the base; None where the base itself was trained with the fault, or is healthy.
        data: what it is diagnosed on; by default what the base was trained on.
    """

    name: str
    location: str
    base: Base
    twin: Base | None = None
    fault: Fault | None = None
    data: str = ""

    @property
    def images(self) -> str:
        """The name of the data it is diagnosed on."""
        return self.data or self.base.data

    def parts(self) -> Parts:
        """What it is made of, trained where it was not trained before."""
        parts = self.base.parts()
        return parts if self.fault is None else self.fault.planted(parts, images_of(self.base.data)[0])

    def healthy_parts(self) -> Parts:
        """The subject without the fault."""
        return (self.twin or self.base).parts()


def _map(data: str, *, channels: int = 16, sigma: float | str, images: int, seed: int, kl_weight: float = 1.0) -> Ours:
    """A spatial VAE of one stage on patches of 4 px: it can pass on nearly everything."""
    model = SpatialVAE(latent_channels=channels, widths=(96,), patch=4, sigma=sigma, kl_weight=kl_weight)  # type: ignore[arg-type]
    return Ours(data=data, model=model, images=images, seed=seed, mirror=data != "glyphs")


def _photo_map(*, kl_weight: float = 1.0) -> Ours:
    """A spatial VAE of one stage on patches of 2 px, for 16 px."""
    model = SpatialVAE(latent_channels=8, widths=(64,), patch=2, sigma=0.02, kl_weight=kl_weight)
    return Ours(data="small photos", model=model, images=32_000, seed=3, mirror=True)


def _conv(data: str, code: int, *, images: int, seed: int, sigma: float | None = None) -> Plain:
    return Plain(data=data, net=Conv(code=code, sigma=sigma), pace=Pace(images=images, rate=2e-3), seed=seed)


def _perceptron(data: str, code: int, width: int, *, rate: float, seed: int, sigma: float | None = None) -> Plain:
    net = Perceptron(code=code, width=width, sigma=sigma)
    return Plain(data=data, net=net, pace=Pace(images=120_000, rate=rate), seed=seed)


ICONS_CONV = _conv("icons", 16, images=48_000, seed=1)
ICONS_MAP = _map("icons", sigma=0.03, images=32_000, seed=1)
ICONS_VECTOR = Ours(data="icons", model=VAE(latents=64, widths=(64, 48, 32)), images=32_000, seed=4, mirror=True)
GLYPHS_MAP = _map("glyphs", sigma=0.02, images=32_000, seed=2)
GLYPHS_VECTOR = Ours(data="glyphs", model=AE(latents=256, widths=(64, 48, 32)), images=32_000, seed=5)
PHOTOS_MAP = _map("photos", sigma=0.01, images=32_000, seed=3)
SMALL_PHOTOS = _photo_map()
LEAVES_VECTOR = Ours(data="leaves", model=AE(latents=256, widths=(64,), patch=2), images=40_000, seed=6)
LEAVES_PERCEPTRON = _perceptron("leaves", 240, 768, rate=1e-3, seed=7)
LEAVES_CONV = _conv("leaves", 16, images=60_000, seed=8, sigma=0.02)
EDGES_VECTOR = Ours(data="edges", model=VAE(latents=32, widths=(64, 32)), images=24_000, seed=9)
EDGES_PERCEPTRON = Plain(
    data="edges", net=Perceptron(code=48, width=256), pace=Pace(images=16_000, batch=16, rate=2e-3), seed=16
)
FIELD_LINEAR = _perceptron("field", 240, 0, rate=3e-3, seed=10, sigma=0.004)

SMALL_DECODER = Layout(widths=(5,), blocks=1, patch=4)
SHORT = Pace(images=2_000, rate=1e-3)

PLANTS: tuple[Plant, ...] = (
    Plant(name="healthy-points", location=HEALTHY, base=ICONS_CONV),
    Plant(name="healthy-posterior", location=HEALTHY, base=ICONS_MAP),
    Plant(name="healthy-photos", location=HEALTHY, base=PHOTOS_MAP),
    Plant(name="healthy-glyphs", location=HEALTHY, base=GLYPHS_MAP),
    Plant(name="healthy-vector", location=HEALTHY, base=LEAVES_VECTOR),
    Plant(name="healthy-edges", location=HEALTHY, base=EDGES_VECTOR),
    Plant(name="healthy-perceptron", location=HEALTHY, base=EDGES_PERCEPTRON),
    Plant(name="healthy-codes", location=HEALTHY, base=ICONS_CONV, fault=Rounded(step=0.15)),
    #
    Plant(name="data-half", location="data", base=ICONS_CONV, fault=BehindPipeline(filter="bilinear", amount=16)),
    Plant(
        name="data-five-eighths", location="data", base=GLYPHS_MAP, fault=BehindPipeline(filter="bicubic", amount=20)
    ),
    Plant(name="data-jpeg", location="data", base=PHOTOS_MAP, fault=BehindPipeline(filter="jpeg", amount=8)),
    Plant(
        name="data-trained-behind",
        location="data",
        base=Ours(data="small leaves", model=AE(latents=256, widths=(64,), patch=2), images=40_000, seed=11),
        twin=LEAVES_VECTOR,
        fault=BehindPipeline(filter="bilinear", amount=9),
        data="leaves",
    ),
    Plant(name="data-edges", location="data", base=EDGES_PERCEPTRON, fault=BehindPipeline(filter="bilinear", amount=6)),
    #
    Plant(
        name="bottleneck-photos",
        location="bottleneck",
        base=_map("photos", channels=1, sigma=0.01, images=32_000, seed=3),
        twin=PHOTOS_MAP,
    ),
    Plant(
        name="bottleneck-vector",
        location="bottleneck",
        base=Ours(data="glyphs", model=AE(latents=8, widths=(64, 48, 32)), images=32_000, seed=5),
        twin=GLYPHS_VECTOR,
    ),
    Plant(
        name="bottleneck-perceptron",
        location="bottleneck",
        base=_perceptron("leaves", 40, 768, rate=1e-3, seed=7),
        twin=LEAVES_PERCEPTRON,
    ),
    Plant(name="bottleneck-map", location="bottleneck", base=_conv("icons", 1, images=48_000, seed=1), twin=ICONS_CONV),
    Plant(
        name="bottleneck-posterior",
        location="bottleneck",
        base=_map("small photos", channels=1, sigma=0.02, images=40_000, seed=17),
        twin=_map("small photos", sigma=0.02, images=40_000, seed=17),
    ),
    Plant(
        name="bottleneck-linear",
        location="bottleneck",
        base=_perceptron("field", 60, 0, rate=3e-3, seed=10, sigma=0.004),
        twin=FIELD_LINEAR,
    ),
    #
    Plant(name="rate-map", location="rate", base=_map("icons", sigma=1.0, images=32_000, seed=1), twin=ICONS_MAP),
    Plant(name="rate-glyphs", location="rate", base=_map("glyphs", sigma=0.3, images=32_000, seed=2), twin=GLYPHS_MAP),
    Plant(
        name="rate-vector",
        location="rate",
        base=Ours(
            data="icons", model=VAE(latents=64, widths=(64, 48, 32), sigma=1.0), images=32_000, seed=4, mirror=True
        ),
        twin=ICONS_VECTOR,
    ),
    Plant(name="rate-beta", location="rate", base=_photo_map(kl_weight=60.0), twin=SMALL_PHOTOS),
    Plant(
        name="rate-conv",
        location="rate",
        base=_conv("leaves", 16, images=60_000, seed=8, sigma=0.3),
        twin=LEAVES_CONV,
    ),
    Plant(
        name="rate-linear",
        location="rate",
        base=_perceptron("field", 240, 0, rate=3e-3, seed=10, sigma=0.04),
        twin=FIELD_LINEAR,
    ),
    #
    Plant(name="encoder-blur", location="encoder", base=ICONS_CONV, fault=EncoderSees(filter="blur", amount=1.0)),
    Plant(
        name="encoder-blur-posterior", location="encoder", base=GLYPHS_MAP, fault=EncoderSees(filter="blur", amount=0.8)
    ),
    Plant(name="encoder-levels", location="encoder", base=PHOTOS_MAP, fault=EncoderSees(filter="posterise", amount=5)),
    Plant(name="encoder-half", location="encoder", base=LEAVES_VECTOR, fault=EncoderSees(filter="bilinear", amount=9)),
    Plant(
        name="encoder-small",
        location="encoder",
        base=ICONS_CONV,
        fault=Reencoded(
            of=ICONS_CONV, layout=Layout(widths=(12,), blocks=1, patch=4), pace=Pace(images=12_000, rate=2e-3), seed=12
        ),
    ),
    Plant(
        name="encoder-edges", location="encoder", base=EDGES_PERCEPTRON, fault=EncoderSees(filter="bilinear", amount=6)
    ),
    Plant(
        name="encoder-blur-edges",
        location="encoder",
        base=EDGES_PERCEPTRON,
        fault=EncoderSees(filter="blur", amount=2.0),
    ),
    #
    Plant(name="noise-map", location="encoder_noise", base=ICONS_MAP, fault=Widened(times=5.0)),
    Plant(name="noise-photos", location="encoder_noise", base=SMALL_PHOTOS, fault=Widened(times=5.0)),
    Plant(name="noise-edges", location="encoder_noise", base=EDGES_VECTOR, fault=Widened(times=40.0)),
    Plant(name="noise-points", location="encoder_noise", base=ICONS_CONV, fault=Noisy(relative_std=1.0)),
    Plant(name="noise-vector", location="encoder_noise", base=LEAVES_VECTOR, fault=Noisy(relative_std=0.4)),
    #
    Plant(name="codes-rounded", location="quantization", base=ICONS_CONV, fault=Rounded(step=3.0)),
    Plant(name="codes-edges", location="quantization", base=EDGES_PERCEPTRON, fault=Rounded(step=2.5)),
    Plant(name="codes-vector", location="quantization", base=LEAVES_VECTOR, fault=Rounded(step=1.5)),
    Plant(name="codes-16", location="quantization", base=ICONS_CONV, fault=Codebook(entries=16)),
    Plant(name="codes-photos", location="quantization", base=SMALL_PHOTOS, fault=Codebook(entries=4)),
    Plant(
        name="codes-learned",
        location="quantization",
        base=ICONS_MAP,
        fault=CodesLearned(
            book=Codebook(entries=24),
            decoder=Redecoded(
                of=ICONS_MAP,
                layout=Layout(widths=(96,), blocks=1, patch=4),
                pace=Pace(images=24_000, rate=2e-3),
                seed=13,
            ),
        ),
    ),
    #
    Plant(name="decoder-blur", location="decoder", base=ICONS_CONV, fault=DecoderFiltered(filter="blur", amount=0.7)),
    Plant(
        name="decoder-half", location="decoder", base=PHOTOS_MAP, fault=DecoderFiltered(filter="bilinear", amount=20)
    ),
    Plant(
        name="decoder-blur-vector",
        location="decoder",
        base=LEAVES_VECTOR,
        fault=DecoderFiltered(filter="blur", amount=0.6),
    ),
    Plant(
        name="decoder-short",
        location="decoder",
        base=GLYPHS_MAP,
        fault=Redecoded(of=GLYPHS_MAP, layout=Layout(widths=(96,), blocks=1, patch=4), pace=SHORT, seed=14),
    ),
    Plant(
        name="decoder-small",
        location="decoder",
        base=ICONS_MAP,
        fault=Redecoded(of=ICONS_MAP, layout=SMALL_DECODER, pace=Pace(images=24_000, rate=2e-3), seed=15),
    ),
)

QUICK = ("healthy-perceptron", "data-edges", "encoder-edges", "codes-edges")
"""Those that are made and diagnosed in seconds."""
