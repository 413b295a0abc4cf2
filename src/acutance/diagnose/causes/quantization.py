"""Too few code words, or badly used ones.

What it is:
    The decoder gets one of K entries where the encoder had a continuous value.
Why it blurs:
    A codebook is a rate limit, tokens times the entropy of the index (T10); what it merges the decoder averages.
How it is tested:
    The quantiser is bypassed. A decoder that was trained behind its quantiser cannot use finer values from the same
    encoder, so the best entries are also compared with the best continuous point; the larger gain counts.
Confounders:
    The best continuous point has unlimited rate. Entries that no image used are not searched.

References:
    T10, S10. Mentzer et al. 2024, Fifty et al. 2025.
"""

from __future__ import annotations

import numpy as np
import torch

from acutance.diagnose._bench import Bench
from acutance.diagnose._cause import Advice, Contrast, Controls, LocationCause
from acutance.diagnose._diagnosis import Evidence
from acutance.diagnose._linear_subject import control
from acutance.diagnose._settings import CODEBOOK, setting
from acutance.diagnose._stages import as_used, trained, whole
from acutance.nn.latents import Codes

__all__ = ["CAUSE", "Quantization"]

_WILL_NOT = (
    "Each doubling of the entries adds one bit a token, so the gain is logarithmic (T10); what is not sent the decoder "
    "will still average."
)


class Quantization(LocationCause):
    """Loss in the quantiser."""

    cure = "a larger or better used codebook (dead codes reset, rotation trick), FSQ, or more tokens"

    def applies(self, bench: Bench) -> bool:
        return bench.quantised

    def contrast(self, bench: Bench) -> Contrast:
        used, bypassed = as_used(bench).octaves, bench.outcome("continuous").octaves
        direct = used.lost - bypassed.lost
        some, best, point = as_used(bench, "some"), bench.outcome("best_codes"), bench.outcome("best_point")
        untrained = some.octaves.lost - trained(bench, "some").octaves.lost
        searched = untrained + best.octaves.lost - point.octaves.lost
        evidence = self._evidence(bench)
        everywhere, here = whole(bench, "all"), whole(bench, "some")
        if direct[0].sum() * here[0] >= searched[0].sum() * everywhere[0]:
            return Contrast(claim=direct, whole=everywhere, before=used, after=bypassed, evidence=evidence)
        return Contrast(claim=searched, whole=here, before=best.octaves, after=point.octaves, evidence=evidence)

    def _evidence(self, bench: Bench) -> tuple[Evidence, ...]:
        code = bench.latent
        assert isinstance(code, Codes)
        counts = np.bincount(code.indices.flatten().cpu().numpy().astype(np.int64), minlength=1)
        share = counts[counts > 0] / counts.sum()
        perplexity, used = float(np.exp(-(share * np.log(share)).sum())), len(share)
        words = f"{used} of {code.size} entries are used, with a perplexity of {perplexity:.0f}."
        numbers = {"used": float(used), "entries": float(code.size), "perplexity": perplexity}
        gain = [bench.outcome(name).octaves.coherence[0] for name in ("sample", "continuous")]
        bypass = f"Without the quantiser coherence goes from {gain[0]:.2f} to {gain[1]:.2f}."
        return (
            Evidence(name="continuous", words=bypass, numbers={"with": float(gain[0]), "without": float(gain[1])}),
            Evidence(name="codebook", words=words, numbers=numbers),
        )

    def advice(self, bench: Bench) -> Advice:
        book = setting(bench.subject.configuration(), CODEBOOK)
        code = bench.latent
        assert isinstance(code, Codes)
        used = len(torch.unique(code.indices))
        if used < code.size // 2:
            change = f"revive dead entries: {used} of {code.size} are used (reset them, k-means start, rotation trick)"
        elif book is not None and book.number is not None:
            change = f"set {book.path} from {book.number:g} to {4 * book.number:g}, or send more tokens"
        else:
            change = f"use a larger codebook than {code.size} entries, more tokens, or FSQ"
        return Advice(change=change, will_not=_WILL_NOT)

    def controls(self) -> Controls:
        return Controls(sick=control(step=2.0), well=control(step=0.05))


CAUSE = Quantization()
