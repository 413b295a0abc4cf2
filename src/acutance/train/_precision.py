"""Which arithmetic this processor does fastest."""

from __future__ import annotations

import torch

from acutance.models._recipe import Precision

__all__ = ["mixed_precision"]


def mixed_precision(wanted: Precision, device: torch.device) -> str:
    """Accelerate's name for the precision: "bf16" where it is native (or asked for), else "no".

    Args:
        wanted: "auto" asks the processor; CPUs with AMX or AVX512-BF16 units and GPUs from Ampere on have it.
        device: where training runs.
    """
    if wanted == "auto":
        native = torch.cuda.is_bf16_supported(False) if device.type == "cuda" else _cpu_has_bf16()
        return "bf16" if native else "no"
    return "bf16" if wanted == "bf16" else "no"


def _cpu_has_bf16() -> bool:
    return torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()
