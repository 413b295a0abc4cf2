"""S12: VAEs and GANs have nearly opposite strengths.

What is claimed:
    VAEs are diverse and blurred, GANs crisp and poor in diversity.
How it is tested:
    Samples of a VAE, of its code with an adversarial decoder, and of a GAN, on one plane: detail ratio of the finest
    octave against recall of the real images' neighbourhoods; and modes of jittered edges, which are known exactly.
Prediction:
    Supported for sharpness. For diversity it is open: it depends on the GAN's loss (S11) and on how a VAE's prior
    fits.
Confounders:
    Recall is of SqueezeNet features of small pictures; blurred samples may lie outside every neighbourhood.

References:
    S12, T3. Kynkaanniemi et al. 2019.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from acutance.claims._bench import EDGES, adversarial, flow, gan, vae
from acutance.claims._cell import Cell, Found, Rows
from acutance.claims._cells.drawn import Plane, ReachedModes
from acutance.claims._cells.trained import FrozenCode, Trained
from acutance.claims._chart import Axis, Chart, Guide, Series
from acutance.claims._claim import Claim, Evidence, Part
from acutance.claims._rows import difference, dot, finest, of
from acutance.claims._scene import Scene
from acutance.claims._statistics import Bound

__all__ = ["CLAIM", "S12"]

_WORDS = {"vae": "VAE", "crisp": "VAE's code, adversarial", "flow": "VAE's code, flow matching", "gan": "GAN"}


class S12(Claim):
    """Sharpness and diversity of samples."""

    says = "VAEs and GANs have nearly opposite strengths: diversity and crispness."
    prediction = (
        "The GAN's samples are crisper. Whether the VAE's are more diverse depends on the GAN's loss and on the "
        "measure, and is open here."
    )
    parts = (
        Part(name="crisp", statement="A GAN's samples have .2 more detail than a VAE's",
             bound=Bound(low=0.2), unit="detail ratio, finest octave", expected="holds"),
        Part(name="diverse", statement="A VAE's samples have more recall than a GAN's",
             bound=Bound(low=0.0), unit="recall", expected="open"),
        Part(name="modes", statement="A VAE drops fewer modes of jittered edges than a GAN",
             bound=Bound(high=0.0), unit="share of modes", expected="open", role="beside", data=EDGES),
    )  # fmt: skip

    def cells(self, scene: Scene, seed: int) -> dict[str, Cell]:
        base, drawn = vae(scene, seed, scene.icons), gan(scene, seed, scene.icons)
        models: dict[str, Trained | FrozenCode] = {
            "vae": base,
            "crisp": adversarial(scene, base),
            "flow": flow(scene, base),
            "gan": drawn,
        }
        edges, draws = scene.images(EDGES), scene.fewer(4000)
        return {
            **models,
            **{f"{name} plane": Plane(seed=seed, of=model) for name, model in models.items()},
            "vae edges": ReachedModes(seed=seed, of=vae(scene, seed, edges), draws=draws),
            "gan edges": ReachedModes(seed=seed, of=gan(scene, seed, edges), draws=draws),
        }

    def judge(self, seeds: Sequence[dict[str, Found]]) -> Evidence:
        y = {name: finest(seeds, name, "prior/detail_ratio") for name in _WORDS}
        recall = {name: of(seeds, f"{name} plane", "recall_k5") for name in _WORDS}
        missed = {name: of(seeds, f"{name} edges", "dropped") for name in ("vae", "gan")}
        return Evidence(
            effects={
                "crisp": difference(y["gan"], y["vae"]),
                "diverse": difference(recall["vae"], recall["gan"]),
                "modes": difference(missed["vae"], missed["gan"]),
            },
            chart=Chart(
                title="Samples: how crisp, and how much of the real variety they reach",
                x=Axis(title="recall", low=0.0, high=1.0),
                y=Axis(title="detail ratio, finest octave", low=0.0, high=1.4),
                series=tuple(
                    Series(name=words, dots=(dot(_mean(recall[name]), y[name]),), drawn="marks")
                    for name, words in _WORDS.items()
                ),
                guides=(Guide(words="real images", start=(0.0, 1.0), end=(1.0, 1.0)),),
            ),
            pictures={words: seeds[0][name].pictures["prior"] for name, words in _WORDS.items()},
        )


def _mean(per_seed: Sequence[Rows]) -> float:
    return float(np.mean([rows[0] for rows in per_seed]))


CLAIM = S12()
