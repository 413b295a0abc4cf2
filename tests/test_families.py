"""The comparison of all families: its cells, the rules that judge its predictions, its page."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path

import pytest
from families_suite.cells import cells
from families_suite.expected import AVERAGERS, EXPECTED, INVENTORS, LIKELIHOODS, SAMPLES_Y, B, Means, Q, Y
from families_suite.page import page
from families_suite.result import result_from

from acutance.models import presets

ROOT = Path(__file__).parents[1]
_CODES = {name: 0.2 + 0.1 * place for place, name in enumerate(AVERAGERS)}
FITTING: Means = {
    **{name: {Y: y, Q: y, B: 1.0, "noise_use": 0.0} for name, y in _CODES.items()},
    **{name: {Y: 0.8, Q: 0.4, B: 0.7} for name in INVENTORS},
    "gan": {SAMPLES_Y: 0.95, "coverage": 0.2},
}
for _name in ("vae", "spatial_vae"):
    FITTING[_name]["noise_use"] = 0.1
for _name in ("spatial_vae", "vaegan"):
    FITTING[_name]["coverage"] = 0.5
for _place, _name in enumerate(("spatial_vae", "spatial_vae, coloured", *LIKELIHOODS[::2], LIKELIHOODS[3])):
    FITTING.setdefault(_name, {Y: 0.4, Q: 0.4})
    FITTING[_name] |= {"rate_bits": 100.0 + 10 * _place, "nats_per_pixel": -float(_place)}
FITTING[LIKELIHOODS[3]]["rate_bits"] = 90.0


def test_cells_are_distinct_and_come_after_what_they_are_built_on() -> None:
    found = cells()
    assert len({cell.name for cell in found}) == len({cell.folder(0) for cell in found}) == len(found)
    for place, cell in enumerate(found):
        assert cell.base is None or cell.base in found[:place]
        assert presets()[cell.preset].device == "cpu"
        assert cell.recipe(640).images == 640
        if cell.base is None:
            assert cell.model(Path(), 0).build((1, 32, 32)).shape == (1, 32, 32)


def test_all_systems_have_one_decoder() -> None:
    layouts = {
        cell.name: cell.model(Path(), 0).layout  # type: ignore[attr-defined]
        for cell in cells()
        if cell.base is None
    }
    assert len({str(layout) for layout in layouts.values()}) == 1, layouts


def test_what_fits_a_prediction_has_no_exceptions() -> None:
    assert [expected.exceptions(FITTING) for expected in EXPECTED] == [[]] * len(EXPECTED)


@pytest.mark.parametrize(
    ("rule", "cell", "reading", "value"),
    [
        (0, "ae", B, 0.8),
        (0, "vae", Y, 0.9),
        (1, "ali", Q, 0.79),
        (2, "vqvae, 512 entries", Y, 0.1),
        (3, "gan", SAMPLES_Y, 0.3),
        (4, "gan", "coverage", 0.6),
        (6, "spatial_vae, laplace", Y, 0.6),
        (7, "spatial_vae, coloured", "rate_bits", 50.0),
        (7, "spatial_vae, autoregressive", "rate_bits", 500.0),
        (8, "spatial_vae, logistic_mixture", "nats_per_pixel", 0.0),
        (5, "ae", "noise_use", 0.2),
        (5, "vae", "noise_use", 0.0),
    ],
)
def test_what_does_not_fit_is_named(rule: int, cell: str, reading: str, value: float) -> None:
    means = deepcopy(FITTING)
    means[cell][reading] = value
    assert any(cell.split(",")[0] in words for words in EXPECTED[rule].exceptions(means))


def test_the_page_is_what_the_numbers_say() -> None:
    document = json.loads((ROOT / "benchmarks" / "results" / "families.json").read_text())
    results = [result_from(kept) for kept in document["results"]]
    assert page(results, document["date"]) == (ROOT / "docs" / "families.md").read_text()
    assert {result.images for result in results} == {results[0].images}
