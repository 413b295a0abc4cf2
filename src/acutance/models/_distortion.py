"""What outputs are judged by: pixels under a stated likelihood, features of a frozen network, or both."""

from __future__ import annotations

import abc
import importlib
import math
from dataclasses import dataclass
from typing import Literal, final

import torch
from torch import Tensor, nn

from acutance.errors import ConfigError
from acutance.measure import SqueezeNet
from acutance.models._base import Autoencoder, ImageShape, ModelConfig
from acutance.models._likelihood import LIKELIHOODS, LikelihoodName, likelihood_loss
from acutance.models._player import Loss
from acutance.models._processes import mean_over_processes
from acutance.objectives.gaussian import calibrated_gaussian, fixed_gaussian, squared_error
from acutance.objectives.laplace import absolute_error, calibrated_laplace, fixed_laplace
from acutance.objectives.perceptual import Taps, perceptual_distance

__all__ = ["DecoderNoise", "Distortion", "DistortionConfig", "StatesLikelihood", "taps_of"]

_LEAST_PX = 32
_UNDER_HALF = 0.5 - 1e-7
DecoderNoise = Literal["calibrated"] | float
_BY_SIGMA = ("gaussian", "laplace")


@dataclass(frozen=True, kw_only=True)
class DistortionConfig(ModelConfig):
    """The part of a config that says what outputs are judged by.

    Attributes:
        likelihood: of the pixels, "gaussian" (squared error, its best output is the mean), "laplace" (absolute error,
            the median), "coloured" (a Gaussian whose power depends on frequency), "logistic_mixture" (a mixture for
            each pixel, of 8-bit levels) or "autoregressive" (the same, given the pixels above and to the left; the
            decoder itself learns by squared error).
        sigma: standard deviation of the decoder noise, "calibrated" or, of a "gaussian" or "laplace", a number in units
            of the pixel range.
        pixel_weight: multiplies that likelihood in nats per dimension; 0 leaves the pixels out.
        perceptual_weight: multiplies the perceptual distance; 0 leaves it out.
        perceptual_net: "squeezenet" (at the images' own size, 32 px at least), "squeezenet:PIXELS" (resized), or
            "python:MODULE:ATTRIBUTE" for a function from images (N, C, H, W) in [0, 1] to a feature map or several by
            name.
    """

    likelihood: LikelihoodName = "gaussian"
    sigma: DecoderNoise = "calibrated"
    pixel_weight: float = 1.0
    perceptual_weight: float = 0.0
    perceptual_net: str = "squeezenet"

    def distortion(self, shape: ImageShape) -> Distortion:
        """The judge of images of a shape.

        Raises:
            ConfigError: a weight or decoder noise that is none, no weight at all, or a network that cannot be had.
        """
        return Distortion(self, shape)


@final
class Distortion(nn.Module):
    """Images and outputs to a loss: pixel_weight * nats per dimension + perceptual_weight * perceptual distance.

    Args:
        config: the weights, the decoder noise and the network.
        shape: of the images.

    Raises:
        ConfigError: a weight or decoder noise that is none, no weight at all, or a network that cannot be had.
    """

    def __init__(self, config: DistortionConfig, shape: ImageShape) -> None:
        super().__init__()
        check_sigma(config.sigma)
        if config.likelihood not in LIKELIHOODS:
            raise ConfigError(f"likelihood is one of {', '.join(LIKELIHOODS)}, got {config.likelihood!r}")
        if config.likelihood not in _BY_SIGMA and config.sigma != "calibrated":
            raise ConfigError(f"a {config.likelihood} likelihood finds its own scale: leave out sigma {config.sigma}")
        weights = {"pixel_weight": config.pixel_weight, "perceptual_weight": config.perceptual_weight}
        for name, weight in weights.items():
            if not 0 <= weight < math.inf:
                raise ConfigError(f"{name} is a number from 0 on, got {weight}")
        if not any(weights.values()):
            raise ConfigError("pixel_weight and perceptual_weight are both 0: outputs have to be judged by something")
        self.config = config
        self.taps = taps_of(config.perceptual_net, max(shape[1:])) if config.perceptual_weight else None
        own = config.pixel_weight and config.likelihood not in _BY_SIGMA
        self.stated = LIKELIHOODS[config.likelihood](shape) if own else None
        self._seen: tuple[Tensor, Tensor] | None = None

    def forward(self, images: Tensor, outputs: Tensor) -> Loss:
        """The loss, with terms `mse` and, where they count, `nats_per_dim` and `perceptual`."""
        dimensions = images[0].numel()
        mse = mean_over_processes(squared_error(images, outputs.detach()).mean() / dimensions)
        if self.stated is None:
            judged = Loss(self._nats(images, outputs, mse).mean() / dimensions, {"mse": mse})
        else:
            judged = likelihood_loss(self.stated, images, outputs, mse)
            self._seen = (images, outputs.detach().float())
        total = self.config.pixel_weight * judged.total
        if self.taps is None:
            return Loss(total, judged.terms, {"distortion": total})
        perceptual = perceptual_distance(images, outputs, self.taps).mean()
        summands = {"pixels": total, "perceptual": self.config.perceptual_weight * perceptual}
        terms = {**judged.terms, "perceptual": perceptual.detach()}
        return Loss(sum(summands.values(), mse.new_zeros(())), terms, summands)

    def settle(self) -> None:
        """Behind a step: a likelihood's scale follows the residuals of the turn."""
        if self.stated is not None and self._seen is not None:
            self.stated.note(*self._seen)
            self._seen = None

    def _nats(self, images: Tensor, outputs: Tensor, mse: Tensor) -> Tensor:
        """Minus the log likelihood of the pixels of each image, without constants."""
        sigma = self.config.sigma
        if self.config.likelihood == "gaussian":
            if sigma == "calibrated":
                return calibrated_gaussian(images, outputs, mse)
            return fixed_gaussian(images, outputs, float(sigma))
        if sigma != "calibrated":
            return fixed_laplace(images, outputs, float(sigma))
        mae = mean_over_processes(absolute_error(images, outputs.detach()).mean() / images[0].numel())
        return calibrated_laplace(images, outputs, mae)


class StatesLikelihood(Autoencoder, abc.ABC):
    """An autoencoder whose loss is a likelihood of pixels that can be drawn from.

    Attributes:
        distortion: what its outputs are judged by; the likelihood's own weights are in it.
    """

    config: DistortionConfig
    distortion: Distortion

    @torch.no_grad()
    def nats(self, images: Tensor, latents: Tensor) -> Tensor:
        """-log p(x|z) of each image, (N,), p a density over pixel values in [0, 1]; no gradient passes.

        Args:
            images: (N, C, H, W) in [0, 1].
            latents: (N, *latent).

        Raises:
            ConfigError: the loss states no likelihood, or the family does not keep its scale.
            InputError: images or latents of another shape or range.
        """
        self.check_images(images)
        self._check_latents(latents)
        outputs = self.decoder(latents).float()
        if self.distortion.stated is not None:
            return self.distortion.stated.nats(images, outputs)
        sigma, dimensions = self._stated_sigma(), images[0].numel()
        if self.config.likelihood == "gaussian":
            return fixed_gaussian(images, outputs, sigma) + dimensions * math.log(math.sqrt(2 * math.pi) * sigma)
        return fixed_laplace(images, outputs, sigma) + dimensions * math.log(math.sqrt(2) * sigma)

    @torch.no_grad()
    def sample_likelihood(self, latents: Tensor, generator: torch.Generator) -> Tensor:
        """Images drawn from p(x|z): what `decode` shows and the decoder noise that the loss states, in [0, 1].

        Gaussian or Laplace noise is independent from pixel to pixel and has the effective sigma (T9); what lies outside
        [0, 1] is cut off.

        Raises:
            ConfigError: the loss states no likelihood, or the family does not keep its scale.
            InputError: latents of another shape.
        """
        if self.distortion.stated is not None:
            self._check_latents(latents)
            return self.distortion.stated.draw(self.decoder(latents).float(), generator).clamp(0, 1)
        shown, sigma = self.decode(latents), self._stated_sigma()
        if self.config.likelihood == "gaussian":
            noise = torch.randn(shown.shape, generator=generator, device=shown.device)
        else:
            uniform = torch.rand(shown.shape, generator=generator, device=shown.device) - 0.5
            noise = -uniform.sign() * torch.log1p(-2 * uniform.abs().clamp_max(_UNDER_HALF)) / math.sqrt(2)
        return (shown + sigma * noise).clamp(0, 1)

    def _stated_sigma(self) -> float:
        config = self.config
        if not config.pixel_weight:
            raise ConfigError(f"this {self.family} is judged by features alone and states no likelihood of pixels")
        if config.sigma != "calibrated":
            return self.facts().get("decoder_sigma", float(config.sigma))
        if config.likelihood != "gaussian":
            raise ConfigError(
                f"a {self.family} does not keep the scale of a calibrated {config.likelihood}: give it a --sigma, or "
                f"train refit_decoder --likelihood {config.likelihood} on its code, which does"
            )
        if self.mse < 0:
            raise ConfigError(
                f"this {self.family} was never trained, so nobody knows its decoder noise: train it first"
            )
        return self.facts().get("decoder_sigma", math.sqrt(self.mse.item()))


def check_sigma(sigma: DecoderNoise) -> None:
    """Raises ConfigError unless this is a decoder noise."""
    if sigma != "calibrated" and not (isinstance(sigma, int | float) and 0 < sigma < math.inf):
        raise ConfigError(f"sigma is 'calibrated' or a positive number in units of the pixel range, got {sigma!r}")


def taps_of(name: str, side: int) -> Taps:
    """The network of a name.

    Args:
        name: "squeezenet", "squeezenet:PIXELS" or "python:MODULE:ATTRIBUTE".
        side: of the images in px.

    Raises:
        ConfigError: there is no such network.
    """
    kind, _, place = name.partition(":")
    if kind == "squeezenet" and (not place or place.isdecimal()):
        return SqueezeNet(size=int(place) if place else max(_LEAST_PX, side)).taps
    module, _, attribute = place.partition(":")
    if kind != "python" or not attribute:
        raise ConfigError(f"perceptual_net is squeezenet, squeezenet:PIXELS or python:MODULE:ATTRIBUTE, got {name!r}")
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise ConfigError(f"perceptual_net {name!r} cannot be had: {error}") from error
    if not callable(found):
        raise ConfigError(f"perceptual_net {name!r} is a {type(found).__name__}, which cannot be called with images")
    taps: Taps = found
    return taps
