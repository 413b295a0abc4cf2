"""S8: adversarial losses do not tolerate blur.

What is claimed:
    A critic learns that blurred outputs are fake, so an adversarial loss gives none (Isola et al. 2017, section 4.2).
How it is tested:
    The code of a VAE is frozen and only the loss of its decoder is swapped: squared error (as it was trained), an
    adversarial loss with a strong, a middling and a weak pull to the image, and flow matching. Squared errors are set
    against the first one's, the least one D*. On icons and on dead leaves.
Prediction:
    Supported, at a price: mse / D* lies between 1 and 2 (T6), and the detail that is added is invented (coherence
    does not rise).
Confounders:
    D* is that of the trained decoder; a better one would have a lower one. The others were trained on for as long
    again.

References:
    S8, T3, T6. Isola et al. 2017; Blau and Michaeli 2018; Freirich et al. 2021.
"""

from __future__ import annotations

from collections.abc import Sequence

from acutance.claims._bench import LATENTS, adversarial, flow, vae
from acutance.claims._cell import Cell, Found, Rows
from acutance.claims._chart import Axis, Chart, Guide, Series
from acutance.claims._claim import Claim, Evidence, Part
from acutance.claims._rows import detail_of, difference, dot, finest, of, ratio
from acutance.claims._scene import Scene
from acutance.claims._statistics import Bound

__all__ = ["CLAIM", "S8"]

_LEAVES = "synthetic:dead-leaves?n=6000"
_PRICE = Bound(1.0, 2.05)
_WORDS = {
    "vae": "squared error",
    "strong": "adversarial, strong pull",
    "middling": "adversarial, middling pull",
    "weak": "adversarial, weak pull",
    "flow": "flow matching",
}


class S8(Claim):
    """One frozen code, five decoders."""

    says = "Adversarial losses do not tolerate blurred outputs."
    prediction = (
        "Right. On a frozen code an adversarial decoder shows much more detail in the finest octave. The price is a "
        "squared error between 1 and 2 times the least one, and the detail that is added is not right."
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
        }

    def judge(self, seeds: Sequence[dict[str, Found]]) -> Evidence:
        def y(name: str) -> list[Rows]:
            return finest(seeds, name, "sample/detail_ratio")

        least = of(seeds, "vae", "sample/mse")
        prices = {name: ratio(of(seeds, name, "sample/mse"), least) for name in _WORDS}
        q = {name: finest(seeds, name, "sample/coherence") for name in ("vae", "middling")}
        return Evidence(
            effects={
                "crisp": difference(y("middling"), y("vae")),
                "crisp_leaves": difference(y("crisp leaves"), y("leaves")),
                **{f"price_{name}": price for name, price in prices.items() if name != "vae"},
                "right": difference(q["middling"], q["vae"]),
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
            },
            detail={words: detail_of(seeds, name, "sample") for name, words in _WORDS.items()},
        )


def _mean(per_seed: Sequence[Rows]) -> float:
    return sum(float(rows[0]) for rows in per_seed) / len(per_seed)


CLAIM = S8()
