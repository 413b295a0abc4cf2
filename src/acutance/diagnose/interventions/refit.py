"""A copy of the decoder trained on, on the frozen codes, by squared error, until it stops improving."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from acutance.diagnose._bench import Bench, Outcome
from acutance.diagnose._probe import Moduled
from acutance.models import RefitsDecoder, batch_size
from acutance.objectives.gaussian import squared_error
from acutance.rng import rng_for

__all__ = ["affordable", "outcome", "refit_decoder"]

_RATE = 5e-4
_BATCH = 32
_CHECKS = 24
_PATIENCE = 3
_HELD_BACK = 8
_MOST = 60_000
_WORK = 2e14
_NO_COPY = "the decoder cannot be copied, so it was not refitted"
_TOO_FEW = "there are too few images apart from those measured to refit the decoder on"


def outcome(bench: Bench) -> Outcome:
    """The refitted decoder on the codes of the images, with the noise that the decoder was trained for.

    Where it ends no better than it began on codes held back it proves nothing, and the subject's own output stands.
    """
    decoder = refit_decoder(bench)
    if decoder is None:
        found = bench.outcome("trained_noise")
        return replace(found, numbers={}, warnings=(_TOO_FEW if bench.fit is None else _NO_COPY,))
    latents = bench.noisy(bench.outcome("trained_noise").numbers["scale"])
    with torch.no_grad():
        parts = torch.split(latents, batch_size(bench.images.shape))
        found = bench.compared((decoder.decode(part).clamp(0, 1) for part in parts), bench.input)
    return replace(found, numbers=decoder.numbers, warnings=_doubts(decoder.numbers))


def _doubts(numbers: dict[str, float]) -> tuple[str, ...]:
    if numbers["stopped"] < 1:
        return ("the refit of the decoder was still improving when it was stopped: what it gains is a lower bound",)
    return ()


def refit_decoder(bench: Bench) -> Moduled | None:
    """The refitted decoder; None where the subject gives no copy of its own, or there is nothing to learn from."""
    if not isinstance(bench.subject, RefitsDecoder) or bench.fit is None:
        return None
    decoder = bench.subject.decoder_copy().cpu()
    kept = bench.keep.recall("refit", lambda: _trained(bench, decoder))
    numbers = {name.removeprefix("_"): float(value) for name, value in kept.items() if name.startswith("_")}
    decoder.load_state_dict({name: value for name, value in kept.items() if not name.startswith("_")})
    return Moduled(decoder.eval().requires_grad_(False), numbers)


def _trained(bench: Bench, decoder: nn.Module) -> dict[str, Tensor]:
    """The best state by the codes held back, and how it was reached."""
    assert bench.fit is not None
    images, code = bench.fit
    scale = bench.outcome("trained_noise").numbers["scale"]
    back = torch.arange(len(images)) % _HELD_BACK == 0
    mine, held = torch.nonzero(~back).flatten(), torch.nonzero(back).flatten()
    still = bench.drawn(code, scale, "refit held back")[held]
    adam = torch.optim.Adam(decoder.parameters(), lr=_RATE, betas=(0.9, 0.99))
    own = best = _error(decoder, still, images[held])
    state, since, stopped = _copied(decoder), 0, 0.0
    steps = max(1, affordable(bench, _MOST) // _BATCH // _CHECKS)
    for check in range(_CHECKS):
        for step in range(steps):
            draw = rng_for(bench.seed, check, step, "refit")
            at = mine[torch.randint(len(mine), (_BATCH,), generator=draw)]
            latents = bench.drawn_at(code, scale, at, draw)
            loss = squared_error(images[at], decoder(latents)).mean() / images[0].numel()
            adam.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            adam.step()
        error = _error(decoder, still, images[held])
        since = 0 if error < best * (1 - 1e-3) else since + 1
        if error < best:
            best, state = error, _copied(decoder)
        if since >= _PATIENCE:
            stopped = 1.0
            break
    notes = {"_own": own, "_refitted": best, "_stopped": stopped, "_seen": float((check + 1) * steps * _BATCH)}
    return state | {name: torch.tensor(value) for name, value in notes.items()}


def affordable(bench: Bench, most: int, passes: int = 1) -> int:
    """How many images a decoder that is trained may see.

    Args:
        bench: with the subject.
        most: more are not needed.
        passes: what an image costs, in steps of a refit by squared error.
    """
    _, height, width = bench.images.shape
    cost = (bench.subject.count_parameters() or 10**6) * height * width
    return int(np.clip(_WORK / (passes * cost), 20 * _BATCH, most))


def _copied(module: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in module.state_dict().items()}


@torch.no_grad()
def _error(decoder: nn.Module, latents: Tensor, images: Tensor) -> float:
    decoder.eval()
    parts = zip(torch.split(latents, _BATCH), torch.split(images, _BATCH), strict=True)
    total = sum(float(squared_error(wanted, decoder(part).clamp(0, 1)).sum()) for part, wanted in parts)
    decoder.train()
    return total / images.numel()
