"""demo: what the command does around the main job, which has its own tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from acutance import demo
from acutance.train import Interrupted


def test_ctrl_c_says_how_to_go_on(call: Callable[[str], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}

    def stopped(out: Path, **options: Any) -> None:
        asked.update(options, out=out)
        raise Interrupted("stopped after 64 of 640 images; everything is saved in x: go on with --resume")

    monkeypatch.setattr(demo, "run_demo", stopped)
    done = call(f"demo --out {tmp_path}/demo --seed 3 --scale 0.5")
    assert done.code == 130
    assert "stopped after 64 of 640 images" in done.err
    assert "the same command goes on" in done.err
    assert (asked["out"], asked["seed"], asked["scale"]) == (tmp_path / "demo", 3, 0.5)
