"""A term of the training loss does not reach what it is meant to train.

What it is:
    The term is computed without gradient, or from outputs that were detached: it is part of the loss that is reported,
    and no weight is trained by it. Or no term at all reaches the decoder.
Why it blurs:
    A perceptual or adversarial term that reaches nothing leaves the pixel error alone, which averages (T1).
How it is tested:
    The gradient of each term with respect to the weights of each part, for one batch of images. Present where a term
    reaches no part, or none reaches the decoder; undecided where its gradient is exactly 0 everywhere.
Confounders:
    A term that is 0 by its weight, or for these images, has no effect here and may have one elsewhere. A rate reaches
    the encoder alone, and is meant to.

References:
    T1, T9, theory C (`loss_wiring`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import final

import torch
from torch import Tensor, nn

from acutance.diagnose._cause import Advice, Controls, LossCause
from acutance.diagnose._diagnosis import Evidence, Verdict
from acutance.diagnose._gradient_audit import GradientAudit
from acutance.diagnose._linear_subject import LinearSubject, control

__all__ = ["CAUSE", "LossWiring"]

_DECODER = "decoder"
_WILL_NOT = (
    "It will not change this model as it is: it has to be trained on with the term. A perceptual or adversarial term "
    "then makes detail crisp, not more faithful (T6)."
)


class LossWiring(LossCause):
    """Loss terms that train nothing."""

    cure = "compute the term with gradients, from outputs that are not detached"

    def verdict(self, audit: GradientAudit) -> Verdict:
        if _idle(audit) or _untrained(audit):
            return "present"
        return "undecided" if _silent(audit) else "absent"

    def evidence(self, audit: GradientAudit) -> tuple[Evidence, ...]:
        shares = {f"{found.term} at the {found.part}": found.share for found in audit.reaches}
        words = "; ".join((*audit.words(), *(["no term reaches the decoder"] if _untrained(audit) else [])))
        return (Evidence(name="gradients", words=f"Of the loss terms, {words}.", numbers=shares),)

    def advice(self, audit: GradientAudit) -> Advice:
        idle = ", ".join(_idle(audit))
        if not idle:
            change = "let a term of the loss reach the decoder: none does, so it is not trained"
        else:
            change = f"compute the loss term {idle} with gradients (no torch.no_grad, no detach before it)"
        return Advice(change=change, will_not=_WILL_NOT)

    def controls(self) -> Controls:
        return Controls(sick=control(_Trained, seen=torch.Tensor.detach), well=control(_Trained))


def _idle(audit: GradientAudit) -> tuple[str, ...]:
    """Terms that reach no part."""
    return tuple(
        term for term in audit.terms if all(audit.at(term, p).reach in ("detached", "elsewhere") for p in audit.parts)
    )


def _silent(audit: GradientAudit) -> tuple[str, ...]:
    """Terms that reach some part with a gradient of exactly 0, and none with another."""
    return tuple(term for term in audit.terms if all(audit.at(term, p).reach != "reaches" for p in audit.parts))


def _untrained(audit: GradientAudit) -> bool:
    """Whether there is a decoder and no term reaches it."""
    known = _DECODER in audit.parts
    return known and all(audit.at(term, _DECODER).reach in ("detached", "elsewhere") for term in audit.terms)


@final
class _Trained:
    """A linear subject that tells two terms of its loss: the error of pixels, and that of their differences.

    Args:
        power: (size, size) variance of each Fourier mode.
        level: the water level.
        latents: d.
        seen: what the second term is given of the outputs: they themselves, or detached.
    """

    family = "linear"

    def __init__(
        self, *, power: Tensor, level: float, latents: int, seen: Callable[[Tensor], Tensor] = torch.Tensor.clone
    ) -> None:
        inner = LinearSubject(power=power, level=level, latents=latents)
        self.shape, self.device, self.seen = inner.shape, inner.device, seen
        self.encode, self.decode, self.facts = inner.encode, inner.decode, inner.facts
        self.configuration, self.count_parameters = inner.configuration, inner.count_parameters
        self.reads, self.shows = nn.Parameter(inner.basis.clone()), nn.Parameter(inner.basis.clone())

    def losses(self, batch: Tensor) -> dict[str, Tensor]:
        """Mean squared errors."""
        wanted = batch - 0.5
        shown = ((wanted.flatten(1) @ self.reads.T) @ self.shows).reshape(batch.shape) * 0.9
        return {
            "pixels": (shown - wanted).square().mean(),
            "differences": (self.seen(shown) - wanted).diff(dim=-1).square().mean(),
        }

    def weights(self) -> dict[str, list[nn.Parameter]]:
        """One matrix each."""
        return {"encoder": [self.reads], "decoder": [self.shows]}


CAUSE = LossWiring()
