"""The best point in latent space for each image: what this decoder could show, had it any latent it wants."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from acutance.diagnose._bench import Bench, Outcome
from acutance.diagnose._descent import Descent, descend, spread, still_falling
from acutance.objectives.gaussian import squared_error
from acutance.rng import rng_for

__all__ = ["outcome"]

_STEPS = {"fast": 80, "full": 300}
_RATE = 0.3
_APART = 0.5
_AT_REST = 0.01
_TOO_LARGE = (
    "the subject is too large for this effort to search for better latents, so encoder, rate and bottleneck are not "
    "told apart (--effort full may)"
)


def outcome(bench: Bench) -> Outcome:
    """decode(argmin_z |x - decode(z)|^2), by Adam from encode(x) and from latents shaken away from it.

    The second start is made for a quarter of the images: it tells whether the first had come to rest.
    """
    if bench.searched == 0:
        found = bench.outcome("some_trained")
        return replace(found, numbers={}, warnings=(_TOO_LARGE,))
    kept = bench.keep.recall("best_point", lambda: _search(bench))
    same, again = (float(kept[name].double().sum()) for name in ("same", "again"))
    power = bench.power("some")
    numbers = {
        "still_falling": still_falling(kept, power),
        "second_start": 4 * (again - same) / power,
        "steps": _STEPS[bench.effort],
    }
    found = bench.decoded(kept["latents"].to(bench.latent.mode), "some")
    return replace(found, numbers=numbers, warnings=_doubts(numbers))


def _doubts(numbers: dict[str, float]) -> tuple[str, ...]:
    falling, apart = numbers["still_falling"], numbers["second_start"]
    if falling > _AT_REST or abs(apart) > 2 * _AT_REST:
        return (
            f"the best latents have not converged: in the last quarter of the search their error still fell by "
            f"{falling:.1%} of the images' variance, and a second start ended {apart:+.1%} off; "
            "what they gain is a lower bound",
        )
    return ()


def _search(bench: Bench) -> dict[str, Tensor]:
    start = bench.latent_of("some").mode.float()
    targets = bench.input[bench.at("some")]
    step = spread(bench.latent, bench.outcome("trained_noise").numbers["scale"])
    first = _descent(bench, start, targets, step)
    shaken = torch.randn(start[::4].shape, generator=rng_for(bench.seed, "second start")).to(start)
    second = _descent(bench, start[::4] + _APART * step * shaken, targets[::4], step)
    latents = first.values[0].clone()
    better = second.after < first.after[::4]
    latents[::4] = torch.where(better.reshape(-1, *[1] * (latents.ndim - 1)), second.values[0], latents[::4])
    return {
        "latents": latents,
        **first.found,
        "same": first.after[::4],
        "again": second.after,
    }


def _descent(bench: Bench, start: Tensor, targets: Tensor, step: float) -> Descent:
    decoder = bench.probe.differentiable()

    def losses(free: tuple[Tensor, ...], _: int) -> Tensor:
        return squared_error(targets, decoder(free[0]).float())

    return descend((start,), losses, rates=(_RATE * step,), steps=_STEPS[bench.effort])
