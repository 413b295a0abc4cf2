"""The decoder loses what its code still holds.

What it is:
    Too little capacity or training, an upsampling or a filter behind it that blurs, a shift.
Why it blurs:
    The code has the detail and the output does not show it.
How it is tested:
    A refit on the frozen codes: by least squares a filter of the output and a linear map of the latents, fitted on
    other images, under the noise that the decoder was trained for; with `--effort full` a copy of the decoder trained
    on until it stops improving. A fault of the decoder is there with the noise and without it: the smaller gain counts.
    What better latents would bring too is shared with the encoder, see `Blame`. Of what even the best point does not
    reach, what d principal components would not lose is charged here too (O3).
Confounders:
    A decoder that invents is far from the least squares by design: what a refit gains is then the price of inventing,
    so this cause claims nothing of it and is left undecided; likewise where the average of a few draws still shows what
    they invent. A refit that ends worse than the subject proves nothing.

References:
    T2, O3, O4.
"""

from __future__ import annotations

from acutance.diagnose._bench import Bench, Outcome
from acutance.diagnose._blame import blame
from acutance.diagnose._cause import Advice, Contrast, Controls, LocationCause
from acutance.diagnose._diagnosis import Evidence
from acutance.diagnose._linear_subject import control, half_shown
from acutance.diagnose._settings import SIZES, setting
from acutance.diagnose._stages import code_binds, made_to_average, pca_limit, refitted, trained, whole

__all__ = ["CAUSE", "Decoder"]

_SHIFT_PX = 0.1
_WEAK = 1.1
_NOT_JUDGED = Evidence(
    name="inventing",
    words="This decoder invents by design, and a refit cannot tell a fault of it from that: it was not judged.",
)


class Decoder(LocationCause):
    """Loss in the decoder."""

    cure = "train the decoder on, give it more capacity, another upsampling, or undo the filter behind it"

    def applies(self, bench: Bench) -> bool:
        return True

    def contrast(self, bench: Bench) -> Contrast:
        before, after, found, lost = trained(bench).octaves, refitted(bench), blame(bench), whole(bench, "all")
        claim = (found.decoder - (1.0 - found.decoders[:, None]) * found.both) * lost[:, None]
        return Contrast(
            claim=claim,
            whole=lost,
            before=before,
            after=after.octaves,
            left=code_binds(bench) * (1.0 - pca_limit(bench)),
            evidence=(_NOT_JUDGED,) if made_to_average(bench) else self._evidence(bench, after),
            decided=not made_to_average(bench),
        )

    def _evidence(self, bench: Bench, after: Outcome) -> tuple[Evidence, ...]:
        before = trained(bench).octaves
        was, now = float(before.lost[0].sum()), float(after.octaves.lost[0].sum())
        words = f"Refitted on the frozen codes, the decoder loses {now:.2f} of the detail instead of {was:.2f}."
        slope = float(before.slope[0])
        strength = f"Its output would have to be {slope:.2f} times stronger to match what it explains."
        weak = Evidence(name="averaging_slope", words=strength, numbers={"slope": slope})
        refit = Evidence(name="refit", words=words, numbers={"own": was, "refitted": now})
        return (refit, weak) if slope > 1.05 else (refit,)

    def advice(self, bench: Bench) -> Advice:
        shift, slope = bench.shift_px, float(trained(bench).octaves.slope[0])
        sizes = setting(bench.subject.configuration(), SIZES)
        if shift > _SHIFT_PX:
            change = f"undo the shift of {shift:.2f} px between input and output (padding or resampling)"
        elif slope > _WEAK:
            change = "take out the filter behind the decoder, or sharpen by the inverse of its gain; see the upsampling"
        else:
            wider = f" or make it larger than {sizes.path} = {sizes.value}" if sizes else " or make it larger"
            change = f"train the decoder on with the code frozen{wider}"
        return Advice(
            change=change,
            will_not="It will not show what the code does not hold: the prediction is what a refit of the decoder on "
            "the same codes shows.",
        )

    def controls(self) -> Controls:
        return Controls(sick=control(gain=half_shown()), well=control())


CAUSE = Decoder()
