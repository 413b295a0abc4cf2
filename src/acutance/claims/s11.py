"""S11: GANs drop modes to fool the critic.

What is claimed:
    A GAN leaves out what is hard to draw; its samples are crisp because they are few.
How it is tested:
    GANs under four games on jittered edges, whose place is divided into 32 equally likely modes, known exactly: the
    share of modes that fewer than 3 of 4,000 draws reach, and the divergence of modes from uniform against its floor.
    On real images, recall of the samples' neighbourhoods.
Prediction:
    Partly: it depends on the loss. The relativistic game with R1 + R2 reaches all; the non-saturating one without a
    penalty drops some.
Confounders:
    The games differ in their penalties as they are played in practice: that is part of each.

References:
    S11, O5. Huang et al. 2024 (R3GAN); Arora et al. 2018.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from acutance.claims._bench import EDGES, Game, gan
from acutance.claims._cell import Cell, Found, Rows
from acutance.claims._cells.drawn import Modes, Plane
from acutance.claims._chart import Axis, Chart, Series
from acutance.claims._claim import Claim, Evidence, Part
from acutance.claims._rows import difference, dot, of
from acutance.claims._scene import Scene
from acutance.claims._statistics import Bound

__all__ = ["CLAIM", "S11"]

_GAMES: tuple[Game, ...] = get_args(Game)
_SHORT = ("relativistic", "non-saturating", "hinge", "Wasserstein")
_DRAWS = 4000


class S11(Claim):
    """Modes under four games."""

    says = "GANs drop modes to fool the critic."
    prediction = (
        "It depends on the loss: relativistic pairs with R1 + R2 reach all modes (published: 1,000 of 1,000, where "
        "a plain GAN with R1 + R2 reaches 693); a non-saturating game without a penalty drops some."
    )
    parts = (
        Part(name="relativistic", statement="The relativistic game with R1 + R2 drops more than 5 % of the modes",
             bound=Bound(low=0.05), unit="share of modes", expected="fails", data=EDGES),
        Part(name="non_saturating", statement="The non-saturating game without a penalty drops more than 5 % of them",
             bound=Bound(low=0.05), unit="share of modes", expected="holds", data=EDGES),
        Part(name="hinge", statement="The hinge game without a penalty drops more than 5 % of them",
             bound=Bound(low=0.05), unit="share of modes", expected="open", role="beside", data=EDGES),
        Part(name="wasserstein", statement="The Wasserstein game with unit slopes drops more than 5 % of them",
             bound=Bound(low=0.05), unit="share of modes", expected="open", role="beside", data=EDGES),
        Part(name="recall", statement="On real images, the relativistic game's recall is higher than the other's",
             bound=Bound(low=0.0), unit="recall", expected="holds", role="beside"),
    )  # fmt: skip

    def cells(self, scene: Scene, seed: int) -> dict[str, Cell]:
        edges, draws = scene.images(EDGES), scene.fewer(_DRAWS)
        return {
            **{game: Modes(seed=seed, of=gan(scene, seed, edges, game=game), draws=draws) for game in _GAMES},
            "relativistic icons": Plane(seed=seed, of=gan(scene, seed, scene.icons)),
            "non_saturating icons": Plane(seed=seed, of=gan(scene, seed, scene.icons, game="non_saturating")),
        }

    def judge(self, seeds: Sequence[dict[str, Found]]) -> Evidence:
        dropped: dict[str, list[Rows]] = {game: of(seeds, game, "dropped") for game in _GAMES}
        recall = {game: of(seeds, f"{game} icons", "recall_k5") for game in _GAMES[:2]}
        return Evidence(
            effects={**dropped, "recall": difference(recall["relativistic"], recall["non_saturating"])},
            chart=Chart(
                title="Modes of jittered edges that each game drops, and how uneven the others are",
                x=Axis(title="", low=-0.5, high=3.5, names=tuple(enumerate(_SHORT))),
                y=Axis(title="share dropped; divergence in nats", low=0.0, high=1.0),
                series=(
                    Series(name="share of modes dropped", drawn="marks",
                           dots=tuple(dot(k - 0.08, dropped[game]) for k, game in enumerate(_GAMES))),
                    Series(name="divergence from uniform, above its floor", drawn="marks",
                           dots=tuple(dot(k + 0.08, of(seeds, game, "divergence")) for k, game in enumerate(_GAMES))),
                ),
            ),
            pictures={game.replace("_", "-"): seeds[0][game].pictures["drawn"] for game in _GAMES},
        )  # fmt: skip


CLAIM = S11()
