"""Subjects with one planted fault: each loses its detail where it was planted, and the diagnosis says so (O8)."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from planted_suite import bases
from planted_suite.bases import Plain, told
from planted_suite.check import Checked, check
from planted_suite.fitting import Pace
from planted_suite.held_back import HELD_BACK
from planted_suite.nets import Perceptron
from planted_suite.outcome import NOTHING, Outcome, outcome_of
from planted_suite.page import LOCATIONS, matrix, summary
from planted_suite.plants import HEALTHY, PLANTS, QUICK, Plant
from planted_suite.responses import response_of, response_subjects

BY_NAME = {plant.name: plant for plant in (*PLANTS, *HELD_BACK)}


@pytest.fixture(scope="module", autouse=True)
def kept(tmp_path_factory: pytest.TempPathFactory) -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ACUTANCE_PLANTED", str(tmp_path_factory.mktemp("planted")))
        yield


def test_the_suite_plants_every_location_three_times_and_has_healthy_subjects() -> None:
    locations = [plant.location for plant in PLANTS]
    assert len(BY_NAME) == len(PLANTS) + len(HELD_BACK)
    assert {*locations} == {*LOCATIONS, HEALTHY}
    assert all(locations.count(location) >= 3 for location in LOCATIONS)
    assert locations.count(HEALTHY) >= 4
    assert {*QUICK} <= {*BY_NAME}


@pytest.mark.parametrize("name", QUICK)
def test_a_fault_is_the_largest_loss_and_its_removal_brings_the_detail_back(name: str) -> None:
    plant = BY_NAME[name]
    found = check(plant)
    assert found.without > 0.9
    assert found.is_planted == (plant.location != HEALTHY)


@pytest.mark.parametrize("name", QUICK)
def test_the_diagnosis_names_what_was_planted(name: str) -> None:
    found = outcome_of(BY_NAME[name], "fast")
    assert found.right, found
    assert sum(found.shares.values()) == pytest.approx(1, abs=1e-3)


@pytest.mark.slow
def test_at_least_95_percent_of_all_plants_are_found_and_healthy_ones_have_nothing() -> None:
    outcomes = [outcome_of(plant, "fast") for plant in PLANTS]
    plants = [found for found in outcomes if found.planted != HEALTHY]
    assert sum(found.right for found in plants) >= 0.95 * len(plants), summary(outcomes)
    assert [found.name for found in outcomes if found.planted == HEALTHY and not found.right] == []


@pytest.mark.slow
def test_each_loss_has_its_own_response_on_one_code() -> None:
    found = [response_of(subject) for subject in response_subjects().values()]
    for before, after in pairwise(found):
        assert before.high < after.low


def test_a_plant_whose_fault_is_not_its_largest_loss_is_told_from_one_whose_is() -> None:
    assert Checked(explained=0.5, without=0.9).is_planted
    assert not Checked(explained=0.5, without=0.7).is_planted
    assert not Checked(explained=0.95, without=0.99).is_planted


def _outcome(planted: str, found: str, verdict: str) -> Outcome:
    return Outcome(
        name="x",
        planted=planted,
        data="edges",
        explained=0.5,
        without=0.9,
        found=found,
        shares={found: 1.0},
        low=0.9,
        high=1.0,
        verdicts={found: verdict},
        response="averaged",
        warnings=(),
        seconds=0.0,
    )


def test_the_matrix_counts_a_plant_by_its_largest_share_and_a_healthy_one_by_its_verdict() -> None:
    outcomes = [
        _outcome("data", "data", "present"),
        _outcome("rate", "encoder", "undecided"),
        _outcome(HEALTHY, "encoder", "absent"),
        _outcome(HEALTHY, "encoder", "present"),
    ]
    assert [found.right for found in outcomes] == [True, False, True, False]
    head, _, *lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in matrix(outcomes).splitlines()]
    cells = {line[0]: dict(zip(head, line, strict=True)) for line in lines}
    assert cells["data"]["data"] == "1"
    assert cells["rate"]["encoder"] == "1"
    assert cells[HEALTHY][NOTHING] == "1"
    assert cells[HEALTHY]["encoder"] == "1"
    assert "right in 1 of 2 plants" in summary(outcomes)
    assert "nothing present in 1 of 2 healthy" in summary(outcomes)


def test_a_recipe_is_known_by_what_differs_from_the_defaults() -> None:
    base = Plain(data="edges", net=Perceptron(code=2), pace=Pace(images=9), seed=3)
    known = "bases.Plain(data='edges', net=nets.Perceptron(code=2), pace=fitting.Pace(images=9), seed=3)"
    assert told(base) == known
    assert told((replace(base, pace=Pace(images=9, batch=32)), "x")) == f"({known}, 'x')"
    assert told(replace(base, pace=Pace(images=9, batch=16))) != known


def test_weights_are_made_once_and_are_the_same_when_made_again(tmp_path: Path) -> None:
    plant: Plant = BY_NAME["healthy-perceptron"]
    first = check(plant)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ACUTANCE_PLANTED", str(tmp_path))
        bases._plain.cache_clear()
        assert check(plant) == first
        assert len(list(tmp_path.glob("*.safetensors"))) == 1
        bases._plain.cache_clear()
        assert check(plant) == first
