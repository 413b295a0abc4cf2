"""S11: GANs drop modes to fool the critic.

What is claimed:
    A GAN leaves out what is hard to draw; its samples are crisp because they are few.
How it is tested:
    GANs under four games on images of three jittered edges, one a colour; the place of each is divided into five
    equally likely ones, so 125 modes are known exactly: the share of modes that fewer than 3 of 10,000 draws reach, and
    the divergence of modes from uniform above its floor. On real images, recall of the samples' neighbourhoods.
Prediction:
    Partly: it depends on the loss. The relativistic game with R1 + R2 reaches all; the non-saturating one without a
    penalty drops some and is less even.
Confounders:
    The games differ in their penalties as they are played in practice: that is part of each. A sample that is no edge
    falls to some mode as well, so how many are edges is told beside. Stacks of digits, which are more like pictures,
    are not drawn readably in trainings of this length, whatever the game: their modes would say nothing. The images and
    the length were chosen after one training of the relativistic game, which drew edges and reached all modes; the
    other games were not looked at.

References:
    S11, O5. Huang et al. 2024 (R3GAN); Metz et al. 2017; Arora et al. 2018.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import get_args

from acutance.claims._bench import STACKS, Game, gan
from acutance.claims._cell import Cell, Found, Rows
from acutance.claims._cells.drawn import Plane, ReachedModes
from acutance.claims._chart import Axis, Chart, Series
from acutance.claims._claim import Claim, Evidence, Part
from acutance.claims._rows import difference, dot, of
from acutance.claims._scene import Scene
from acutance.claims._statistics import Bound

__all__ = ["CLAIM", "S11"]

_GAMES: tuple[Game, ...] = get_args(Game)
_SHORT = ("relativistic", "non-saturating", "hinge", "Wasserstein")
_DRAWS = 10_000


class S11(Claim):
    """Modes under four games."""

    says = "GANs drop modes to fool the critic."
    prediction = (
        "It depends on the loss: relativistic pairs with R1 + R2 reach all modes (published: 1,000 of 1,000, where a "
        "plain GAN with R1 + R2 reaches 693); a non-saturating game without a penalty drops some and is less even."
    )
    parts = (
        Part(name="relativistic", statement="The relativistic game with R1 + R2 drops more than 5 % of the modes",
             bound=Bound(low=0.05), unit="share of modes", expected="fails", data=STACKS),
        Part(name="non_saturating", statement="The non-saturating game without a penalty drops more than 5 % of them",
             bound=Bound(low=0.05), unit="share of modes", expected="holds", data=STACKS),
        Part(name="loss", statement="The non-saturating game drops more of them than the relativistic one",
             bound=Bound(low=0.0), unit="share of modes", expected="holds", role="beside", data=STACKS),
        Part(name="even", statement="Its modes are less even than the relativistic one's",
             bound=Bound(low=0.0), unit="divergence in nats", expected="holds", role="beside", data=STACKS),
        Part(name="hinge", statement="The hinge game without a penalty drops more than 5 % of them",
             bound=Bound(low=0.05), unit="share of modes", expected="open", role="beside", data=STACKS),
        Part(name="wasserstein", statement="The Wasserstein game with unit slopes drops more than 5 % of them",
             bound=Bound(low=0.05), unit="share of modes", expected="open", role="beside", data=STACKS),
        Part(name="readable", statement="Most samples of the relativistic game are edges: its modes can be told",
             bound=Bound(low=0.5), unit="share of samples", expected="holds", role="beside", data=STACKS),
        Part(name="recall", statement="On real images, the relativistic game's recall is higher than the other's",
             bound=Bound(low=0.0), unit="recall", expected="holds", role="beside"),
    )  # fmt: skip

    def cells(self, scene: Scene, seed: int) -> dict[str, Cell]:
        stacks, draws = scene.images(STACKS, channels=3), scene.fewer(_DRAWS)
        return {
            **{g: ReachedModes(seed=seed, of=gan(scene, seed, stacks, game=g), draws=draws) for g in _GAMES},
            "relativistic icons": Plane(seed=seed, of=gan(scene, seed, scene.icons)),
            "non_saturating icons": Plane(seed=seed, of=gan(scene, seed, scene.icons, game="non_saturating")),
        }

    def judge(self, seeds: Sequence[dict[str, Found]]) -> Evidence:
        dropped: dict[str, list[Rows]] = {game: of(seeds, game, "dropped") for game in _GAMES}
        uneven = {game: of(seeds, game, "divergence") for game in _GAMES}
        recall = {game: of(seeds, f"{game} icons", "recall_k5") for game in _GAMES[:2]}
        return Evidence(
            effects={
                **dropped,
                "loss": difference(dropped["non_saturating"], dropped["relativistic"]),
                "even": difference(uneven["non_saturating"], uneven["relativistic"]),
                "readable": of(seeds, "relativistic", "readable"),
                "recall": difference(recall["relativistic"], recall["non_saturating"]),
            },
            chart=Chart(
                title="Modes of three edges that each game drops, and how uneven the others are",
                x=Axis(title="", low=-0.5, high=3.5, names=tuple(enumerate(_SHORT))),
                y=Axis(title="share dropped; divergence in nats", low=0.0, high=_top(uneven.values())),
                series=(
                    Series(name="share of modes dropped", drawn="marks",
                           dots=tuple(dot(k - 0.08, dropped[game]) for k, game in enumerate(_GAMES))),
                    Series(name="divergence from uniform, above its floor", drawn="marks",
                           dots=tuple(dot(k + 0.08, uneven[game]) for k, game in enumerate(_GAMES))),
                ),
            ),
            pictures={game.replace("_", "-"): seeds[0][game].pictures["drawn"] for game in _GAMES},
        )  # fmt: skip


def _top(uneven: Iterable[list[Rows]]) -> float:
    """Of the chart; log 125 = 4.8 where all fall to one mode."""
    return max(1.0, math.ceil(1.1 * max(float(rows[0]) for per_seed in uneven for rows in per_seed)))


CLAIM = S11()
