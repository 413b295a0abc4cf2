"""Shares of the lost explained detail, location by location, with paired bootstrap intervals (theory C)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from acutance.diagnose._bench import Bench
from acutance.diagnose._cause import Contrast, LocationCause, locations
from acutance.diagnose._diagnosis import Estimate, Location, Verdict
from acutance.diagnose._octaves import Floats, estimate
from acutance.diagnose._stages import inventing, refitted, trained, whole
from acutance.measure._sharpness import ratio
from acutance.models import Preprocesses

__all__ = ["Attribution", "attribute"]

_RELEVANT = 0.1
_DATA = "data"


@dataclass(frozen=True, kw_only=True, eq=False)
class Attribution:
    """Where the detail was lost.

    Attributes:
        explained: of the subject as used.
        price: what a decoder that invents pays for it; None for others.
        locations: from the largest share down.
        contrasts: what each location rests on, by name.
    """

    explained: Estimate
    price: Estimate | None
    locations: tuple[Location, ...]
    contrasts: dict[str, Contrast]


def attribute(bench: Bench) -> Attribution:
    """Asks every location that applies what its intervention brings back, and makes shares of the answers.

    A claim is what one change brings back, as a part of the loss, at least 0. What the input pipeline loses comes
    first; of the rest, claims that overlap to more than the whole are shrunk in proportion, and what no claim explains
    remains in the code: it goes where `Contrast.left` says. All of it is done within each bootstrap replicate.
    """
    asked = [(name, cause, cause.contrast(bench)) for name, cause in locations() if cause.applies(bench)]
    lost = _lost(bench)
    price = _price(bench) if inventing(bench) else None
    kept = 1.0 - (np.zeros_like(lost) if price is None else price)
    parts = _parts([(name, contrast) for name, _, contrast in asked], kept)
    n = bench.outcome("sample").octaves.n
    bands = np.asarray(sum(part[0] for part in parts.values()))
    found = [_location(name, cause, contrast, parts[name], bands, lost * kept, n) for name, cause, contrast in asked]
    return Attribution(
        explained=estimate(1.0 - lost, n),
        price=None if price is None else estimate(price * lost, n),
        locations=tuple(sorted(found, key=lambda location: -location.share)),
        contrasts={name: contrast for name, _, contrast in asked},
    )


def _lost(bench: Bench) -> Floats:
    """Explained detail that the subject has lost, of the source images."""
    name = "whole_way" if isinstance(bench.subject, Preprocesses) else "sample"
    return np.asarray(bench.outcome(name).octaves.lost.sum(1))


def _price(bench: Bench) -> Floats:
    """The part of the loss that goes back when the decoder shows the average of what its code holds, 0 ... 1."""
    back = (trained(bench).octaves.lost - refitted(bench).octaves.lost).sum(1)
    return np.asarray(np.clip(back / whole(bench, "all"), 0.0, 1.0))


def _parts(contrasts: list[tuple[str, Contrast]], kept: Floats) -> dict[str, Floats]:
    """Each location's part of the loss, (1 + replicates, bands); over locations and bands they add up to 1."""
    claims = {name: _bounded(contrast, 1.0 if name == _DATA else kept) for name, contrast in contrasts}
    pipeline = claims.pop(_DATA, None)
    first_part = np.zeros((len(kept), 1)) if pipeline is None else pipeline
    first = np.minimum(first_part.sum(1), 1.0)
    claimed = sum(claim.sum(1) for claim in claims.values())
    shrink = np.minimum(1.0, 1.0 / np.maximum(claimed, 1e-12)) * (1.0 - first)
    rest = np.maximum(1.0 - first - claimed * shrink, 0.0)
    left = {name: np.broadcast_to(contrast.left, kept.shape) for name, contrast in contrasts if name != _DATA}
    total = np.maximum(sum(left.values()), 1e-12)
    parts = {}
    for name, contrast in contrasts:
        if name == _DATA:
            parts[name] = first_part
            continue
        open_loss = np.clip((contrast.after or contrast.before).lost, 0.0, None)
        profile = open_loss / np.maximum(open_loss.sum(1, keepdims=True), 1e-12)
        parts[name] = claims[name] * shrink[:, None] + profile * (rest * left[name] / total)[:, None]
    return parts


def _bounded(contrast: Contrast, kept: Floats | float) -> Floats:
    """A claim as a part of the loss, not below 0 in all, without negative bands."""
    part = contrast.claim / np.maximum(contrast.whole * kept, 1e-12)[:, None]
    total = np.clip(part.sum(1), 0.0, None)
    positive = np.clip(part, 0.0, None)
    return np.asarray(positive * (total / np.maximum(positive.sum(1), 1e-12))[:, None])


def _location(
    name: str, cause: LocationCause, contrast: Contrast, part: Floats, of_bands: Floats, lost: Floats, n: int
) -> Location:
    share, effect = estimate(part.sum(1), n), estimate(part.sum(1) * lost, n)
    return Location(
        location=name,
        share=share.value,
        low=share.low,
        high=share.high,
        verdict=_verdict(cause, share, effect) if contrast.decided else "undecided",
        cure=cause.cure,
        explained=effect,
        coherence=estimate(_change(contrast, "coherence"), n),
        detail_ratio=estimate(_change(contrast, "detail"), n),
        by_band=tuple(float(share) for share in ratio(part[0], of_bands)),
        evidence=contrast.evidence,
    )


def _change(contrast: Contrast, what: str) -> Floats:
    before = getattr(contrast.before, what)
    after = 1.0 if contrast.after is None else getattr(contrast.after, what)
    return np.asarray(after - before)


def _verdict(cause: LocationCause, share: Estimate, effect: Estimate) -> Verdict:
    """Present where the whole interval is beyond what healthy subjects show; absent where none of it is."""
    if effect.low > cause.null and share.low > _RELEVANT:
        return "present"
    return "absent" if effect.high < cause.null or share.high < _RELEVANT else "undecided"
