"""The subject's own input pipeline loses detail before the encoder sees the image.

What it is:
    Resizing down and up, cropping, JPEG: `preprocess(x)` is not x.
Why it blurs:
    No code holds what the encoder was never shown.
How it is tested:
    `preprocess(x)` is measured against x as if it were a reconstruction; its loss is the pipeline's, and the other
    locations share what the subject loses on top of it.
Confounders:
    A subject trained to undo its pipeline may show more than the pipeline left; the pipeline is then charged with no
    more than was lost in all.

References:
    Theory C. Parmar, Zhang, Zhu 2022 (resizing changes what is measured).
"""

from __future__ import annotations

import numpy as np

from acutance.diagnose._bench import Bench
from acutance.diagnose._cause import Advice, Contrast, Controls, LocationCause
from acutance.diagnose._diagnosis import Evidence
from acutance.diagnose._linear_subject import Piped, control
from acutance.models import Preprocesses

__all__ = ["CAUSE", "Data"]


class Data(LocationCause):
    """Loss in the input pipeline."""

    cure = "feed the source at its own size, resize with antialiasing, or start from a larger source"

    def applies(self, bench: Bench) -> bool:
        return isinstance(bench.subject, Preprocesses)

    def contrast(self, bench: Bench) -> Contrast:
        pipeline, used = bench.outcome("input").octaves, bench.outcome("whole_way").octaves
        lost = used.lost.sum(1)
        claim = pipeline.lost * np.clip(lost / np.maximum(pipeline.lost.sum(1), 1e-12), 0.0, 1.0)[:, None]
        coherence, detail = float(pipeline.coherence[0]), float(pipeline.detail[0])
        words = f"The pipeline alone leaves coherence {coherence:.2f} and detail ratio {detail:.2f} of the source."
        evidence = Evidence(name="input", words=words, numbers={"coherence": coherence, "detail_ratio": detail})
        return Contrast(claim=claim, whole=lost, before=pipeline, after=None, evidence=(evidence,))

    def advice(self, bench: Bench) -> Advice:
        return Advice(
            change="give the model the source at its own size, or resize with antialiasing to a larger size, and train "
            "it on that",
            will_not="It will not help as it stands where the model was trained on the coarse input: it has to be "
            "trained anew.",
        )

    def controls(self) -> Controls:
        return Controls(sick=control(Piped), well=control())


CAUSE = Data()
