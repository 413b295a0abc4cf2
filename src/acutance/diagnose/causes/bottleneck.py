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

import numpy as np

from acutance.diagnose._bench import Bench
from acutance.diagnose._cause import Contrast, Controls, LocationCause
from acutance.diagnose._diagnosis import Evidence
from acutance.diagnose._linear_subject import control
from acutance.diagnose._stages import code_binds, pca_limit, whole

__all__ = ["CAUSE", "Bottleneck"]


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

    def controls(self) -> Controls:
        return Controls(sick=control(latents=24), well=control())


CAUSE = Bottleneck()
