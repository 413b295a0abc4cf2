"""report.html as text: the same bytes, escaped words, honest gaps."""

from __future__ import annotations

import dataclasses
import math
import re

import comparisons
import pytest
from html_check import checked

from acutance import report
from acutance.diagnose._record import Comparison, SubjectRecord
from acutance.report.figures.standalone import standalone_map


def bare(name: str = "nothing") -> SubjectRecord:
    """A subject of which nothing at all is known."""
    return SubjectRecord(name=name, family="unknown", parameters=0, bands={}, curves={}, readings=())


def broken() -> SubjectRecord:
    """A subject whose numbers are not finite."""
    vae = comparisons.vae("broken")
    gone = tuple(
        dataclasses.replace(
            band,
            values=dict.fromkeys(band.values, math.nan),
            intervals=dict.fromkeys(band.values, (math.nan, math.inf)),
        )
        for band in vae.bands["sample"]
    )
    readings = tuple(dataclasses.replace(r, value=math.nan, low=math.nan, high=math.nan) for r in vae.readings)
    curves = tuple(dataclasses.replace(c, value=(math.nan,) * len(c.value)) for c in vae.curves["sample"])
    return dataclasses.replace(vae, bands={"sample": gone, "prior": gone}, readings=readings, curves={"sample": curves})


def test_the_same_comparison_gives_the_same_bytes() -> None:
    assert report.render_html(comparisons.comparison()) == report.render_html(comparisons.comparison())


@pytest.mark.parametrize(
    "subjects",
    [
        (comparisons.vae(),),
        (comparisons.gan(),),
        (bare(),),
        (broken(), bare()),
        tuple(comparisons.vae(f"VAE {k}") for k in range(6)),
        tuple(comparisons.adversarial(f"many {k}") for k in range(14)),
    ],
    ids=["vae", "gan", "bare", "broken", "six", "fourteen"],
)
def test_is_well_formed_for_any_subjects(subjects: tuple[SubjectRecord, ...]) -> None:
    page = report.render_html(comparisons.comparison(*subjects))
    found = checked(page)
    assert found.wrong == [] and found.open == []
    assert len(found.ids) == len(set(found.ids))
    assert (
        "nan"
        not in re.sub(r"base64,[^\"]*", "", page)
        .lower()
        .replace("covenant", "")
        .split("<script>")[0]
        .split("</style>")[1]
    )
    assert all(subject.name in page for subject in subjects)


def test_sections_stand_in_the_order_of_the_question(comparison: Comparison) -> None:
    page = report.render_html(comparison)
    order = [
        "<h1>",
        'id="answer"',
        'id="pictures"',
        'id="map"',
        'id="spectra"',
        'id="plane"',
        'id="readings"',
        'id="theory"',
    ]
    places = [page.index(mark) for mark in [*order, 'id="made"']]
    assert places == sorted(places)


def test_a_page_without_samples_has_no_empty_plane_of_them(comparison: Comparison) -> None:
    without = dataclasses.replace(comparisons.vae("vae"), readings=())
    page = report.render_html(dataclasses.replace(comparison, subjects=(without,)))
    assert 'id="plane"' not in page and 'id="readings"' in page


def test_asks_nothing_of_a_network(comparison: Comparison) -> None:
    page = report.render_html(comparison)
    used = {
        value for _, attrs in checked(page).seen for name, value in attrs.items() if name in ("src", "href", "srcset")
    }
    assert {str(value).split(":")[0].split("#")[0] for value in used} == {"data", ""}
    assert "@import" not in page and "fetch(" not in page
    assert set(re.findall(r"https?://[^\s\"']+", page)) == {"http://www.w3.org/2000/svg"}


def test_words_from_outside_are_escaped() -> None:
    evil = '<script>alert("x")</script>&\x00\'"'
    subject = dataclasses.replace(comparisons.vae(evil), warnings=(evil,), made={evil: {evil: [evil]}}, family=evil)
    data = dataclasses.replace(comparisons.comparison().data, source=evil, skipped=(evil,) * 7)
    made = dataclasses.replace(
        comparisons.comparison(subject), data=data, answer=evil, question=evil, made={evil: evil}
    )
    page = report.render_html(made)
    assert "<script>alert" not in page and "alert(&#34;x&#34;)" in page
    assert sum(tag == "script" for tag, _ in checked(page).seen) == 1
    assert "and 2 more" in page


def test_a_missing_number_is_a_dash_and_a_violated_precondition_stands_beside_its_number(
    comparison: Comparison,
) -> None:
    page = report.render_html(comparison)
    assert page.count('aria-label="not measured"') >= 8
    assert page.count("⚠ fewer pictures than features: biased upwards") == 3
    assert "critic saturated from step 1,150 on" in page


def test_the_first_screen_says_what_is_right_and_what_is_invented(comparison: Comparison) -> None:
    words = re.sub(r"<[^>]+>|\s+|&nbsp;|\xa0", " ", report.render_html(comparison))
    words = re.sub(r" +", " ", words)
    assert "58 % of the finest detail, all of it right" in words
    assert "94 % of the finest detail: 61 % right, 33 % invented" in words
    assert "88 % of the finest detail in its samples. A sample has no original" in words


def test_says_how_it_was_made(comparison: Comparison) -> None:
    page = report.render_html(comparison)
    assert "<dt>config.latents</dt><dd>64</dd>" in page
    assert "<dt>versions.acutance</dt><dd>0.1.0</dd>" in page
    assert "1,610,241 parameters · 3 min" in page


@pytest.mark.parametrize(
    ("made", "words"),
    [
        ({}, "700 held-out pictures"),
        ({"held_out": True}, "700 held-out pictures"),
        ({"held_out": False}, "700 pictures, those trained on too"),
        ({"held_out": None}, "700 pictures, perhaps trained on"),
    ],
)
def test_pictures_are_called_held_out_only_where_they_are(made: dict[str, bool | None], words: str) -> None:
    found = dataclasses.replace(comparisons.comparison(), made=made)
    assert words in report.render_html(found)
    assert words in standalone_map(found)
