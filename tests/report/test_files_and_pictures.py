"""Files are whole or absent; pictures keep their pixels."""

from __future__ import annotations

import base64
import dataclasses
import io
import json
from pathlib import Path

import comparisons
import numpy as np
import pytest
from PIL import Image

from acutance import report
from acutance.diagnose._record import Comparison
from acutance.errors import ConfigError, MeasureError
from acutance.report import _write
from acutance.report._gallery import gallery
from acutance.report._page import render_html
from acutance.report.pictures import contact_sheet, png, sheet


def test_writes_three_files_with_the_same_bytes_twice(comparison: Comparison, tmp_path: Path) -> None:
    once, again = (report.write(comparison, tmp_path / name / "deep") for name in ("a", "b"))
    assert sorted(once) == ["comparison.json", "detail-map.svg", "report.html"]
    assert all(once[name].read_bytes() == again[name].read_bytes() for name in once)
    assert sorted(p.name for p in (tmp_path / "a" / "deep").iterdir()) == sorted(once)
    assert json.loads(once["comparison.json"].read_text("utf-8")) == report.to_json(comparison)
    assert once["report.html"].stat().st_mode & 0o777 == 0o644


def test_a_failed_write_leaves_the_old_file(
    comparison: Comparison, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report.write(comparison, tmp_path)
    before = (tmp_path / "report.html").read_bytes()

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(_write.os, "replace", fail)
    with pytest.raises(ConfigError, match="No space left"):
        report.write(comparisons.comparison(comparisons.gan()), tmp_path)
    assert (tmp_path / "report.html").read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 3


def test_a_file_in_the_way_is_named(comparison: Comparison, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("x")
    with pytest.raises(ConfigError, match="taken"):
        report.write(comparison, tmp_path / "taken")


def test_a_contact_sheet_keeps_every_pixel() -> None:
    pictures = comparisons.icons(3)
    rows = [("real", pictures), ("mädchen ✓ <b>", comparisons.icons(2, channels=3))]
    pixels = sheet(rows, scale=2)
    assert pixels.dtype == np.uint8 and pixels.shape[2] == 3
    assert pixels.shape[:2] == (2 * (18 + 4 + 64) + 4, 4 + 3 * (64 + 4))
    assert (pixels[22 : 22 + 64 : 2, 4 : 4 + 64 : 2, 0] == pictures[0, :, :, 0]).all()
    assert contact_sheet(rows) == contact_sheet(rows)
    decoded = np.asarray(Image.open(io.BytesIO(contact_sheet(rows, scale=2))))
    assert (decoded == pixels).all()


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_png_gives_back_its_pixels(channels: int) -> None:
    picture = comparisons.icons(1, channels=channels)[0]
    decoded = np.asarray(Image.open(io.BytesIO(png(picture))))
    assert (decoded.reshape(picture.shape) == picture).all()


def test_wrong_pictures_are_refused_with_what_came() -> None:
    with pytest.raises(MeasureError, match="float64"):
        contact_sheet([("x", np.zeros((1, 4, 4, 1)))])
    with pytest.raises(MeasureError, match=r"\(1, 4, 4, 2\)"):
        contact_sheet([("x", np.zeros((1, 4, 4, 2), np.uint8))])
    with pytest.raises(MeasureError, match="0 rows"):
        contact_sheet([])
    with pytest.raises(MeasureError, match="scale 0"):
        contact_sheet([("x", np.zeros((1, 4, 4, 1), np.uint8))], scale=0)


def test_the_gallery_shows_the_same_pictures_in_every_row(comparison: Comparison) -> None:
    found = gallery(comparison)
    assert [strip.kind for strip in found.paired] == ["original", "reconstruction", "reconstruction"]
    assert [strip.subject for strip in found.drawn] == [0, 1, 2]
    assert {len(strip.pictures) for strip in (*found.paired, *found.drawn)} == {14}
    assert len(found.heroes) == 4 and found.side(128) == 128 and found.side(100) == 96


def test_a_translator_is_shown_between_its_inputs_and_their_targets(comparison: Comparison) -> None:
    translated = dataclasses.replace(comparison, inputs=255 - comparison.originals)
    found = gallery(translated)
    assert [strip.kind for strip in found.paired] == ["input", "output", "output", "target"]
    assert found.given == found.paired[0] and found.real == found.paired[-1]
    assert found.real.pictures == gallery(comparison).real.pictures != found.paired[0].pictures
    page = render_html(translated)
    assert "Inputs, what each made of them, and the targets" in page
    assert 'alt="Target, target 1"' in page and 'alt="Target picture ' in page and 'alt="Real' not in page
    assert "Inputs" not in render_html(comparison)


def test_large_pictures_are_fewer_and_never_resampled() -> None:
    pictures = comparisons.icons(16, size=512, channels=3)
    subject = comparisons.SubjectRecord(
        name="x", family="x", parameters=1, bands={}, curves={}, readings=(), reconstructions=pictures
    )
    found = gallery(comparisons.comparison(subject, size=512, channels=3))
    assert found.columns == 7 and found.side(112) == 112
    encoded = found.paired[1].pictures[6].removeprefix("data:image/png;base64,")
    assert (np.asarray(Image.open(io.BytesIO(base64.b64decode(encoded)))) == pictures[6]).all()


def test_the_pictures_on_the_first_screen_are_of_middling_error() -> None:
    originals = np.zeros((16, 8, 8, 1), np.uint8)
    made = originals + (np.arange(16) * 10).astype(np.uint8)[:, None, None, None]
    subject = comparisons.SubjectRecord(
        name="x", family="x", parameters=1, bands={}, curves={}, readings=(), reconstructions=made
    )
    found = gallery(dataclasses.replace(comparisons.comparison(subject), originals=originals))
    assert found.heroes == (5, 6, 7, 8)
