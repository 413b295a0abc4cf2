"""S9: noise at the encoder makes the latent space interpolable and adds blur.

What is claimed:
    The noise that a VAE adds to its code makes posteriors of different images overlap; the decoder answers the
    overlap with an average (blur), and what lies between two codes is meaningful.
How it is tested:
    VAEs of 16 numbers whose decoder noise is fixed at .05 to .4 (T9: it sets how noisy the code is), their rates
    against log N, the share of draws of a posterior that another training image's posterior makes likelier, and the
    images half-way between two codes, each held-out image with four others, against an autoencoder's. A linear VAE on
    Gaussian fields against its closed form.
Prediction:
    Partly. The rate part is right: more noise, less detail. But posteriors of training images do not overlap where
    the rate is far above log N. Interpolation is open.
Confounders:
    The distance of half-way images from real ones also holds their blur; that of the reconstructions is taken off.

References:
    S9, T8, T9, T10, O2. Higgins et al. 2017; Rybkin et al. 2021.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from acutance.claims._bench import autoencoder, vae
from acutance.claims._cell import Cell, Found, Rows
from acutance.claims._cells.latent_space import LatentSpace
from acutance.claims._cells.linear_vae import LinearVae
from acutance.claims._chart import Axis, Chart, Guide, Series
from acutance.claims._claim import Claim, Evidence, Part
from acutance.claims._rows import difference, dot, finest, of
from acutance.claims._scene import Scene
from acutance.claims._statistics import Bound

__all__ = ["CLAIM", "S9"]

_SIGMAS = (0.05, 0.1, 0.2, 0.4)
_LINEAR = 0.5
_STEPS = 4000
_TWO_PER_CENT = Bound(0.98, 1.02)
_FIELD = "synthetic:gaussian-field"


class S9(Claim):
    """Noise in the code: blur, overlap, what lies between."""

    says = "Noise at the encoder makes the latent space interpolable and adds blur."
    prediction = (
        "The rate part is right: noise costs rate, and lost rate is blur. But training images' posteriors do not "
        "overlap while the rate is far above log N. Whether half-way images look more real is open."
    )
    parts = (
        Part(name="blurs",
             statement="Decoder noise of .4 in place of .05 takes .1 of detail ratio from the finest octave",
             bound=Bound(low=0.1), unit="detail ratio", expected="holds"),
        Part(name="overlap", statement="Posteriors of training images overlap: 1 % of draws fall to another image",
             bound=Bound(low=0.01), unit="share of draws", expected="fails"),
        Part(name="between", statement="Half-way images of a VAE are nearer to real ones than an autoencoder's",
             bound=Bound(high=0.0), unit="kernel distance added half-way", expected="open"),
        Part(name="linear_sample", statement="Linear VAE, sampled latents: squared error over the closed form is 1",
             bound=_TWO_PER_CENT, unit="ratio", expected="holds", role="exact", data=_FIELD),
        Part(name="linear_mean", statement="Linear VAE, mean latents: squared error over the closed form is 1",
             bound=_TWO_PER_CENT, unit="ratio", expected="holds", role="exact", data=_FIELD),
        Part(name="linear_rate", statement="Linear VAE: rate over the closed form is 1", bound=_TWO_PER_CENT,
             unit="ratio", expected="holds", role="exact", data=_FIELD),
    )  # fmt: skip

    def cells(self, scene: Scene, seed: int) -> dict[str, Cell]:
        plain, calibrated = autoencoder(scene, seed, scene.icons), vae(scene, seed, scene.icons)
        return {
            **{f"sigma {sigma}": vae(scene, seed, scene.icons, sigma=sigma) for sigma in _SIGMAS},
            "calibrated": calibrated,
            "space": LatentSpace(seed=seed, of=calibrated),
            "plain space": LatentSpace(seed=seed, of=plain),
            "linear": LinearVae(seed=seed, sigma=_LINEAR, steps=scene.fewer(_STEPS, least=20)),
        }

    def judge(self, seeds: Sequence[dict[str, Found]]) -> Evidence:
        y = {sigma: finest(seeds, f"sigma {sigma}", "sample/detail_ratio") for sigma in _SIGMAS}
        added = {
            name: difference(of(seeds, name, "middle_distance"), of(seeds, name, "end_distance"))
            for name in ("space", "plain space")
        }
        return Evidence(
            effects={
                "blurs": difference(y[_SIGMAS[0]], y[_SIGMAS[-1]]),
                "overlap": of(seeds, "space", "overlap"),
                "between": difference(added["space"], added["plain space"]),
                **{f"linear_{stage}": of(seeds, "linear", stage) for stage in ("sample", "mean", "rate")},
            },
            chart=_chart(seeds, y),
            pictures={
                "originals": seeds[0]["calibrated"].pictures["real"],
                **{f"VAE, sigma {s}": seeds[0][f"sigma {s}"].pictures["sample"] for s in (_SIGMAS[0], _SIGMAS[-1])},
                "half-way, VAE": seeds[0]["space"].pictures["half-way"],
                "half-way, autoencoder": seeds[0]["plain space"].pictures["half-way"],
            },
        )


def _chart(seeds: Sequence[dict[str, Found]], y: dict[float, list[Rows]]) -> Chart:
    """Detail against rate, and the rate that would tell N training images apart."""
    rates = {sigma: float(np.mean([rows[0] for rows in of(seeds, f"sigma {sigma}", "rate_nats")])) for sigma in y}
    q = {sigma: finest(seeds, f"sigma {sigma}", "sample/coherence") for sigma in y}
    log_n = float(of(seeds, "space", "log_n")[0][0])
    top = max(10.0, float(np.ceil(max(rates.values()) / 10)) * 10)
    return Chart(
        title="Less noise, more rate, more detail: decoder noise .4, .2, .1, .05 from left to right. "
        "log N nats name one of N training images",
        x=Axis(title="rate in nats an image", low=0.0, high=top),
        y=Axis(title="finest octave", low=0.0, high=1.0),
        series=(
            Series(name="detail ratio", dots=tuple(dot(rates[s], y[s]) for s in reversed(_SIGMAS))),
            Series(name="coherence", dots=tuple(dot(rates[s], q[s]) for s in reversed(_SIGMAS))),
        ),
        guides=(Guide(words="log N", start=(log_n, 0.0), end=(log_n, 0.85)),),
    )


CLAIM = S9()
