"""The linear Gaussian VAE as a subject, whole or with one fault: every share of its loss is known exactly (T8, O2)."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, final

import numpy as np
import torch
from torch import Tensor

from acutance.data import ImageSet, image_set
from acutance.data.synthetic import gaussian_field
from acutance.diagnose._cause import Control
from acutance.models import Subject
from acutance.nn.latents import Codes, DiagonalNormal, Dirac, Latent
from acutance.rng import rng_for

__all__ = ["LinearSubject", "Piped", "control", "field_images", "fourier_basis", "half_sent", "half_shown", "level_of"]

_SIZE = 16
_POINT = 1e-4


@functools.cache
def fourier_basis(size: int) -> tuple[Tensor, Tensor]:
    """Real Fourier modes as an orthonormal basis, (size^2, size^2) a mode a row, and where in `fft2` each belongs."""
    place = torch.arange(size, dtype=torch.float64)
    rows, where = [], []
    for ky in range(size):
        for kx in range(size):
            mirror = (-ky % size) * size + (-kx % size)
            if mirror < ky * size + kx:
                continue
            phase = 2 * math.pi * (ky * place[:, None] + kx * place[None, :]) / size
            waves = [phase.cos()] if mirror == ky * size + kx else [phase.cos(), phase.sin()]
            rows += [(wave / wave.norm()).flatten() for wave in waves]
            where += [ky * size + kx] * len(waves)
    return torch.stack(rows), torch.tensor(where)


@final
@dataclass
class LinearSubject:
    """The best linear VAE of a stationary Gaussian field at water level s, with `latents` numbers (T8).

    Direction i of variance l is sent as `z = sqrt(l - s) / l <v, x>` with variance `s / l`, and shown as
    `sqrt(l - s) z v`; those with `l <= s` and those beyond the d largest are off.

    Attributes:
        power: (size, size) variance of each Fourier mode.
        level: the water level s.
        latents: d.
        width: the posterior's, in units of what the decoder was trained for.
        sent: (d,) what the encoder sends of each latent; 1 is all.
        gain: (d,) a filter behind the decoder; 1 is none.
        step: of a rounding of each latent, in units of its spread; 0 is none.
        states_sigma: whether the subject says what its sigma is.
        prior_width: standard deviation of the latents that samples are drawn from; 1 is right.
        invented: power of what the decoder makes up, as a function of z alone, over the power that is missing.
        drawn: the same, of what it draws anew at each call.
    """

    power: Tensor
    level: float
    latents: int
    width: float = 1.0
    sent: Tensor | float = 1.0
    gain: Tensor | float = 1.0
    step: float = 0.0
    states_sigma: bool = True
    prior_width: float = 1.0
    invented: float = 0.0
    drawn: float = 0.0
    family: str = "linear"
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    def __post_init__(self) -> None:
        size = len(self.power)
        self.shape = (1, size, size)
        basis, where = fourier_basis(size)
        power = self.power.flatten()[where]
        order = torch.sort(power, descending=True, stable=True).indices[: self.latents]
        self.basis, self.variance = basis[order].float(), power[order].float()
        self.active = self.variance > self.level

    def facts(self) -> dict[str, float]:
        """Its sigma, and that over the calibrated value."""
        if not self.states_sigma:
            return {}
        lost = float(self.power.sum() - (self.variance - self.level)[self.active].sum())
        rmse = math.sqrt(lost / self.power.numel())
        sigma = math.sqrt(self.level)
        return {"decoder_sigma": sigma, "decoder_sigma_over_rmse": sigma / rmse}

    def configuration(self) -> dict[str, Any]:
        """What a user could change."""
        return {"latents": self.latents, "sigma": math.sqrt(self.level), "kl_weight": 1.0}

    def count_parameters(self) -> int:
        """Two matrices."""
        return 2 * self.basis.numel()

    def encode(self, images: Tensor) -> Latent:
        """The posterior; a point below a water level of 1e-4 of the least variance, codes where there is a step."""
        seen = (images.flatten(1) - 0.5) @ self.basis.T
        mean = torch.where(self.active, seen * (self.variance - self.level).clamp(min=0).sqrt() / self.variance, 0.0)
        mean = mean * self.sent
        if self.step > 0:
            index = (mean / self.step).round()
            return Codes(index * self.step, mean, (index - index.min()).long(), int(index.max() - index.min()) + 1)
        variance = torch.where(self.active, self.level / self.variance, 1.0)
        if float(variance.max()) < _POINT:
            return Dirac(mean)
        return DiagonalNormal(mean, (variance.sqrt() * self.width).log().expand_as(mean))

    def decode(self, latents: Tensor) -> Tensor:
        """Images in [0, 1], which the field leaves as rarely as once in 30,000 pixels."""
        scale = torch.where(self.active, (self.variance - self.level).clamp(min=0).sqrt(), 0.0) * self.gain
        shown = latents * scale
        if self.invented > 0 or self.drawn > 0:
            shown = shown + self._made_up(latents)
        return (0.5 + (shown @ self.basis).reshape(-1, *self.shape)).clamp(0, 1)

    def _made_up(self, latents: Tensor) -> Tensor:
        """Something of the power that each mode lacks: a wild function of the latents, or a draw."""
        missing = torch.where(self.active, self.variance.clamp(max=self.level), self.variance).sqrt()
        wild = math.sqrt(2.0) * torch.sin(97.0 * latents.sum(1, keepdim=True) * torch.arange(1, len(missing) + 1))
        drawn = torch.randn_like(latents) if self.drawn > 0 else torch.zeros_like(latents)
        return missing * (math.sqrt(self.invented) * wild + math.sqrt(self.drawn) * drawn)

    def prior(self, n: int, generator: torch.Generator) -> Tensor:
        """Draws from N(0, 1), or from a prior of another width."""
        return self.prior_width * torch.randn(n, self.latents, generator=generator)

    def generate(self, n: int, generator: torch.Generator) -> Tensor:
        """decode(prior)."""
        return self.decode(self.prior(n, generator))


@final
class Piped:
    """A good linear subject behind an input pipeline that keeps only the strongest modes.

    Args:
        power: (size, size) variance of each Fourier mode.
        level: the water level.
        latents: d.
        keeps: how many modes the pipeline keeps.
    """

    family = "linear"

    def __init__(self, *, power: Tensor, level: float, latents: int, keeps: int = 64) -> None:
        self.inner = LinearSubject(power=power, level=level, latents=latents)
        self.shape, self.device, self.keeps = self.inner.shape, self.inner.device, keeps
        self.facts, self.configuration = self.inner.facts, self.inner.configuration
        self.count_parameters, self.encode, self.decode = (
            self.inner.count_parameters,
            self.inner.encode,
            self.inner.decode,
        )

    def preprocess(self, images: Tensor) -> Tensor:
        """Projection on the `keeps` strongest modes."""
        coarse = self.inner.basis[: self.keeps]
        return 0.5 + (((images.flatten(1) - 0.5) @ coarse.T) @ coarse).reshape(images.shape)


@functools.cache
def field_images(n: int, seed: int = 0, size: int = _SIZE) -> tuple[ImageSet, Tensor]:
    """Gaussian fields of contrast .12 as an image set, and the variance of each mode."""
    images, answers = gaussian_field(n, size, rng_for(seed, "field"), contrast=0.12)
    pixels = (images.clamp(0, 1) * 255).round().to(torch.uint8).permute(0, 2, 3, 1).numpy()
    return image_set(np.ascontiguousarray(pixels), source="synthetic:gaussian-field"), answers.power


def control(kind: Callable[..., Subject] = LinearSubject, **faults: Any) -> Control:
    """A linear subject on fields, by default a good one: all modes, a low water level."""
    images, power = field_images(240)
    settings: dict[str, Any] = {"level": 0.02 * float(power.min()), "latents": power.numel()}
    return Control(subject=kind(power=power, **settings | faults), images=images, fit_images=field_images(480, 1)[0])


def level_of(quantile: float) -> float:
    """The water level that this part of the modes lie below."""
    return float(torch.quantile(field_images(300)[1].flatten(), quantile))


def half_sent() -> Tensor:
    """An encoder that sends every other latent only."""
    return (torch.arange(field_images(300)[1].numel()) % 2).float()


def half_shown() -> Tensor:
    """A decoder that shows the stronger half of the modes only."""
    count = field_images(300)[1].numel()
    return (torch.arange(count) < count // 2).float()
