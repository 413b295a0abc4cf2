"""S6: independent pixels given the code spread the mass diffusely.

What is claimed:
    A decoder whose pixels are independent given the code puts its mass diffusely, which blurs (Dumoulin et al. 2017).
How it is tested:
    A VAE's frozen code, its decoder trained on under four likelihoods: independent Gaussians, a coloured Gaussian, a
    mixture for each pixel, the same mixture given the pixels before it (one autoregressive layer). Nats of held-out
    images, and what each decoder shows, are compared in pairs that differ in the dependence of pixels alone. On fields
    of known power the coloured Gaussian's gain is compared with T7.
Prediction:
    Partly. Independence costs likelihood, exactly as much as T7 says; but the conditional mean, which is what one
    sees, is the same under every Gaussian, so lifting independence does not un-blur.
Confounders:
    Training on gains a little by itself: all four are trained on for as long.

References:
    S6, T7, O6. Szego 1915; Kolmogorov 1941; Dumoulin et al. 2017.
"""

from __future__ import annotations

from collections.abc import Sequence

from acutance.claims._bench import FIELD, refit, vae
from acutance.claims._cell import Cell, Found, Rows
from acutance.claims._cells.field_residual import FieldResidual
from acutance.claims._chart import Axis, Chart, Dot, Guide, Series
from acutance.claims._claim import Claim, Evidence, Part
from acutance.claims._rows import difference, dot, finest, of, ratio
from acutance.claims._scene import Scene
from acutance.claims._statistics import Bound

__all__ = ["CLAIM", "S6"]

_WITHIN = Bound(0.95, 1.05)
_EXPONENTS = (1.0, 2.0)


class S6(Claim):
    """What independence costs, and what lifting it shows."""

    says = "Pixels that are independent given the code spread the mass diffusely, which blurs."
    prediction = (
        "Right about likelihood: a coloured residual gains what T7 says to the per cent. Not about blur: the mean "
        "that is shown stays what it was; independence shows as white noise in a drawn sample."
    )
    parts = (
        Part(name="likelihood",
             statement="A coloured residual gains more than .02 nats a dimension over independent pixels",
             bound=Bound(low=0.02), unit="nats/dimension", expected="holds"),
        Part(name="unblurs", statement="A decoder trained with it shows .05 more detail than with a white one",
             bound=Bound(low=0.05), unit="detail ratio, finest octave", expected="fails"),
        Part(name="flat", statement="Power f^-1: gain over what T7 says is 1", bound=_WITHIN, unit="found / T7",
             expected="holds", role="exact", data=FIELD),
        Part(name="steep", statement="Power f^-2: gain over what T7 says is 1", bound=_WITHIN, unit="found / T7",
             expected="holds", role="exact", data=FIELD),
        Part(name="autoregressive",
             statement="One autoregressive layer gains more than .02 nats a dimension over the same mixture without it",
             bound=Bound(low=0.02), unit="nats/dimension", expected="holds", role="beside"),
    )  # fmt: skip

    def cells(self, scene: Scene, seed: int) -> dict[str, Cell]:
        base = vae(scene, seed, scene.icons)
        return {
            "white": refit(scene, base, "gaussian"),
            "coloured": refit(scene, base, "coloured"),
            "mixture": refit(scene, base, "logistic_mixture"),
            "autoregressive": refit(scene, base, "autoregressive"),
            **{f"field {exponent:g}": FieldResidual(seed=seed, exponent=exponent) for exponent in _EXPONENTS},
        }

    def judge(self, seeds: Sequence[dict[str, Found]]) -> Evidence:
        shown = {name: finest(seeds, name, "sample/detail_ratio") for name in ("white", "coloured")}
        fields = [f"field {exponent:g}" for exponent in _EXPONENTS]
        nats = {name: of(seeds, name, "nats_per_dim") for name in ("white", "coloured", "mixture", "autoregressive")}
        likelihood, layer = (
            difference(nats[a], nats[b]) for a, b in (("white", "coloured"), ("mixture", "autoregressive"))
        )
        gained, exact = ({name: of(seeds, name, row) for name in fields} for row in ("gained", "exact"))
        predicted = of(seeds, "white", "sample/independence_nats_per_dim")
        return Evidence(
            effects={
                "likelihood": likelihood,
                "unblurs": difference(shown["coloured"], shown["white"]),
                "flat": ratio(gained[fields[0]], exact[fields[0]]),
                "steep": ratio(gained[fields[1]], exact[fields[1]]),
                "autoregressive": layer,
            },
            chart=Chart(
                title="Likelihood that dependence is worth, against what T7 says",
                x=Axis(title="T7, nats/dimension", low=0.0, high=0.6),
                y=Axis(title="gained on other images, nats/dimension", low=0.0, high=0.6),
                series=(
                    _against("fields of known power", [(exact[name], gained[name]) for name in fields]),
                    _against("real images, coloured residual", [(predicted, likelihood)]),
                    _against("real images, one autoregressive layer", [(predicted, layer)]),
                ),
                guides=(Guide(words="as predicted", start=(0.0, 0.0), end=(0.6, 0.6)),),
            ),
            pictures={
                "decoder, white residual": seeds[0]["white"].pictures["sample"],
                "decoder, coloured residual": seeds[0]["coloured"].pictures["sample"],
            },
        )


def _against(name: str, pairs: Sequence[tuple[list[Rows], list[Rows]]]) -> Series:
    """Gains against predictions, each a mean over seeds."""
    dots: list[Dot] = [dot(sum(float(rows[0]) for rows in x) / len(x), y) for x, y in pairs]
    return Series(name=name, dots=tuple(dots), drawn="marks")


CLAIM = S6()
