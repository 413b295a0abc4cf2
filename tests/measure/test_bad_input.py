"""What a caller can get wrong: one message in words, and what is doubtful said beside the number."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from acutance.errors import ConfigError, MeasureError
from acutance.measure import MEASURES, Modes, measure_pairs, measure_samples, mode_count
from acutance.measure._base import few_cases

REF, X = torch.rand(2, 40, 1, 16, 16, generator=torch.Generator().manual_seed(0)).unbind()


def few(images: Tensor) -> Tensor:
    return images.flatten(1)[:, :4]


def samples(**more: Any) -> Any:
    return measure_samples(**{"real": REF, "fake": X, "features": few, "effort": "fast"} | more)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        pytest.param(lambda: measure_pairs(REF, X[:9]), "40 references but 9 outputs", id="counts"),
        pytest.param(lambda: measure_pairs(REF, X[..., :12]), "must match in shape", id="sizes"),
        pytest.param(lambda: measure_pairs(REF * 2 - 1, X), "rescale", id="range"),
        pytest.param(lambda: samples(features=lambda x: {"middle": few(x)}), "dict of middle", id="features-dict"),
        pytest.param(lambda: samples(features=lambda x: few(x)[:3]), "3 features for 40", id="features-rows"),
        pytest.param(lambda: samples(modes=Modes(label=few, count=4)), "whole number", id="labels"),
        pytest.param(lambda: mode_count(torch.arange(9), 9, hits=0), "1 or more, got 0", id="hits"),
    ],
)
def test_refused_in_words(call: Callable[[], object], says: str) -> None:
    with pytest.raises((MeasureError, ConfigError), match=says):
        call()


WRONG_TYPES = """
import torch
from acutance.errors import InputError
from acutance.measure import measure_pairs, measure_samples
ref, x = torch.rand(2, 40, 1, 16, 16).unbind()
for call in (
    lambda: measure_pairs(ref.numpy(), x),
    lambda: measure_pairs(batches=[ref, x]),
    lambda: measure_pairs(batches=[(ref, x, x)]),
    lambda: measure_pairs(ref, x, channels="rgb"),
    lambda: measure_pairs(ref, x, window="hamming"),
    lambda: measure_samples(real=ref, fake=x, effort="most"),
    lambda: measure_samples(real=ref, fake=x, features="squeezenet"),
    lambda: measure_samples(real=ref, fake=x, features=lambda images: images.flatten(1).numpy()),
):
    try:
        call()
    except InputError as error:
        print(error)
"""


def test_wrong_types_are_refused_in_words_where_no_types_are_checked() -> None:
    done = subprocess.run([sys.executable, "-c", WRONG_TYPES], capture_output=True, text=True, check=True)
    said = ("torch.as_tensor", "batches of two", "got 3 things", "no 'rgb'", "no 'hamming'", "no 'most'", "feature_net",
            "got ndarray")  # fmt: skip
    for line, words in zip(done.stdout.splitlines(), said, strict=True):
        assert words in line
    assert done.stderr == ""


def test_images_divided_by_255_twice_are_noticed() -> None:
    for ref, x, role in ((REF / 255, X, "reference"), (REF, X / 255, "output")):
        readings = measure_pairs(ref, x).readings
        assert all(any(f"no {role} value is above" in words for words in r.preconditions) for r in readings)
    assert not any("255" in words for r in measure_pairs(REF, X).readings for words in r.preconditions)


def test_outputs_that_are_their_references_are_noticed() -> None:
    found = measure_pairs(REF, torch.cat([REF[:10] + 1e-4, X[10:]]).clamp(0, 1))
    assert all("10 of 40 outputs equal their references to 8 bits" in r.preconditions for r in found.readings)
    assert not any("equal" in words for r in measure_pairs(REF, X).readings for words in r.preconditions)


def test_no_shift_is_read_from_what_has_nothing_in_common() -> None:
    """Unrelated, constant and black outputs; a shift of two pixels is read, and said to be rough in its interval."""
    for x in (X, torch.full_like(X, 0.3), torch.zeros_like(X)):
        found = measure_pairs(REF, x)
        assert "too little for a shift" in found.reading("shift_down_px").preconditions[0]
        assert not any("shifted" in words for words in found.reading("mtf50").preconditions)
    moved = measure_pairs(REF, REF.roll(2, 3))
    assert moved.reading("shift_right_px").value == pytest.approx(2.0, abs=1e-6)
    assert any("rough" in words for words in moved.reading("shift_right_px").preconditions)
    assert any("shifted by 2.00 px" in words for words in moved.reading("mtf50").preconditions)


def test_one_mode_seen_evenly_has_an_interval() -> None:
    modes, divergence = mode_count(torch.arange(20), 20, hits=1)
    assert modes.value == 20
    assert divergence.low <= divergence.value <= divergence.high


@pytest.mark.parametrize(("share", "says"), [(0.03, "only 3 of 100"), (0.97, "all but 3 of 100"), (0.5, None)])
def test_a_share_of_few_images_says_of_how_many(share: float, says: str | None) -> None:
    assert [words.partition(" images")[0] for words in few_cases(share, 100)] == ([says] if says else [])


def test_a_refused_batch_leaves_no_trace() -> None:
    """Pairs of another size that agree to 8 bits are not counted among those that do."""
    measure = MEASURES.load("psnr")()
    measure.update(X, REF)
    with pytest.raises(MeasureError, match="as before"):
        measure.update(REF[..., :8], REF[..., :8])
    assert measure.compute()[0].preconditions == ()
