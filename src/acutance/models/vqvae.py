"""Autoencoder with a codebook: VQ-VAE (van den Oord 2017) and its later quantisers (T10, theory E).

Encoder, decoder and loss are those of the other autoencoders; only what stands between them differs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, final

import torch
from torch import Tensor

from acutance.errors import ConfigError
from acutance.models._base import Autoencoder, DecoderConfig, ImageShape
from acutance.models._player import Batch, Borrowed, Loss, Objective, Player
from acutance.models._processes import mean_over_processes, of_all_processes
from acutance.models._recipe import Preset, Recipe
from acutance.nn.code_use import CodeUse
from acutance.nn.codebook import Codebook, LearntBy
from acutance.nn.decoder import Decoder
from acutance.nn.encoder import Encoder
from acutance.nn.latents import Codes
from acutance.nn.quantiser import GradientPath, Quantiser
from acutance.nn.residual_codes import ResidualCodes
from acutance.nn.scalar_codes import ScalarCodes
from acutance.nn.sign_codes import SignCodes
from acutance.objectives.gaussian import calibrated_gaussian, squared_error

__all__ = ["PRESETS", "VQVAE", "Config"]

QuantiserKind = Literal["codebook", "residual", "scalar", "signs"]


@dataclass(frozen=True, kw_only=True)
class Config(DecoderConfig):
    """An autoencoder with codes, one at each place of the coarsest grid.

    Attributes:
        quantiser: "codebook" (the nearest of learnt entries), "residual" (a sum of entries of several codebooks),
            "scalar" (each channel rounded to a few levels, FSQ) or "signs" (each channel one bit, LFQ).
        entries: of the codebook, or of each one.
        latent_channels: numbers in an entry; of "signs", the bits.
        depth: codebooks of "residual".
        levels: values of each channel of "scalar".
        learnt_by: whether entries are "averages" of what took them or follow a "gradient".
        gradient_path: how the decoder's gradient passes a "codebook": "rotation" or "straight_through".
        commitment: weight of the pull of latents to their entries, beside the likelihood in nats per dimension.
        entropy: weight of the entropy penalty of "signs".
        reset_below: share of even use below which an entry is put elsewhere; 0 never does.
    """

    quantiser: QuantiserKind = "codebook"
    entries: int = 512
    latent_channels: int = 8
    depth: int = 4
    levels: tuple[int, ...] = (8, 5, 5, 5)
    learnt_by: LearntBy = "averages"
    gradient_path: GradientPath = "rotation"
    commitment: float = 0.25
    entropy: float = 0.1
    reset_below: float = 0.05

    def build(self, shape: ImageShape) -> VQVAE:
        """A freshly initialised autoencoder."""
        return VQVAE(self, shape)

    def build_quantiser(self) -> Quantiser:
        """A freshly initialised quantiser.

        Raises:
            ConfigError: an unknown one, or numbers that it does not take.
        """
        match self.quantiser:
            case "codebook":
                return self._codebook()
            case "residual":
                return ResidualCodes(tuple(self._codebook() for _ in range(self.depth)))
            case "scalar":
                return ScalarCodes(self.levels)
            case "signs":
                return SignCodes(self.latent_channels, commitment=self.commitment, entropy=self.entropy)
        raise ConfigError(f"quantiser is codebook, residual, scalar or signs, got {self.quantiser!r}")

    def _codebook(self) -> Codebook:
        return Codebook(
            self.entries,
            self.latent_channels,
            learnt_by=self.learnt_by,
            path=self.gradient_path,
            commitment=self.commitment,
            reset_below=self.reset_below,
        )


@final
class VQVAE(Autoencoder):
    """Encoder to a map, quantiser, decoder. It has no prior over its codes, so it cannot draw samples."""

    config: Config

    def __init__(self, config: Config, shape: ImageShape) -> None:
        quantiser = config.build_quantiser()
        rows, columns = config.layout.grid(shape[1], shape[2])
        latent = (quantiser.channels, rows, columns)
        super().__init__(config, shape, Decoder(latent, shape, config.layout))
        self.encoder = Encoder(shape, latent, config.layout)
        self.quantiser = quantiser
        self.use = CodeUse(quantiser.levels)

    def encode(self, images: Tensor) -> Codes:
        """The codes of images."""
        codes: Codes = self.quantiser(self.encoder(images))
        return codes

    def check_training_set(self, count: int) -> None:
        """Refuses a codebook that the images cannot fill.

        Raises:
            ConfigError: a codebook has more entries than the images have tokens.
        """
        rows, columns = self.decoder.grid
        largest = max(self.quantiser.levels)
        if largest > count * rows * columns:
            raise ConfigError(
                f"a codebook of {largest:,} entries is larger than the training set: {count:,} images of {rows} x "
                f"{columns} tokens cannot fill it; take fewer entries or more images"
            )

    def players(self) -> tuple[Player, ...]:
        """One: encoder, quantiser and decoder together."""
        return (Player(name="autoencoder", objective=_Coded(self)),)


class _Coded(Objective):
    """The Gaussian likelihood at its best sigma, as for `ae`, and what the quantiser adds."""

    def __init__(self, model: VQVAE) -> None:
        super().__init__()
        self.encoder = model.encoder
        self.quantiser = model.quantiser
        self.decoder = model.decoder
        self._model = Borrowed(model)
        self._seen: Codes | None = None

    def forward(self, batch: Batch, generator: torch.Generator) -> Loss:
        model = self._model.module
        codes = model.encode(batch.images)
        outputs = self.decoder(codes.quantized)
        dimensions = batch.images[0].numel()
        mse = mean_over_processes(squared_error(batch.images, outputs.detach()).mean() / dimensions)
        penalty = model.quantiser.penalty(codes)
        total = calibrated_gaussian(batch.images, outputs, mse).mean() / dimensions + penalty
        model.track_mse(mse)
        self._seen = codes
        used = model.use.terms(codes.per_book())
        return Loss(total, {"mse": mse, "penalty": penalty.detach(), **used})

    def settle(self, generator: torch.Generator) -> None:
        """The quantiser learns from the codes of the turn, of all processes; their entries are counted."""
        assert self._seen is not None
        model, codes = self._model.module, self._seen.mapped(of_all_processes)
        model.use.note(codes.per_book())
        model.quantiser.learn(codes, generator)
        self._seen = None


PRESETS = {
    "vqvae": Preset(
        model=Config(),
        recipe=Recipe(images=28_000, batch_size=16, mirror=True),
        about="VQ-VAE, 512 entries, one code at each of the places of the coarsest grid",
        expect="acutance train vqvae --data builtin:icons --out RUN: 2.5 minutes on one thread of a busy machine, "
        "under 1 GB; perplexity about 360 of 512; held out, finest octave: coherence .40, detail ratio .40, slope 1.00",
    ),
    "vqvae_residual": Preset(
        model=Config(quantiser="residual"),
        recipe=Recipe(images=28_000, batch_size=16, mirror=True),
        about="VQ-VAE, the sum of four codes of 512 at each place",
        expect="acutance train vqvae_residual --data builtin:icons --out RUN: 3.3 minutes on one thread of a busy "
        "machine, under 1 GB; held out, finest octave: coherence .59, detail ratio .54, slope 1.02",
    ),
    "vqvae_scalar": Preset(
        model=Config(quantiser="scalar"),
        recipe=Recipe(images=28_000, batch_size=16, mirror=True),
        about="autoencoder with finite scalar codes, 1,000 of them at each place",
        expect="acutance train vqvae_scalar --data builtin:icons --out RUN: 3.7 minutes on one thread of a busy "
        "machine, under 1 GB; held out, finest octave: coherence .41, detail ratio .42, slope 1.00",
    ),
}
