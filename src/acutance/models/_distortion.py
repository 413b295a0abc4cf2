"""What outputs are judged by: pixels under a stated likelihood, features of a frozen network, or both."""

from __future__ import annotations

import abc
import math
from dataclasses import dataclass
from typing import Literal, final

import torch
from torch import Tensor, nn

from acutance.errors import ConfigError
from acutance.models._base import ImageShape, ModelConfig
from acutance.models._buffers import running_mean
from acutance.models._feature_net import taps_of
from acutance.models._likelihood import (
    LIKELIHOODS,
    Laplacian,
    LikelihoodName,
    PixelLikelihood,
    White,
    likelihood_loss,
)
from acutance.models._player import Loss
from acutance.models._states_likelihood import StatesLikelihood
from acutance.nn.processes import mean_over_processes
from acutance.objectives.gaussian import (
    MIN_LOG_SIGMA,
    calibrated_gaussian,
    effective_sigma,
    fixed_gaussian,
    learned_gaussian,
    squared_error,
)
from acutance.objectives.laplace import (
    MIN_LOG_SCALE,
    absolute_error,
    calibrated_laplace,
    effective_scale,
    fixed_laplace,
    learned_laplace,
)
from acutance.objectives.perceptual import Taps, perceptual_distance

__all__ = ["DecoderNoise", "Distortion", "DistortionConfig", "Judged"]

DecoderNoise = Literal["calibrated", "learned"] | float
_START = 0.3
"""Where a learnt scale starts: about the spread of an image's pixels, what is left while nothing is known."""
_BY_SIGMA = ("gaussian", "laplace")


@dataclass(frozen=True, kw_only=True)
class DistortionConfig(ModelConfig):
    """The part of a config that says what outputs are judged by.

    Attributes:
        likelihood: of the pixels, "gaussian" (squared error, its best output is the mean), "laplace" (absolute error,
            the median), "coloured" (a Gaussian whose power depends on frequency), "logistic_mixture" (a mixture for
            each pixel, of 8-bit levels) or "autoregressive" (the same, given the pixels above and to the left; the
            decoder itself learns by squared error).
        sigma: standard deviation of the decoder noise, "calibrated" (at each step the best for its batch) or, of a
            "gaussian" or "laplace", "learned" (one more weight) or a number in units of the pixel range.
        pixel_weight: multiplies that likelihood in nats per dimension; 0 leaves the pixels out.
        perceptual_weight: multiplies the perceptual distance; 0 leaves it out.
        perceptual_net: "squeezenet" (at the images' own size, 32 px at least), "squeezenet:PIXELS" (resized), or
            "python:MODULE:ATTRIBUTE" for a function from images (N, C, H, W) in [0, 1] to a feature map or several by
            name; MODULE on the Python path or in the working directory.
    """

    likelihood: LikelihoodName = "gaussian"
    sigma: DecoderNoise = "calibrated"
    pixel_weight: float = 1.0
    perceptual_weight: float = 0.0
    perceptual_net: str = "squeezenet"

    def distortion(self, shape: ImageShape) -> Distortion:
        """The judge of images of a shape.

        Raises:
            ConfigError: a weight or decoder noise that is none, or no weight at all.
        """
        return Distortion(self, shape)


@final
class Distortion(nn.Module):
    """Images and outputs to a loss: pixel_weight * nats per dimension + perceptual_weight * perceptual distance.

    Args:
        config: the weights, the decoder noise and the network.
        shape: of the images.

    Raises:
        ConfigError: a weight or decoder noise that is none, or no weight at all.
    """

    def __init__(self, config: DistortionConfig, shape: ImageShape) -> None:
        super().__init__()
        _check(config)
        self.config = config
        self.shape = shape
        self.taps: Taps | None = None
        own = config.pixel_weight and config.likelihood not in _BY_SIGMA
        self.stated = LIKELIHOODS[config.likelihood](shape) if own else None
        if config.likelihood == "laplace" and config.sigma == "calibrated":
            self.register_buffer("mae", torch.tensor(-1.0))
            self.register_load_state_dict_pre_hook(_without_mae)  # type: ignore[no-untyped-call]
        self.mae: Tensor
        self.log_scale = nn.Parameter(torch.tensor(math.log(_START))) if config.sigma == "learned" else None
        self._seen: tuple[Tensor, Tensor] | None = None

    def ready(self) -> Distortion:
        """Itself, once it has its network: looked for before training, and not where a model is only used.

        Raises:
            ConfigError: the network cannot be had.
        """
        if self.config.perceptual_weight and self.taps is None:
            self.taps = taps_of(self.config.perceptual_net, self.shape)
        return self

    def forward(self, images: Tensor, outputs: Tensor) -> Loss:
        """The loss, with terms `mse` and, where they count, `nats_per_dim` and `perceptual`."""
        shown = outputs if self.stated is None else self.stated.mean(outputs.float())
        mse = mean_over_processes(squared_error(images, shown.detach()).mean() / images[0].numel())
        judged = self._pixels(images, outputs, mse)
        total = self.config.pixel_weight * judged.total
        if self.taps is None:
            return Loss(total, judged.terms, {"distortion": total})
        perceptual = perceptual_distance(images, shown, self.taps).mean()
        pixels = {"pixels": total} if self.config.pixel_weight else {}
        summands = {**pixels, "perceptual": self.config.perceptual_weight * perceptual}
        terms = {**judged.terms, "perceptual": perceptual.detach()}
        return Loss(sum(summands.values(), mse.new_zeros(())), terms, summands)

    def settle(self) -> None:
        """Behind a step: a likelihood's scale follows the residuals of the turn; a learnt one is kept in range."""
        if self.log_scale is not None:
            with torch.no_grad():
                self.log_scale.clamp_(min=MIN_LOG_SIGMA)  # below it no gradient would bring it back
        if self.stated is not None and self._seen is not None:
            self.stated.note(*self._seen)
            self._seen = None

    def sigma(self, mse: Tensor) -> float | None:
        """Standard deviation of a Gaussian's or Laplace's noise in units of the pixel range; None while unknown.

        Args:
            mse: of training, per dimension, what a Gaussian is calibrated by; below 0 before any.
        """
        if self.log_scale is not None:
            scale = math.exp(max(self.log_scale.item(), MIN_LOG_SIGMA))
            return math.sqrt(2) * scale if self.config.likelihood == "laplace" else scale
        if self.config.sigma != "calibrated":
            return float(self.config.sigma)
        if self.config.likelihood == "laplace":
            return math.sqrt(2) * max(self.mae.item(), math.exp(MIN_LOG_SCALE)) if self.mae >= 0 else None
        return max(math.sqrt(mse.item()), math.exp(MIN_LOG_SIGMA)) if mse >= 0 else None

    def _pixels(self, images: Tensor, outputs: Tensor, mse: Tensor) -> Loss:
        """Minus the log likelihood of the pixels per dimension; 0 where they are left out."""
        if not self.config.pixel_weight:
            return Loss(mse.new_zeros(()), {"mse": mse})
        if self.stated is None:
            return Loss(self._nats(images, outputs, mse).mean() / images[0].numel(), {"mse": mse})
        self._seen = (images, outputs.detach().float())
        return likelihood_loss(self.stated, images, outputs, mse)

    def _nats(self, images: Tensor, outputs: Tensor, mse: Tensor) -> Tensor:
        """Minus the log likelihood of the pixels of each image, without constants."""
        sigma = self.config.sigma
        if self.log_scale is not None:
            learned = learned_gaussian if self.config.likelihood == "gaussian" else learned_laplace
            return learned(images, outputs, self.log_scale)
        if self.config.likelihood == "gaussian":
            if sigma == "calibrated":
                return calibrated_gaussian(images, outputs, mse)
            return fixed_gaussian(images, outputs, float(sigma))
        if sigma != "calibrated":
            return fixed_laplace(images, outputs, float(sigma))
        mae = mean_over_processes(absolute_error(images, outputs.detach()).mean() / images[0].numel())
        self.mae.copy_(running_mean(self.mae, mae))
        return calibrated_laplace(images, outputs, mae)


class Judged(StatesLikelihood, abc.ABC):
    """An autoencoder whose outputs are judged by a `Distortion` and by nothing else.

    Attributes:
        distortion: the judge; the likelihood's own weights are in it.
        rate_weight: what a nat of rate counts beside a nat of pixels; 1 where no rate is weighed.
    """

    config: DistortionConfig
    distortion: Distortion
    rate_weight: float = 1.0

    @property
    def learnt(self) -> PixelLikelihood | None:
        """Of the pixels, where it has a scale or weights of its own."""
        return self.distortion.stated

    def stated(self) -> PixelLikelihood:
        """The likelihood that the loss amounts to; a Gaussian or Laplace one at its effective scale (T9).

        Raises:
            ConfigError: features alone are judged.
        """
        if not self.config.pixel_weight:
            raise ConfigError(f"this {self.family} is judged by features alone and states no likelihood of pixels")
        if self.distortion.stated is not None:
            return self.distortion.stated
        sigma = self.distortion.sigma(self.mse)
        if sigma is None:
            return White()
        if self.config.likelihood == "gaussian":
            return White(scale=effective_sigma(self.rate_weight, sigma) ** 2).to(self.device)
        return Laplacian(scale=effective_scale(self.rate_weight, sigma / math.sqrt(2))).to(self.device)


def _check(config: DistortionConfig) -> None:
    """Raises ConfigError for a weight or decoder noise that is none, no weight at all, or a scale without a use."""
    check_sigma(config.sigma)
    if config.likelihood not in LIKELIHOODS:
        raise ConfigError(f"likelihood is one of {', '.join(LIKELIHOODS)}, got {config.likelihood!r}")
    if config.likelihood not in _BY_SIGMA and config.sigma != "calibrated":
        raise ConfigError(f"likelihood {config.likelihood} finds its own scale: leave out sigma {config.sigma}")
    weights = {"pixel_weight": config.pixel_weight, "perceptual_weight": config.perceptual_weight}
    for name, weight in weights.items():
        if not 0 <= weight < math.inf:
            raise ConfigError(f"{name} is a number from 0 on, got {weight}")
    if not any(weights.values()):
        raise ConfigError("pixel_weight and perceptual_weight are both 0: outputs have to be judged by something")
    if config.sigma == "learned" and not config.pixel_weight:
        raise ConfigError("sigma is learned from the pixels, and pixel_weight is 0: leave out one of the two")


def check_sigma(sigma: DecoderNoise) -> None:
    """Raises ConfigError unless this is a decoder noise."""
    if sigma not in ("calibrated", "learned") and not (isinstance(sigma, int | float) and 0 < sigma < math.inf):
        raise ConfigError(
            f"sigma is 'calibrated', 'learned' or a positive number in units of the pixel range, got {sigma!r}"
        )


def _without_mae(module: nn.Module, weights: dict[str, Tensor], prefix: str, *_: object) -> None:
    """What was saved before the scale of a calibrated Laplace was kept does not know it."""
    weights.setdefault(f"{prefix}mae", torch.tensor(-1.0))
