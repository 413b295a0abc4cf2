"""Likelihoods of pixels around a decoder's outputs: what each says an image is worth in nats, and draws from it.

All are densities over [0, 1], constants included, so that their nats can be set side by side (S6, T7).
"""

from __future__ import annotations

import abc
import math
from collections.abc import Callable
from typing import Final, Literal, final

import torch
from torch import Tensor, nn

from acutance.models._base import ImageShape
from acutance.models._buffers import running_mean
from acutance.models._player import Loss
from acutance.nn.pixel_context import EarlierPixels, PixelContext
from acutance.nn.processes import mean_over_processes
from acutance.objectives.coloured import LEAST_POWER, coloured_gaussian, coloured_noise, mean_power, residual_power
from acutance.objectives.gaussian import calibrated_gaussian, squared_error
from acutance.objectives.laplace import MIN_LOG_SCALE, absolute_error
from acutance.objectives.logistic_mixture import level_mean, logistic_mixture, mixture_draw, mixture_mean

__all__ = ["LIKELIHOODS", "LikelihoodName", "PixelLikelihood", "likelihood_loss"]

LikelihoodName = Literal["gaussian", "laplace", "coloured", "logistic_mixture", "autoregressive"]
_COMPONENTS = 5
_WIDTH = 32
_SPREAD = 0.3
_LOG_SCALE = -3.0
_WHITE_STEPS = 500


class PixelLikelihood(nn.Module, abc.ABC):
    """A distribution of images around a decoder's outputs.

    Attributes:
        by_squared_error: whether the decoder learns its outputs by squared error and not by this likelihood, because it
            says nothing of their mean.
        outputs_are_means: whether `mean` returns the outputs themselves.
    """

    by_squared_error: bool = False
    outputs_are_means: bool = True

    @property
    def has_scale(self) -> bool:
        """Whether it knows how far images lie from outputs; by default from the start."""
        return True

    @abc.abstractmethod
    def nats(self, images: Tensor, outputs: Tensor) -> Tensor:
        """-log p(images) of each, (N,), p a density over pixel values in [0, 1]."""

    @abc.abstractmethod
    def draw(self, outputs: Tensor, generator: torch.Generator) -> Tensor:
        """Images distributed so, not clamped."""

    def mean(self, outputs: Tensor) -> Tensor:
        """What is shown: the mean of the images distributed so, by default the outputs themselves."""
        return outputs

    def note(self, images: Tensor, outputs: Tensor) -> None:
        """Behind a step: follows what is estimated and not learnt; by default there is no such thing."""


class _Calibrated(PixelLikelihood, abc.ABC):
    """One whose scale is the running mean of a statistic of residuals; before any is known, the batch's own."""

    def __init__(self, *shape: int, scale: float = -1.0) -> None:
        super().__init__()
        self.register_buffer("scale", torch.full(shape, scale))
        self.scale: Tensor

    @property
    def has_scale(self) -> bool:
        return bool((self.scale >= 0).all())

    @abc.abstractmethod
    def measured(self, images: Tensor, outputs: Tensor) -> Tensor:
        """The statistic of a batch."""

    def known(self, images: Tensor, outputs: Tensor) -> Tensor:
        """The scale that counts."""
        own = self.measured(images, outputs.detach())
        if self.training:
            own = mean_over_processes(own)
        return torch.where(self.scale < 0, own, self.scale)

    @torch.no_grad()
    def note(self, images: Tensor, outputs: Tensor) -> None:
        self.scale.copy_(running_mean(self.scale, mean_over_processes(self.measured(images, outputs))))


@final
class White(_Calibrated):
    """Independent Gaussians of one variance (T9)."""

    def measured(self, images: Tensor, outputs: Tensor) -> Tensor:
        """The mean squared error."""
        return (squared_error(images, outputs).mean() / images[0].numel()).clamp_min(LEAST_POWER)

    def nats(self, images: Tensor, outputs: Tensor) -> Tensor:
        sigma = self.known(images, outputs).sqrt()
        constant = images[0].numel() * (0.5 * math.log(2 * math.pi) + sigma.log())
        return squared_error(images, outputs) / (2 * sigma.square()) + constant

    def draw(self, outputs: Tensor, generator: torch.Generator) -> Tensor:
        return outputs + self.scale.clamp_min(0).sqrt() * _normal(outputs, generator)


@final
class Laplacian(_Calibrated):
    """Independent Laplace distributions of one scale (T5)."""

    def measured(self, images: Tensor, outputs: Tensor) -> Tensor:
        """The mean absolute error."""
        return (absolute_error(images, outputs).mean() / images[0].numel()).clamp_min(math.exp(MIN_LOG_SCALE))

    def nats(self, images: Tensor, outputs: Tensor) -> Tensor:
        scale = self.known(images, outputs)
        return absolute_error(images, outputs) / scale + images[0].numel() * torch.log(2 * scale)

    def draw(self, outputs: Tensor, generator: torch.Generator) -> Tensor:
        uniform = torch.rand(outputs.shape, generator=generator, device=outputs.device) - 0.5
        away = -torch.log1p(-2 * uniform.abs().clamp_max(0.5 - 1e-7))
        return outputs + self.scale.clamp_min(0) * uniform.sign() * away


@final
class Coloured(_Calibrated):
    """A stationary Gaussian: a variance for each frequency and channel (T7).

    In training it begins white and takes on its colour over the first steps. High frequencies have little power, so
    that a decoder which knows nothing yet is punished there for whatever it says; from scratch it would then say
    nothing, and the code, of no use to it, would go to the prior (docs/log.md).
    """

    def __init__(self, shape: ImageShape) -> None:
        super().__init__(shape[0], shape[1], shape[2] // 2 + 1)
        self.register_buffer("steps", torch.zeros(()))
        self.register_load_state_dict_pre_hook(_all_steps)  # type: ignore[no-untyped-call]
        self.steps: Tensor

    def known(self, images: Tensor, outputs: Tensor) -> Tensor:
        """The power that counts."""
        power = super().known(images, outputs)
        if not self.training:
            return power
        colour = (self.steps / _WHITE_STEPS).clamp_max(1.0)
        return mean_power(power, images.shape[-1]).pow(1 - colour) * power.clamp_min(LEAST_POWER).pow(colour)

    @torch.no_grad()
    def note(self, images: Tensor, outputs: Tensor) -> None:
        super().note(images, outputs)
        self.steps += 1

    def measured(self, images: Tensor, outputs: Tensor) -> Tensor:
        """The residual's power."""
        return residual_power(images, outputs)

    def nats(self, images: Tensor, outputs: Tensor) -> Tensor:
        return coloured_gaussian(images, outputs, self.known(images, outputs))

    def draw(self, outputs: Tensor, generator: torch.Generator) -> Tensor:
        return outputs + coloured_noise(_normal(outputs, generator), self.scale)


def _all_steps(module: nn.Module, weights: dict[str, Tensor], prefix: str, *_: object) -> None:
    """What was saved before steps were counted has its colour."""
    weights.setdefault(f"{prefix}steps", torch.tensor(float(_WHITE_STEPS)))


class _Mixed(PixelLikelihood, abc.ABC):
    """Mixtures of discretised logistics whose parameters a small network gives."""

    def __init__(self, shape: ImageShape) -> None:
        super().__init__()
        self.context = PixelContext(shape[0], 3 * _COMPONENTS, _WIDTH)
        spread = torch.linspace(-_SPREAD, _SPREAD, _COMPONENTS)
        start = torch.cat([torch.zeros(_COMPONENTS), spread, torch.full((_COMPONENTS,), _LOG_SCALE)])
        assert self.context.last.bias is not None
        with torch.no_grad():
            self.context.last.bias.copy_(start.repeat_interleave(shape[0]))

    def mixture(self, features: Tensor, outputs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logits, means and logarithms of scales, (K, N, C, H, W) each."""
        logits, offsets, log_scales = self.context(features).float().chunk(3)
        return logits, outputs.float() + self.placed(logits, offsets), log_scales

    @abc.abstractmethod
    def placed(self, logits: Tensor, offsets: Tensor) -> Tensor:
        """Where the components stand, from the decoder's output."""


@final
class Mixture(_Mixed):
    """Of each pixel by itself, around the decoder's output.

    The output is the mean of the mixture before what lies outside [0, 1] is put on the outermost levels. Icons have
    most of their pixels there, so that the mean of the levels, which is shown, is another.
    """

    outputs_are_means = False

    def placed(self, logits: Tensor, offsets: Tensor) -> Tensor:
        """With the mean of the mixture at the decoder's output."""
        return offsets - mixture_mean(logits, offsets)

    def mean(self, outputs: Tensor) -> Tensor:
        return level_mean(*self.mixture(self.context.seen(outputs), outputs))

    def nats(self, images: Tensor, outputs: Tensor) -> Tensor:
        return logistic_mixture(images, *self.mixture(self.context.seen(outputs), outputs))

    def draw(self, outputs: Tensor, generator: torch.Generator) -> Tensor:
        return mixture_draw(*self.mixture(self.context.seen(outputs), outputs), generator)


@final
class Autoregressive(_Mixed):
    """The same of each pixel given those above and to the left of it: pixels depend on one another (S6)."""

    by_squared_error = True

    def __init__(self, shape: ImageShape) -> None:
        super().__init__(shape)
        self.earlier = EarlierPixels(shape[0], _WIDTH)

    def placed(self, logits: Tensor, offsets: Tensor) -> Tensor:
        """As the network says: what came before moves the mean."""
        return offsets

    def nats(self, images: Tensor, outputs: Tensor) -> Tensor:
        features = self.context.seen(outputs) + self.earlier(images - outputs)
        return logistic_mixture(images, *self.mixture(features, outputs))

    def draw(self, outputs: Tensor, generator: torch.Generator) -> Tensor:
        """Pixel by pixel, row by row."""
        drawn, seen = torch.zeros_like(outputs), self.context.seen(outputs)
        left = self.earlier.canvas(torch.zeros_like(outputs))
        top = left.shape[2] - outputs.shape[2]
        side = (left.shape[3] - outputs.shape[3]) // 2
        for row in range(outputs.shape[2]):
            for column in range(outputs.shape[3]):
                here = (..., slice(row, row + 1), slice(column, column + 1))
                features = seen[here] + self.earlier.windows(self.earlier.window(left, row, column))
                value = mixture_draw(*self.mixture(features, outputs[here]), generator)
                drawn[here] = value
                left[..., row + top, column + side] = (value - outputs[here])[..., 0, 0]
        return drawn


LIKELIHOODS: Final[dict[str, Callable[[ImageShape], PixelLikelihood]]] = {
    "gaussian": lambda shape: White(),
    "laplace": lambda shape: Laplacian(),
    "coloured": Coloured,
    "logistic_mixture": Mixture,
    "autoregressive": Autoregressive,
}
"""By name, for images of a shape."""


def likelihood_loss(likelihood: PixelLikelihood, images: Tensor, outputs: Tensor, mse: Tensor) -> Loss:
    """-log p(images) per dimension; where the decoder is to learn by squared error, that too.

    Args:
        likelihood: around the outputs.
        images: values in [0, 1].
        outputs: same shape, not clamped.
        mse: of the whole batch, per dimension.
    """
    dimensions, wide = images[0].numel(), outputs.float()
    apart = likelihood.by_squared_error
    nats = likelihood.nats(images, wide.detach() if apart else wide).mean() / dimensions
    terms = {"nats_per_dim": nats.detach(), "mse": mse}
    if not apart:
        return Loss(nats, terms)
    pixels = calibrated_gaussian(images, wide, mse).mean() / dimensions
    return Loss(nats + pixels, terms, {"likelihood": nats, "pixels": pixels})


def _normal(like: Tensor, generator: torch.Generator) -> Tensor:
    return torch.randn(like.shape, generator=generator, device=like.device, dtype=like.dtype)
