"""The decoder answers what it does not know with an average.

What it is:
    Response index `(y - q) / (1 - q)` about 0: the output has the power that it explains and no more.
Why it blurs:
    The least squared error is the conditional mean (T1); detail that the code leaves open averages out.
How it is tested:
    The interval of the index lies within .2 of 0, under the noise that the decoder was trained for.
Confounders:
    An index of 0 does not prove that the average is the best one (T4); see `decoder`.

References:
    T1, T3, T7. Rybkin et al. 2021.
"""

from __future__ import annotations

from acutance.diagnose._assess import response_verdict
from acutance.diagnose._cause import Controls, ResponseCause
from acutance.diagnose._diagnosis import Verdict
from acutance.diagnose._linear_subject import control, level_of
from acutance.diagnose._record import Response
from acutance.measure import Band

__all__ = ["CAUSE", "Averaging"]


class Averaging(ResponseCause):
    """Missing detail is averaged."""

    cure = "more information in the code; or a decoder that samples, whose detail is then invented"

    def verdict(self, response: Response) -> Verdict:
        said = response_verdict(response.low, response.high)
        return {"averaged": "present", "undecided": "undecided"}.get(said, "absent")  # type: ignore[return-value]

    def told(self, response: Response, top: Band) -> str:
        return "Its decoder answers what the code leaves open with an average, and that is the blur."

    def controls(self) -> Controls:
        return Controls(sick=control(level=level_of(0.5)), well=control(level=level_of(0.5), gain=0.5))


CAUSE = Averaging()
