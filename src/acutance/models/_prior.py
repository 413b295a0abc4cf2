"""Priors for autoencoders that have none, or a better one than their own: fitted to codes, kept beside the model."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol, final

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from acutance.catalog import Catalog
from acutance.errors import InputError, SubjectError
from acutance.models._capabilities import DecodesAnew, Encodes, HasNearestCode, Subject
from acutance.models._priors._prior import LatentPrior
from acutance.models._through import into
from acutance.models._whole_file import replace_file
from acutance.nn.latents import Codes, Latent
from acutance.rng import rng_for

__all__ = ["PRIORS", "LatentPrior", "WithPrior", "codes_of", "fit_prior", "load_prior", "save_prior"]

PRIORS = Catalog("acutance.models._priors", noun="prior", attribute="fit")
"""Every kind, by file name: `fit(latents, generator, components)` makes one."""

_FITTED = Catalog("acutance.models._priors", noun="prior", attribute="Prior")

_SCHEMA = "acutance.prior/1"


class _Autoencoder(Subject, Encodes, Protocol):
    """A subject that encodes and decodes."""


def fit_prior(latents: Tensor, kind: str, *, seed: int = 0, components: int | None = None) -> LatentPrior:
    """A prior fitted to the codes of images.

    Args:
        latents: draws of codes, (N, *latent), as from `codes_of`.
        kind: "mixture" or "second_stage".
        seed: of its start, and of its training.
        components: of a mixture.

    Raises:
        ConfigError: an unknown kind, or components that it does not take.
        InputError: too few latents, or some that are no numbers.
    """
    prior: LatentPrior = PRIORS.load(kind)(latents, rng_for(seed, "prior", kind), components)
    return prior


@torch.no_grad()
def codes_of(model: _Autoencoder, batches: Iterable[Tensor], *, seed: int = 0) -> Tensor:
    """A draw of the code of every image, (N, *latent) on the CPU: what a decoder was trained to read.

    Of entries of a codebook these are the values before the quantiser, which `WithPrior` puts draws through again.

    Args:
        model: ours or foreign.
        batches: images (n, C, H, W) in [0, 1].
        seed: of the draws.

    Raises:
        InputError: the codes are entries of a codebook, and the model cannot find the entry nearest to a draw.
    """
    found = []
    for index, batch in enumerate(batches):
        latent: Latent = model.encode(into(model, batch.to(model.device)))
        if isinstance(latent, Codes) and not isinstance(model, HasNearestCode):
            raise InputError(
                f"{model.family} has codes of a codebook and no way from a draw to the nearest of them: draw from an "
                "autoencoder with a continuous code, or give the model a method nearest_code(latents)"
            )
        found.append(_draw(latent, rng_for(seed, index, "code", device=latent.mode.device)).float().cpu())
    return torch.cat(found)


def _draw(latent: Latent, generator: torch.Generator) -> Tensor:
    return latent.continuous if isinstance(latent, Codes) else latent.sample(generator)


@final
class WithPrior:
    """A model that encodes and decodes, with a prior to draw samples from.

    Args:
        model: decodes the draws.
        prior: fitted to the model's codes.
    """

    def __init__(self, model: _Autoencoder, prior: LatentPrior) -> None:
        self.model = model
        self.fitted = prior.to(model.device)

    @property
    def family(self) -> str:
        """The model's."""
        return self.model.family

    @property
    def shape(self) -> tuple[int, int, int] | None:
        """Of its images; None where it takes any size."""
        return self.model.shape

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return self.model.device

    def facts(self) -> dict[str, float]:
        """The model's."""
        return self.model.facts()

    def configuration(self) -> dict[str, Any]:
        """The model's."""
        return self.model.configuration()

    def count_parameters(self) -> int | None:
        """The model's."""
        return self.model.count_parameters()

    def encode(self, images: Tensor) -> Latent:
        """The model's."""
        return self.model.encode(images)

    def decode(self, latents: Tensor) -> Tensor:
        """The model's."""
        return self.model.decode(latents)

    def prior(self, n: int, generator: torch.Generator) -> Tensor:
        """n draws of the fitted prior, put on the nearest code where not all numbers are one."""
        latents = self.fitted.sample(n, generator)
        return self.model.nearest_code(latents) if isinstance(self.model, HasNearestCode) else latents

    def generate(self, n: int, generator: torch.Generator) -> Tensor:
        """Draws of the prior, decoded; anew where the decoder draws."""
        latents = self.prior(n, generator)
        if isinstance(self.model, DecodesAnew):
            return self.model.decode_anew(latents, generator)
        return self.model.decode(latents)


def save_prior(prior: LatentPrior, file: str | os.PathLike[str]) -> None:
    """Writes one safetensors file, atomically.

    Args:
        prior: fitted.
        file: where to; replaced where it exists.
    """
    kind = type(prior).__module__.rpartition(".")[2]
    told = {"schema": _SCHEMA, "kind": kind, "settings": json.dumps(prior.settings, sort_keys=True)}
    tensors = {name: value.detach().contiguous().cpu() for name, value in prior.state_dict().items()}
    replace_file(Path(file), lambda temporary: save_file(tensors, temporary, metadata=told))


def load_prior(file: str | os.PathLike[str]) -> LatentPrior:
    """The prior in a file that `save_prior` wrote; nothing in it is executed.

    Args:
        file: where it is.

    Raises:
        SubjectError: there is none, or it is damaged.
    """
    path = Path(file)
    try:
        with safe_open(path, framework="pt") as opened:
            told = opened.metadata() or {}
            tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118 - it is no dict
        if told.get("schema") != _SCHEMA:
            raise SubjectError(f"{path} is no prior: it does not say schema {_SCHEMA!r}")
        prior: LatentPrior = _FITTED.load(told["kind"])(**json.loads(told["settings"]))
        prior.load_state_dict(tensors)
    except FileNotFoundError as error:
        raise SubjectError(f"there is no prior {path}: fit one with 'acutance sample ... --prior mixture'") from error
    except (KeyError, TypeError, ValueError, RuntimeError, OSError, SafetensorError) as error:
        if isinstance(error, SubjectError):
            raise
        raise SubjectError(f"{path} cannot be read as a prior, it is damaged: {error}") from error
    return prior.requires_grad_(False).eval()
