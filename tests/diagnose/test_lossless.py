"""A subject that loses nothing: no place is charged with it, and no number of it is missing from the page."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from small_models import SHAPE, blob_set
from torch import Tensor

from acutance.diagnose import diagnose
from acutance.diagnose._diagnosis import Estimate
from acutance.diagnose._told import told
from acutance.report import write_diagnosis
from acutance.subjects.python import adapted

IMAGES = blob_set(120)


class Points:
    """The image is its code."""

    def encode(self, images: Tensor) -> Any:
        return images.flatten(1)

    def decode(self, latents: Tensor) -> Tensor:
        return latents.reshape(-1, *SHAPE)


class Levels(Points):
    """A quantiser of as many levels as the image has."""

    def encode(self, images: Tensor) -> Any:
        values = images.flatten(1)
        indices = (255 * values).round().long()
        return SimpleNamespace(quantized=values, continuous=values, indices=indices)


def refused(constant: str) -> float:
    raise AssertionError(f"{constant} is not JSON")


@pytest.mark.parametrize("kind", [Points, Levels])
def test_nothing_lost_is_said_in_words_and_numbers(kind: type[Points], tmp_path: Path) -> None:
    found = diagnose(adapted(kind()).model, IMAGES, name="x", fit_images=blob_set(100, seed=1))
    assert found.explained is not None and found.explained.value == pytest.approx(1)
    assert found.locations and all(location.share == 0 for location in found.locations)
    assert {location.verdict for location in found.locations} == {"absent"}
    assert found.prescriptions == () and "Nothing is lost." in found.answer and "nan" not in found.answer
    files = write_diagnosis(found, tmp_path)
    for path in files.values():
        text = path.read_text()
        if path.suffix == ".json":
            json.loads(text, parse_constant=refused)
        else:
            shown = re.sub(r"<script.*?</script>|<style.*?</style>|data:[^\"]*", "", text, flags=re.DOTALL)
            assert not re.search(r"\bnan\b", shown, flags=re.IGNORECASE)


def test_a_loss_of_some_of_the_replicates_is_no_division_by_nothing() -> None:
    """One image of many has lost something: some bootstrap replicates leave it out."""

    class Spoilt(Points):
        def encode(self, images: Tensor) -> Tensor:
            first = (images.flatten(1) == IMAGES.tensor([0]).flatten(1)).all(1, keepdim=True)
            return torch.where(first, images.flatten(1).mean(1, keepdim=True), images.flatten(1))

    found = diagnose(adapted(Spoilt()).model, IMAGES, name="x")
    assert sum(location.share for location in found.locations) == pytest.approx(1)


def test_what_no_place_loses_is_not_called_nothing() -> None:
    """A decoder that invents pays for it, whatever its code holds."""
    found = diagnose(adapted(Points()).model, IMAGES, name="x", fit_images=blob_set(100, seed=1))
    for value, words in ((0.999, "Nothing is lost."), (0.6, "that is the price of inventing.")):
        explained = Estimate(value=value, low=value, high=value)
        assert words in told(found.subject, explained, found.locations, ())
