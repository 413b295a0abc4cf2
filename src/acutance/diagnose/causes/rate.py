"""The code carries too few nats: the KL weight or the decoder's sigma asks for it.

What it is:
    Posterior noise that the decoder was trained for, and units switched off: reverse water-filling at the level
    `s = beta sigma^2` (T8).
Why it blurs:
    The decoder answers the noise with the conditional mean (T1): direction by direction gain `1 - s / lambda`, and none
    below s.
How it is tested:
    The best point z (unlimited rate) against the best posterior at the subject's own rate. Of what even the best point
    does not reach, the part `1 - psi` is charged here too, where psi tells whether the number of latents binds: units
    that the KL switched off are no want of latents.
Confounders:
    The best point also makes up for the encoder, so it is compared with the best posterior, not with the subject's.

References:
    T8, T9, T10. Rybkin et al. 2021; Lucas et al. 2019.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from acutance.diagnose._bench import Bench
from acutance.diagnose._cause import Advice, Contrast, Controls, LocationCause
from acutance.diagnose._diagnosis import Evidence
from acutance.diagnose._linear_subject import control, level_of
from acutance.diagnose._settings import KL_WEIGHT, SIGMA, setting
from acutance.diagnose._stages import best, code_binds, trained, whole
from acutance.diagnose.interventions.calibrated import CALIBRATED

__all__ = ["CAUSE", "Rate"]

_WILL_NOT = (
    "More rate is the only thing that brings this detail back, and it has a price: samples from the prior get worse as "
    "the code fills. The prediction is what this decoder, as it is, shows of the best codes under that sigma; trained "
    "under it, it shows more, and much more where it never learnt fine detail."
)


class Rate(LocationCause):
    """Loss to the code's trained noise."""

    cure = "calibrate the decoder's sigma, lower the KL weight, or use free bits"

    def applies(self, bench: Bench) -> bool:
        return bench.stochastic

    def contrast(self, bench: Bench) -> Contrast:
        posterior, point, binds = best(bench), bench.outcome("best_point"), code_binds(bench)
        return Contrast(
            claim=posterior.octaves.lost - point.octaves.lost,
            whole=whole(bench, "some"),
            before=posterior.octaves,
            after=point.octaves,
            left=1.0 - binds,
            evidence=self._evidence(bench, float(binds[0])),
            decided=bench.searched > 0,
        )

    def _evidence(self, bench: Bench, binds: float) -> tuple[Evidence, ...]:
        limited, free = (float(o.octaves.coherence[0]) for o in (best(bench), bench.outcome("best_point")))
        words = f"With unlimited rate the best latents raise coherence from {limited:.2f} to {free:.2f}."
        found = [Evidence(name="best_point", words=words, numbers={"at_own_rate": limited, "unlimited": free})]
        off = f"The least active units are {100 * (1 - binds):.0f} % noise."
        found.append(Evidence(name="activity", words=off, numbers={"active": binds}))
        numbers = trained(bench).numbers
        sigma, facts = numbers["sigma"], bench.subject.facts()
        ratio = facts.get("decoder_sigma_over_rmse", math.nan)
        if sigma > 0 and ratio > 0:
            words = f"The effective decoder sigma is {sigma:.3g}, {ratio:.2g} times the calibrated value."
            found.append(Evidence(name="sigma", words=words, numbers={"sigma": sigma, "over_calibrated": ratio}))
        return tuple(found)

    def advice(self, bench: Bench) -> Advice:
        numbers, facts = trained(bench).numbers, bench.subject.facts()
        error = math.sqrt(float(bench.error) / bench.input[0].numel())
        sigma = numbers["sigma"]
        ratio = facts.get("decoder_sigma_over_rmse", sigma / error if error > 0 else math.nan)
        coherence, detail = bench.outcome("calibrated").octaves.finest
        change = _change(bench.subject.configuration(), sigma, ratio)
        return Advice(change=change, will_not=_WILL_NOT, coherence=coherence, detail_ratio=detail, basis="at_least")

    def controls(self) -> Controls:
        return Controls(sick=control(level=level_of(0.8)), well=control())


def _change(configuration: Mapping[str, Any], sigma: float, ratio: float) -> str:
    """By which factor the effective sigma is off, and what puts it right: `sigma ~ sqrt(kl_weight)` (T9)."""
    weight, stated = setting(configuration, KL_WEIGHT), setting(configuration, SIGMA)
    number = weight.number if weight is not None else None
    if ratio <= CALIBRATED or math.isnan(ratio):
        lower = f"set {weight.path} from {number:g} to {number / 4:.3g}" if weight and number else "lower the KL weight"
        return f"the effective sigma {sigma:.3g} is calibrated already: {lower} (half the sigma), or train longer"
    said = f"the effective decoder sigma {sigma:.3g} is {ratio:.2g} times the calibrated {sigma / ratio:.2g}"
    if stated is not None and stated.number:
        return f"{said}: set {stated.path} from {stated.value:g} to {stated.value / ratio:.2g}, or calibrate it"
    if weight is not None and number:
        return f"{said}: set {weight.path} from {number:g} to {number / ratio**2:.2g} with the same loss"
    return f"{said}: divide the KL weight by {ratio**2:.2g}, or learn sigma"


CAUSE = Rate()
