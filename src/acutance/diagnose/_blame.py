"""Encoder or decoder: what either could put right, and who is to blame for it (theory C)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from acutance.diagnose._bench import Bench
from acutance.diagnose._octaves import Floats
from acutance.diagnose._stages import best, made_to_average, refitted, trained, whole

__all__ = ["Blame", "blame"]

_LITTLE: Final = 0.02
_HEALTHY_RATIO: Final = 0.2
"""Below what the best latents of healthy subjects leave, over what a refit leaves: .28 to .75 in ten of them."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Blame:
    """What better latents bring, what a refit brings, and how the part that both bring is shared.

    A blur in front of the encoder and one behind the decoder look alike in decode(encode(x)): better latents make up
    for either, and so does a refit on the codes. How far each comes tells. Information that the encoder lost no refit
    finds, while the right latents show all; a decoder at fault shows less with any latents than a refit does. With r
    the loss under the best latents over the loss after a refit, the decoder's part is `r^2 / (r^2 + .2^2)`.

    Attributes:
        encoder: (1 + replicates, bands) what the best latents bring, as a part of the subject's loss.
        decoder: (1 + replicates, bands) what a refit brings, likewise.
        decoders: (1 + replicates,) the decoder's part of what both bring, 0 ... 1.
    """

    encoder: Floats
    decoder: Floats
    decoders: Floats

    @property
    def both(self) -> Floats:
        """What either would bring."""
        return np.asarray(np.clip(np.minimum(self.encoder, self.decoder), 0.0, None))


def blame(bench: Bench) -> Blame:
    """Compares the best latents with the refit."""
    here, everywhere = whole(bench, "some"), whole(bench, "all")
    latents = best(bench).octaves.lost.sum(1) / np.maximum(here, 1e-12)
    refit = refitted(bench).octaves.lost.sum(1) / np.maximum(everywhere, 1e-12)
    ratio = (latents + 1e-9) / np.maximum(refit, 1e-9)
    return Blame(
        encoder=_encoder(bench) / np.maximum(here, 1e-12)[:, None],
        decoder=_decoder(bench) / np.maximum(everywhere, 1e-12)[:, None],
        decoders=ratio**2 / (ratio**2 + _HEALTHY_RATIO**2),
    )


def _encoder(bench: Bench) -> Floats:
    """What the best latents at the same rate bring; of codes with the quantiser and without it the smaller."""
    gain = trained(bench, "some").octaves.lost - best(bench).octaves.lost
    if not bench.quantised or trained(bench).numbers["scale"] == 0.0:
        return gain
    smooth = bench.decoded(bench.noisy(0.0, "some"), "some").octaves.lost
    return _smaller(gain, smooth - bench.outcome("best_point").octaves.lost)


def _decoder(bench: Bench) -> Floats:
    """What a refit brings; with the code's noise and without it the smaller. Of a decoder that invents nothing."""
    if made_to_average(bench):
        return np.zeros_like(trained(bench).octaves.lost)
    gain = trained(bench).octaves.lost - refitted(bench).octaves.lost
    if trained(bench).numbers["scale"] == 0.0 or gain[0].sum() < _LITTLE:
        return gain
    still = bench.outcome("continuous" if bench.quantised else "mean").octaves.lost
    return _smaller(gain, still - bench.outcome("linear_refit_off").octaves.lost)


def _smaller(one: Floats, other: Floats) -> Floats:
    return other if other[0].sum() < one[0].sum() else one
