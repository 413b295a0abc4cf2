"""The encoder adds more noise than the decoder was trained for.

What it is:
    A posterior that was widened after the training, by a wrong scale, a temperature, or another prior's noise.
Why it blurs:
    Noise at test time does not blur a fixed decoder's spectrum, it decorrelates (T8): the output has power that does
    not belong to the image. Noise that the decoder was trained for is not this cause but the rate.
How it is tested:
    decode(draw) against decode(draw at the width that the decoder was trained for): the width at which its averaging
    slope is 1 (T1, T4), or at which its sigma balances noise and KL (T8, T9), the larger of the two. Beside it the
    average of several draws, which tells how much of the detail shown is the noise's own (T11).
Confounders:
    A decoder that invents has a slope below 1 at every width; its own slope without noise is then what is asked for.

References:
    T1, T4, T8, T9, T11.
"""

from __future__ import annotations

from acutance.diagnose._bench import Bench
from acutance.diagnose._cause import Advice, Contrast, Controls, LocationCause
from acutance.diagnose._diagnosis import Evidence
from acutance.diagnose._linear_subject import control, level_of
from acutance.diagnose._stages import as_used, trained, whole
from acutance.diagnose.interventions.average_of_draws import DRAWS

__all__ = ["CAUSE", "EncoderNoise"]


class EncoderNoise(LocationCause):
    """Noise that the decoder was not trained for."""

    cure = "decode the mean, or draw at the width of the training"

    def applies(self, bench: Bench) -> bool:
        return bench.stochastic

    def contrast(self, bench: Bench) -> Contrast:
        used, base = as_used(bench), trained(bench)
        scale, on, off = (base.numbers[name] for name in ("scale", "slope_on", "slope_off"))
        words = (
            f"The averaging slope is {on:.2f} on draws and {off:.2f} on means: the decoder fits noise of {scale:.2f} "
            "times the width that the encoder has."
        )
        evidence = Evidence(name="trained_noise", words=words, numbers=base.numbers)
        return Contrast(
            claim=used.octaves.lost - base.octaves.lost,
            whole=whole(bench, "all"),
            before=used.octaves,
            after=base.octaves,
            evidence=(evidence, self._averaged(bench)) if bench.searched else (evidence,),
        )

    def _averaged(self, bench: Bench) -> Evidence:
        one, several = as_used(bench, "some").octaves, bench.outcome("average_of_draws")
        share, many = several.numbers["noise_share"], several.octaves
        words = (
            f"{100 * share:.0f} % of the detail in one draw is the noise's own: averaged over {DRAWS} draws the detail "
            f"ratio goes from {one.detail[0]:.2f} to {many.detail[0]:.2f}, coherence from {one.coherence[0]:.2f} to "
            f"{many.coherence[0]:.2f}."
        )
        numbers = {"noise_share": share, "one": float(one.detail[0]), "averaged": float(many.detail[0])}
        return Evidence(name="average_of_draws", words=words, numbers=numbers)

    def advice(self, bench: Bench) -> Advice:
        scale = trained(bench).numbers["scale"]
        change = "decode the posterior's mean" if scale < 0.1 else f"multiply the posterior's std by {scale:.2f}"
        return Advice(
            change=f"{change} (the decoder was not trained for the noise that it is given)",
            will_not="It will not bring back what the code does not hold; training on with the wider noise would make "
            "it a loss of rate.",
        )

    def controls(self) -> Controls:
        return Controls(
            sick=control(level=level_of(0.2), width=3.0, states_sigma=False), well=control(level=level_of(0.2))
        )


CAUSE = EncoderNoise()
