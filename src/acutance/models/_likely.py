"""Samples with the decoder's noise: of a prior, decoded, and then drawn from the likelihood that the model states."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor

from acutance.errors import InputError
from acutance.models._capabilities import HasLikelihood, HasPrior, Subject
from acutance.models._prior import WithPrior

__all__ = ["FromLikelihood"]


@final
class FromLikelihood:
    """Draws x ~ p(x|z), z ~ p(z), where `generate` shows what the decoder makes of z: of a Gaussian its mean.

    Args:
        model: with a prior of its own, or one fitted (`WithPrior`), and a likelihood that can be drawn from.

    Raises:
        InputError: it has no prior, or states no likelihood.
    """

    def __init__(self, model: Subject) -> None:
        states = model.model if isinstance(model, WithPrior) else model
        if not isinstance(model, HasPrior):
            raise InputError(f"{model.family} has no prior over its codes to draw from: fit one, as prior='mixture'")
        if not isinstance(states, HasLikelihood):
            raise InputError(
                f"{model.family} states no likelihood that could be drawn from; ae, vae, spatial_vae, vqvae, "
                "refit_decoder and flow_decoder do"
            )
        self._prior, self._states = model, states
        self.device = model.device

    def generate(self, n: int, generator: torch.Generator) -> Tensor:
        """n images in [0, 1]: decoder noise and all."""
        return self._states.sample_likelihood(self._prior.prior(n, generator), generator)
