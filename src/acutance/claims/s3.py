"""S3: a VAE states an explicit density, a GAN an implicit one.

What is claimed:
    The VAE blurs because it maximises an explicit Gaussian likelihood; the GAN does not, its density being implicit.
How it is tested:
    One frozen code, decoders of three kinds: the Gaussian likelihood it was trained with, an explicit density of
    another form (flow matching), an implicit one (adversarial). And the Gaussian's own draws, with its noise, are
    measured too.
Prediction:
    Refuted. Flow matching is as explicit as a Gaussian and is crisp; and the Gaussian's own draws do not lack detail
    but have too much of it, as white noise: what is blurred is the mean that is shown.
Confounders:
    The flow has a network of its own beside the decoder. Noise is detail only in power, not in kind; where pixels rest
    at black or white, half of it is clamped away.

References:
    S3, S4, T7, T12. Lipman et al. 2023.
"""

from __future__ import annotations

from collections.abc import Sequence

from acutance.claims._bench import FIELD, adversarial, flow, vae
from acutance.claims._cell import Cell, Found
from acutance.claims._cells.noisy import Noisy
from acutance.claims._chart import Axis, Chart, Guide, Series
from acutance.claims._claim import Claim, Evidence, Part
from acutance.claims._rows import detail_of, dot, finest
from acutance.claims._scene import Scene
from acutance.claims._statistics import Bound

__all__ = ["CLAIM", "S3"]

_BLURRED = Bound(high=0.7)
_UNIT = "detail ratio, finest octave"
_WORDS = {
    "vae": "Gaussian, mean shown",
    "noisy": "Gaussian, drawn with noise",
    "flow": "flow matching",
    "crisp": "adversarial",
}


class S3(Claim):
    """Explicit and implicit densities on one code."""

    says = "The VAE blurs because its density is explicit (Gaussian); a GAN's is implicit."
    prediction = (
        "Not the cause. Flow matching states an explicit density and is crisp. The Gaussian's own draws have more "
        "detail than real images, as noise; the mean that is shown in their place is what is blurred."
    )
    parts = (
        Part(name="explicit", statement="An explicit density blurs: the flow's draws have a detail ratio below .7",
             bound=_BLURRED, unit=_UNIT, expected="fails"),
        Part(name="own_draws", statement="The Gaussian's own draws, noise included, have a detail ratio below .7",
             bound=_BLURRED, unit=_UNIT, expected="fails"),
        Part(name="shown", statement="The Gaussian's mean, which is shown, has a detail ratio below .7",
             bound=_BLURRED, unit=_UNIT, expected="holds", role="beside"),
        Part(name="field", statement="On a Gaussian field, where the Gaussian is the true density, its draws have the "
             "detail of real ones within a quarter", bound=Bound(0.75, 1.25), unit=_UNIT, expected="holds",
             role="exact", data=FIELD),
    )  # fmt: skip

    def cells(self, scene: Scene, seed: int) -> dict[str, Cell]:
        base = vae(scene, seed, scene.icons)
        return {
            "vae": base,
            "noisy": Noisy(seed=seed, of=base),
            "flow": flow(scene, base),
            "crisp": adversarial(scene, base),
            "field": Noisy(seed=seed, of=vae(scene, seed, scene.images(FIELD), latents=64)),
        }

    def judge(self, seeds: Sequence[dict[str, Found]]) -> Evidence:
        y = {name: finest(seeds, name, "sample/detail_ratio") for name in (*_WORDS, "field")}
        return Evidence(
            effects={"explicit": y["flow"], "own_draws": y["noisy"], "shown": y["vae"], "field": y["field"]},
            chart=Chart(
                title="Detail in the finest octave by how the density is stated, one frozen code",
                x=Axis(title="", low=-0.5, high=3.5, names=tuple(enumerate(("mean", "with noise", "flow", "critic")))),
                y=Axis(title="detail ratio", low=0.0, high=2.0),
                series=tuple(
                    Series(name=words, dots=(dot(float(k), y[name]),), drawn="marks")
                    for k, (name, words) in enumerate(_WORDS.items())
                ),
                guides=(Guide(words="real images", start=(-0.5, 1.0), end=(3.5, 1.0)),),
            ),
            pictures={
                "originals": seeds[0]["vae"].pictures["real"],
                **{words: seeds[0][name].pictures["sample"] for name, words in _WORDS.items()},
            },
            detail={words: detail_of(seeds, name, "sample") for name, words in _WORDS.items()},
        )


CLAIM = S3()
