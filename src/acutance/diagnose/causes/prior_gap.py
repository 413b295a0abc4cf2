"""Samples have less detail than reconstructions: the prior is not where the codes are.

What it is:
    decode(prior z) has less power than decode(z of real images).
Why it blurs:
    The decoder meets latents that it was not trained on, as a rule between those of real images.
How it is tested:
    The detail ratio of prior samples against that of reconstructions from draws, whose latents are the aggregate
    posterior, both over the real images' power. For the optimal linear VAE the two are equal (T8). Where there is a
    gap, latents from a mixture of Gaussians fitted to the codes tell how much of it is the prior's.
Confounders:
    A sampler of another kind (a second stage) stands for the prior where the subject brings one.

References:
    T8, theory C. Tomczak, Welling 2018; Ghosh et al. 2020.
"""

from __future__ import annotations

import numpy as np

from acutance.diagnose._bench import Bench
from acutance.diagnose._cause import Advice, Controls, Effect, Sampled, SamplesCause
from acutance.diagnose._diagnosis import Evidence
from acutance.diagnose._linear_subject import control, level_of
from acutance.diagnose._octaves import estimate

__all__ = ["CAUSE", "PriorGap"]


class PriorGap(SamplesCause):
    """Prior and codes apart."""

    cure = "fit the prior to the codes (a mixture, a flow, a second stage), or raise the KL weight"

    def applies(self, view: Sampled) -> bool:
        return view.bench is not None and "prior" in view.record.bands

    def contrast(self, view: Sampled) -> Effect:
        assert view.bench is not None
        real, fake, centre = view.prior
        prior, own = (fake * centre).sum(1) / (real * centre).sum(1), view.bench.outcome("sample").octaves.detail
        with np.errstate(divide="ignore", invalid="ignore"):
            rows = 10 * np.log10(prior / own)
        words = f"Samples have {prior[0]:.2f} of the real images' detail power, reconstructions {own[0]:.2f}."
        numbers = {"prior": float(prior[0]), "reconstructions": float(own[0])}
        found = [Evidence(name="detail", words=words, numbers=numbers)]
        effect = estimate(np.asarray(rows), len(view.images))
        if effect.value < -self.null_db and not view.bench.quantised:
            found.append(_better(view.bench))
        return Effect(db=effect, evidence=tuple(found))

    def advice(self, view: Sampled) -> Advice:
        return Advice(
            change="draw latents from a mixture of Gaussians or a small flow fitted to the training codes",
            will_not="It will not make reconstructions better, nor samples more detailed than reconstructions.",
        )

    def controls(self) -> Controls:
        level = level_of(0.2)
        return Controls(sick=control(level=level, prior_width=0.5), well=control(level=level))


def _better(bench: Bench) -> Evidence:
    """What latents from a mixture show."""
    detail = float(bench.outcome("mixture").octaves.detail[0])
    words = f"Samples from a mixture of Gaussians fitted to the codes would have {detail:.2f}."
    return Evidence(name="mixture", words=words, numbers={"mixture": detail})


CAUSE = PriorGap()
