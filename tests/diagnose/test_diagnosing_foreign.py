"""Models made elsewhere, diagnosed: planted faults found, and what cannot be told is said."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from diffusers_models import trained
from foreign_models import Linear, Piped, state
from scripted_models import Components, script
from small_models import blob_set
from torch import Tensor

from acutance.diagnose import Diagnosis, diagnose
from acutance.subjects import open_subject
from acutance.subjects.python import adapted

IMAGES = blob_set(120, seed=4)


def diagnosed(thing: Any) -> Diagnosis:
    return diagnose(adapted(thing).model, IMAGES, name="x")


def largest(found: Diagnosis) -> str:
    return found.locations[0].location


class WithLosses(Linear):
    """One term of its loss is computed without gradient."""

    def losses(self, batch: Tensor) -> dict[str, Tensor]:
        output = self.decode(self.encode(batch))
        return {"pixels": (output - batch).square().mean(), "perceptual": output.detach().square().mean()}


def test_the_pipeline_and_too_few_latents_are_told_apart() -> None:
    assert largest(diagnosed(Piped())) == "data"
    narrow = diagnosed(Linear(kept=3))
    assert largest(narrow) == "bottleneck"
    assert narrow.locations[0].verdict == "present"


def test_an_object_is_left_as_it_was_and_its_losses_are_audited() -> None:
    thing = WithLosses().train()
    before = state(thing)
    found = diagnosed(thing)
    assert found.audit is not None and found.audit.detached == ("perceptual",)
    assert any("perceptual is detached" in warning for warning in found.warnings)
    assert all(torch.equal(value, before[name]) for name, value in thing.state_dict().items())
    assert thing.training and all(weight.grad is None for weight in thing.parameters())


def test_without_gradients_what_can_be_told_is_told() -> None:
    inner = Linear().eval()
    thing = SimpleNamespace(encode=inner.encode, decode=lambda z: inner.decode(z.detach()).detach())
    found = diagnosed(thing)
    assert found.locations == () and found.subject.bands["sample"]
    assert any("no gradient passes through the decoder" in warning for warning in found.warnings)
    assert "no gradient passes" in found.answer and "no gradient passes" in found.unplaced


def test_a_torchscript_autoencoder(tmp_path: Path) -> None:
    found = diagnose(open_subject(f"torchscript:{script(Components(-1.0), tmp_path / 'x.pt')}").model, IMAGES, name="x")
    assert sum(location.share for location in found.locations) == pytest.approx(1)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["AutoencoderKL", "VQModel"])
def test_trained_autoencoders_of_diffusers(kind: str) -> None:
    found = diagnose(open_subject(f"diffusers:{trained(kind)}").model, IMAGES, name="x")
    assert sum(location.share for location in found.locations) == pytest.approx(1)
    assert ("quantization" in {location.location for location in found.locations}) == (kind == "VQModel")
