"""A trained autoencoder's frozen code, decoded by flow matching: every output is a draw of what the code leaves open.

The likelihood is as explicit as a VAE's, and the outputs are crisp (T6, T12, S3): what a squared error averages over is
drawn from instead (Lipman et al. 2023; theory E, T15).
"""

from __future__ import annotations

import abc
import copy
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from acutance.errors import ConfigError
from acutance.models._base import Autoencoder, Generator, ImageShape
from acutance.models._frozen_code import FrozenCode, FrozenCodeConfig, GenerativeFrozenCode
from acutance.models._player import Batch, Borrowed, Loss, Objective, Player
from acutance.models._recipe import Preset, Recipe, gpu_preset
from acutance.nn.flow import Flow
from acutance.nn.layout import Layout

__all__ = ["PRESETS", "Config", "FlowDecoder", "GenerativeFlowDecoder", "OnFlow"]


@dataclass(frozen=True, kw_only=True)
class Config(FrozenCodeConfig):
    """A flow-matching decoder on a frozen code.

    Attributes:
        velocity_widths: features of each stage of the network that gives the velocity, coarse to fine.
        velocity_blocks: residual blocks per stage and way.
        steps: from noise to an image.
    """

    velocity_widths: tuple[int, ...] = (128, 128, 64)
    velocity_blocks: int = 1
    steps: int = 12

    def build(self, shape: ImageShape) -> OnFlow:
        """The base with its weights; where it is described but not named, a shell to load weights into.

        Raises:
            ConfigError: no base is given, it is no autoencoder, it is for images of another shape, its decoder draws,
                or the steps are none.
        """
        if self.steps < 1:
            raise ConfigError(f"steps lead from noise to an image, at least 1; got {self.steps}")
        base = self.trained_base(shape)
        kind = GenerativeFlowDecoder if isinstance(base, Generator) else FlowDecoder
        return kind(self, shape, base)


class OnFlow(FrozenCode, abc.ABC):
    """The base's encoder and decoder, both held still, and a flow behind them."""

    config: Config
    decoder: Flow

    def __init__(self, config: Config, shape: ImageShape, base: Autoencoder) -> None:
        mean = copy.deepcopy(config.plain_decoder(base))
        layout = Layout(widths=config.velocity_widths, blocks=config.velocity_blocks, patch=mean.patch)
        flow = Flow(mean, shape, layout, steps=config.steps, mse=base.mse)
        super().__init__(config.standing_alone(base), shape, base, flow)

    def players(self) -> tuple[Player, ...]:
        """One: the flow.

        Raises:
            ConfigError: the base was never trained, so its error is not known.
        """
        self.base_mse()
        return (Player(name="flow", objective=_Matching(self)),)

    def sample_likelihood(self, latents: Tensor, generator: torch.Generator) -> Tensor:
        """decode_anew: the outputs are draws of the stated distribution as they are."""
        return self.decode_anew(latents, generator)


@final
class FlowDecoder(OnFlow):
    """On a base without a prior."""


@final
class GenerativeFlowDecoder(OnFlow, GenerativeFrozenCode):
    """On a base that has a prior, whose draws it decodes."""


class _Matching(Objective):
    """Squared error of the velocity, of images and noise that have nothing to do with one another."""

    def __init__(self, model: OnFlow) -> None:
        super().__init__()
        self.velocity = model.decoder.velocity
        self._model = Borrowed(model)

    def forward(self, batch: Batch, generator: torch.Generator) -> Loss:
        model = self._model.module
        error = model.decoder.error(batch.images, model.code(batch, generator), generator).mean()
        return Loss(error, {"velocity_error": error.detach()})


PRESETS = {
    "flow_decoder": Preset(
        model=Config(),
        recipe=Recipe(images=40_000, batch_size=16, mirror=True),
        about="a frozen code's decoder by flow matching: every output is a draw (--of RUN)",
        expect="acutance train flow_decoder --of RUN --data builtin:icons --out RUN2: about 2 minutes on one core with "
        "bfloat16 units, under 1 GB; on a spatial_vae, held out, finest octave: detail ratio about .88, coherence .33",
    ),
    "flow_decoder_64": gpu_preset(
        "flow_decoder_64",
        Config(velocity_widths=(256, 192, 128), velocity_blocks=2),
        "a frozen code's decoder by flow matching",
        measured="1,280 of them, builtin:photos, one CPU core in bf16: 0.6 minutes, 1.3 GB; held out, finest "
        "detail ratio 0.703, coherence 0.000, PSNR 22.0 dB, coverage of samples 0.000",
    ),
}
