"""The pieces a diagnosis is put together from: the linear refit, shares from claims, verdicts, prescriptions."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from acutance.diagnose import Estimate
from acutance.diagnose._attribute import _parts, _verdict
from acutance.diagnose._cause import CAUSES, Contrast
from acutance.diagnose._linear import Patches, fitted
from acutance.diagnose._octaves import Octaves
from acutance.diagnose._settings import KL_WEIGHT, LATENTS, Setting, setting
from acutance.diagnose.causes.bottleneck import _more
from acutance.diagnose.causes.rate import _change
from acutance.diagnose.interventions.trained_noise import _crossing

GENERATOR = torch.Generator().manual_seed(0)


def noise(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape)))


@pytest.mark.parametrize("latent", [(5,), (3, 4, 4), (3, 5, 5), (2, 1, 1)])
def test_patches_put_images_together_again(latent: tuple[int, ...]) -> None:
    images = noise(6, 2, 16, 16)
    patches = Patches.of(torch.Size((6, *latent)), images.shape)
    assert patches.shared == (latent == (3, 4, 4))
    assert torch.equal(patches.images(patches.rows(images), images.shape), images)
    assert len(patches.features(noise(6, *latent))) == len(patches.rows(images))


def test_a_blur_behind_the_output_is_undone() -> None:
    targets = (0.5 + 0.12 * noise(200, 1, 16, 16)).clamp(0, 1)
    kernel = torch.tensor([0.15, 0.7, 0.15])
    square = (kernel[:, None] * kernel[None, :]).expand(1, 1, 3, 3)
    outputs = F.conv2d(F.pad(targets, (1, 1, 1, 1), mode="replicate"), square)
    correct = fitted(torch.zeros(200, 3), outputs, targets)
    before, after = ((x - targets).square().mean() for x in (outputs, correct(torch.zeros(200, 3), outputs)))
    assert after < 0.1 * before


@pytest.mark.parametrize("latent", [(12,), (3, 4, 4)])
def test_what_the_latents_still_hold_is_found_on_other_images(latent: tuple[int, ...]) -> None:
    latents = noise(400, *latent)
    patches = Patches.of(latents.shape, torch.Size((400, 1, 16, 16)))
    features = patches.features(latents)
    held = 0.02 * features @ noise(features.shape[1], patches.rows(torch.zeros(1, 1, 16, 16)).shape[1])
    targets = (0.5 + patches.images(held, torch.Size((400, 1, 16, 16)))).clamp(0, 1)
    outputs = torch.full_like(targets, 0.5)
    correct = fitted(latents[:300], outputs[:300], targets[:300])
    before, after = (
        (x - targets[300:]).square().mean() for x in (outputs[300:], correct(latents[300:], outputs[300:]))
    )
    assert after < 0.05 * before


def test_nothing_is_changed_where_nothing_is_to_gain() -> None:
    targets = torch.rand(300, 1, 16, 16, generator=GENERATOR)
    correct = fitted(noise(300, 20), targets, targets)
    assert correct.kernel is None and correct.weight is None


def octaves(lost: float) -> Octaves:
    xx = np.ones((3, 2))
    return Octaves(n=10, effective_n=10.0, centre=np.ones(2), xx=xx, rr=xx * (1 - lost), xr=xx * (1 - lost))


def contrast(claim: float, left: float = 0.0) -> Contrast:
    before = octaves(0.5)
    return Contrast(claim=np.full((3, 2), claim / 2), whole=np.ones(3), before=before, after=None, left=left)


ONE = np.ones(3)


def shares(**contrasts: Contrast) -> dict[str, float]:
    parts = _parts(list(contrasts.items()), ONE)
    return {name: float(part.sum(1)[0]) for name, part in parts.items()}


def test_what_nobody_claims_goes_where_it_is_said_to_belong() -> None:
    found = shares(rate=contrast(0.2, left=0.25), bottleneck=contrast(0.0, left=0.75))
    assert found == pytest.approx({"rate": 0.4, "bottleneck": 0.6})


def test_claims_that_overlap_are_shrunk_in_proportion() -> None:
    found = shares(encoder=contrast(0.9), decoder=contrast(0.6), bottleneck=contrast(0.0, left=1.0))
    assert found == pytest.approx({"encoder": 0.6, "decoder": 0.4, "bottleneck": 0.0})


def test_the_pipeline_comes_first_and_claims_below_none_count_as_none() -> None:
    found = shares(
        data=contrast(0.5), encoder=contrast(0.5), decoder=contrast(-0.2), bottleneck=contrast(0.0, left=1.0)
    )
    assert found == pytest.approx({"data": 0.5, "encoder": 0.25, "decoder": 0.0, "bottleneck": 0.25})


@pytest.mark.parametrize(
    ("effect", "share", "verdict"),
    [
        ((0.06, 0.2), (0.3, 0.6), "present"),
        ((0.04, 0.2), (0.3, 0.6), "undecided"),
        ((0.01, 0.04), (0.3, 0.6), "absent"),
        ((0.06, 0.2), (0.01, 0.09), "absent"),
        ((0.06, 0.2), (0.05, 0.2), "undecided"),
        ((math.nan, math.nan), (0.3, 0.6), "undecided"),
    ],
)
def test_the_verdict_needs_the_whole_interval(
    effect: tuple[float, float], share: tuple[float, float], verdict: str
) -> None:
    estimates = [Estimate(value=sum(ends) / 2, low=ends[0], high=ends[1]) for ends in (share, effect)]
    assert _verdict(CAUSES.load("rate"), *estimates) == verdict


def test_the_width_of_training_is_where_the_slope_is_one() -> None:
    h, times = 0.7, 2.5
    scales = np.array([0.0, 0.35, 0.5, 0.71, 1.0])
    slopes = 1 / (h + (times * scales) ** 2 * (1 - h))
    assert _crossing(scales, slopes, 1.0) == pytest.approx(1 / times, abs=0.02)


@pytest.mark.parametrize(
    ("configuration", "words"),
    [
        ({"sigma": 1.0}, "1 is 9 times the calibrated 0.11: set sigma from 1 to 0.11"),
        ({"sigma": "calibrated", "kl_weight": 1.0}, "set kl_weight from 1 to 0.012 with the same loss"),
        ({"model": {"beta": 4.0}}, "set model.beta from 4 to 0.049 with the same loss"),
        ({}, "divide the KL weight by 81, or learn sigma"),
    ],
)
def test_a_sigma_that_is_too_large_is_put_right_in_the_subjects_own_words(
    configuration: dict[str, object], words: str
) -> None:
    assert words in _change(configuration, 1.0, 9.0)


def test_a_calibrated_sigma_is_not_called_wrong() -> None:
    assert "is calibrated already: set kl_weight from 2 to 0.5" in _change({"kl_weight": 2.0}, 0.1, 1.05)
    assert "calibrated already" in _change({}, 0.1, math.nan)


def test_settings_are_found_at_any_depth() -> None:
    nested = {"of": "x", "config": {"latent_channels": 4, "kl_weight": True}}
    assert setting(nested, LATENTS) == Setting("config.latent_channels", 4)
    flag = setting(nested, KL_WEIGHT)
    assert flag is not None and flag.number is None
    assert setting({}, LATENTS) is None


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((24,), "48 in a vector, or a latent map"),
        ((24, 1, 1), "48 in a vector, or a latent map"),
        ((4, 8, 8), "8 channels where there are 4 (8 x 8), or a finer map"),
    ],
)
def test_more_latents_are_told_in_the_words_of_the_code(shape: tuple[int, ...], words: str) -> None:
    assert _more(torch.Size(shape)) == words
