"""Linear Gaussian VAEs: every share and every budget step is known exactly (T8, O2), and found within 3 points."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor

from acutance.data import ImageSet, image_set
from acutance.data.synthetic import gaussian_field
from acutance.diagnose import Diagnosis, diagnose
from acutance.diagnose._linear_subject import LinearSubject, fourier_basis
from acutance.rng import rng_for

SIZE = 16
POINTS = 0.03


@functools.cache
def fields(n: int, seed: int, exponent: float) -> tuple[ImageSet, Tensor]:
    images, answers = gaussian_field(n, SIZE, rng_for(seed, "closed form"), contrast=0.1, exponent=exponent)
    pixels = (images.clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).contiguous().numpy()
    return image_set(pixels), answers.power


@dataclass(frozen=True)
class Case:
    """A linear VAE: how many latents, which part of the modes lies below the water level, the field's spectrum."""

    latents: int
    below: float
    exponent: float = 2.0
    width: float = 1.0
    states_sigma: bool = True

    @property
    def level(self) -> float:
        power = fields(400, 0, self.exponent)[1]
        return float(torch.quantile(power.flatten(), self.below)) if self.below > 0 else 0.02 * float(power.min())

    def subject(self) -> LinearSubject:
        power = fields(400, 0, self.exponent)[1]
        return LinearSubject(
            power=power, level=self.level, latents=self.latents, width=self.width, states_sigma=self.states_sigma
        )

    @functools.cached_property
    def found(self) -> Diagnosis:
        images, _ = fields(400, 0, self.exponent)
        return diagnose(self.subject(), images, name="linear", fit_images=fields(600, 1, self.exponent)[0])


def exact(case: Case) -> tuple[dict[str, float], dict[str, float]]:
    """Shares, and the detail ratio at each stage."""
    power = fields(400, 0, case.exponent)[1]
    _, where = fourier_basis(SIZE)
    f = torch.hypot(*torch.meshgrid(*[torch.fft.fftfreq(SIZE, dtype=torch.float64)] * 2, indexing="ij")).flatten()[
        where
    ]
    lam, s = power.flatten()[where], case.level
    octave = torch.floor(torch.log2(f.clamp(min=1e-9) * SIZE * (1 + 1e-12)))
    weight = torch.where((f > 0) & (f < 0.5), 2**octave, 0.0)
    order = torch.sort(lam, descending=True, stable=True).indices
    within = torch.zeros_like(lam, dtype=torch.bool)
    within[order[: case.latents]] = True
    kept = within & (lam > s)

    def whole(values: Tensor) -> float:
        return float((weight * values).sum() / (weight * lam).sum())

    noise = whole(torch.where(kept, (case.width**2 - 1) * (lam - s) * s / lam, 0.0))
    water, rest = whole(torch.where(kept, s, 0.0)), whole(torch.where(kept, 0.0, lam))
    beyond = whole(torch.where(within, 0.0, lam))
    v = torch.sort(torch.where(lam > s, s / lam, 1.0)[order[: case.latents]], descending=True).values
    psi = 1 - float(v[: max(1, round(0.1 * case.latents))].mean())
    lost = water + rest + noise
    linear = min(1.0, beyond / rest) if rest > 0 else 0.0
    shares = {
        "rate": (water + (1 - psi) * rest) / lost,
        "bottleneck": psi * rest * linear / lost,
        "decoder": psi * rest * (1 - linear) / lost,
        "encoder": 0.0,
        "encoder_noise": noise / lost,
    }
    detail = {
        "data": 1.0,
        "best_latent": whole(torch.where(kept, lam, 0.0)),
        "mean": whole(torch.where(kept, (lam - s) ** 2 / lam, 0.0)),
        "sample": whole(torch.where(kept, (lam - s) ** 2 / lam + case.width**2 * (lam - s) * s / lam, 0.0)),
        "prior": whole(torch.where(kept, lam - s, 0.0)),
    }
    return shares, detail


CASES = {
    "few latents": Case(latents=24, below=0.0),
    "few latents and some rate": Case(latents=40, below=0.5),
    "as many latents as are active": Case(latents=128, below=0.5),
    "rate alone": Case(latents=256, below=0.3),
    "much noise": Case(latents=256, below=0.8),
    "much noise, sigma not told": Case(latents=256, below=0.8, states_sigma=False),
    "flat spectrum": Case(latents=120, below=0.2, exponent=1.0),
    "steep spectrum": Case(latents=60, below=0.6, exponent=3.0),
    "widened posterior": Case(latents=256, below=0.3, width=2.0, states_sigma=False),
    "widened posterior, sigma told": Case(latents=256, below=0.3, width=3.0),
    "widened posterior, few latents": Case(latents=60, below=0.3, width=2.0, states_sigma=False),
}


QUICK = ("few latents", "as many latents as are active", "widened posterior")
PARAMETERS = [
    pytest.param(case, id=name, marks=() if name in QUICK else pytest.mark.slow) for name, case in CASES.items()
]


@pytest.mark.parametrize("case", PARAMETERS)
def test_every_share_is_the_exact_one(case: Case) -> None:
    shares, _ = exact(case)
    found = {location.location: location.share for location in case.found.locations}
    assert math.fsum(found.values()) == pytest.approx(1, abs=1e-9)
    assert found == pytest.approx(shares, abs=POINTS)


@pytest.mark.parametrize("case", PARAMETERS)
def test_every_budget_step_is_the_exact_one(case: Case) -> None:
    _, detail = exact(case)
    steps = case.found.budget_db
    assert [step.stage for step in steps] == list(detail)
    assert math.fsum(step.step_db for step in steps) == pytest.approx(steps[-1].db, abs=1e-9)
    for step in steps:
        assert 10 ** (step.db / 10) == pytest.approx(detail[step.stage], abs=POINTS), step.stage
