"""The best entries of the codebook for each image: what a perfect encoder would choose."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from acutance.diagnose._bench import Bench, Outcome
from acutance.diagnose._descent import descend, spread, still_falling
from acutance.nn.latents import Codes
from acutance.objectives.gaussian import squared_error

__all__ = ["outcome"]

_STEPS = {"fast": 80, "full": 300}
_RATE = 0.3


def outcome(bench: Bench) -> Outcome:
    """decode(nearest entries to z), z by Adam from encode(x) with the gradient passed straight through the quantiser.

    Of all steps each image keeps its best. The codebook is what was seen of it: an entry that no image uses is dead.
    """
    code = bench.latent
    book = _codebook(code) if isinstance(code, Codes) else None
    if bench.searched == 0:
        return bench.outcome("best_point")
    if book is None:
        warning = "the layout of the codes is not understood, so better codes were not searched for"
        return replace(bench.decoded(bench.noisy(1.0, "some"), "some"), warnings=(warning,) if bench.quantised else ())
    kept = bench.keep.recall("best_codes", lambda: _search(bench, book))
    numbers = {
        "still_falling": still_falling(kept, bench.power("some")),
        "entries_seen": float(len(book)),
        "steps": _STEPS[bench.effort],
    }
    return replace(bench.decoded(kept["latents"], "some"), numbers=numbers)


def _codebook(code: Codes) -> Tensor | None:
    """(entries seen, channels); None unless the channels of a place are one entry."""
    tokens = _tokens(code.quantized)
    indices = code.indices.flatten()
    if tokens.shape[:1] != indices.shape:
        return None
    entries, first = torch.unique(indices, return_inverse=True)
    book = tokens.new_zeros(len(entries), tokens.shape[1])
    book[first] = tokens
    same = torch.allclose(book[first], tokens, atol=1e-4 * float(tokens.abs().max()) + 1e-12)
    return book.float() if same else None


def _tokens(latents: Tensor) -> Tensor:
    """(N, C, *places) to (N places, C)."""
    return latents.flatten(2).transpose(1, 2).flatten(0, 1) if latents.ndim > 2 else latents


def _quantised(latents: Tensor, book: Tensor) -> Tensor:
    """The nearest entry at every place."""
    nearest = book[torch.cdist(_tokens(latents), book).argmin(1)]
    if latents.ndim == 2:
        return nearest
    return nearest.reshape(len(latents), -1, book.shape[1]).transpose(1, 2).reshape(latents.shape)


def _search(bench: Bench, book: Tensor) -> dict[str, Tensor]:
    code = bench.latent_of("some")
    assert isinstance(code, Codes)
    targets, decoder = bench.input[bench.at("some")], bench.probe.differentiable()
    best = torch.full((len(targets),), torch.inf)
    latents = code.quantized.float().clone()

    def losses(free: tuple[Tensor, ...], _: int) -> Tensor:
        chosen = _quantised(free[0].detach(), book)
        error = squared_error(targets, decoder(free[0] + (chosen - free[0]).detach()).float())
        better = error.detach() < best
        best[better], latents[better] = error.detach()[better], chosen[better]
        return error

    found = descend(
        (code.quantized.float(),), losses, rates=(_RATE * spread(bench.latent),), steps=_STEPS[bench.effort]
    )
    return {"latents": latents, **found.found}
