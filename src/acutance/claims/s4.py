"""S4: an implicit distribution cannot be sampled directly.

What is claimed:
    A GAN's distribution is implicit and cannot be sampled directly.
How it is tested:
    A trained GAN is sampled in one pass of its decoder: the share of 32 equally likely places of a jittered edge that
    4,000 draws reach, which is known exactly, and the detail of its draws on real images.
Prediction:
    Refuted: it has it backwards. An implicit distribution can be sampled at once and cannot be *evaluated*.
Confounders:
    A GAN that drops modes would fail for another reason (S11).

References:
    S4, S3, S11. Mohamed and Lakshminarayanan 2016.
"""

from __future__ import annotations

from collections.abc import Sequence

from acutance.claims._bench import EDGES, gan, vae
from acutance.claims._cell import Cell, Found
from acutance.claims._cells.drawn import ReachedModes
from acutance.claims._chart import Axis, Chart, Guide, Series
from acutance.claims._claim import Claim, Evidence, Part
from acutance.claims._rows import dot, finest, of
from acutance.claims._scene import Scene
from acutance.claims._statistics import Bound

__all__ = ["CLAIM", "S4"]


class S4(Claim):
    """Sampling a GAN in one pass."""

    says = "An implicit distribution, a GAN's, cannot be sampled directly."
    prediction = (
        "Backwards: it can be sampled in one pass, and cannot be evaluated. Direct draws reach most places of an "
        "edge and have most of the detail of real images."
    )
    parts = (
        Part(name="unreached", statement="Direct draws miss more than half of the places of a jittered edge",
             bound=Bound(low=0.5), unit="share of modes not reached", expected="fails", data=EDGES),
        Part(name="detail", statement="Direct draws have less than half of the detail of real images",
             bound=Bound(high=0.5), unit="detail ratio, finest octave", expected="fails"),
    )  # fmt: skip

    def cells(self, scene: Scene, seed: int) -> dict[str, Cell]:
        return {
            "edges": ReachedModes(seed=seed, of=gan(scene, seed, scene.images(EDGES)), draws=scene.fewer(4000)),
            "gan": gan(scene, seed, scene.icons),
            "vae": vae(scene, seed, scene.icons),
        }

    def judge(self, seeds: Sequence[dict[str, Found]]) -> Evidence:
        drawn = {name: finest(seeds, name, "prior/detail_ratio") for name in ("gan", "vae")}
        missed = of(seeds, "edges", "dropped")
        return Evidence(
            effects={"unreached": missed, "detail": drawn["gan"]},
            chart=Chart(
                title="What one pass of each decoder draws: detail of samples, and places of an edge that are missed",
                x=Axis(title="", low=-0.5, high=2.5, names=((0.0, "GAN"), (1.0, "VAE"), (2.0, "GAN, edges"))),
                y=Axis(title="detail ratio; share missed", low=0.0, high=1.2),
                series=(
                    Series(name="detail ratio", dots=(dot(0.0, drawn["gan"]), dot(1.0, drawn["vae"])), drawn="marks"),
                    Series(name="share of places missed", dots=(dot(2.0, missed),), drawn="marks"),
                ),
                guides=(Guide(words="half", start=(-0.5, 0.5), end=(2.5, 0.5)),),
            ),
            pictures={
                "GAN, draws": seeds[0]["gan"].pictures["prior"],
                "VAE, draws": seeds[0]["vae"].pictures["prior"],
                "GAN, drawn edges": seeds[0]["edges"].pictures["drawn"],
            },
        )


CLAIM = S4()
