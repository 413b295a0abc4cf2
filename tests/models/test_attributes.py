"""Attribute vectors: exact where the code is linear, refused where there is nothing to compare."""

from __future__ import annotations

import math

import pytest
import torch
from small_models import images_of, small_model
from torch import Tensor

from acutance.errors import InputError
from acutance.models import Autoencoder, attribute_vector, edit
from acutance.nn.latents import DiagonalNormal

EIGHT = images_of(8)


class Pixels:
    """Its code is the image, with noise that nobody is to see."""

    def encode(self, images: Tensor) -> DiagonalNormal:
        return DiagonalNormal(images, torch.zeros_like(images))

    def decode(self, latents: Tensor) -> Tensor:
        return latents.clamp(0, 1)


class Darkened(Pixels):
    def preprocess(self, images: Tensor) -> Tensor:
        return images / 2


def test_the_vector_is_the_difference_of_the_means_however_it_is_batched() -> None:
    having, lacking = images_of(7), images_of(11, seed=3)
    wanted = having.mean(0) - lacking.mean(0)
    for sizes in ((7, 11), (2, 3), (1, 1)):
        found = attribute_vector(Pixels(), having.split(sizes[0]), lacking.split(sizes[1]))
        assert found.dtype == torch.float32
        torch.testing.assert_close(found, wanted)
    torch.testing.assert_close(attribute_vector(Darkened(), [having], [lacking]), wanted / 2)


def test_a_planted_attribute_is_found_added_and_taken_away() -> None:
    plain = 0.5 * images_of(20)
    marked = plain.clone()
    marked[:, :, :4, :4] += 0.3
    vector = attribute_vector(Pixels(), [marked[:10]], [plain[:10]])
    torch.testing.assert_close(edit(Pixels(), plain[10:], vector), marked[10:])
    torch.testing.assert_close(edit(Pixels(), marked[10:], vector, -1.0), plain[10:])
    torch.testing.assert_close(edit(Pixels(), plain[10:], vector, 0.0), plain[10:])


@pytest.mark.parametrize("family", ["spatial_vae", "vae", "vqvae"])
def test_a_model_of_ours_edits(family: str) -> None:
    model = small_model(family).eval()
    assert isinstance(model, Autoencoder)
    vector = model.attribute_vector(EIGHT[:3], EIGHT[3:])
    assert vector.shape == model.latent_shape
    assert torch.equal(model.edit(EIGHT, vector, 0.0), model.reconstruct(EIGHT))
    wanted = model.decode(model.encode(EIGHT).mode + 2 * vector)
    torch.testing.assert_close(model.edit(EIGHT, vector, 2.0), wanted)
    assert not model.edit(EIGHT, vector).requires_grad


def test_what_cannot_be_done_is_refused_in_words() -> None:
    model = small_model("spatial_vae").eval()
    assert isinstance(model, Autoencoder)
    vector = model.attribute_vector(EIGHT[:3], EIGHT[3:])
    with pytest.raises(InputError, match="none is without it"):
        model.attribute_vector(EIGHT, EIGHT[:0])
    with pytest.raises(InputError, match="none is with it"):
        attribute_vector(model, [], [EIGHT])
    with pytest.raises(InputError, match="it is another model's"):
        model.edit(EIGHT, vector[:1])
    with pytest.raises(InputError, match="strength is a finite number, got nan"):
        model.edit(EIGHT, vector, math.nan)
    with pytest.raises(InputError, match="must lie in"):
        model.edit(2 * EIGHT, vector)
