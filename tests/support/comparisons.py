"""A made-up comparison with the pattern of a real one: an averaging VAE, an adversarial decoder, a GAN."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from acutance.diagnose._record import Comparison, DataRecord, Response, SubjectRecord
from acutance.measure._bands import Band, Curve
from acutance.measure._reading import Better, Reading

OCTAVES = ((1 / 32, 1 / 16), (1 / 16, 1 / 8), (1 / 8, 1 / 4), (1 / 4, 1 / 2))
VAE = ((0.99, 1.00), (0.985, 0.985), (0.90, 0.905), (0.59, 0.58))
ADVERSARIAL = ((0.985, 1.015), (0.98, 1.01), (0.895, 0.995), (0.605, 0.94))
GAN = ((math.nan, 1.08), (math.nan, 1.04), (math.nan, 0.97), (math.nan, 0.88))

REAL = ((math.nan, 1.01), (math.nan, 0.99), (math.nan, 1.0), (math.nan, 1.0))


def icons(count: int, *, seed: int = 0, blur: float = 0.0, size: int = 32, channels: int = 1) -> np.ndarray:
    """uint8 (count, size, size, channels) pictures of simple shapes, blurred by so many pixels."""
    rng = np.random.default_rng(seed)
    pictures = []
    for _ in range(count):
        image = Image.new("L", (4 * size, 4 * size))
        draw = ImageDraw.Draw(image)
        for _ in range(3):
            x, y = (int(v) for v in rng.integers(8, 60 * size // 32, 2))
            reach = int(rng.integers(20, 56)) * size // 32
            fill = int(rng.choice((255, 255, 0)))
            shape = (draw.ellipse, draw.rectangle, draw.rounded_rectangle)[int(rng.integers(3))]
            shape((x, y, x + reach, y + reach), fill=fill, outline=255, width=6)
        small = image.resize((size, size), Image.Resampling.LANCZOS)
        pictures.append(np.asarray(small.filter(ImageFilter.GaussianBlur(blur)) if blur else small))
    return np.stack(pictures)[..., None].repeat(channels, axis=-1)


def bands(numbers: tuple[tuple[float, float], ...], half: float = 0.015) -> tuple[Band, ...]:
    """Bands from (coherence, detail ratio), the other quantities by T2; NaN coherence makes a generator's band."""
    made = []
    for (low, high), (q, y) in zip(OCTAVES, numbers, strict=True):
        gain = math.sqrt(q * y)
        values = {
            "gain": gain,
            "detail_ratio": y,
            "coherence": q,
            "explained": 2 * gain - y,
            "averaging_slope": gain / y if y else math.nan,
        }
        if math.isnan(q):
            values = {"detail_ratio": y}
        around = {name: (value - half, value + half) for name, value in values.items()}
        made.append(Band(low=low, high=high, values=values, intervals=around))
    return tuple(made)


def curves(numbers: tuple[tuple[float, float], ...]) -> tuple[Curve, ...]:
    """Sixteen rings that pass through the bands."""
    frequency = np.arange(1, 17) / 32
    middles = [math.log2(math.sqrt(low * high)) for low, high in OCTAVES]
    q, y = (np.interp(np.log2(frequency), middles, [pair[k] for pair in numbers]) for k in (0, 1))
    made = {"detail_ratio": y} if np.isnan(q).any() else {"gain": np.sqrt(q * y), "detail_ratio": y, "coherence": q}
    places = tuple(float(f) for f in frequency)
    return tuple(
        Curve(
            name=name,
            frequency=places,
            value=tuple(float(v) for v in row),
            low=tuple(float(v) - 0.02 for v in row),
            high=tuple(float(v) + 0.02 for v in row),
        )
        for name, row in made.items()
    )


def reading(name: str, value: float, unit: str, better: Better, half: float, *, notes: tuple[str, ...] = ()) -> Reading:
    """A reading from 700 pictures with a symmetric interval."""
    return Reading(
        name=name,
        value=value,
        unit=unit,
        better=better,
        n=700,
        low=value - half,
        high=value + half,
        preconditions=notes,
    )


def made(seconds: float, **settings: object) -> dict[str, object]:
    """What a trained subject says about its making."""
    return {"seconds": seconds, "seed": 0, "images": 64000, "config": settings, "versions": {"torch": "2.13.0"}}


def autoencoder(
    name: str,
    family: str,
    numbers: tuple[tuple[float, float], ...],
    *,
    blur: float,
    index: float,
    verdict: str,
    coverage: float,
    prior: tuple[float, ...],
) -> SubjectRecord:
    """A subject with reconstructions and samples."""
    drawn = tuple((math.nan, y) for y in prior)
    q, y = numbers[-1]
    return SubjectRecord(
        name=name,
        family=family,
        parameters=1_284_930,
        bands={
            "sample": bands(numbers),
            "mean": bands(tuple((a + 0.005, b - 0.02) for a, b in numbers)),
            "prior": bands(drawn),
            "floor": bands(REAL),
        },
        curves={"sample": curves(numbers), "prior": curves(drawn)},
        readings=(
            reading("detail_ratio_top_octave", y, "ratio", "one", 0.015),
            reading("coherence_top_octave", q, "ratio", "higher", 0.015),
            reading("averaging_slope", math.sqrt(q * y) / y, "ratio", "one", 0.01),
            reading("mtf50", 0.31, "cycles/px", "higher", 0.012),
            reading("blur_sigma_px", blur, "px", "lower", 0.02),
            reading("psnr", 19.64 if verdict == "averaged" else 19.27, "dB", "higher", 0.2),
            reading("ssim", 0.871, "ratio", "higher", 0.006),
            reading("rate_bits", 214.0, "bits", "none", 3.0),
            reading("active_units", 61.0, "latents", "none", 0.0),
            reading("decoder_sigma_over_rmse", 1.02, "ratio", "one", 0.02),
            reading(
                "frechet_distance", 41.3, "", "lower", 1.4, notes=("fewer pictures than features: biased upwards",)
            ),
            reading("coverage", coverage, "ratio", "higher", 0.03),
            reading("precision", 0.61, "ratio", "higher", 0.03),
        ),
        response=Response(index=index, low=round(index - 0.03, 3), high=round(index + 0.03, 3), verdict=verdict),
        reconstructions=icons(16, blur=blur),
        samples=icons(16, seed=7, blur=1.4 * blur),
        made=made(94.2, latents=64, kl_weight=1.0, decoder_sigma="calibrated"),
    )


def vae(name: str = "VAE") -> SubjectRecord:
    """On the averaging line."""
    return autoencoder(
        name, "vae", VAE, blur=0.75, index=-0.02, verdict="averaged", coverage=0.42, prior=(0.93, 0.81, 0.62, 0.37)
    )


def adversarial(name: str = "Same code, adversarial decoder") -> SubjectRecord:
    """Above the line."""
    return autoencoder(
        name,
        "adversarial_decoder",
        ADVERSARIAL,
        blur=0.35,
        index=0.84,
        verdict="invented",
        coverage=0.47,
        prior=(0.97, 0.93, 0.86, 0.79),
    )


def gan(name: str = "GAN") -> SubjectRecord:
    """Samples only."""
    return SubjectRecord(
        name=name,
        family="gan",
        parameters=1_610_241,
        bands={"prior": bands(GAN, 0.03), "floor": bands(REAL)},
        curves={"prior": curves(GAN)},
        readings=(
            reading("detail_ratio_top_octave", 0.88, "ratio", "one", 0.03),
            reading(
                "frechet_distance", 29.8, "", "lower", 1.1, notes=("fewer pictures than features: biased upwards",)
            ),
            reading("coverage", 0.71, "ratio", "higher", 0.03),
            reading("precision", 0.74, "ratio", "higher", 0.03),
        ),
        samples=icons(16, seed=3),
        made=made(151.0, critic_learning_rate=2e-4, r1_gamma=0.5),
        warnings=("critic saturated from step 1,150 on",),
    )


def comparison(*subjects: SubjectRecord, size: int = 32, channels: int = 1) -> Comparison:
    """The subjects on sixteen originals; by default the three of the main job."""
    return Comparison(
        data=DataRecord(source="builtin:icons", images=700, height=size, width=size, channels=channels),
        originals=icons(16, size=size, channels=channels),
        subjects=subjects or (vae(), adversarial(), gan()),
        answer=(
            "The VAE keeps 58 % of the finest detail, because it shows the average of all pictures that fit its code. "
            "The same code with an adversarial decoder shows 94 %, but what it adds is invented: it follows the "
            "originals no better. The GAN never sees an original, and its samples have 88 % of the finest detail."
        ),
        made={"command": "acutance demo", "seconds": 281.0, "machine": {"cores": 2}, "versions": {"acutance": "0.1.0"}},
        question="Why are a VAE’s pictures blurred, and a GAN’s crisp?",  # noqa: RUF001
    )
