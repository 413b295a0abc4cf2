"""What stands between encoder and decoder: how features become a latent, what it costs, what it learns by itself."""

from __future__ import annotations

import abc
import math
from collections.abc import Collection
from dataclasses import dataclass, fields
from typing import Final, Literal, final

import torch
from torch import Tensor, nn

from acutance.errors import ConfigError
from acutance.models._base import ModelConfig
from acutance.models._player import Loss
from acutance.nn.code_use import CodeUse
from acutance.nn.codebook import Codebook, LearntBy
from acutance.nn.latents import Codes, DiagonalNormal, Latent
from acutance.nn.processes import of_all_processes
from acutance.nn.quantiser import GradientPath, Quantiser
from acutance.nn.residual_codes import ResidualCodes
from acutance.nn.scalar_codes import ScalarCodes
from acutance.nn.sign_codes import SignCodes

__all__ = ["ACTIVE_NATS", "Bottleneck", "Coded", "Gaussian", "QuantiserConfig", "QuantiserKind"]

ACTIVE_NATS = 0.01
QuantiserKind = Literal["codebook", "residual", "scalar", "signs"]
_BOOK = ("entries", "latent_channels", "learnt_by", "gradient_path", "commitment", "reset_below")
_TAKES: Final[dict[QuantiserKind, tuple[str, ...]]] = {
    "codebook": _BOOK,
    "residual": (*_BOOK, "depth"),
    "scalar": ("levels",),
    "signs": ("latent_channels", "commitment", "entropy"),
}


@dataclass(frozen=True, kw_only=True)
class QuantiserConfig(ModelConfig):
    """The part of a config that every family with codes has.

    Attributes:
        quantiser: "codebook" (the nearest of learnt entries), "residual" (a sum of entries of several codebooks),
            "scalar" (each channel rounded to a few levels, FSQ) or "signs" (each channel one bit, LFQ).
        entries: of the codebook, or of each one.
        latent_channels: numbers in an entry; of "signs", the bits.
        depth: codebooks of "residual".
        levels: values of each channel of "scalar".
        learnt_by: whether entries are "averages" of what took them or follow a "gradient".
        gradient_path: how the decoder's gradient passes learnt entries: "rotation" or "straight_through".
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

    def build_quantiser(self) -> Quantiser:
        """A freshly initialised quantiser.

        Raises:
            ConfigError: an unknown one, numbers that it does not take, or an option of another one.
        """
        if self.quantiser in _TAKES:
            self.refuse_idle(f"a {self.quantiser} quantiser", ("quantiser", *_TAKES[self.quantiser]), "--quantiser")
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

    def refuse_idle(self, what: str, takes: Collection[str], choice: str) -> None:
        """Raises ConfigError where an option of codes was set that this has no use for.

        Args:
            what: has no use for it.
            takes: the options that it has a use for.
            choice: the option by which another could be chosen.
        """
        for option in fields(QuantiserConfig):
            value = getattr(self, option.name)
            if option.name not in takes and value != option.default:
                raise ConfigError(
                    f"{option.name} {value} means nothing to {what}: leave it out, or make another choice of {choice}"
                )

    def _codebook(self) -> Codebook:
        return Codebook(
            self.entries,
            self.latent_channels,
            learnt_by=self.learnt_by,
            path=self.gradient_path,
            commitment=self.commitment,
            reset_below=self.reset_below,
        )


class Bottleneck(nn.Module, abc.ABC):
    """Features at each place to a latent of `channels` numbers.

    Args:
        channels: numbers at each place that the decoder reads.
        features: numbers at each place that the encoder writes.
    """

    def __init__(self, channels: int, features: int) -> None:
        super().__init__()
        self.channels = channels
        self.features = features

    @abc.abstractmethod
    def forward(self, features: Tensor) -> Latent:
        """(N, features, *grid) to latents (N, channels, *grid)."""

    @abc.abstractmethod
    def cost(self, latent: Latent, dimensions: int) -> Loss:
        """What is added to a likelihood in nats per dimension of images of so many dimensions."""

    def settle(self, latent: Latent, generator: torch.Generator) -> None:
        """Behind a step: brings up to date what no gradient reaches; nothing by default."""

    def check_training_set(self, tokens: int) -> None:
        """Raises ConfigError where a training set of so many places is too small; by default none is."""


@final
class Gaussian(Bottleneck):
    """A diagonal Gaussian that costs its divergence from N(0, 1).

    Args:
        channels: numbers at each place.
        kl_weight: multiplies the divergence in nats.

    Raises:
        ConfigError: a weight that is none.
    """

    def __init__(self, channels: int, kl_weight: float) -> None:
        if not 0 <= kl_weight < math.inf:
            raise ConfigError(f"kl_weight is a number from 0 on, got {kl_weight}")
        super().__init__(channels, 2 * channels)
        self.kl_weight = kl_weight

    def forward(self, features: Tensor) -> DiagonalNormal:
        """The posterior."""
        return DiagonalNormal.from_parameters(features)

    def cost(self, latent: Latent, dimensions: int) -> Loss:
        """kl_weight * KL / dimensions."""
        assert isinstance(latent, DiagonalNormal)
        per_unit = latent.cost_per_unit().mean(0)
        rate = per_unit.sum()
        active = (per_unit.detach() > ACTIVE_NATS).float().sum()
        total = self.kl_weight * rate / dimensions
        return Loss(total, {"rate_nats": rate.detach(), "active_units": active}, {"rate": total})


@final
class Coded(Bottleneck):
    """A quantiser, and how evenly its entries were used lately.

    Args:
        quantiser: continuous latents to codes.
    """

    def __init__(self, quantiser: Quantiser) -> None:
        super().__init__(quantiser.channels, quantiser.channels)
        self.quantiser = quantiser
        self.use = CodeUse(quantiser.levels)

    def forward(self, features: Tensor) -> Codes:
        """The codes."""
        codes: Codes = self.quantiser(features)
        return codes

    def cost(self, latent: Latent, dimensions: int) -> Loss:
        """The quantiser's penalty."""
        assert isinstance(latent, Codes)
        penalty = self.quantiser.penalty(latent)
        terms = {"commitment": penalty.detach(), **self.use.terms(latent.per_book())}
        return Loss(penalty, terms, {"commitment": penalty} if penalty.requires_grad else {})

    def settle(self, latent: Latent, generator: torch.Generator) -> None:
        """The quantiser learns from the codes of all processes, and their entries are counted."""
        assert isinstance(latent, Codes)
        codes = latent.mapped(of_all_processes)
        self.use.note(codes.per_book())
        self.quantiser.learn(codes, generator)

    def check_training_set(self, tokens: int) -> None:
        """Refuses a codebook with more entries than the training set has tokens.

        Raises:
            ConfigError: saying both numbers.
        """
        entries = self.quantiser.fullest
        if entries > tokens:
            raise ConfigError(
                f"a codebook of {entries:,} entries is larger than the training set, which has {tokens:,} tokens: take "
                "fewer entries or more images"
            )
