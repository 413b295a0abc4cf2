"""What a notebook shows, without a notebook; tests/test_examples.py runs a real one."""

from __future__ import annotations

import html
import io

import diagnoses
import pytest
import torch
from PIL import Image
from rich.console import Console

from acutance import report
from acutance.diagnose import Comparison
from acutance.errors import MeasureError
from acutance.measure import measure_pairs
from acutance.report._diagnosed import alone

NOISE = torch.rand(20, 1, 16, 16, generator=torch.Generator().manual_seed(0))


def test_the_frame_holds_the_page_that_is_written(comparison: Comparison) -> None:
    diagnosis = diagnoses.diagnosis()
    frame = report.show(diagnosis)._repr_html_()
    page = html.unescape(frame.split('srcdoc="')[1].rsplit('"></iframe>', 1)[0])
    assert page == report.render_html(alone(diagnosis), [diagnosis], numbers_file="diagnosis.json")
    assert frame.count("<iframe") == 1 and "height:500px" in report.show(comparison, height=500)._repr_html_()


def test_a_grid_shows_the_first_pictures_of_each_row() -> None:
    data = report.grid(NOISE, NOISE[:3].expand(3, 3, 16, 16), titles=("grey", "colour"))._repr_png_()
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.width > 16 * 32 and picture.height > 2 * 32


def test_a_grid_of_one_image_says_what_to_give() -> None:
    with pytest.raises(MeasureError, match=r"image\[None\]"):
        report.grid(NOISE[0])
    with pytest.raises(MeasureError, match="2 titles"):
        report.grid(NOISE, titles=("a", "b"))


def test_a_measurement_prints_a_line_and_shows_a_row_for_each_reading() -> None:
    found = measure_pairs(NOISE, NOISE.clamp(0.2, 0.8))
    lines = str(found).splitlines()
    assert [line.split()[0] for line in lines] == [reading.name for reading in found.readings]
    shown = found._repr_html_()
    assert shown.count("<tr>") == len(found.readings) + 1
    few = next(reading for reading in found.readings if reading.preconditions)
    assert all(words in str(few) and html.escape(words) in shown for words in few.preconditions)


@pytest.mark.parametrize(("terminal", "shown"), [(True, True), (True, False), (False, True)])
def test_the_bar_shows_on_a_terminal_where_it_is_wanted(terminal: bool, shown: bool) -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, force_jupyter=False, width=100)
    with report.progress("at work", console, shown=shown) as told:
        told("a step", 0.5)
    assert ("at work" in out.getvalue()) == (terminal and shown)
