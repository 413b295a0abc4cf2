"""Makes tests/golden/quantisers.json: what vector-quantize-pytorch makes of inputs that anyone can make again.

The library is not needed to run the tests. To make the values anew:

    python -m venv /tmp/golden && /tmp/golden/bin/pip install -c constraints.txt torch vector-quantize-pytorch
    /tmp/golden/bin/python benchmarks/golden_quantisers.py
"""

from __future__ import annotations

import datetime
import importlib.metadata
import json
import platform
from pathlib import Path
from typing import Any

import numpy as np
import torch
from vector_quantize_pytorch import FSQ, LFQ
from vector_quantize_pytorch.vector_quantize_pytorch import rotate_to

TARGET = Path(__file__).resolve().parents[1] / "tests" / "golden" / "quantisers.json"
LIBRARY = "vector-quantize-pytorch"
LEVELS = (8, 5, 5, 5)
BITS = 6


def latents(*shape: int) -> torch.Tensor:
    """Numbers between -2 and 2; uniform draws of PCG64(5) alone."""
    rng = np.random.Generator(np.random.PCG64(5))
    return torch.from_numpy(4 * rng.random(shape) - 2).float()


def by_fsq() -> dict[str, Any]:
    z = latents(2, len(LEVELS), 3, 4).requires_grad_()
    quantized, indices = FSQ(levels=list(LEVELS))(z)
    quantized.square().sum().backward()
    return {"quantized": quantized.tolist(), "indices": indices.tolist(), "gradient": z.grad.tolist()}


def by_lfq() -> dict[str, Any]:
    z = latents(2, BITS, 3, 4)
    quantizer = LFQ(dim=BITS, entropy_loss_weight=1.0, commitment_loss_weight=0.0).train()
    made, breakdown = quantizer(z, inv_temperature=1.0, return_loss_breakdown=True)
    kept = {name: float(value) for name, value in breakdown._asdict().items()}
    return {"quantized": made.quantized.sign().tolist(), **kept}


def by_rotation() -> dict[str, Any]:
    source, target = latents(2, 10, 4)
    source.requires_grad_()
    turned = rotate_to(source, target)
    (turned * torch.arange(1.0, 5.0)).sum().backward()
    return {"values": turned.tolist(), "gradient": source.grad.tolist()}


def main() -> None:
    record = {
        "library": LIBRARY,
        "version": importlib.metadata.version(LIBRARY),
        "command": "python benchmarks/golden_quantisers.py",
        "date": datetime.date.today().isoformat(),
        "python": platform.python_version(),
        "torch": torch.__version__.partition("+")[0],
        "scalar": by_fsq(),
        "signs": by_lfq(),
        "rotation": by_rotation(),
    }
    TARGET.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
