"""Subjects measured on held-out images: which numbers, of what, and in which words."""

from __future__ import annotations

import dataclasses
import math

import comparisons
import numpy as np
import pytest
import torch
from small_models import blob_set, small_model

from acutance.diagnose import Subject, answer, assess, compare, response_verdict
from acutance.errors import SubjectError
from acutance.measure import measure_pairs
from acutance.models import Autoencoder
from acutance.nn.latents import DiagonalNormal

IMAGES = blob_set(40)


def test_the_singles_are_of_the_draw_and_the_mean_has_its_own_bands() -> None:
    model = small_model("vae").eval()
    assert isinstance(model, Autoencoder)
    found = assess(model, IMAGES, name="x")
    ref = IMAGES.tensor()
    of_mean = measure_pairs(ref, model.reconstruct(ref, latent="mean"))
    assert [b.values["coherence"] for b in found.bands["mean"]] == pytest.approx(
        [b.values["coherence"] for b in of_mean.bands]
    )
    for name in ("detail_ratio_top_octave", "coherence_top_octave"):
        reading = found.reading(name)
        assert reading is not None
        assert reading.value == found.bands["sample"][-1].values[name.removesuffix("_top_octave")]
        assert reading.value != found.bands["mean"][-1].values[name.removesuffix("_top_octave")]


def test_rate_and_active_units_are_those_of_the_posterior() -> None:
    model = small_model("vae").eval()
    assert isinstance(model, Autoencoder)
    found = assess(model, IMAGES, name="x")
    with torch.no_grad():
        latent = model.encode(IMAGES.tensor())
    assert isinstance(latent, DiagonalNormal)
    rate, active = found.reading("rate_bits"), found.reading("active_units")
    assert rate is not None and active is not None
    assert rate.value == pytest.approx(latent.cost().mean().item() / math.log(2), rel=1e-5)
    assert rate.low < rate.value < rate.high
    assert active.value == (latent.cost_per_unit().mean(0) > 0.01).sum().item()
    assert active.low <= active.value <= active.high


@pytest.mark.parametrize("family", ["vae", "gan", "ae"])
def test_every_reading_has_an_interval_or_says_why_not(family: str) -> None:
    found = assess(small_model(family).eval(), IMAGES, name="x")
    names = [reading.name for reading in found.readings]
    assert len(names) == len({*names})
    for reading in found.readings:
        assert math.isfinite(reading.low + reading.high) or reading.preconditions, reading


def test_a_generator_has_no_paired_bands_and_an_autoencoder_without_a_prior_no_samples() -> None:
    drawn, coded = (assess(small_model(family).eval(), IMAGES, name=family) for family in ("gan", "ae"))
    assert {*drawn.bands} == {"prior", "floor"} and drawn.reconstructions is None and drawn.response is None
    assert {*coded.bands} == {"sample", "mean"} and coded.samples is None and coded.response is not None
    assert coded.reading("rate_bits") is None, "a point has no finite rate"


def test_the_same_seed_gives_the_same_record() -> None:
    first, second, other = (assess(small_model("vae").eval(), IMAGES, name="x", seed=seed) for seed in (1, 1, 2))
    assert repr(first.readings) == repr(second.readings), "some are not known, and no such number equals itself"
    assert repr(first.readings) != repr(other.readings)
    assert np.array_equal(first.samples, second.samples)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (-0.2, 0.2, "averaged"),
        (-0.21, 0.2, "undecided"),
        (0.2, 0.9, "undecided"),
        (0.21, 0.9, "invented"),
        (-0.9, -0.21, "over-smoothed"),
        (math.nan, math.nan, "undecided"),
    ],
)
def test_the_verdict_needs_the_whole_interval(low: float, high: float, verdict: str) -> None:
    assert response_verdict(low, high) == verdict


def test_the_answer_tells_each_subject_by_its_own_numbers() -> None:
    vae, crisp, gan = comparisons.vae("A"), comparisons.adversarial("B"), comparisons.gan("C")
    words = answer([vae, crisp, gan])
    for subject in (vae, crisp, gan):
        top = (subject.bands.get("sample") or subject.bands["prior"])[-1]
        assert f"{100 * top.values['detail_ratio']:.0f} %" in words
    assert words.index("A shows") < words.index("B shows") < words.index("C draws")
    assert "answered with an average" in words.partition("B shows")[0]
    assert "invented" in words.partition("B shows")[2]


def test_a_verdict_that_the_finest_octave_does_not_show_is_said_to_be_of_all_octaves() -> None:
    vae, crisp = comparisons.vae("A"), comparisons.adversarial("B")
    for verdict, less in (("over-smoothed", "less"), ("invented", "more")):
        response = dataclasses.replace(vae.response, index=-0.5, low=-0.6, high=-0.4, verdict=verdict)  # type: ignore[type-var]
        assert f"over all octaves {less}" in answer([dataclasses.replace(vae, response=response)])
        assert "over all octaves" not in answer([dataclasses.replace(crisp, response=response)])


def test_subjects_that_cannot_stand_side_by_side_are_refused() -> None:
    model = small_model("gan").eval()
    one = Subject(name="one", model=model)
    with pytest.raises(SubjectError, match="every name once"):
        compare([one, one], IMAGES)
    with pytest.raises(SubjectError, match="at least one"):
        compare([], IMAGES)
    with pytest.raises(SubjectError, match="--size and --channels"):
        compare([one], blob_set(8, height=24, width=24))


def test_a_comparison_measures_all_on_the_same_images() -> None:
    subjects = [Subject(name=family, model=small_model(family).eval()) for family in ("vae", "ae")]
    told: list[str] = []
    found = compare(subjects, IMAGES, on_subject=told.append)
    assert told == [subject.name for subject in found.subjects] == ["vae", "ae"]
    for subject in found.subjects:
        reading = subject.reading("psnr")
        assert reading is not None and reading.n == len(IMAGES)
    assert found.data.images == len(IMAGES)
    assert found.originals.shape == (16, 16, 16, 1)
