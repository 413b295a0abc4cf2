"""S10: quantisation and a limited codebook are a many-to-one noise.

What is claimed:
    A VQ-VAE blurs because many images fall to the same entries of a limited codebook.
How it is tested:
    Codebooks of 8, 64 and 512 entries at the same 16 tokens; the code of 8 entries frozen and its decoder trained on
    under an adversarial loss, at equal bits by construction. On a Gaussian field, against what the bits allow.
Prediction:
    Partly. Right as rate: more entries, more right detail. But at the fewest bits an adversarial decoder is crisp.
Confounders:
    Nominal bits; used ones are fewer.

References:
    S10, T10, O3. van den Oord et al. 2017; Esser et al. 2021.
"""

from __future__ import annotations

from collections.abc import Sequence

from acutance.claims._bench import FIELD, adversarial, codebook
from acutance.claims._cell import Cell, Found, Rows
from acutance.claims._chart import Axis, Chart, Dot, Guide, Series
from acutance.claims._claim import Claim, Evidence, Part
from acutance.claims._rows import detail_of, difference, dot, finest, of, ratio
from acutance.claims._scene import Scene
from acutance.claims._statistics import Bound

__all__ = ["CLAIM", "S10"]

_ENTRIES = (8, 64, 512)
_BITS = (48.0, 96.0, 144.0)


class S10(Claim):
    """Codebooks of three sizes, and a critic behind the smallest."""

    says = "Quantisation and a limited codebook are a many-to-one noise, which blurs a VQ-VAE."
    prediction = (
        "Right as rate: more entries at the same tokens follow more detail. But the same few bits give a crisp "
        "picture when the decoder is trained by a critic."
    )
    parts = (
        Part(name="limited", statement="512 entries in place of 8 raise the coherence of the finest octave by .05",
             bound=Bound(low=0.05), unit="coherence", expected="holds"),
        Part(name="whatever_loss",
             statement="8 entries look blurred whatever the loss: adversarial detail ratio below .7",
             bound=Bound(high=0.7), unit="detail ratio", expected="fails"),
        Part(name="bound", statement="No code beats the least squared error that its bits allow on a Gaussian field",
             bound=Bound(low=1.0), unit="mse / least", expected="holds", role="exact", data=FIELD),
        Part(name="fewer_bits", statement="8 entries with a critic show more detail than 512 with squared error",
             bound=Bound(low=0.0), unit="detail ratio", expected="holds", role="beside"),
    )  # fmt: skip

    def cells(self, scene: Scene, seed: int) -> dict[str, Cell]:
        books = {f"{entries}": codebook(scene, seed, scene.icons, entries=entries) for entries in _ENTRIES}
        return {
            **books,
            "crisp": adversarial(scene, books["8"]),
            "field": codebook(scene, seed, scene.images(FIELD), entries=64),
        }

    def judge(self, seeds: Sequence[dict[str, Found]]) -> Evidence:
        q = {entries: finest(seeds, f"{entries}", "sample/coherence") for entries in _ENTRIES}
        y = {entries: finest(seeds, f"{entries}", "sample/detail_ratio") for entries in _ENTRIES}
        crisp = finest(seeds, "crisp", "sample/detail_ratio")
        return Evidence(
            effects={
                "limited": difference(q[512], q[8]),
                "whatever_loss": crisp,
                "bound": ratio(of(seeds, "field", "sample/mse"), of(seeds, "field", "least_mse")),
                "fewer_bits": difference(crisp, y[512]),
            },
            chart=Chart(
                title="Detail in the finest octave by the bits of the code",
                x=Axis(title="bits an image", low=24.0, high=168.0, names=tuple((b, f"{b:g}") for b in _BITS)),
                y=Axis(title="finest octave", low=0.0, high=1.4),
                series=(
                    Series(name="detail ratio, squared error", dots=_dots(y)),
                    Series(name="detail ratio, adversarial", dots=(dot(_BITS[0], crisp),), drawn="marks"),
                    Series(name="coherence, squared error", dots=_dots(q)),
                ),
                guides=(Guide(words="real images", start=(24.0, 1.0), end=(168.0, 1.0)),),
            ),
            pictures={
                "originals": seeds[0]["8"].pictures["real"],
                **{f"{entries} entries": seeds[0][f"{entries}"].pictures["mean"] for entries in _ENTRIES},
                "8 entries, adversarial": seeds[0]["crisp"].pictures["mean"],
            },
            detail={
                **{f"{entries} entries": detail_of(seeds, f"{entries}", "mean") for entries in _ENTRIES},
                "8 entries, adversarial": detail_of(seeds, "crisp", "mean"),
            },
        )


def _dots(by_entries: dict[int, list[Rows]]) -> tuple[Dot, ...]:
    return tuple(dot(bits, by_entries[entries]) for bits, entries in zip(_BITS, _ENTRIES, strict=True))


CLAIM = S10()
