"""S8: adversarial losses do not tolerate blur.

What is claimed:
    A critic learns that blurred outputs are fake, so an adversarial loss gives none (Isola et al. 2017, section 4.2).
How it is tested:
    The code of a VAE is frozen and only the loss of its decoder is swapped: squared error (as it was trained), an
    adversarial loss with a strong, a middling and a weak pull to the image, and flow matching. Squared errors are set
    against the first one's, the least one D*. On icons and on dead leaves. And the paper's own test (Table 1): a
    translator from outlines to filled icons under five losses, and from filled icons to outlines, the control.
Prediction:
    Supported, at a price: mse / D* lies between 1 and 2 (T6), and the detail that is added is invented (coherence
    does not rise). Of Table 1: a critic beside L1 adds detail and is read no worse; one that does not see the input is
    read worse than one that does; in the control L1 alone is read better than a critic alone.
Confounders:
    D* is that of the trained decoder; a better one would have a lower one. The others were trained on for as long
    again. Table 1 is read by the nearest of two labels, ink or none, against the target, and not by a network as in
    the paper: outlines and pictures of 16 px have too few pixels for one (docs/pix2pix.md has one at 32 px).

References:
    S8, T3, T6. Isola et al. 2017; Blau and Michaeli 2018; Freirich et al. 2021.
"""

from __future__ import annotations

from collections.abc import Sequence

from acutance.claims._bench import LATENTS, adversarial, flow, translator, vae
from acutance.claims._cell import Cell, Found, Rows
from acutance.claims._chart import Axis, Chart, Guide, Series
from acutance.claims._claim import Claim, Evidence, Part
from acutance.claims._rows import detail_of, difference, dot, finest, of, ratio
from acutance.claims._scene import Scene
from acutance.claims._statistics import Bound

__all__ = ["CLAIM", "S8"]

_LEAVES = "synthetic:dead-leaves?n=6000"
_PRICE = Bound(1.0, 2.05)
_FILL, _CONTROL = "builtin:icon-pairs", "reversed:builtin:icon-pairs"
_LOSSES: dict[str, tuple[float, float, bool]] = {
    "L1": (3.0, 0.0, True),
    "GAN": (0.0, 1.0, False),
    "cGAN": (0.0, 1.0, True),
    "L1 + GAN": (3.0, 1.0, False),
    "L1 + cGAN": (3.0, 1.0, True),
}
"""Weights of L1 and of the critic, and whether the critic sees the input: the rows of Table 1."""
_BACK = ("L1", "cGAN")
_WORDS = {
    "vae": "squared error",
    "strong": "adversarial, strong pull",
    "middling": "adversarial, middling pull",
    "weak": "adversarial, weak pull",
    "flow": "flow matching",
}


class S8(Claim):
    """One frozen code, five decoders; and five losses of a translator."""

    says = "Adversarial losses do not tolerate blurred outputs."
    prediction = (
        "Right. On a frozen code an adversarial decoder shows much more detail in the finest octave. The price is a "
        "squared error between 1 and 2 times the least one, and the detail that is added is not right. Of the paper's "
        "Table 1: a critic beside L1 adds detail; in its control, L1 alone is read better than a critic alone."
    )
    parts = (
        Part(name="crisp", statement="On a frozen code the adversarial decoder has .2 more detail than squared error",
             bound=Bound(low=0.2), unit="detail ratio, finest octave", expected="holds"),
        Part(name="crisp_leaves", statement="So it does on dead leaves",
             bound=Bound(low=0.2), unit="detail ratio, finest octave", expected="holds", data=_LEAVES),
        Part(name="price_strong", statement="Price of a strong pull: mse over the least one between 1 and 2.05",
             bound=_PRICE, unit="mse / D*", expected="holds", role="exact"),
        Part(name="price_middling", statement="Price of a middling pull", bound=_PRICE, unit="mse / D*",
             expected="holds", role="exact"),
        Part(name="price_weak", statement="Price of a weak pull", bound=_PRICE, unit="mse / D*", expected="holds",
             role="exact"),
        Part(name="price_flow", statement="Price of drawing by flow matching (a perfect draw costs 2)", bound=_PRICE,
             unit="mse / D*", expected="holds", role="exact"),
        Part(name="right", statement="The detail that is added is right: coherence rises",
             bound=Bound(low=0.0), unit="coherence, finest octave", expected="fails", role="beside"),
        Part(name="pairs", statement="Outline to filled icon: L1 + cGAN has .1 more detail than L1 alone",
             bound=Bound(low=0.1), unit="detail ratio, finest octave", expected="holds", data=_FILL),
        Part(name="pairs_read", statement="Table 1: L1 + cGAN is read better than L1 alone",
             bound=Bound(low=0.0), unit="ink IoU", expected="holds", role="beside", data=_FILL),
        Part(name="pairs_seen", statement="Table 1: cGAN, whose critic sees the input, is read better than GAN",
             bound=Bound(low=0.0), unit="ink IoU", expected="holds", role="beside", data=_FILL),
        Part(name="pairs_both", statement="Table 1: L1 + cGAN is read better than cGAN alone",
             bound=Bound(low=0.0), unit="ink IoU", expected="holds", role="beside", data=_FILL),
        Part(name="control", statement="Filled icon to outline: cGAN has more detail than L1, there too",
             bound=Bound(low=0.0), unit="detail ratio, finest octave", expected="holds", role="beside", data=_CONTROL),
        Part(name="control_read", statement="Control: L1 alone is read better than cGAN alone",
             bound=Bound(low=0.0), unit="ink IoU", expected="holds", role="beside", data=_CONTROL),
    )  # fmt: skip

    def cells(self, scene: Scene, seed: int) -> dict[str, Cell]:
        base = vae(scene, seed, scene.icons)
        leaves = vae(scene, seed, scene.images(_LEAVES), latents=LATENTS)
        return {
            "vae": base,
            "strong": adversarial(scene, base, pixel_weight=2.0),
            "middling": adversarial(scene, base),
            "weak": adversarial(scene, base, pixel_weight=0.2),
            "flow": flow(scene, base),
            "leaves": leaves,
            "crisp leaves": adversarial(scene, leaves),
            **{name: translator(scene, seed, _FILL, *weights) for name, weights in _LOSSES.items()},
            **{f"control {name}": translator(scene, seed, _CONTROL, *_LOSSES[name]) for name in _BACK},
        }

    def judge(self, seeds: Sequence[dict[str, Found]]) -> Evidence:
        def y(name: str) -> list[Rows]:
            return finest(seeds, name, "sample/detail_ratio")

        def detail(first: str, second: str) -> list[Rows]:
            return difference(*(finest(seeds, name, "translated/detail_ratio") for name in (first, second)))

        def read(first: str, second: str) -> list[Rows]:
            return difference(*(of(seeds, name, "ink_iou") for name in (first, second)))

        least = of(seeds, "vae", "sample/mse")
        prices = {name: ratio(of(seeds, name, "sample/mse"), least) for name in _WORDS}
        q = {name: finest(seeds, name, "sample/coherence") for name in ("vae", "middling")}
        return Evidence(
            effects={
                "crisp": difference(y("middling"), y("vae")),
                "crisp_leaves": difference(y("crisp leaves"), y("leaves")),
                **{f"price_{name}": price for name, price in prices.items() if name != "vae"},
                "right": difference(q["middling"], q["vae"]),
                "pairs": detail("L1 + cGAN", "L1"),
                "pairs_read": read("L1 + cGAN", "L1"),
                "pairs_seen": read("cGAN", "GAN"),
                "pairs_both": read("L1 + cGAN", "cGAN"),
                "control": detail("control cGAN", "control L1"),
                "control_read": read("control L1", "control cGAN"),
            },
            chart=Chart(
                title="What crispness costs on one frozen code",
                x=Axis(title="detail ratio, finest octave", low=0.0, high=1.4),
                y=Axis(title="squared error over the least one", low=0.8, high=2.4),
                series=tuple(
                    Series(name=words, dots=(dot(float(_mean(y(name))), prices[name]),), drawn="marks")
                    for name, words in _WORDS.items()
                ),
                guides=(
                    Guide(words="a perfect draw: 2", start=(0.0, 2.0), end=(1.4, 2.0)),
                    Guide(words="the average: 1", start=(0.0, 1.0), end=(1.4, 1.0)),
                ),
            ),
            pictures={
                "originals": seeds[0]["vae"].pictures["real"],
                **{words: seeds[0][name].pictures["sample"] for name, words in _WORDS.items()},
                "outlines": seeds[0]["L1"].pictures["input"],
                "filled": seeds[0]["L1"].pictures["target"],
                **{f"outline to filled, {name}": seeds[0][name].pictures["translated"] for name in _LOSSES},
                **{f"filled to outline, {name}": seeds[0][f"control {name}"].pictures["translated"] for name in _BACK},
            },
            detail={words: detail_of(seeds, name, "sample") for name, words in _WORDS.items()},
        )


def _mean(per_seed: Sequence[Rows]) -> float:
    return sum(float(rows[0]) for rows in per_seed) / len(per_seed)


CLAIM = S8()
