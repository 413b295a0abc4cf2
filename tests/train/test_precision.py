from __future__ import annotations

from pathlib import Path

import pytest
import torch

from acutance.train._precision import precision_for

CPU = torch.device("cpu")


@pytest.mark.parametrize("wanted", ["fp32", "bf16"])
def test_what_is_asked_for_is_what_is_done(wanted: str) -> None:
    assert precision_for(wanted, CPU) == wanted  # type: ignore[arg-type]


@pytest.mark.parametrize(("amx", "avx", "expected"), [(0, 0, "fp32"), (1, 0, "bf16"), (0, 1, "bf16")])
def test_auto_asks_the_processor(monkeypatch: pytest.MonkeyPatch, amx: int, avx: int, expected: str) -> None:
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: bool(amx))
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: bool(avx))
    assert precision_for("auto", CPU) == expected


def test_auto_agrees_with_what_the_kernel_says_of_this_processor() -> None:
    info = Path("/proc/cpuinfo")
    if not info.exists() or "\nflags" not in info.read_text():
        pytest.skip("no x86 flags to read")
    flags = next(line for line in info.read_text().splitlines() if line.startswith("flags")).split()
    native = "amx_tile" in flags or "avx512_bf16" in flags
    assert precision_for("auto", CPU) == ("bf16" if native else "fp32")
