"""Every claim of the catalog: what it says of itself, what it asks for, what it makes of what was found."""

from __future__ import annotations

import importlib
import math
import re
from pathlib import Path

import pytest
from made_up import made_up

from acutance.claims import CLAIMS, Chart, Claim, LocalExecutor, Scene, Store, asked_claims, identifiers, plan_for
from acutance.claims._result import document_of
from acutance.claims._statistics import effect_of

HEADINGS = ["What is claimed:", "How it is tested:", "Prediction:", "Confounders:", "References:"]
SCENE = Scene(seeds=(0, 1, 2))
SMOKE = Scene(seeds=(0,), effort=0.002)
NAMES = identifiers()
QUICK = {"S7"}


@pytest.fixture(params=NAMES)
def claim(request: pytest.FixtureRequest) -> Claim:
    return asked_claims([request.param])[request.param]


def test_there_are_twelve() -> None:
    assert {f"S{k}" for k in range(1, 13)} <= {*NAMES}


def test_the_headings_are_fixed(claim: Claim) -> None:
    doc = importlib.import_module(type(claim).__module__).__doc__ or ""
    assert re.findall(r"^[A-Z][a-z ]+:$", doc, flags=re.MULTILINE) == HEADINGS
    assert doc.startswith(f"{type(claim).__name__}: ")


def test_parts_have_thresholds_and_one_at_least_makes_the_verdict(claim: Claim) -> None:
    names = [part.name for part in claim.parts]
    assert len({*names}) == len(names)
    assert any(part.role == "claim" for part in claim.parts)
    assert all(math.isfinite(part.bound.low) or math.isfinite(part.bound.high) for part in claim.parts)
    assert all(part.bound.low < part.bound.high for part in claim.parts)


def test_images_are_both_real_and_exactly_known(claim: Claim) -> None:
    sources = claim.sources(SCENE)
    assert any(source.startswith("synthetic:") for source in sources)
    assert SCENE.real in sources


def test_seeds_change_every_cell_and_effort_all_that_are_trained(claim: Claim) -> None:
    first, second = ({cell.key for cell in plan_for({"it": claim}, Scene(seeds=(s,))).cells.values()} for s in (0, 1))
    assert not first & second
    again = {cell.key for cell in plan_for({"it": claim}, Scene(seeds=(0,))).cells.values()}
    assert again == first


def test_evidence_answers_every_part_and_can_be_drawn(claim: Claim) -> None:
    evidence = claim.judge(made_up(claim, SCENE))
    assert evidence.effects.keys() == {part.name for part in claim.parts}
    for per_seed in evidence.effects.values():
        assert len(per_seed) == len(SCENE.seeds)
        assert math.isfinite(effect_of(per_seed).value)
    assert Chart.of(evidence.chart.to_json()) == evidence.chart
    assert any(series.dots for series in evidence.chart.series)


def test_judging_is_a_function_of_what_was_found(claim: Claim) -> None:
    one, other = (claim.judge(made_up(claim, SCENE)) for _ in range(2))
    assert one.chart == other.chart
    assert one.detail == other.detail


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in NAMES]
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # nets of two steps put out constants
def test_smoke(name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """All of a claim, its trainings two steps long; cells that claims share are run once a session."""
    store = Store(tmp_path_factory.getbasetemp() / "claims")
    claims = asked_claims([name])
    for cell in plan_for(claims, SMOKE).cells.values():
        store.perform(cell)
    document = document_of(claims, SMOKE, store, made={})
    assert document["claims"][0]["id"] == name
    assert document["claims"][0]["verdict"] == "undecided"
    assert {one["id"] for one in document["not_run"]} == {*NAMES} - {name}


def test_a_claim_is_its_file(tmp_path: Path) -> None:
    assert [name.upper() for name in CLAIMS.names()] == sorted(NAMES)
    assert LocalExecutor(tmp_path, 1).workers == 1
