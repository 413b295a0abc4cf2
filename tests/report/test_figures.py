"""Figures: right places, whole XML, words that cover nothing."""

from __future__ import annotations

import dataclasses
import math
import xml.etree.ElementTree as ET

import comparisons
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acutance.data import image_set
from acutance.diagnose._record import Comparison
from acutance.measure import measure_pairs, measure_samples
from acutance.report.figures._labels import Board, Box, label, text_width
from acutance.report.figures._map_place import place_of
from acutance.report.figures._marks import mark
from acutance.report.figures._scale import Linear, Octaves, span
from acutance.report.figures._svg import number, tag
from acutance.report.figures.detail_bar import detail_bar, detail_of, real_bar
from acutance.report.figures.detail_map import NARROW, WIDE, detail_map, map_size
from acutance.report.figures.plane import plane, unplaced
from acutance.report.figures.spectrum import floor_dots, spectrum
from acutance.report.figures.standalone import standalone_map

SVG = "{http://www.w3.org/2000/svg}"


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text)


def marks(figure: ET.Element, css: str) -> list[ET.Element]:
    groups = [g for g in figure.iter(f"{SVG}g") if g.get("class") == f"pt {css}"]
    return [shape for group in groups for shape in group if shape.get("class") == "mark"]


def test_a_point_lies_where_its_numbers_say(comparison: Comparison) -> None:
    figure, place = parsed(detail_map(comparison)), place_of(comparison, WIDE)
    finest = marks(figure, "s0")[3]
    assert float(finest.get("cx", "")) == pytest.approx(place.x(0.59), abs=0.01)
    assert float(finest.get("cy", "")) == pytest.approx(place.y(0.58), abs=0.01)
    radii = [float(m.get("r", "")) for m in marks(figure, "s0")[:4]]
    assert radii == sorted(radii) and radii[0] < radii[-1]


def test_the_averaging_line_is_the_diagonal(comparison: Comparison) -> None:
    figure, place = parsed(detail_map(comparison)), place_of(comparison, WIDE)
    line = next(e for e in figure.iter(f"{SVG}line") if e.get("class") == "averaging")
    ends = [float(line.get(k, "")) for k in ("x1", "y1", "x2", "y2")]
    assert ends == pytest.approx([place.x(0), place.y(0), place.x(1), place.y(1)], abs=0.01)
    words = {text for element in figure.iter() if (text := element.text)}
    assert {"averaging line", "invented detail", "over-smoothed", "as much detail as real pictures"} <= words


def test_samples_stand_in_the_strip(comparison: Comparison) -> None:
    figure, place = parsed(detail_map(comparison)), place_of(comparison, WIDE)
    start, end = place.strip
    gan = marks(figure, "s2")
    assert len(gan) == 4
    places = [[float(v) for v in corner.split(",")] for m in gan for corner in m.get("points", "").split()]
    assert all(start <= x <= end for x, _ in places)
    assert len(marks(figure, "s0")) == 8


@pytest.mark.parametrize("layout", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_point_above_the_axis_is_drawn_at_its_edge_with_its_number(layout: object) -> None:
    noisy = dataclasses.replace(
        comparisons.vae(), bands={"sample": comparisons.bands(((0.9, 1.1),) * 3 + ((0.2, 7.5),))}
    )
    made = comparisons.comparison(noisy)
    figure = parsed(detail_map(made, layout))  # type: ignore[arg-type]
    assert "↑ 7.5" in {e.text for e in figure.iter(f"{SVG}text")}
    place = place_of(made, layout)  # type: ignore[arg-type]
    assert float(marks(figure, "s0")[3].get("cy", "")) == pytest.approx(place.y.end, abs=0.01)


def test_without_any_number_the_figures_are_still_whole() -> None:
    empty = dataclasses.replace(comparisons.vae(), bands={}, curves={}, readings=())
    made = comparisons.comparison(empty)
    for text in (detail_map(made), spectrum(made, "gain", "Gain"), plane(made), standalone_map(made)):
        assert "mark" not in {
            e.get("class") for e in parsed(text).iter() if e.tag == f"{SVG}circle" and e.get("cx") == "nan"
        }
        assert "nan" not in text.replace("covenant", "")
    assert detail_of(empty) is None


def test_every_figure_says_in_words_what_it_shows(comparison: Comparison) -> None:
    for text in (detail_map(comparison), spectrum(comparison, "gain", "Gain"), plane(comparison)):
        figure = parsed(text)
        ids = {e.get("id") for e in figure}
        assert {figure.get("aria-labelledby"), figure.get("aria-describedby")} <= ids
        description = figure.find(f"{SVG}desc")
        assert description is not None and "VAE" in (description.text or "")


def test_a_spectrum_has_a_curve_and_an_area_for_each_subject_and_the_floor(comparison: Comparison) -> None:
    figure = parsed(spectrum(comparison, "detail_ratio", "Detail ratio"))
    classes = [g.get("class") for g in figure.iter(f"{SVG}g") if g.find(f"{SVG}polyline") is not None]
    assert classes == ["floor", "s0", "s0 dashed", "s1", "s1 dashed", "s2 dashed"]
    gain = parsed(spectrum(comparison, "gain", "Gain"))
    assert [g.get("class") for g in gain.iter(f"{SVG}g") if g.find(f"{SVG}polyline") is not None] == ["s0", "s1"]


def test_octaves_stand_in_for_missing_curves() -> None:
    coarse = dataclasses.replace(comparisons.vae(), curves={})
    figure = parsed(spectrum(comparisons.comparison(coarse), "detail_ratio", "Detail ratio"))
    lines = [len(e.get("points", "").split()) for e in figure.iter(f"{SVG}polyline")]
    assert lines == [4, 4, 4]


def test_the_floor_is_that_of_the_first_subject_that_has_one() -> None:
    vae, gan = comparisons.vae(), comparisons.gan()
    bare = dataclasses.replace(vae, bands={name: found for name, found in vae.bands.items() if name != "floor"})
    assert floor_dots(comparisons.comparison(bare)) == []
    dots = floor_dots(comparisons.comparison(bare, gan))
    assert [dot[1] for dot in dots] == [real[1] for real in comparisons.REAL]
    centres = [math.sqrt(low * high) for low, high in comparisons.OCTAVES]
    assert [dot[0] for dot in dots] == pytest.approx(centres)


def test_the_made_up_subjects_have_only_curves_that_are_measured(comparison: Comparison) -> None:
    sharp, soft = (image_set(comparisons.icons(40, blur=blur)).tensor() for blur in (0.0, 1.0))
    paired, sampled = measure_pairs(sharp, soft), measure_samples(real=sharp, fake=soft)
    known = {"sample": paired.curves, "mean": paired.curves, "prior": sampled.curves}
    for subject in comparison.subjects:
        for kind, made_up in subject.curves.items():
            assert {curve.name for curve in made_up} <= {curve.name for curve in known[kind]}


def test_the_plane_takes_samples_only_and_names_those_left_out(comparison: Comparison) -> None:
    figure = parsed(plane(comparison))
    assert [len(marks(figure, f"s{k}")) for k in range(3)] == [1, 1, 1]
    alone = dataclasses.replace(comparisons.vae("no samples"), bands={"sample": comparisons.vae().bands["sample"]})
    made = comparisons.comparison(alone, comparisons.gan())
    assert unplaced(made) == ["no samples"]
    assert marks(parsed(plane(made)), "s0") == []


def test_the_bar_splits_what_is_there() -> None:
    averaged, invented, samples = (
        detail_of(s) for s in (comparisons.vae(), comparisons.adversarial(), comparisons.gan())
    )
    assert averaged is not None and averaged.right == averaged.there == 0.58 and averaged.invented == 0
    assert invented is not None and invented.right == 0.605
    assert invented.right + invented.invented == pytest.approx(invented.there)
    assert samples is not None and samples.there == 0.88 and samples.right is None
    smooth = dataclasses.replace(
        comparisons.vae(), bands={"sample": comparisons.bands(((0.9, 0.9),) * 3 + ((0.8, 0.4),))}
    )
    found = detail_of(smooth)
    assert found is not None and found.unused == pytest.approx(0.4) and found.right == 0.4
    pieces = [e.get("class") for e in parsed_bar(detail_bar(1, "x", invented)).iter("rect") if e.get("y")]
    assert pieces == ["track-all", "right", "invented"]
    assert "100 %" in real_bar()


def parsed_bar(text: str) -> ET.Element:
    return ET.fromstring(text)


def test_the_map_of_its_own_is_one_whole_file(comparison: Comparison) -> None:
    figure = parsed(standalone_map(comparison))
    width, height = map_size(comparison)
    assert float(figure.get("width", "")) > width and float(figure.get("height", "")) > height
    style = figure.find(f"{SVG}style")
    assert style is not None and "prefers-color-scheme: dark" in (style.text or "")
    assert "GAN" in {e.text for e in figure.iter(f"{SVG}text")}


def test_names_from_outside_are_escaped_and_valid_xml() -> None:
    figure = parsed(standalone_map(comparisons.comparison(comparisons.vae("<script>\x00&\"' \ud800"))))
    assert figure.find(f".//{SVG}script") is None


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1.5)), min_size=1, max_size=6), st.text(max_size=50))
def test_a_name_never_covers_a_point(numbers: list[tuple[float, float]], name: str) -> None:
    subjects = [
        dataclasses.replace(
            comparisons.gan(f"{name} {k}"),
            bands={"sample": comparisons.bands(((0.99, 1.0),) * 3 + (pair,))},
            samples=None,
        )
        for k, pair in enumerate(numbers)
    ]
    made = comparisons.comparison(*subjects)
    figure, place = parsed(detail_map(made)), place_of(made, WIDE)
    spots = [(place.x(q), place.y(y)) for q, y in numbers]
    for text in (e for e in figure.iter(f"{SVG}text") if (e.get("class") or "").startswith("name")):
        for row in text:
            x, y = float(row.get("x", "")), float(row.get("y", ""))
            width = text_width(row.text or "", 14)
            left = x - width / 2 if text.get("text-anchor") == "middle" else x
            assert not any(left - 4 < a < left + width + 4 and y - 15 < b < y + 4 for a, b in spots)


def test_a_label_finds_a_free_place_or_none() -> None:
    board = Board(Box(0, 0, 200, 60))
    words = label("a name", 10)
    assert board.place(words, [(10, 10)]) == (10, 10)
    assert board.place(words, [(12, 12), (12, 30)]) == (12, 30)
    assert board.place(words, [(190, 10)]) is None
    assert label("a rather long name of a subject", 10).lines == ("a rather long", "name of a subject")
    assert len(label("x" * 90, 10).lines[0]) == 44


def test_scales_and_ticks() -> None:
    scale = Linear(0, 2, 100, 0)
    assert [scale(v) for v in (0, 1, 2, 3, -1)] == [100, 50, 0, 0, 100]
    assert Linear(0, 1.12, 0, 1).ticks(5) == [0, 0.25, 0.5, 0.75, 1.0]
    octaves = Octaves(1 / 32, 1 / 2, 0, 4)
    assert [octaves(2.0**-k) for k in (5, 4, 3, 2, 1)] == [0, 1, 2, 3, 4]
    assert octaves.ticks() == [1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2]
    assert span([math.nan, 0.3], least=1.1, most=2) == 1.1
    assert span([9.0], least=1.1, most=2) == 2


def test_marks_differ_in_shape_and_text_is_escaped() -> None:
    assert len({mark(k, 0, 0, 5) for k in range(6)}) == 6
    assert mark(6, 0, 0, 5) != mark(0, 0, 0, 5)
    assert tag("a", {"b": '"<', "c": None}, "<&") == '<a b="&#34;&lt;">&lt;&amp;</a>'
    assert [number(v) for v in (1.0, 1.256, -0.001, 10)] == ["1", "1.26", "0", "10"]
