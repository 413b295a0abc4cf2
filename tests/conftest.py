"""For all tests: shapes checked at run time, one thread, the same examples every time."""

from __future__ import annotations

import os

# One thread before torch is imported: two spinning against a busy core are many times slower than one.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import hypothesis
import torch
from jaxtyping import install_import_hook

# Only modules imported after this line are checked, so nothing above may import acutance.
install_import_hook(["acutance.nn", "acutance.objectives", "acutance.measure"], "shape_check.check")

torch.set_num_threads(1)

hypothesis.settings.register_profile("acutance", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("acutance")
