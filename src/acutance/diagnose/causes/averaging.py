"""The decoder answers what it does not know with an average.

What it is:
    Response index `(y - q) / (1 - q)` about 0: the output has the power that it explains and no more.
Why it blurs:
    The least squared error is the conditional mean (T1); detail that the code leaves open averages out.
How it is tested:
    The interval of the index lies within .2 of 0, under the noise that the decoder was trained for. With `--effort
    full` the decoder is also refitted on the frozen codes and trained on against a critic: same code, another response.
Confounders:
    An index of 0 does not prove that the average is the best one (T4); see `decoder`.

References:
    T1, T3, T6, T7. Rybkin et al. 2021.
"""

from __future__ import annotations

from acutance.diagnose._assess import response_verdict
from acutance.diagnose._bench import Bench
from acutance.diagnose._cause import Controls, ResponseCause
from acutance.diagnose._diagnosis import Prescription, Verdict
from acutance.diagnose._linear_subject import control, level_of
from acutance.diagnose._record import Response
from acutance.diagnose._stages import trained
from acutance.diagnose.interventions.adversarial_refit import MOST_LOSS
from acutance.measure import Band

__all__ = ["CAUSE", "Averaging"]

_ENOUGH = 0.9
_WILL_NOT = (
    "It brings nothing back: the code knows no more than before, what is added is invented, and it costs squared error "
    "(at most twice the averager's, T6)."
)


class Averaging(ResponseCause):
    """Missing detail is averaged."""

    cure = "more information in the code; or a decoder that samples, whose detail is then invented"

    def verdict(self, response: Response) -> Verdict:
        said = response_verdict(response.low, response.high)
        return {"averaged": "present", "undecided": "undecided"}.get(said, "absent")  # type: ignore[return-value]

    def told(self, response: Response, top: Band) -> str:
        return "Its decoder answers what the code leaves open with an average, and that is the blur."

    def prescription(self, bench: Bench, response: Response) -> Prescription | None:
        shown = trained(bench).octaves.finest[1]
        if bench.effort == "fast" or shown > _ENOUGH:
            return None
        found = bench.outcome("adversarial_refit")
        index, numbers = found.readings["response_index"], found.numbers
        if not numbers or numbers["loss_ratio"] > MOST_LOSS or index.low <= response.high:
            return None
        coherence, detail = found.octaves.finest
        return Prescription(
            cause="averaging",
            change="for crisp outputs train the decoder on, on the frozen code, by squared error and a critic",
            because=f"Done here on the same codes, with {numbers['images']:,.0f} images: the response index rose from "
            f"{response.index:.2f} to {index.value:.2f}, the finest octave's detail ratio from {shown:.2f} to "
            f"{detail:.2f}, at {numbers['loss_ratio']:.2f} times the error of a decoder refitted by squared error.",
            coherence=coherence,
            detail_ratio=detail,
            will_not=_WILL_NOT,
            basis="measured",
        )

    def controls(self) -> Controls:
        return Controls(sick=control(level=level_of(0.5)), well=control(level=level_of(0.5), gain=0.5))


CAUSE = Averaging()
