"""The decoder invents what it does not know.

What it is:
    Response index clearly above 0, 1 where all missing detail is invented: power that no image explains.
Why it blurs:
    It does not: it is crisp, at the price of squared error (T6), and what it shows there is not in the image.
How it is tested:
    The interval of the index lies above .2, under the noise that the decoder was trained for.
Confounders:
    Noise, artefacts and a widened posterior have such power too; the last is taken out first.

References:
    T3, T6, T11. Blau, Michaeli 2018.
"""

from __future__ import annotations

from acutance.diagnose._assess import response_verdict
from acutance.diagnose._cause import Controls, ResponseCause
from acutance.diagnose._diagnosis import Verdict
from acutance.diagnose._linear_subject import control, level_of
from acutance.diagnose._record import Response
from acutance.measure import Band

__all__ = ["CAUSE", "Inventing"]


class Inventing(ResponseCause):
    """Missing detail is invented."""

    cure = "none is needed for crispness; for faithful detail, more information in the code"

    def verdict(self, response: Response) -> Verdict:
        said = response_verdict(response.low, response.high)
        return {"invented": "present", "undecided": "undecided"}.get(said, "absent")  # type: ignore[return-value]

    def told(self, response: Response, top: Band) -> str:
        share = f"{100 * response.index:.0f} %"
        return f"Its decoder invents {share} of the detail that is missing: it is crisp, but not because it knows."

    def controls(self) -> Controls:
        invents = control(level=level_of(0.5), invented=1.0)
        return Controls(sick=invents, well=control(level=level_of(0.5)))


CAUSE = Inventing()
