"""S2: a GAN uses a low-dimensional vector too.

What is claimed:
    A GAN decodes a small vector as well and is crisp, so the small vector is not what blurs.
How it is tested:
    A GAN and an autoencoder with the same decoder and 16 numbers; the GAN's samples, the autoencoder's
    reconstructions of held-out images, and the best that the GAN's decoder can do about the same images (inversion by
    descent). On jittered edges, whose only unknown is a place, one and the same is done.
Prediction:
    Partly. Right against dimension alone; but a GAN is never asked to reconstruct: inversion shows what its 16
    numbers leave out.
Confounders:
    A descent may end beside the best latent; it starts from the nearest of 4,096 draws.

References:
    S2, T10, O1.
"""

from __future__ import annotations

from collections.abc import Sequence

from acutance.claims._bench import EDGES, autoencoder, gan
from acutance.claims._cell import Cell, Found
from acutance.claims._cells.inverted import Inverted
from acutance.claims._chart import Axis, Chart, Guide, Series
from acutance.claims._claim import Claim, Evidence, Part
from acutance.claims._rows import detail_of, difference, dot, finest, of
from acutance.claims._scene import Scene
from acutance.claims._statistics import Bound

__all__ = ["CLAIM", "S2"]

_STEPS = 150


class S2(Claim):
    """The same decoder and the same 16 numbers, as a GAN and as an autoencoder."""

    says = "A GAN uses a low-dimensional vector too, and its outputs are crisp."
    prediction = (
        "Right against dimension alone: the GAN's samples have the detail of real images at the same 16 numbers. "
        "But it need not reconstruct; inverted on held-out images it follows less detail than the autoencoder."
    )
    parts = (
        Part(name="crisp",
             statement="At 16 numbers, the GAN's samples have .2 more detail than the autoencoder's outputs",
             bound=Bound(low=0.2), unit="detail ratio, finest octave", expected="holds"),
        Part(name="reconstructs", statement="Its 16 numbers hold a held-out image as well: coherence at most .05 lower",
             bound=Bound(low=-0.05), unit="coherence, finest octave", expected="fails"),
        Part(name="edges",
             statement="On jittered edges, where one number says all, inversion leaves less than a tenth open",
             bound=Bound(high=0.1), unit="share of the exact least error", expected="holds", role="beside", data=EDGES),
    )  # fmt: skip

    def cells(self, scene: Scene, seed: int) -> dict[str, Cell]:
        drawn = gan(scene, seed, scene.icons)
        of_edges = gan(scene, seed, scene.images(EDGES))
        steps = scene.fewer(_STEPS, least=4)
        return {
            "autoencoder": autoencoder(scene, seed, scene.icons),
            "gan": drawn,
            "inverted": Inverted(seed=seed, of=drawn, steps=steps),
            "edges": Inverted(seed=seed, of=of_edges, steps=steps),
        }

    def judge(self, seeds: Sequence[dict[str, Found]]) -> Evidence:
        drawn, shown = finest(seeds, "gan", "prior/detail_ratio"), finest(seeds, "autoencoder", "mean/detail_ratio")
        followed = finest(seeds, "inverted", "inverted/coherence")
        right = finest(seeds, "autoencoder", "mean/coherence")
        return Evidence(
            effects={
                "crisp": difference(drawn, shown),
                "reconstructs": difference(followed, right),
                "edges": of(seeds, "edges", "unexplained"),
            },
            chart=Chart(
                title="Finest octave at 16 numbers: how much detail there is, and how much of it is right",
                x=Axis(title="", low=-0.5, high=3.5, names=((0.0, "AE"), (1.0, "GAN"), (2.0, "AE"), (3.0, "inverted"))),
                y=Axis(title="detail ratio, coherence", low=0.0, high=1.2),
                series=(
                    Series(name="detail ratio", dots=(dot(0.0, shown), dot(1.0, drawn)), drawn="marks"),
                    Series(name="coherence", dots=(dot(2.0, right), dot(3.0, followed)), drawn="marks"),
                ),
                guides=(Guide(words="real images", start=(-0.5, 1.0), end=(3.5, 1.0)),),
            ),
            pictures={
                "held-out originals": seeds[0]["inverted"].pictures["real"],
                "autoencoder": seeds[0]["autoencoder"].pictures["mean"],
                "GAN, best latents": seeds[0]["inverted"].pictures["inverted"],
                "GAN, samples": seeds[0]["gan"].pictures["prior"],
            },
            detail={
                "autoencoder": detail_of(seeds, "autoencoder", "mean"),
                "GAN, best latents": detail_of(seeds, "inverted", "inverted"),
            },
        )


CLAIM = S2()
