"""Pictures without a model: the same readings as for the folders themselves, and nothing that needs a model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from small_models import blobs

from acutance.data import open_source
from acutance.diagnose import Subject, assess, compare
from acutance.errors import SubjectError
from acutance.measure import measure_pairs, measure_samples
from acutance.models import Encodes, Generates, HasSamples, Reconstructs
from acutance.subjects import open_subject


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    originals = blobs(30)
    soft = (originals.astype(float) + np.roll(originals, 1, 1) + np.roll(originals, 1, 2)) / 3
    for name, pictures in (("real", originals), ("made", soft.round().astype(np.uint8)), ("drawn", blobs(20, seed=1))):
        (tmp_path / name).mkdir()
        for i, picture in enumerate(pictures):
            Image.fromarray(picture[..., 0]).save(tmp_path / name / f"{i}.png")
    return tmp_path


def test_pairs_are_measured_as_the_two_folders_are(folders: Path) -> None:
    found = open_subject(f"pairs:{folders}/real:{folders}/made")
    images = open_source(str(folders / "real"))
    assert found.fit(images) == ()
    record = assess(found.model, images, name=found.name)
    expected = measure_pairs(images.tensor(), open_source(str(folders / "made")).tensor())
    assert record.bands == {"sample": expected.bands}
    assert record.readings == expected.readings
    assert (record.name, record.family, record.parameters) == ("made", "pairs", None)
    assert record.response is not None and record.reconstructions is not None and record.samples is None


def test_they_are_found_by_content_in_any_order_and_under_any_name(folders: Path) -> None:
    model = open_subject(f"pairs:{folders}/real:{folders}/made").model
    assert isinstance(model, Reconstructs) and not isinstance(model, Encodes)
    images = open_source(str(folders / "real"))
    made = open_source(str(folders / "made"))
    order = [7, 3, 3, 21]
    assert (model.reconstruct(images.tensor(order)) == made.tensor(order)).all()


def test_other_images_than_the_originals(folders: Path) -> None:
    found = open_subject(f"pairs:{folders}/real:{folders}/made")
    with pytest.raises(SubjectError, match="no reconstruction of 20 of these 20 images"):
        assess(found.model, open_source(str(folders / "drawn")), name="x")


def test_samples_are_measured_as_the_folder_is(folders: Path) -> None:
    found = open_subject(f"samples:{folders}/drawn")
    assert isinstance(found.model, HasSamples) and not isinstance(found.model, Generates)
    images = open_source(str(folders / "real"))
    record = assess(found.model, images, name="x")
    expected = measure_samples(real=images.tensor(), fake=open_source(str(folders / "drawn")).tensor())
    assert record.bands == {"prior": expected.bands, "floor": expected.floor}
    assert repr(record.readings) == repr(expected.readings), "some are not known, and no such number equals itself"
    assert record.samples is not None and record.samples.shape == (16, 16, 16, 1)
    with pytest.raises(SubjectError, match="cannot draw samples"):
        found.generator()
    with pytest.raises(SubjectError, match="cannot reconstruct"):
        found.reconstructor()


def test_both_stand_beside_a_model(folders: Path) -> None:
    found = [open_subject(f"pairs:{folders}/real:{folders}/made"), open_subject(f"samples:{folders}/drawn")]
    subjects = [Subject(name=one.name, model=one.model) for one in found]
    comparison = compare(subjects, open_source(str(folders / "real")))
    assert [subject.family for subject in comparison.subjects] == ["pairs", "samples"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("pairs:{0}/real", "write pairs:ORIGINALS:RECONSTRUCTIONS"),
        ("pairs:{0}/real:{0}/drawn", "have no partner of the same name"),
        ("pairs:{0}/real:{0}/none", "there is no source"),
        ("samples:{0}/none", "there is no source"),
    ],
)
def test_refusals(folders: Path, text: str, words: str) -> None:
    with pytest.raises(SubjectError, match=words):
        open_subject(text.format(folders))
