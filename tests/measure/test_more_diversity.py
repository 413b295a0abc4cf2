"""Vendi score, memorisation, the Frechet limit, kurtosis, modes, birthdays."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from acutance.data import open_source
from acutance.errors import MeasureError, NoDataError
from acutance.measure import MEASURES, Reading, birthday_support, mode_count, modes_of, stacked_modes_of
from acutance.measure.vendi_score import vendi


def normal(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def readings(name: str, real: Tensor, fake: Tensor) -> dict[str, Reading]:
    measure = MEASURES.load(name)()
    measure.update(real=real, fake=fake)
    return {r.name: r for r in measure.compute()}


def test_vendi_score_counts_what_is_different() -> None:
    axes, zero = torch.eye(7, dtype=torch.float64), torch.zeros(2, 7)
    assert vendi(axes.repeat(3, 1), zero)[0] == pytest.approx(7.0, rel=1e-9)
    assert vendi(axes[:1].repeat(9, 1), zero)[0] == pytest.approx(1.0, rel=1e-9)
    rows = normal(30, 5, seed=0)
    unit = torch.nn.functional.normalize(rows, dim=1)
    values = torch.linalg.eigvalsh(unit @ unit.T / 30).clamp(min=1e-300)
    assert vendi(rows, zero[:, :5])[0] == pytest.approx(math.exp(-float((values * values.log()).sum())), rel=1e-9)


@pytest.mark.parametrize("own", [True, False])
def test_what_one_image_changes_in_the_vendi_score(own: bool) -> None:
    """The standard error against the loss of each image, by brute force; losing one moves the centre too."""
    points = 0.5 + normal(120, 4, seed=30).abs()
    real = points if own else 0.4 + normal(90, 4, seed=31).abs()

    def lost(x: Tensor) -> Tensor:
        return torch.stack([torch.cat([x[:i], x[i + 1 :]]) for i in range(len(x))])

    whole, error = vendi(points, real)
    changes = [torch.tensor([vendi(x, x if own else real)[0] - whole for x in lost(points)])]
    if not own:
        changes.append(torch.tensor([vendi(points, x)[0] - whole for x in lost(real)]))
    variance = sum(float(change.var(correction=0)) * len(change) for change in changes)
    assert error == pytest.approx(variance**0.5, rel=0.05)


def test_vendi_score_falls_with_lost_modes() -> None:
    centres = 5 * normal(12, 20, seed=1)
    real = centres[torch.arange(480) % 12] + normal(480, 20, seed=2)
    fake = centres[torch.arange(480) % 3] + normal(480, 20, seed=3)
    found = readings("vendi_score", real, fake)
    assert found["vendi_score"].high < found["vendi_score_real"].low


def test_memorised_share_of_copies_and_of_new_draws() -> None:
    real = normal(600, 6, seed=4)
    copies = real + 1e-3 * normal(600, 6, seed=5)
    assert readings("memorisation", real, copies)["memorised_share"].value > 0.99
    new = readings("memorisation", real, normal(600, 6, seed=6))["memorised_share"]
    assert new.value == pytest.approx(0.5, abs=0.08)
    whole = torch.cdist(copies, real)
    own = torch.cdist(real, real).fill_diagonal_(math.inf).min(1).values
    exact = float((whole.min(1).values < own[whole.argmin(1)]).double().mean())
    assert readings("memorisation", real, copies)["memorised_share"].value == exact


def test_frechet_limit_is_nearer_to_the_truth() -> None:
    plain, limit = [], []
    for seed in range(8):
        real, fake = normal(400, 12, seed=20 + seed), normal(400, 12, seed=60 + seed) + 0.3
        plain.append(readings("frechet_distance", real, fake)["frechet_distance"].value)
        limit.append(readings("frechet_infinity", real, fake)["frechet_distance_infinity"].value)
    exact = 12 * 0.09
    assert abs(sum(limit) / 8 - exact) < 0.4 * abs(sum(plain) / 8 - exact)


def test_the_frechet_limit_of_too_few_images_has_no_interval() -> None:
    few = readings("frechet_infinity", normal(30, 16, seed=1), normal(30, 16, seed=2))["frechet_distance_infinity"]
    assert math.isnan(few.low) and any("no line in 1/n yet" in words for words in few.preconditions)
    many = readings("frechet_infinity", normal(40, 16, seed=1), normal(40, 16, seed=2))["frechet_distance_infinity"]
    assert many.low < many.value < many.high


def edges(n: int, seed: int) -> Tensor:
    """Pictures of one step edge each."""
    place = torch.randint(8, 24, (n, 1, 1, 1), generator=torch.Generator().manual_seed(seed))
    return 0.2 + 0.6 * (torch.arange(32) >= place).double().expand(n, 1, 32, 32)


def test_noise_with_the_right_spectrum_does_not_pass_as_edges() -> None:
    real = edges(60, 0) + 0.01 * normal(60, 1, 32, 32, seed=1)
    same = edges(60, 2) + 0.01 * normal(60, 1, 32, 32, seed=3)
    phase = torch.fft.rfft2(normal(60, 1, 32, 32, seed=4)).angle()
    noise = torch.fft.irfft2(torch.fft.rfft2(real).abs() * torch.exp(1j * phase), s=(32, 32))
    noise = (0.5 + 0.3 * (noise - noise.mean())).clamp(0, 1)
    kept, lost = (readings("gradient_kurtosis", real, x)["gradient_kurtosis_ratio"] for x in (same, noise))
    assert kept.low < 1.05 and kept.high > 0.95
    assert lost.high < 0.5


def test_gaussian_noise_has_kurtosis_three() -> None:
    measure = MEASURES.load("gradient_kurtosis")()
    measure.update(real=0.5 + 0.05 * normal(100, 1, 16, 16, seed=5), fake=0.5 + 0.1 * normal(100, 1, 16, 16, seed=6))
    assert measure._kurtosis("real")[0] == pytest.approx(3.0, rel=0.05)
    assert measure.compute()[0].value == pytest.approx(1.0, rel=0.05)


def test_modes_need_their_hits() -> None:
    labels = torch.cat([torch.arange(8).repeat(50), torch.tensor([8, 8, 9])])
    count, divergence = mode_count(labels, 10)
    assert count.value == 8.0 and count.low <= 8.0 <= count.high
    assert mode_count(labels, 10, hits=1)[0].value == 10.0
    assert divergence.value == pytest.approx(math.log(10 / 8), abs=0.06)
    with pytest.raises(NoDataError):
        mode_count(labels[:0], 10)
    with pytest.raises(MeasureError, match=r"0 \.\.\. 4"):
        mode_count(labels, 5)


def test_a_thin_mode_count_is_named_where_modes_would_be_missed() -> None:
    """29 samples a mode reach 3 hits each but once in 5e10 tries; 4 a mode miss a quarter of them."""
    for each, named in ((29, False), (4, True)):
        modes, _ = mode_count(torch.arange(10).repeat(each), 10, hits=3)
        assert any("would be missed" in words for words in modes.preconditions) is named


def test_divergence_of_modes_is_zero_for_uniform_draws() -> None:
    """O5: the raw divergence is (K - 1) / 2N too high."""
    rng = torch.Generator().manual_seed(7)
    values = [mode_count(torch.randint(0, 100, (2000,), generator=rng), 100)[1].value for _ in range(20)]
    assert sum(values) / 20 < 0.25 * 99 / 4000


def test_birthday_support_finds_the_number_of_pictures() -> None:
    rng = torch.Generator().manual_seed(8)
    held = 0
    for _ in range(40):
        drawn = torch.randint(0, 3000, (400,), generator=rng)
        counts = torch.bincount(drawn)
        found = birthday_support(400, int((counts * (counts - 1) // 2).sum()))
        held += found.low <= 3000 <= found.high
    assert held >= 36
    assert birthday_support(50, 0).preconditions
    with pytest.raises(MeasureError):
        birthday_support(1, 0)


def test_the_nearest_label_is_right_for_noisy_samples_a_pixel_aside() -> None:
    glyphs = open_source("builtin:glyphs", size=32)
    images, labels = glyphs.tensor()[:200], glyphs.labels
    assert labels is not None
    modes = modes_of(images, labels[:200])
    names = sorted(set(labels[:200]))
    shown = torch.tensor([names.index(label) for label in labels[:200]])
    noise = 0.1 * torch.randn(images.shape, generator=torch.Generator().manual_seed(0))
    for down, right in ((0, 0), (1, 0), (-1, 1)):
        samples = (images.roll((down, right), (2, 3)) + noise).clamp(0, 1)
        assert torch.equal(modes.label(samples), shown)


def test_modes_of_stacks_are_told_colour_by_colour() -> None:
    """Known drawings say what others of the same digits show, also on combinations that were never seen."""
    known, asked = open_source("builtin:glyph-stacks?n=2000"), open_source("builtin:glyph-stacks?n=250&seed=1")
    assert known.labels is not None
    assert asked.labels is not None
    modes = stacked_modes_of(known.tensor(), known.labels)
    assert modes.count == known.answers.modes == 125
    names = sorted({word for label in known.labels for word in label.split()})
    shown = [[names.index(word) for word in label.split()] for label in asked.labels]
    assert modes.label(asked.tensor()).tolist() == [(red * 5 + green) * 5 + blue for red, green, blue in shown]


def test_labels_of_stacks_have_a_word_for_each_colour() -> None:
    images = torch.rand(2, 3, 4, 4)
    for labels in (["0 1 2"], ["0 1 2", "0 1"], ["0", "1"]):
        with pytest.raises(MeasureError, match="a label of 3 words, one a colour, for each of 2 images"):
            stacked_modes_of(images, labels)
