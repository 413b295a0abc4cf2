"""Numbers as text, the table of readings, the table for a terminal."""

from __future__ import annotations

import dataclasses
import math

import comparisons
import pytest

from acutance import report
from acutance.diagnose._record import Comparison
from acutance.report._numbers import interval_text, number_text, percent_text, time_text
from acutance.report._table import Row, table
from acutance.report._words import GROUPS, rank, term


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1234, "0.123"),
        (1.234, "1.23"),
        (12.34, "12.3"),
        (61.0, "61"),
        (214.4, "214"),
        (1284930, "1,284,930"),
        (-0.02, "−0.020"),  # noqa: RUF001
        (0.00012, "1.2×10⁻⁴"),  # noqa: RUF001
        (0.0, "0.000"),
        (math.nan, "–"),  # noqa: RUF001
        (None, "–"),  # noqa: RUF001
    ],
)
def test_numbers_read_well(value: float | None, text: str) -> None:
    assert number_text(value) == text


def test_intervals_percentages_and_times() -> None:
    assert interval_text(0.1, 0.25) == "0.100 to 0.250"
    assert interval_text(math.nan, 0.25) == ""
    assert percent_text(0.575) == "58\xa0%" and percent_text(None) == "–"  # noqa: RUF001
    assert [time_text(s) for s in (94.2, 281, 8000)] == ["94 s", "5 min", "2.2 h"]


def rows(comparison: Comparison) -> dict[str, Row]:
    return {row.name: row for group in table(comparison) for row in group.rows}


def test_the_table_keeps_samples_and_reconstructions_apart(comparison: Comparison) -> None:
    found = rows(comparison)
    assert [cell.value for cell in found["detail_ratio_top_octave"].cells] == ["0.580", "0.940", ""]
    assert [cell.value for cell in found["samples_detail_ratio_top_octave"].cells] == ["0.370", "0.790", "0.880"]
    assert [group.title for group in table(comparison)] == ["Sharpness", "Faithfulness", "The code", "Samples"]


def test_a_cell_carries_what_it_takes_to_trust_it(comparison: Comparison) -> None:
    found = rows(comparison)
    vae, _, gan = found["frechet_distance"].cells
    assert (vae.value, vae.interval, vae.n) == ("41.3", "39.9 to 42.7", "n = 700")
    assert vae.notes == ("fewer pictures than features: biased upwards",)
    assert found["mtf50"].unit == "cycles/px" and found["mtf50"].arrow == "↑"
    assert found["mtf50"].cells[2].value == ""
    assert found["response_index"].cells[0].n == "averaged"
    assert gan.value == "29.8"


def test_unknown_readings_are_shown_under_their_own_name() -> None:
    subject = comparisons.gan()
    strange = dataclasses.replace(subject.readings[0], name="a_new_reading")
    found = rows(comparisons.comparison(dataclasses.replace(subject, readings=(strange,))))
    assert found["a_new_reading"].term.title == "a new reading"
    assert term("frechet_distance_middle_floor").title == (
        "Fréchet distance, by the middle features, real against other real pictures"
    )
    assert term("coverage_k3").title == "Coverage, with 3 neighbours"
    assert sorted(["psnr", "a_new_reading", "mtf50"], key=rank) == ["mtf50", "psnr", "a_new_reading"]
    assert term("mtf50").group in GROUPS
    assert term("detail_ratio_top_octave_floor").group == term("coverage").group == "Samples"


def test_the_terminal_table_is_aligned_markdown(comparison: Comparison) -> None:
    answer, _, head, rule, *body = report.summary_table(comparison).splitlines()
    assert answer == comparison.answer
    assert len({len(line) for line in (head, rule, *body)}) == 1
    assert len(body) == 3
    assert [cell.strip() for cell in body[2].strip("|").split("|")][:3] == ["GAN", "–", "–"]  # noqa: RUF001
    assert "0.580" in body[0] and "19.6" in body[0]


def test_a_name_cannot_break_the_terminal() -> None:
    text = report.summary_table(comparisons.comparison(comparisons.gan("a|b\x1b[2J\nc")))
    assert "\x1b" not in text and "a\\|b [2J c" in text
