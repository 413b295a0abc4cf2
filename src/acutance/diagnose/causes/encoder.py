"""The encoder does not find the latents that the decoder could use (amortisation).

What it is:
    A better latent than encode(x) exists, at the same rate, for most images.
Why it blurs:
    What the encoder leaves out, the decoder cannot show.
How it is tested:
    A code without noise: the best point z against encode(x). A posterior: the best one under the subject's own sigma
    and KL (or the sigma that its widths imply) against its own. Codes: the best entries, and the best continuous point
    against the continuous output; the smaller gain counts, for the quantiser is not the encoder.
Confounders:
    The best point has unlimited rate, so it is no evidence against a stochastic encoder. Every network gains something
    from it on held-out images: healthy ones up to about .1 (docs/decisions/0030). A decoder that is too weak is
    made up for by latents that shout; see `decoder`. Latents also steer what a decoder invents, which no encoder could
    know: behind such a decoder the same healthy encoder shows more (.12 where .09), so that up to .15 it is undecided.

References:
    Theory C. Cremer, Li, Duvenaud 2018 (amortisation gap).
"""

from __future__ import annotations

from acutance.diagnose._bench import Bench, Outcome
from acutance.diagnose._blame import blame
from acutance.diagnose._cause import Advice, Contrast, Controls, LocationCause
from acutance.diagnose._diagnosis import Evidence
from acutance.diagnose._linear_subject import control, half_sent
from acutance.diagnose._settings import SIZES, setting
from acutance.diagnose._stages import best, made_to_average, trained, whole

__all__ = ["CAUSE", "Encoder"]

_STEERING = 0.05
_STEERED = Evidence(
    name="inventing",
    words="They were searched for through a decoder that invents, where latents also steer what is invented, as no "
    "encoder could know: up to .15 of explained detail is no evidence against this encoder.",
)


class Encoder(LocationCause):
    """Loss by amortised encoding."""

    cure = "a better encoder: longer training, more capacity, the decoder's own input statistics"
    null = 0.1

    def applies(self, bench: Bench) -> bool:
        return True

    def contrast(self, bench: Bench) -> Contrast:
        before, after, found, lost = trained(bench, "some"), best(bench), blame(bench), whole(bench, "some")
        claim = (found.encoder - found.decoders[:, None] * found.both) * lost[:, None]
        steered = made_to_average(bench)
        return Contrast(
            claim=claim,
            whole=lost,
            before=before.octaves,
            after=after.octaves,
            evidence=(self._evidence(before, after), *((_STEERED,) if steered else ())),
            decided=bench.searched > 0,
            doubt=_STEERING if steered else 0.0,
        )

    def _evidence(self, before: Outcome, after: Outcome) -> Evidence:
        was, could = (float(found.octaves.coherence[0]) for found in (before, after))
        words = f"The best latents for each image raise coherence from {was:.2f} to {could:.2f}."
        return Evidence(name="best_latents", words=words, numbers={"encoded": was, "best": could, **after.numbers})

    def advice(self, bench: Bench) -> Advice:
        sizes = setting(bench.subject.configuration(), SIZES)
        wider = f", or a larger encoder than {sizes.path} = {sizes.value}" if sizes else ""
        return Advice(
            change=f"train the encoder longer or on more images, check that it sees the input at full detail{wider}",
            will_not="The prediction is that of latents searched for one image at a time; an encoder comes near it at "
            "best. It will not lift what the code or the rate limits.",
        )

    def controls(self) -> Controls:
        return Controls(sick=control(sent=half_sent()), well=control())


CAUSE = Encoder()
