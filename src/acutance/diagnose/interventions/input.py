"""What the subject's own input pipeline leaves of the source images."""

from __future__ import annotations

import torch

from acutance.diagnose._bench import Bench, Outcome
from acutance.models import batch_size

__all__ = ["outcome"]


def outcome(bench: Bench) -> Outcome:
    """preprocess(x) against x: no model behind it can know more than that."""
    return bench.compared(torch.split(bench.input, batch_size(bench.images.shape)), bench.source)
