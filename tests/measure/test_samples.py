"""Samples against a real set as a whole: what is read, what is noted, and states that travel."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from acutance.errors import MeasureError, NoDataError
from acutance.measure import Modes, Reading, SampleSets, measure_samples

FULL = {"frechet_distance_infinity", "memorised_share", "birthday_support"}


def pictures(n: int, seed: int, side: int = 16) -> Tensor:
    return torch.rand(n, 1, side, side, generator=torch.Generator().manual_seed(seed))


def few_features(images: Tensor) -> Tensor:
    return images.flatten(1)[:, :6]


class Tiny:
    """A network with a name, an input size and two kinds of features."""

    name = "tiny"
    size = 12
    version = 1

    def __call__(self, images: Tensor) -> dict[str, Tensor]:
        return {"last": few_features(images), "middle": images.flatten(1)[:, 6:10]}


def same(a: tuple[Reading, ...], b: tuple[Reading, ...]) -> None:
    for one, other in zip(a, b, strict=True):
        assert (one.name, one.n, one.preconditions) == (other.name, other.n, other.preconditions)
        near = {"rel": 1e-9, "abs": 1e-12, "nan_ok": True}
        assert [one.value, one.low, one.high] == pytest.approx([other.value, other.low, other.high], **near), one.name


def seen(real: Tensor | None, fake: Tensor | None) -> SampleSets:
    sets = SampleSets(Tiny())
    sets.update(real=real, fake=fake)
    return sets


def test_a_reference_is_the_real_set_seen_once() -> None:
    real, fake, other = pictures(40, 1), pictures(40, 2), pictures(30, 3)
    reference = SampleSets(Tiny()).load_state(seen(real, None).state())
    for samples in (fake, other, fake):  # measuring leaves the reference as it is
        found = measure_samples(real=reference, fake=samples)
        same(found.readings, measure_samples(real=real, fake=samples, features=Tiny()).readings)
        assert found.features == "tiny"


def test_orders_splits_and_merges_give_the_same_whole_measurement() -> None:
    real, fake = pictures(50, 4), pictures(40, 5)
    whole = measure_samples(real=real, fake=fake, features=Tiny()).readings
    left = seen(real[:7].flip(0), fake[30:])
    right = seen(real[7:], None).merge(seen(None, fake[:30]))
    same(whole, measure_samples(real=left.merge(right), fake=[], features=Tiny()).readings)
    parts = measure_samples(real=real.flip(0).split(9), fake=fake.flip(0).split(11), features=Tiny())
    same(whole, parts.readings)


def test_sets_of_other_features_do_not_merge() -> None:
    with pytest.raises(MeasureError, match="tiny, 12 px"):
        seen(pictures(9, 0), None).merge(SampleSets(few_features))


def test_every_neighbour_number_from_one_pass_and_what_effort_leaves_out() -> None:
    real, fake = pictures(40, 6), pictures(40, 7)
    full = measure_samples(real=real, fake=fake, features=Tiny(), ks=(1, 3, 5))
    fast = measure_samples(real=real, fake=fake, features=Tiny(), ks=(1, 3, 5), effort="fast")
    names = {reading.name for reading in full.readings}
    assert names - {reading.name for reading in fast.readings} == FULL
    assert {"precision", "precision_k1", "precision_k5", "coverage", "coverage_k1", "vendi_score"} <= names
    assert {"frechet_distance_middle", "kernel_distance_middle", "frechet_distance_middle_floor"} <= names


def test_modes_are_counted_by_what_the_user_knows() -> None:
    real, fake = pictures(40, 8), pictures(60, 9)
    fake[:, 0, 0, 0] = torch.arange(60) % 3 / 10
    known = Modes(label=lambda images: (10 * images[:, 0, 0, 0]).round().long(), count=5)
    found = measure_samples(real=real, fake=fake.split(7), features=Tiny(), modes=known)
    assert found.reading("modes").value == 3
    assert found.reading("modes").n == 60
    strict = Modes(label=known.label, count=5, hits=21)
    assert measure_samples(real=real, fake=fake, features=Tiny(), modes=strict).reading("modes").value == 0
    with pytest.raises(MeasureError, match="whole number per image"):
        measure_samples(real=real, fake=fake, modes=Modes(label=lambda images: images.mean((1, 2, 3)), count=5))


def test_what_is_wrong_with_the_sets_stands_beside_every_number() -> None:
    real, fake = pictures(40, 10), pictures(40, 11)
    dim = measure_samples(real=real, fake=fake / 255, features=Tiny())
    assert all(any("divided by 255 twice" in text for text in r.preconditions) for r in dim.readings)
    fake[:10] = real[:10]
    shared = measure_samples(real=real, fake=fake, features=Tiny())
    assert all(any("25 % of the smaller set" in text for text in r.preconditions) for r in shared.readings)
    clean = measure_samples(real=real, fake=1 - real, features=few_features)
    assert not [text for r in clean.readings for text in r.preconditions if "smaller set" in text or "255" in text]


def test_distances_of_other_networks_are_no_fid() -> None:
    real, fake = pictures(40, 12), pictures(40, 13)
    for net, words in ((Tiny(), "tiny"), (few_features, "the given features")):
        found = measure_samples(real=real, fake=fake, features=net)
        noted = {r.name for r in found.readings for text in r.preconditions if words in text and "no FID" in text}
        assert {"frechet_distance", "kernel_distance", "frechet_distance_infinity"} <= noted
        assert not {"precision", "detail_ratio_top_octave"} & noted
    tiny = Tiny()
    tiny.name = "inception-v3-compat"
    own = measure_samples(real=real, fake=fake, features=tiny)
    assert not [text for r in own.readings for text in r.preconditions if "FID" in text]


def test_shrinking_is_noted_beside_features_alone() -> None:
    found = measure_samples(real=pictures(40, 12), fake=pictures(40, 13), features=Tiny())
    noted = {r.name for r in found.readings if any("shrunk to 12 px" in text for text in r.preconditions)}
    assert {"precision", "frechet_distance_middle"} <= noted
    assert not {"detail_ratio_top_octave", "gradient_kurtosis_ratio"} & noted


def test_support_of_a_generator_with_few_pictures_and_of_one_with_all() -> None:
    real, basis = pictures(200, 14), pictures(30, 15)
    which = torch.randint(0, 30, (200,), generator=torch.Generator().manual_seed(16))
    few = measure_samples(real=real, fake=basis[which], features=few_features).reading("birthday_support")
    assert few.low <= 30 <= few.high
    assert few.value == pytest.approx(30, rel=0.3)
    new = measure_samples(real=real, fake=pictures(200, 17), features=few_features).reading("birthday_support")
    assert new.high > 200 * 199 / 8


def test_a_batch_with_other_features_is_refused_and_changes_nothing() -> None:
    width = [8]
    sets = SampleSets(lambda images: few_features(images)[:, : width[0]])
    sets.update(real=pictures(40, 18), fake=pictures(40, 19))
    before = sets.state()
    width[0] = 5
    with pytest.raises(MeasureError, match="as before"):
        sets.update(real=pictures(40, 20))
    after = sets.state()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_features_of_another_number_and_no_images_are_refused() -> None:
    with pytest.raises(MeasureError, match="3 features for 4 images"):
        measure_samples(real=pictures(4, 0), fake=pictures(4, 1), features=lambda images: few_features(images)[:3])
    with pytest.raises(NoDataError):
        modes = Modes(label=lambda images: torch.zeros(len(images)).long(), count=2)
        measure_samples(real=pictures(20, 0), fake=[], features=Tiny(), modes=modes)
    with pytest.raises(NoDataError):
        measure_samples(real=pictures(20, 0), fake=pictures(0, 1), features=Tiny())
    with pytest.raises(NoDataError):
        measure_samples(real=[], fake=pictures(20, 1), features=Tiny())
