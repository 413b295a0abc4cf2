"""The code has too few numbers.

What it is:
    Even the best latents leave detail out, although every latent is used.
Why it blurs:
    A decoder of d numbers shows a d-dimensional family of images; the rest it averages (T1, O3).
How it is tested:
    What remains at the best point z, as far as the latents are all active (psi) and as far as d principal components
    lose it too.
Confounders:
    Units that the KL switched off (`rate`), and a decoder that is worse than PCA at its own size (`decoder`).

References:
    T10, O3. Tipping, Bishop 1999.
"""

from __future__ import annotations

import math

import numpy as np
import torch

from acutance.diagnose._bench import Bench
from acutance.diagnose._cause import Advice, Contrast, Controls, LocationCause
from acutance.diagnose._diagnosis import Evidence
from acutance.diagnose._linear_subject import control
from acutance.diagnose._settings import LATENTS, setting
from acutance.diagnose._stages import code_binds, pca_limit, shrinks, whole

__all__ = ["CAUSE", "Bottleneck"]

_WILL_NOT = (
    "The gain is logarithmic in the number of latents (T10): the prediction is for twice as many, as far as principal "
    "components tell. At a given KL weight latents help only as long as all are active."
)


class Bottleneck(LocationCause):
    """Loss to the number of latents."""

    cure = "more latents: a wider vector, or a latent map"

    def applies(self, bench: Bench) -> bool:
        return True

    def contrast(self, bench: Bench) -> Contrast:
        point = bench.outcome("best_point").octaves
        count = bench.latent.mode[0].numel()
        reached = float(point.coherence[0])
        words = f"With {count} latents even the best ones for each image reach coherence {reached:.2f}."
        return Contrast(
            claim=np.zeros_like(point.lost),
            whole=whole(bench, "some"),
            before=point,
            after=None,
            left=code_binds(bench) * pca_limit(bench),
            evidence=(Evidence(name="best_point", words=words, numbers={"latents": count, "coherence": reached}),),
            decided=bench.searched > 0,
        )

    def advice(self, bench: Bench) -> Advice:
        count = bench.latent.mode[0].numel()
        named = setting(bench.subject.configuration(), LATENTS)
        number = None if named is None else named.number
        if named is None or number is None:
            change = f"use more latents than {count}: {_more(bench.latent.mode[0].shape)}"
        else:
            change = f"set {named.path} from {number:g} to {2 * number:g}"
        top = bench.outcome("best_point").octaves
        left = top.missing[0, -1] / top.weigh(top.xx)[0, -1]
        reached = float(1.0 - left * shrinks(bench))
        return Advice(change=change, will_not=_WILL_NOT, coherence=reached, detail_ratio=reached)

    def controls(self) -> Controls:
        return Controls(sick=control(latents=24), well=control())


def _more(shape: torch.Size) -> str:
    """Twice as many, said of a vector or a map (channels, height, width)."""
    if len(shape) != 3 or math.prod(shape[1:]) == 1:
        return f"{2 * shape.numel()} in a vector, or a latent map"
    channels, *grid = shape
    sides = " x ".join(str(n) for n in grid)
    return f"{2 * channels} channels where there are {channels} ({sides}), or a finer map"


CAUSE = Bottleneck()
