"""Which arithmetic this processor does fastest."""

from __future__ import annotations

from typing import Literal

import torch

from acutance.models._recipe import Precision

__all__ = ["Arithmetic", "precision_for"]

Arithmetic = Literal["fp32", "bf16"]


def precision_for(wanted: Precision, device: torch.device) -> Arithmetic:
    """What convolutions are computed in; weights, losses and averages are float32 in any case.

    Args:
        wanted: "auto" asks the processor: CPUs with AMX or AVX512-BF16 units and GPUs from Ampere on multiply bfloat16
            natively, others are slower with it than without.
        device: where training runs.
    """
    if wanted == "auto":
        native = torch.cuda.is_bf16_supported(False) if device.type == "cuda" else _cpu_has_bf16()
        return "bf16" if native else "fp32"
    return wanted


def _cpu_has_bf16() -> bool:
    return torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()
