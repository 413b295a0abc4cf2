"""A wrong range of values is an error that says which fits; so is a shape that does not come back."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from foreign_models import Drawing, Linear, Piped, Rounded
from small_models import blob_set, blobs
from torch import Tensor

from acutance.data import ImageSet, image_set
from acutance.errors import SubjectError
from acutance.subjects._check import check
from acutance.subjects._foreign import Foreign, Parts, adapt
from acutance.subjects.python import adapted

IMAGES = blob_set(30, seed=2)
PALE = image_set(255 - blobs(30, seed=3))


def with_range(thing: Any, low: float, high: float) -> Any:
    thing.value_range = (low, high)
    return thing


@pytest.mark.parametrize("low", [0, -1])
@pytest.mark.parametrize("kept", [4, 24, 120])
def test_the_right_range_is_taken_without_a_word(low: float, kept: int) -> None:
    assert adapted(with_range(Linear(low, 1, kept=kept), low, 1)).fit(IMAGES) == ()


@pytest.mark.parametrize(
    ("true", "stated"),
    [((-1, 1), (0, 1)), ((0, 1), (-1, 1)), ((0, 255), (0, 1)), ((0, 255), (-1, 1))],
)
def test_a_wrong_range_is_refused_and_the_right_one_named(true: tuple[int, int], stated: tuple[int, int]) -> None:
    with pytest.raises(SubjectError) as caught:
        adapted(with_range(Linear(*true, kept=4), *stated)).fit(IMAGES)
    assert f"set value_range = ({true[0]}, {true[1]}) on the object" in str(caught.value)


@pytest.mark.parametrize("low", [0, -1])
def test_bytes_are_refused_for_a_decoder_whose_outputs_are_bounded(low: int) -> None:
    inner = Linear(low, 1).eval()
    thing = SimpleNamespace(encode=inner.encode, decode=lambda z: inner.decode(z).clamp(low, 1))
    with pytest.raises(SubjectError, match=r"set value_range = \((0|-1), 1\)"):
        adapted(with_range(thing, 0, 255)).fit(IMAGES)


def test_inputs_and_outputs_of_two_ranges_are_told_apart() -> None:
    signed = Linear(-1, 1)
    thing = SimpleNamespace(encode=signed.eval().encode, decode=lambda z: (signed.decode(z) + 1) / 2)
    with pytest.raises(SubjectError, match=r"inputs in \[-1, 1\] and outputs in \[0, 1\]"):
        adapted(thing).fit(IMAGES)


def blurred(z: Tensor) -> Tensor:
    return torch.nn.functional.avg_pool2d(z, 5, 1, 2, count_include_pad=False)


@pytest.mark.parametrize("images", [IMAGES, PALE], ids=["dark", "pale"])
@pytest.mark.parametrize(
    "thing",
    [
        SimpleNamespace(encode=lambda x: x, decode=lambda z: z),
        SimpleNamespace(encode=lambda x: x, decode=blurred),
        SimpleNamespace(encode=blurred, decode=lambda z: z),
        SimpleNamespace(encode=lambda x: x, decode=lambda z: 0.5 * z),
        SimpleNamespace(encode=lambda x: 1 - x, decode=lambda z: 0.5 * (1 - z)),
        SimpleNamespace(encode=lambda x: x, decode=lambda z: 0.5 + 0.5 * z),
        SimpleNamespace(encode=lambda x: x, decode=lambda z: 2 * z.mul(2).round() / 2 - z),
        Rounded(),
        Piped(),
    ],
    ids=["identity", "blur", "blurred-input", "dim", "dim-inside", "pale", "coarse", "codes", "pipeline"],
)
def test_a_bad_model_in_the_right_range_is_no_wrong_range(thing: Any, images: ImageSet) -> None:
    adapted(thing).fit(images)


def test_where_both_ranges_could_be_it_is_a_doubt_and_no_error() -> None:
    """Errors of a fixed size are a quarter in a range that is twice as wide."""
    thing = SimpleNamespace(encode=lambda x: x, decode=lambda z: 2 * z.mul(2).round() / 2 - z)
    doubts = adapted(thing).fit(IMAGES)
    assert any("set value_range = (-1, 1) on the object, if that is how it was trained" in doubt for doubt in doubts)


def test_what_reconstructs_nothing_cannot_be_verified_and_is_said_to_be_so() -> None:
    thing = SimpleNamespace(encode=lambda x: x, decode=lambda z: torch.full_like(z, 0.1))
    (doubt,) = adapted(thing).fit(IMAGES)
    assert "could not be verified whether it works with values in [0, 1]" in doubt


def test_values_that_are_cut_off_are_told() -> None:
    thing = SimpleNamespace(encode=lambda x: x, decode=lambda z: 2 * z)
    doubts = adapted(thing).fit(IMAGES)
    assert any("lie clearly outside [0, 1] and are cut off" in doubt for doubt in doubts)


@pytest.mark.parametrize(
    ("decode", "words"),
    [
        (lambda z: z[..., :8], "makes images 1 x 16 x 8 of images 1 x 16 x 16: give --size"),
        (lambda z: z * torch.nan, "values that are no numbers"),
        (lambda z: z.long(), "images are a float tensor"),
        (lambda z: z.mean(1), "images are a float tensor"),
    ],
)
def test_outputs_that_are_no_images(decode: Any, words: str) -> None:
    with pytest.raises(SubjectError, match=words):
        adapted(SimpleNamespace(encode=lambda x: x, decode=decode)).fit(IMAGES)


def test_a_pipeline_that_changes_the_range_or_the_size_is_refused() -> None:
    for change, words in ((lambda x: 2 * x - 1, "state that, and leave"), (lambda x: x[..., ::2], "keeps the shape")):
        thing = Linear()
        thing.preprocess = change
        found = adapted(thing)
        with pytest.raises(SubjectError, match=words):
            found.fit(IMAGES)


class Scaled(Drawing):
    """Draws in another range."""

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = low, high

    def generate(self, n: int, generator: torch.Generator) -> Tensor:
        return self.low + (self.high - self.low) * super().generate(n, generator)


@pytest.mark.parametrize("true", [(0, 1), (-1, 1), (0, 255)])
@pytest.mark.parametrize("stated", [(0, 1), (-1, 1), (0, 255)])
def test_the_range_of_draws(true: tuple[int, int], stated: tuple[int, int]) -> None:
    found = adapted(with_range(Scaled(*true), *stated))
    if true == stated:
        assert found.fit(IMAGES) == ()
        return
    with pytest.raises(SubjectError, match=rf"set value_range = \({true[0]}, {true[1]}\)"):
        found.fit(IMAGES)


def test_draws_of_another_shape() -> None:
    with pytest.raises(SubjectError, match="draws images 1 x 16 x 16, the data are"):
        adapted(Drawing()).fit(blob_set(4, height=24, width=24))


def test_images_of_another_shape_than_was_stated() -> None:
    thing = SimpleNamespace(encode=lambda x: x, decode=lambda z: z, image_shape=(1, 24, 24))
    with pytest.raises(SubjectError, match="works on images of 24 x 24 px, grey"):
        adapted(thing).fit(IMAGES)


@pytest.mark.parametrize("smooth", [True, False])
def test_bfloat16_is_refused_where_it_changes_the_finest_octave(smooth: bool) -> None:
    """Its rounding is white; on smooth images it is all there is in the finest octave."""
    y, x = torch.meshgrid(torch.arange(32.0), torch.arange(32.0), indexing="ij")
    waves = (2 * torch.pi * (x + y) / 32).cos().expand(4, 1, 32, 32)
    noise = torch.rand(4, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    images = 0.5 + 0.4 * waves if smooth else noise
    same = torch.ones(1, 1, 1, 1)
    parts = Parts(
        text="x", family="x", bfloat16=True, encode=lambda x: x, decode=lambda z: torch.nn.functional.conv2d(z, same)
    )
    model = adapt(parts)
    assert isinstance(model, Foreign)
    if smooth:
        with pytest.raises(SubjectError, match=r"bfloat16 adds .* it would change the readings"):
            check(model, images)
    else:
        assert check(model, images) == ()


def validating(low: float, high: float, refuses: Any) -> Any:
    inner = Linear(low, high).eval()

    def encode(images: Tensor) -> Tensor:
        if refuses(images):
            raise ValueError(f"expected images in [{low}, {high}]")
        return inner.encode(images)

    return with_range(SimpleNamespace(encode=encode, decode=inner.decode), low, high)


@pytest.mark.parametrize(
    ("low", "refuses"),
    [(0, lambda x: bool(x.min() < 0 or x.max() > 1)), (-1, lambda x: bool(x.min() >= -0.2))],
    ids=["unit", "signed"],
)
def test_a_model_that_validates_its_input_is_not_blamed_for_the_ranges_that_are_tried(low: int, refuses: Any) -> None:
    assert adapted(validating(low, 1, refuses)).fit(IMAGES) == ()


def test_a_model_that_refuses_the_range_that_it_states_is_still_refused() -> None:
    thing = with_range(validating(-1, 1, lambda x: bool(x.min() >= -0.2)), 0, 1)
    with pytest.raises(SubjectError, match=r"encode.* failed: ValueError: expected images"):
        adapted(thing).fit(IMAGES)
