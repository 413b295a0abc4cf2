"""One folder of small pictures and three small trained runs, made once by the commands themselves."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from acutance.cli import main

TINY = "--images 160 --batch-size 16 --warmup-images 32 --log-images 32 --checkpoint-images 80 --picture-images 0"
SMALL = f"{TINY} --widths 16 8 --held-out 0.4"
WORDS = ("ash", "birch", "cedar", "date", "elm", "fig", "gum", "hazel", "ivy", "jute", "kauri", "larch", "maple")


@dataclass(frozen=True)
class Done:
    """A command that has ended."""

    code: int
    out: str
    err: str


Call = Callable[[str], Done]


def draw_pictures(folder: Path, count: int = 60) -> None:
    rng = np.random.default_rng(0)
    for i in range(count):
        path = folder / "ab"[i % 2] / f"{WORDS[i % 13]}{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.zeros((16, 16), np.uint8)
        top, left, height, width = rng.integers(1, 8, 4)
        pixels[top : top + height, left : left + width] = rng.integers(80, 256)
        Image.fromarray(pixels).save(path)


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A working directory with pics/, and runs/vae, runs/gan, runs/ae trained on 0.6 of it."""
    folder = tmp_path_factory.mktemp("house")
    before, cache = Path.cwd(), os.environ.get("ACUTANCE_CACHE")
    os.environ["ACUTANCE_CACHE"] = str(folder / "cache")
    os.chdir(folder)
    draw_pictures(folder / "pics")
    for line in (
        f"train vae --data pics --out runs/vae {SMALL} --latents 8",
        f"train gan --data pics --out runs/gan {SMALL} --latents 8 --critic-widths 16 8",
        f"train ae --data pics --out runs/ae {SMALL} --latents 8",
    ):
        assert main([*shlex.split(line), "--quiet"]) == 0
    yield folder
    os.chdir(before)
    if cache is None:
        del os.environ["ACUTANCE_CACHE"]
    else:
        os.environ["ACUTANCE_CACHE"] = cache


@pytest.fixture
def call(house: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Call:
    """Runs one command line in the house."""
    monkeypatch.chdir(house)

    def run(line: str) -> Done:
        capfd.readouterr()
        code = main(shlex.split(line))
        said = capfd.readouterr()
        return Done(code, said.out, said.err)

    return run


@pytest.fixture
def refused(call: Call) -> Callable[[str], str]:
    """Runs a command line that must be refused: exit code 2, one message on stderr, nothing else."""

    def run(line: str) -> str:
        done = call(line)
        assert done.code == 2, done
        assert done.out == ""
        assert "Traceback" not in done.err
        message = done.err.strip().splitlines()[-1]
        assert message.startswith(f"acutance {line.split()[0]}: " if line else "acutance: ")
        return message

    return run
