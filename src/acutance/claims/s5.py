"""S5: deterministic nets tend to a Dirac delta, so GANs are sharper.

What is claimed:
    A deterministic net puts all its mass on one output, and that is why a GAN is sharper than a VAE, which is noisy.
How it is tested:
    Noise in the code (VAE) or none (autoencoder), noise in the decoder (flow matching) or none, squared error or an
    adversarial loss, with the same decoder and 16 numbers. Noise use is exact on jittered edges.
Prediction:
    Refuted. Deterministic with squared error is blurred; noise with an adversarial loss or a flow is crisp. What
    noise decides is diversity (T11): noise use 0 for L2 and 1 for a decoder that draws.
Confounders:
    An autoencoder holds more than a VAE of as many numbers, as nothing limits its rate.

References:
    S5, T11, T12, O1.
"""

from __future__ import annotations

from collections.abc import Sequence

from acutance.claims._bench import adversarial, autoencoder, edge, flow, vae
from acutance.claims._cell import Cell, Found
from acutance.claims._chart import Axis, Chart, Guide, Series
from acutance.claims._claim import Claim, Evidence, Part
from acutance.claims._rows import detail_of, dot, finest, of
from acutance.claims._scene import Scene
from acutance.claims._statistics import Bound

__all__ = ["CLAIM", "S5"]

_UNIT = "detail ratio, finest octave"
_WORDS = {
    "autoencoder": "no noise, squared error",
    "vae": "noisy code, squared error",
    "crisp autoencoder": "no noise, adversarial",
    "crisp vae": "noisy code, adversarial",
    "flow": "noisy code and decoder, flow",
}


class S5(Claim):
    """Noise in the code, in the decoder, and the loss."""

    says = "Deterministic nets tend to a Dirac delta; that is why GANs are sharper."
    prediction = (
        "Confounded. Squared error blurs without any noise, and a noisy code or decoder is crisp under another "
        "loss. Noise decides how diverse the outputs are, not how sharp."
    )
    parts = (
        Part(name="deterministic", statement="Without noise, squared error gives a detail ratio of .9",
             bound=Bound(low=0.9), unit=_UNIT, expected="fails"),
        Part(name="noisy_code", statement="A noisy code blurs whatever the loss: adversarial detail ratio below .7",
             bound=Bound(high=0.7), unit=_UNIT, expected="fails"),
        Part(name="noisy_decoder", statement="A noisy decoder blurs: the flow's detail ratio is below .7",
             bound=Bound(high=0.7), unit=_UNIT, expected="fails"),
        Part(name="use_l2", statement="Noise use of the L2 decoder on jittered edges is 0", bound=Bound(-0.01, 0.01),
             unit="rho", expected="holds", role="exact", data="synthetic:edges"),
        Part(name="use_draws", statement="Noise use of a decoder that draws is 1, within a fifth (trained briefly)",
             bound=Bound(0.8, 1.2), unit="rho", expected="holds", role="exact", data="synthetic:edges"),
    )  # fmt: skip

    def cells(self, scene: Scene, seed: int) -> dict[str, Cell]:
        plain, noisy = autoencoder(scene, seed, scene.icons), vae(scene, seed, scene.icons)
        return {
            "autoencoder": plain,
            "vae": noisy,
            "crisp autoencoder": adversarial(scene, plain),
            "crisp vae": adversarial(scene, noisy),
            "flow": flow(scene, noisy),
            "l2": edge(scene, seed, "l2"),
            "energy": edge(scene, seed, "energy"),
        }

    def judge(self, seeds: Sequence[dict[str, Found]]) -> Evidence:
        y = {name: finest(seeds, name, "sample/detail_ratio") for name in _WORDS}
        names = tuple(enumerate(("none", "code", "none", "code", "both")))
        return Evidence(
            effects={
                "deterministic": y["autoencoder"],
                "noisy_code": y["crisp vae"],
                "noisy_decoder": y["flow"],
                "use_l2": of(seeds, "l2", "noise_use"),
                "use_draws": of(seeds, "energy", "noise_use"),
            },
            chart=Chart(
                title="Detail in the finest octave: the loss decides, not the noise",
                x=Axis(title="where there is noise", low=-0.5, high=4.5, names=names),
                y=Axis(title="detail ratio", low=0.0, high=1.4),
                series=tuple(
                    Series(name=words, dots=(dot(float(k), y[name]),), drawn="marks")
                    for k, (name, words) in enumerate(_WORDS.items())
                ),
                guides=(Guide(words="real images", start=(-0.5, 1.0), end=(4.5, 1.0)),),
            ),
            pictures={
                "originals": seeds[0]["vae"].pictures["real"],
                **{words: seeds[0][name].pictures["sample"] for name, words in _WORDS.items()},
            },
            detail={words: detail_of(seeds, name, "sample") for name, words in _WORDS.items()},
        )


CLAIM = S5()
