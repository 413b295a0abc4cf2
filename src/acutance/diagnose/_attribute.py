"""Shares of the lost explained detail, location by location, with paired bootstrap intervals (theory C)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from acutance.diagnose._bench import Bench
from acutance.diagnose._cause import Contrast, LocationCause, locations
from acutance.diagnose._diagnosis import Estimate, Location, Verdict
from acutance.diagnose._linear import Corrected
from acutance.diagnose._octaves import Floats, estimate
from acutance.diagnose._stages import inventing, trained, whole
from acutance.diagnose.interventions.linear_refit import correction
from acutance.diagnose.interventions.refit import refit_decoder
from acutance.measure._sharpness import ratio
from acutance.models import Decodes, Preprocesses

__all__ = ["Attribution", "attribute"]

_DRAWS = 8
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
        judged: the bench whose decoder shows what the code holds: the subject's own, if it does not invent.
    """

    explained: Estimate
    price: Estimate | None
    locations: tuple[Location, ...]
    contrasts: dict[str, Contrast]
    judged: Bench


def attribute(bench: Bench) -> Attribution:
    """Asks every location that applies what its intervention brings back, and makes shares of the answers.

    A claim is what one change brings back, as a part of the loss, at least 0. What the input pipeline loses comes
    first; of the rest, claims that overlap to more than the whole are shrunk in proportion, and what no claim explains
    remains in the code: it goes where `Contrast.left` says. All of it is done within each bootstrap replicate.

    A decoder that invents is judged by what its code holds: by the average of its draws, or by a refit: in `fast`
    the linear one. Where there are no images to fit, the part of its loss that a linear refit of one half brings back
    in the other counts as the price, a lower bound.
    """
    lost = _lost(bench)
    judged, price, kept = _judged(bench, lost)
    asked = [(name, cause, cause.contrast(judged)) for name, cause in locations() if cause.applies(judged)]
    parts = _parts([(name, contrast) for name, _, contrast in asked], kept)
    n = bench.outcome("sample").octaves.effective_n
    bands = np.asarray(sum(part[0] for part in parts.values()))
    found = [_location(name, cause, contrast, parts[name], bands, lost - price, n) for name, cause, contrast in asked]
    return Attribution(
        explained=estimate(1.0 - lost, n),
        price=estimate(price, n) if bool(price.any()) else None,
        locations=tuple(sorted(found, key=lambda location: -location.share)),
        contrasts={name: contrast for name, _, contrast in asked},
        judged=judged,
    )


def _lost(bench: Bench) -> Floats:
    """Explained detail that the subject has lost, of the source images."""
    name = "whole_way" if isinstance(bench.subject, Preprocesses) else "sample"
    return np.asarray(bench.outcome(name).octaves.lost.sum(1))


def _judged(bench: Bench, lost: Floats) -> tuple[Bench, Floats, Floats]:
    """The bench whose decoder shows what the code holds, the price of inventing, and the part of its loss that is not
    price, each (1 + replicates,).
    """
    none, all_of_it = np.zeros_like(lost), np.ones_like(lost)
    if bench.by_chance:
        averaged = bench.behind(bench.probe.averaging(_DRAWS), "averaged")
        return averaged, _difference(bench, averaged) * _DRAWS / (_DRAWS - 1), all_of_it
    if not inventing(bench):
        return bench, none, all_of_it
    decoder = _averager(bench)
    if decoder is not None:
        averaging = bench.behind(bench.probe.behind(decoder), "averaging")
        return averaging, _difference(bench, averaging), all_of_it
    back = (trained(bench).octaves.lost - bench.outcome("linear_refit").octaves.lost).sum(1)
    part = np.clip(back / whole(bench, "all"), 0.0, 1.0)
    return bench, part * lost, 1.0 - part


def _averager(bench: Bench) -> Decodes | None:
    """The subject's decoder turned into one that averages, by what it is given in use; None without fit images."""
    refit = refit_decoder(bench) if bench.effort == "full" else None
    if refit is not None:
        return refit
    correct = correction(bench, 1.0)
    return None if correct is None else Corrected(bench.probe.decoder, correct)


def _difference(bench: Bench, judged: Bench) -> Floats:
    gap = bench.outcome("sample").octaves.lost - judged.outcome("sample").octaves.lost
    return np.asarray(np.clip(gap.sum(1), 0.0, None))


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
    name: str, cause: LocationCause, contrast: Contrast, part: Floats, of_bands: Floats, lost: Floats, n: float
) -> Location:
    share, effect = estimate(part.sum(1), n), estimate(part.sum(1) * lost, n)
    return Location(
        location=name,
        share=share.value,
        low=share.low,
        high=share.high,
        verdict=_verdict(cause, share, effect, contrast.doubt) if contrast.decided else "undecided",
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


def _verdict(cause: LocationCause, share: Estimate, effect: Estimate, doubt: float = 0.0) -> Verdict:
    """Present where the whole interval is beyond what healthy subjects show; absent where none of it is."""
    if effect.low > cause.null + doubt and share.low > _RELEVANT:
        return "present"
    return "absent" if effect.high < cause.null or share.high < _RELEVANT else "undecided"
