"""Pages are not faulted in again at every step."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

FAULTS = """
import resource, torch
from acutance.train._allocator import keep_freed_memory
assert keep_freed_memory()
def work(): return [torch.zeros(2**20) + 1 for _ in range(4)]
work()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20): work()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has the setting")
def test_freed_memory_is_kept() -> None:
    told = subprocess.run([sys.executable, "-c", FAULTS], capture_output=True, text=True, check=True)
    taken_anew = 20 * 8 * 2**20 * 4 // 4096
    assert int(told.stdout) < taken_anew / 20
