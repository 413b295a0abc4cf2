"""S1: a small latent blurs, a larger one gives high quality.

What is claimed:
    The size of the latent decides: a small vector blurs, a larger (spatial) one reconstructs well (Spatial-Z-VAE).
How it is tested:
    VAEs of 4, 16 and 64 numbers; 96 bits laid out as 16, 32 and 48 numbers (FSQ of 64, 8 and 4 levels at 16 places)
    and 192 bits beside them; the code of 4 numbers frozen and its decoder trained on under an adversarial loss. On a
    Gaussian field no code may beat the distortion that its rate allows.
Prediction:
    Partly. More rate follows more detail; more numbers at the same rate do not; and a small code need not look
    blurred.
Confounders:
    Nets of one size: the larger code has a slightly larger first layer. Nominal bits, not entropies, are held equal.

References:
    S1, T3, T10, O3.
"""

from __future__ import annotations

from collections.abc import Sequence

from acutance.claims._bench import FIELD, adversarial, codes, vae
from acutance.claims._cell import Cell, Found, Rows
from acutance.claims._chart import Axis, Chart, Guide, Series
from acutance.claims._claim import Claim, Evidence, Part
from acutance.claims._rows import detail_of, difference, dot, finest, of, ratio
from acutance.claims._scene import Scene
from acutance.claims._statistics import Bound

__all__ = ["CLAIM", "S1"]

_SIZES = (4, 16, 64)
_LEVELS = {"16 x 64 levels": (64,), "32 x 8": (8, 8), "48 x 4": (4, 4, 4)}
_TWICE = (8, 8, 8, 8)


class S1(Claim):
    """Size of the code against its rate, and against the decoder's loss."""

    says = "A small latent blurs; a larger one gives a high reconstruction quality."
    prediction = (
        "Right as far as rate goes, and the gain is logarithmic. Numbers as such do nothing: at equal bits they "
        "change little. And a small code looks crisp as soon as its decoder is trained by another loss."
    )
    parts = (
        Part(name="rate", statement="64 numbers in place of 4 raise the coherence of the finest octave by .1",
             bound=Bound(low=0.1), unit="coherence", expected="holds"),
        Part(name="dimension", statement="At equal bits, 48 numbers in place of 16 raise it by .05",
             bound=Bound(low=0.05), unit="coherence", expected="fails"),
        Part(name="whatever_loss",
             statement="4 numbers look blurred whatever the loss: adversarial detail ratio below .7",
             bound=Bound(high=0.7), unit="detail ratio", expected="fails"),
        Part(name="bound", statement="No VAE beats the least squared error that its rate allows on a Gaussian field",
             bound=Bound(low=1.0), unit="mse / least", expected="holds", role="exact", data=FIELD),
        Part(name="bits", statement="Twice the bits raise the coherence of the finest octave",
             bound=Bound(low=0.0), unit="coherence", expected="holds", role="beside"),
        Part(name="quality", statement="64 numbers and squared error give a detail ratio of .9 in the finest octave",
             bound=Bound(low=0.9), unit="detail ratio", expected="open", role="beside"),
    )  # fmt: skip

    def cells(self, scene: Scene, seed: int) -> dict[str, Cell]:
        vaes = {f"vae {size}": vae(scene, seed, scene.icons, latents=size) for size in _SIZES}
        return {
            **vaes,
            **{name: codes(scene, seed, scene.icons, levels=levels) for name, levels in _LEVELS.items()},
            "twice": codes(scene, seed, scene.icons, levels=_TWICE),
            "crisp 4": adversarial(scene, vaes["vae 4"]),
            "field": vae(scene, seed, scene.images(FIELD)),
        }

    def judge(self, seeds: Sequence[dict[str, Found]]) -> Evidence:
        def q(name: str) -> list[Rows]:
            return finest(seeds, name, "sample/coherence")

        return Evidence(
            effects={
                "rate": difference(q("vae 64"), q("vae 4")),
                "dimension": difference(q("48 x 4"), q("16 x 64 levels")),
                "whatever_loss": finest(seeds, "crisp 4", "sample/detail_ratio"),
                "bound": ratio(of(seeds, "field", "sample/mse"), of(seeds, "field", "least_mse")),
                "bits": difference(q("twice"), q("32 x 8")),
                "quality": finest(seeds, "vae 64", "sample/detail_ratio"),
            },
            chart=_chart(seeds),
            pictures={
                "originals": seeds[0]["vae 4"].pictures["real"],
                **{f"VAE, {size} numbers": seeds[0][f"vae {size}"].pictures["sample"] for size in _SIZES},
                "4 numbers, adversarial": seeds[0]["crisp 4"].pictures["sample"],
            },
            detail={
                **{f"VAE, {size} numbers": detail_of(seeds, f"vae {size}", "sample") for size in _SIZES},
                "4 numbers, adversarial": detail_of(seeds, "crisp 4", "sample"),
            },
        )


def _chart(seeds: Sequence[dict[str, Found]]) -> Chart:
    """Coherence of the finest octave, by layout of the code."""
    names = (*(f"vae {size}" for size in _SIZES), *_LEVELS, "twice")
    words = ("4", "16", "64", "16x64", "32x8", "48x4", "64x8")
    dots = [dot(float(k), finest(seeds, name, "sample/coherence")) for k, name in enumerate(names)]
    return Chart(
        title="Right detail in the finest octave: VAEs by their numbers, codes by numbers x levels (96 bits, and 192)",
        x=Axis(title="size of the code", low=-0.5, high=len(names) - 0.5, names=tuple(enumerate(words))),
        y=Axis(title="coherence, finest octave", low=0.0, high=1.0),
        series=(
            Series(name="VAE", dots=tuple(dots[:3])),
            Series(name="codes of 96 bits", dots=tuple(dots[3:6])),
            Series(name="codes of 192 bits", dots=tuple(dots[6:]), drawn="marks"),
        ),
        guides=(Guide(words="", start=(2.5, 0.0), end=(2.5, 1.0)),),
    )


CLAIM = S1()
