"""A new family, measure, cause or claim is one new file each: nothing else is touched, and the laws cover them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

FAMILY = '''
"""An autoencoder whose code is shaken: stands for any family that somebody adds."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from acutance.models._base import Autoencoder, DecoderConfig, ImageShape
from acutance.models._player import Batch, Borrowed, Loss, Objective, Player
from acutance.models._recipe import Preset, Recipe
from acutance.nn.decoder import Decoder
from acutance.nn.encoder import Encoder
from acutance.nn.latents import Dirac
from acutance.objectives.gaussian import squared_error


@dataclass(frozen=True, kw_only=True)
class Config(DecoderConfig):
    latents: int = 32
    shake: float = 0.01

    def build(self, shape: ImageShape) -> ShakenAutoencoder:
        return ShakenAutoencoder(self, shape)


class ShakenAutoencoder(Autoencoder):
    config: Config

    def __init__(self, config: Config, shape: ImageShape) -> None:
        super().__init__(config, shape, Decoder((config.latents,), shape, config.layout))
        self.encoder = Encoder(shape, (config.latents,), config.layout)

    def encode(self, images: Tensor) -> Dirac:
        return Dirac(self.encoder(images).float())

    def players(self) -> tuple[Player, ...]:
        return (Player(name="autoencoder", objective=_Shaken(self)),)


class _Shaken(Objective):
    def __init__(self, model: ShakenAutoencoder) -> None:
        super().__init__()
        self.encoder, self.decoder = model.encoder, model.decoder
        self._model = Borrowed(model)

    def forward(self, batch: Batch, generator: torch.Generator) -> Loss:
        codes = self.encoder(batch.images).float()
        shaken = codes + self._model.module.config.shake * torch.randn(codes.shape, generator=generator)
        mse = squared_error(batch.images, self.decoder(shaken)).mean() / batch.images[0].numel()
        self._model.module.track_mse(mse.detach())
        return Loss(mse, {"mse": mse.detach()})


PRESETS = {"shaken": Preset(model=Config(), recipe=Recipe(), about="an example", expect="nothing")}
'''

MEASURE = '''
"""Mean absolute difference: stands for any measure that somebody adds."""

from __future__ import annotations

from typing import ClassVar, final

from torch import Tensor

from acutance.measure._per_image import PerImage
from acutance.measure._reading import Better


@final
class Absolute(PerImage):
    """Mean over images and pixels of |x - ref|."""

    what: ClassVar[str] = "absolute_difference"
    spec: ClassVar[dict[str, tuple[str, Better]]] = {"absolute_difference": ("range", "lower")}

    def score(self, x: Tensor, ref: Tensor) -> Tensor:
        return (x.double() - ref.double()).abs().flatten(1).mean(1)


MEASURE = Absolute
'''

CAUSE = '''
"""Samples that are all grey: stands for any cause that somebody adds.

What it is:
    Samples of lower contrast than the images.
Why it blurs:
    Faint detail is not seen.
How it is tested:
    The variance of the samples' pixels against that of the images, in decibels.
Confounders:
    Images of low contrast.
References:
    T2.
"""

from __future__ import annotations

import math

from acutance.diagnose._cause import Advice, Controls, Effect, Sampled, SamplesCause
from acutance.diagnose._diagnosis import Estimate, Evidence
from acutance.diagnose._linear_subject import control
from acutance.models import Generates
from acutance.rng import rng_for


class Faint(SamplesCause):
    cure = "more contrast"

    def applies(self, view: Sampled) -> bool:
        return isinstance(view.subject, Generates)

    def contrast(self, view: Sampled) -> Effect:
        samples = view.subject.generate(256, rng_for(view.seed, "faint"))
        db = 10 * math.log10(float(samples.var() / view.images.tensor().var()))
        evidence = Evidence(name="contrast", words=f"Samples have {db:.1f} dB of contrast.", numbers={"db": db})
        return Effect(db=Estimate(value=db, low=db - 0.5, high=db + 0.5), evidence=(evidence,))

    def advice(self, view: Sampled) -> Advice:
        return Advice(change="raise the contrast", will_not="It will not sharpen.")

    def controls(self) -> Controls:
        return Controls(sick=control(prior_width=0.4), well=control())


CAUSE = Faint()
'''

CLAIM = '''
"""S13: edges stay edges: stands for any claim that somebody adds.

What is claimed:
    Squared error costs nothing on edges.
How it is tested:
    Squared error over its least value on jittered edges, beside a VAE on real images.
Prediction:
    Supported.
Confounders:
    None.
References:
    O1.
"""

from __future__ import annotations

from collections.abc import Sequence

from acutance.claims._bench import edge, vae
from acutance.claims._cell import Cell, Found
from acutance.claims._chart import Axis, Chart, Series
from acutance.claims._claim import Claim, Evidence, Part
from acutance.claims._rows import dot, of
from acutance.claims._scene import Scene
from acutance.claims._statistics import Bound


class S13(Claim):
    says = "Squared error costs nothing on edges."
    prediction = "Right."
    parts = (Part(name="ratio", statement="It is 1", bound=Bound(0.9, 1.1), unit="ratio", expected="holds"),)

    def cells(self, scene: Scene, seed: int) -> dict[str, Cell]:
        return {"l2": edge(scene, seed, "l2"), "vae": vae(scene, seed, scene.icons)}

    def judge(self, seeds: Sequence[dict[str, Found]]) -> Evidence:
        found = of(seeds, "l2", "ratio")
        axis = Axis(title="ratio", low=0.0, high=2.0)
        return Evidence(
            effects={"ratio": found},
            chart=Chart(title="It", x=axis, y=axis, series=(Series(name="l2", dots=(dot(1.0, found),)),)),
        )


CLAIM = S13()
'''

ASKED = """
from acutance.claims import identifiers
from acutance.diagnose._cause import CAUSES
from acutance.measure import MEASURES
from acutance.models import families, presets
print(families.names(), sorted(presets()), MEASURES.names(), CAUSES.names(), identifiers(), sep="\\n")
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with four new files in it."""
    folder = tmp_path_factory.mktemp("house")
    shutil.copy(ROOT / "pyproject.toml", folder)
    skip = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "src" / "acutance", folder / "src" / "acutance", ignore=skip)
    for part in ("laws", "support"):
        shutil.copytree(ROOT / "tests" / part, folder / "tests" / part, ignore=skip)
    shutil.copy(ROOT / "tests" / "conftest.py", folder / "tests")
    (folder / "src" / "acutance" / "models" / "shaken.py").write_text(FAMILY)
    (folder / "src" / "acutance" / "measure" / "absolute_difference.py").write_text(MEASURE)
    (folder / "src" / "acutance" / "diagnose" / "causes" / "faint.py").write_text(CAUSE)
    (folder / "src" / "acutance" / "claims" / "s13.py").write_text(CLAIM)
    return folder


def run(house: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(house / "src"), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=house, env=environment, capture_output=True, text=True, timeout=500)


def test_only_four_files_are_new(house: Path) -> None:
    there = {path.relative_to(house / "src") for path in (house / "src").rglob("*.py")}
    here = {path.relative_to(ROOT / "src") for path in (ROOT / "src").rglob("*.py")}
    assert {str(path) for path in there - here} == {
        "acutance/models/shaken.py",
        "acutance/measure/absolute_difference.py",
        "acutance/diagnose/causes/faint.py",
        "acutance/claims/s13.py",
    }


def test_the_catalogs_and_presets_know_them(house: Path) -> None:
    done = run(house, "-c", ASKED)
    assert done.returncode == 0, done.stderr
    families, presets, measures, causes, claims = done.stdout.splitlines()
    assert "'shaken'" in families
    assert "'shaken'" in presets
    assert "'absolute_difference'" in measures
    assert "'faint'" in causes
    assert "'S13'" in claims


def test_the_laws_cover_them(house: Path) -> None:
    laws = [f"tests/laws/test_{kind}_laws.py" for kind in ("model", "measure", "cause", "claim")]
    chosen = "shaken or absolute_difference or faint or S13 and not smoke"
    options = ["-v", "-p", "no:cacheprovider", "-n", "0", "-k", chosen]
    done = run(house, "-m", "pytest", *options, *laws)
    assert done.returncode == 0, done.stdout[-4000:]
    passed = [line for line in done.stdout.splitlines() if " PASSED" in line]
    assert sum("shaken" in line for line in passed) > 20
    assert sum("absolute_difference" in line for line in passed) > 3
    assert sum("faint" in line for line in passed) == 5
    assert sum("S13" in line for line in passed) == 6
