"""The decoder shows less than its code justifies.

What it is:
    Response index below 0: the output has less power than it explains.
Why it blurs:
    Known detail is damped: a filter behind the decoder, too little training, a mean decoded in place of a draw (T8).
How it is tested:
    The interval of the index lies below -.2, under the noise that the decoder was trained for.
Confounders:
    A linear VAE's decode(mean) shrinks twice, by design (T8): the index is of draws.

References:
    T2, T3, T8.
"""

from __future__ import annotations

from acutance.diagnose._assess import response_verdict
from acutance.diagnose._cause import Controls, ResponseCause
from acutance.diagnose._diagnosis import Verdict
from acutance.diagnose._linear_subject import control, level_of
from acutance.diagnose._record import Response
from acutance.measure import Band

__all__ = ["CAUSE", "OverSmoothing"]


class OverSmoothing(ResponseCause):
    """Known detail is damped."""

    cure = "train the decoder on, or take out the filter behind it"

    def verdict(self, response: Response) -> Verdict:
        said = response_verdict(response.low, response.high)
        return {"over-smoothed": "present", "undecided": "undecided"}.get(said, "absent")  # type: ignore[return-value]

    def told(self, response: Response, top: Band) -> str:
        return "Its output is weaker than what it gets right: detail that the code still holds is damped."

    def controls(self) -> Controls:
        return Controls(sick=control(level=level_of(0.5), gain=0.5), well=control(level=level_of(0.5)))


CAUSE = OverSmoothing()
