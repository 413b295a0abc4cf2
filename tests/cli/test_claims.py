"""claims: refusals, the plan, a short run that is gone on with."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Refused = Callable[[str], str]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("S13 --out c", "known: S1, S2, S3"),
        ("S7 s7 --out c", "every claim once"),
        ("S7 --seeds 0 --out c", "--seeds is a number from 1 up, got 0"),
        ("S7 --workers 0 --out c", "--workers is a number from 1 up, got 0"),
        ("S7 --out pics", "has files in it that no test of claims left"),
        ("S7 --out runs/vae/run.json", "is a file"),
        ("S7 --data nowhere --out c", "there is no source 'nowhere'"),
        ("S7 --executor dask --out c", "executor"),
        ("S7", "--out must be given"),
    ],
)
def test_what_is_wrong_is_refused_at_once(refused: Refused, house: Path, words: str, said: str) -> None:
    assert said in refused(f"claims {words}")
    assert not (house / "c").exists()


def test_a_dry_run_tells_the_plan_and_writes_nothing(call: Callable[[str], Any], house: Path) -> None:
    done = call("claims S7 S2 --data pics --seeds 2 --dry-run --out planned")
    assert done.code == 0, done
    rows = [line.split() for line in done.out.splitlines()]
    assert ["S2", "10", "10"] in [row[:3] for row in rows]
    assert ["S7", "10", "10"] in [row[:3] for row in rows]
    assert "20 cells to run" in done.out
    assert not (house / "planned").exists()


@pytest.mark.slow
def test_a_run_is_written_told_and_not_repeated(call: Callable[[str], Any], house: Path) -> None:
    line = "claims S7 --data pics --seeds 2 --effort smoke --workers 1 --out tested"
    done = call(line)
    assert done.code == 0, done
    assert "the page: tested/report.html" in done.out
    found = json.loads((house / "tested" / "claims.json").read_text())
    assert found["claims"][0]["id"] == "S7" and found["claims"][0]["seeds"] == 2
    assert found["made"]["command"] == f"acutance {line}"
    assert "This is a smoke run" in (house / "tested" / "report.html").read_text()
    again = call(f"{line}")
    assert "0 cells to run, 10 are there" in again.err
    after = json.loads((house / "tested" / "claims.json").read_text())
    assert after["claims"] == found["claims"]


@pytest.mark.slow
def test_ctrl_c_says_how_to_go_on(house: Path) -> None:
    line = "claims S7 --data pics --seeds 2 --effort smoke --workers 1 --out stopped"
    code = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    code += "if __name__ == '__main__':\n import sys; from acutance.cli import main; sys.exit(main())"
    script = house / "started.py"
    script.write_text(code)
    work = subprocess.Popen(
        [sys.executable, str(script), *shlex.split(line)], cwd=house, env=os.environ, stderr=subprocess.PIPE, text=True
    )
    for _ in range(600):
        if list((house / "stopped").glob("cells/*/done.json")):
            break
        time.sleep(0.2)
    work.send_signal(signal.SIGINT)
    _, said = work.communicate(timeout=120)
    assert work.returncode == 130, said
    assert f"go on with: acutance {line}" in said
    kept = len(list((house / "stopped").glob("cells/*/done.json")))
    assert 1 <= kept < 10
