"""Which term of a loss reaches which part of a model, and with how much of the gradient (theory C, `loss_wiring`).

A term that is computed without gradient, or from detached outputs, is reported as part of the loss and changes nothing:
a perceptual loss inside `torch.no_grad` trains nobody. Its value says nothing of that; its gradient does.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, final

import torch
from torch import Tensor, nn

from acutance.errors import SubjectError
from acutance.models import HasLosses

__all__ = ["GradientAudit", "Reach", "TermReach", "audit_gradients", "audit_losses"]

Reach = Literal["reaches", "detached", "elsewhere", "zero"]
"""`detached`: it has no gradient at all; `elsewhere`: it has, but none here; `zero`: it comes here and is exactly 0."""

EVERYWHERE: Final = "all weights"

_WORDS: Final[dict[Reach, str]] = {
    "reaches": "reaches the {part} with {share:.0%} of its gradient",
    "detached": "is detached: it has no gradient at all, so it trains nothing",
    "elsewhere": "does not reach the {part}",
    "zero": "reaches the {part} with a gradient of exactly 0",
}


@final
@dataclass(frozen=True, kw_only=True)
class TermReach:
    """What one term does to one part.

    Attributes:
        term: its name.
        part: "encoder", "decoder", ...
        reach: whether its gradient comes there.
        norm: root mean square over the batches of its gradient's norm.
        share: `norm` over the sum of all terms' norms in this part, 0 ... 1; NaN where that is 0.
        last_layer: the same share at the part's last weight, where the terms of an adaptive weight are balanced.
    """

    term: str
    part: str
    reach: Reach
    norm: float
    share: float
    last_layer: float


@final
@dataclass(frozen=True, kw_only=True)
class GradientAudit:
    """Every term at every part.

    Attributes:
        reaches: term by term, part by part.
        batches: how many were looked at.
    """

    reaches: tuple[TermReach, ...]
    batches: int

    def at(self, term: str, part: str) -> TermReach:
        """One term at one part.

        Raises:
            KeyError: there is no such pair.
        """
        for found in self.reaches:
            if (found.term, found.part) == (term, part):
                return found
        raise KeyError(f"no term {term!r} at {part!r}")

    @property
    def terms(self) -> tuple[str, ...]:
        """Each once, in their order."""
        return tuple(dict.fromkeys(found.term for found in self.reaches))

    @property
    def parts(self) -> tuple[str, ...]:
        """Each once, in their order."""
        return tuple(dict.fromkeys(found.part for found in self.reaches))

    @property
    def detached(self) -> tuple[str, ...]:
        """The terms that have no gradient at all."""
        return tuple(dict.fromkeys(found.term for found in self.reaches if found.reach == "detached"))

    def words(self) -> tuple[str, ...]:
        """A sentence for each term at each part; one alone for a detached term."""
        told = {}
        for found in self.reaches:
            key = (found.term, "" if found.reach == "detached" else found.part)
            told[key] = f"{found.term} {_WORDS[found.reach].format(part=found.part, share=found.share)}"
        return tuple(told.values())


def audit_losses(subject: HasLosses, batches: Iterable[Tensor]) -> GradientAudit:
    """Audit a subject that tells the terms of its loss; nothing of it is altered.

    Args:
        subject: one of our runs, or any model with `losses(batch)`.
        batches: images (N, C, H, W) in [0, 1]; one suffices.

    Raises:
        SubjectError: what it returns are no scalars, or no batch was given.
    """
    return audit_gradients(subject.losses, batches, subject.weights())


def audit_gradients(
    losses: Callable[[Tensor], Mapping[str, Tensor]],
    batches: Iterable[Tensor],
    parts: Mapping[str, Sequence[nn.Parameter]] | None = None,
) -> GradientAudit:
    """Audit any function from images to the terms of a loss.

    Args:
        losses: a batch to its terms by name, scalars, each with its weight.
        batches: images.
        parts: the weights of each part by name; by default all weights that any term comes from, as one part.

    Raises:
        SubjectError: the terms are no scalars, or no batch was given.
    """
    squares: dict[tuple[str, str], list[float]] = {}
    last: dict[tuple[str, str], list[float]] = {}
    reach: dict[tuple[str, str], Reach] = {}
    seen = 0
    for batch in batches:
        seen += 1
        with torch.enable_grad():
            terms = _checked(losses(batch))
        held = dict(parts or {}) or {EVERYWHERE: _leaves(terms.values())}
        for term, value in terms.items():
            for part, weights in held.items():
                gradients = _gradients(value, weights)
                norm = _norm(gradients)
                squares.setdefault((term, part), []).append(norm**2)
                last.setdefault((term, part), []).append(_norm(gradients[_last_at(weights) :][:1]) ** 2)
                reach[term, part] = _wider(reach.get((term, part)), _reach(value, gradients, norm))
    if not seen:
        raise SubjectError("a gradient audit needs at least one batch of images")
    return GradientAudit(reaches=_reaches(squares, last, reach), batches=seen)


def _checked(terms: Mapping[str, Tensor]) -> dict[str, Tensor]:
    for name, value in terms.items():
        if not isinstance(value, Tensor) or value.numel() != 1:
            came = f"a tensor {tuple(value.shape)}" if isinstance(value, Tensor) else type(value).__name__
            raise SubjectError(f"losses: the term {name!r} is {came}; every term is one number with its graph")
    if not terms:
        raise SubjectError("losses returned no term")
    return dict(terms)


def _gradients(value: Tensor, weights: Sequence[nn.Parameter]) -> list[Tensor | None]:
    """Without touching `.grad`; None for a weight that the term does not come from, or that is frozen."""
    trained = [weight for weight in weights if weight.requires_grad]
    if not value.requires_grad or not trained:
        return [None] * len(weights)
    found = torch.autograd.grad(value.reshape(()), trained, retain_graph=True, allow_unused=True)
    by_weight = {id(weight): gradient for weight, gradient in zip(trained, found, strict=True)}
    return [by_weight.get(id(weight)) for weight in weights]


def _norm(gradients: Sequence[Tensor | None]) -> float:
    return math.sqrt(sum(float(g.detach().double().square().sum()) for g in gradients if g is not None))


def _last_at(weights: Sequence[nn.Parameter]) -> int:
    """Where the last weight stands that is more than a bias."""
    wide = [i for i, weight in enumerate(weights) if weight.ndim > 1]
    return wide[-1] if wide else len(weights) - 1


def _reach(value: Tensor, gradients: Sequence[Tensor | None], norm: float) -> Reach:
    if not value.requires_grad:
        return "detached"
    if all(gradient is None for gradient in gradients):
        return "elsewhere"
    return "reaches" if norm > 0 else "zero"


def _wider(before: Reach | None, now: Reach) -> Reach:
    """The most that was seen in any batch: a penalty may be taken at some steps only."""
    order: tuple[Reach, ...] = ("detached", "elsewhere", "zero", "reaches")
    return now if before is None else max(before, now, key=order.index)


def _reaches(
    squares: Mapping[tuple[str, str], list[float]],
    last: Mapping[tuple[str, str], list[float]],
    reach: Mapping[tuple[str, str], Reach],
) -> tuple[TermReach, ...]:
    norms, ends = ({key: math.sqrt(sum(v) / len(v)) for key, v in held.items()} for held in (squares, last))
    return tuple(
        TermReach(
            term=term,
            part=part,
            reach=reach[term, part],
            norm=norms[term, part],
            share=_share(norms, term, part),
            last_layer=_share(ends, term, part),
        )
        for term, part in norms
    )


def _share(norms: Mapping[tuple[str, str], float], term: str, part: str) -> float:
    whole = sum(norm for (_, where), norm in norms.items() if where == part)
    return norms[term, part] / whole if whole > 0 else math.nan


def _leaves(values: Iterable[Tensor]) -> list[nn.Parameter]:
    """The weights that terms come from, read off their graphs."""
    found: dict[int, nn.Parameter] = {}
    stack = [value.grad_fn for value in values if value.grad_fn is not None]
    met = {*stack}
    while stack:
        node = stack.pop()
        variable = getattr(node, "variable", None)
        if isinstance(variable, nn.Parameter):
            found[id(variable)] = variable
        for following, _ in node.next_functions:
            if following is not None and following not in met:
                met.add(following)
                stack.append(following)
    return list(found.values())
