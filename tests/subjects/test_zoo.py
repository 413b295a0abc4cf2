"""The models that come with the package are the ones that their cards describe."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch

from acutance.data import open_source
from acutance.errors import SubjectError
from acutance.measure import measure_pairs
from acutance.models import Encodes, Generates
from acutance.subjects import open_subject, zoo

LARGEST_BYTES = 20 * 2**20
every_model = pytest.mark.parametrize("name", zoo.names())


def card(name: str) -> str:
    return (zoo.FOLDER / name / "README.md").read_text(encoding="utf-8")


def test_the_zoo_is_there_and_small() -> None:
    assert {"icons-vae", "icons-adversarial", "icons-gan", "icons-vqvae", "icons-vaegan"} <= {*zoo.names()}
    assert sum(file.stat().st_size for file in zoo.FOLDER.rglob("*") if file.is_file()) < LARGEST_BYTES


@every_model
def test_each_opens_does_something_and_says_how_it_was_made(name: str) -> None:
    found = open_subject(f"zoo:{name}")
    assert (found.text, found.name, found.model.shape) == (f"zoo:{name}", name, (1, 32, 32))
    assert isinstance(found.model, Encodes | Generates)
    assert not [w for w in torch.nn.Module.parameters(found.model) if w.dtype != torch.float32]  # type: ignore[arg-type]
    assert found.trained_on is not None
    text = card(name)
    assert text.startswith("---\nlibrary_name: acutance\n")
    assert "\nacutance train " in text
    assert ("pipeline_tag: unconditional-image-generation" in text) == isinstance(found.model, Generates)


@every_model
def test_each_is_measured_on_images_that_it_was_not_trained_on(name: str) -> None:
    images = open_source("builtin:icons")
    trained_on = open_subject(f"zoo:{name}").trained_on
    assert trained_on is not None
    unseen = trained_on.unseen(images)
    assert unseen is not None
    assert f"On {int(unseen.sum())} held-out images" in card(name)
    assert np.array_equal(images.take(np.flatnonzero(unseen)).digests, images.split()[1].digests)


def test_a_card_says_what_the_weights_do() -> None:
    held_out = open_source("builtin:icons").split()[1].tensor()
    model = open_subject("zoo:icons-vqvae").model
    assert isinstance(model, Encodes)
    with torch.no_grad():
        found = measure_pairs(held_out, model.decode(model.encode(held_out).mode))
    for name in ("psnr", "detail_ratio_top_octave", "coherence_top_octave"):
        told = re.search(rf"`{name}` \| ([\d.]+) \| ([\d.]+) to ([\d.]+) ", card("icons-vqvae"))
        assert told is not None, "make cards"
        reading = found.reading(name)
        assert [float(number) for number in told.groups()] == pytest.approx(
            [reading.value, reading.low, reading.high], rel=3e-3
        ), "make cards"


def test_an_unknown_one_is_refused_with_the_nearest() -> None:
    with pytest.raises(SubjectError, match="the zoo has no 'icons-gam'; did you mean 'icons-gan'"):
        open_subject("zoo:icons-gam")
    with pytest.raises(SubjectError, match="names nothing"):
        open_subject("zoo:")
