"""The page and the JSON of a diagnosis: the answer, where it was lost, the evidence, what to change."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from collections.abc import Callable

import comparisons
import diagnoses
import numpy as np
import pytest
from html_check import checked

from acutance import report
from acutance.diagnose import Diagnosis, StagePictures
from acutance.report._diagnosed import alone, diagnosed
from acutance.report._octave_pictures import lost_octave, octave_pictures, octaves
from acutance.report._stages import stage_table
from acutance.report.figures.losses import budget, losses

PROMISED = {
    *("schema", "subject", "data", "bands", "readings", "locations", "response", "samples", "budget_db", "answer"),
}
MADE: dict[str, Callable[[], Diagnosis]] = {
    "vae": diagnoses.diagnosis,
    "healthy": diagnoses.healthy,
    "gan": diagnoses.generator,
    "inventing": diagnoses.inventing,
}


def page_of(found: Diagnosis) -> str:
    return report.render_html(alone(found), [found], numbers_file="diagnosis.json")


def words_of(page: str) -> str:
    plain = re.sub(r"<style>.*?</style>|<script>.*?</script>|<[^>]+>", " ", page, flags=re.DOTALL)
    return re.sub(r"(\s|&nbsp;|\xa0)+", " ", plain)


def unknown() -> Diagnosis:
    """Nothing is finite, nothing is known by name."""
    found = diagnoses.diagnosis()
    location = dataclasses.replace(
        found.locations[0], location="attic", low=math.nan, high=math.nan, by_band=(math.nan,) * 4
    )
    step = dataclasses.replace(found.budget_db[1], stage="attic", low=-math.inf, high=math.nan)
    fix = dataclasses.replace(found.prescriptions[0], cause="attic", coherence=math.nan, detail_ratio=math.nan)
    return dataclasses.replace(found, locations=(location,), budget_db=(step,), prescriptions=(fix,), stages=())


# JSON


@pytest.mark.parametrize("kind", MADE)
def test_diagnosis_json_has_the_fixed_fields_and_only_what_json_can_hold(kind: str) -> None:
    document = report.diagnosis_json(MADE[kind]())
    assert {*document} >= (PROMISED - {"response"} if kind == "gan" else PROMISED)
    assert document["schema"] == "acutance.diagnosis/1"
    assert json.loads(json.dumps(document, allow_nan=False)) == document


def test_locations_samples_and_budget_are_those_of_the_interface() -> None:
    document = report.diagnosis_json(diagnoses.diagnosis())
    first = document["locations"][0]
    assert {*first} >= {"location", "share", "low", "high", "verdict", "cure"}
    assert (first["location"], first["share"], first["verdict"]) == ("rate", 0.55, "present")
    assert first["share_by_band"][0] is None
    assert {*document["samples"][0]} >= {"cause", "effect_db", "low", "high", "verdict", "cure"}
    assert [step["stage"] for step in document["budget_db"]] == ["data", "best_latent", "mean", "sample", "prior"]
    assert [step["db"] for step in document["budget_db"]] == [0.0, -0.6, -2.1, -1.7, -3.9]
    assert document["prescriptions"][1]["predicted"] == {"coherence": 0.7, "detail_ratio": None}
    assert [found["basis"] for found in document["prescriptions"]] == ["at_least", "predicted"]
    words = words_of(page_of(diagnoses.diagnosis()))
    assert "Predicted at least, finest octave: coherence" in words and "Predicted, finest octave: coherence" in words


def test_a_comparison_holds_the_findings_of_the_subjects_that_were_diagnosed() -> None:
    vae, adversarial, gan = report.to_json(comparisons.comparison(), [diagnoses.diagnosis()])["subjects"]
    assert vae["locations"][0]["location"] == "rate"
    assert vae["answer"] == diagnoses.diagnosis().answer
    assert adversarial["locations"] == gan["locations"] == []


# The page


@pytest.mark.parametrize("make", [*MADE.values(), unknown], ids=[*MADE, "unknown"])
def test_is_well_formed_and_the_same_bytes_every_time(make: Callable[[], Diagnosis]) -> None:
    page = page_of(make())
    found = checked(page)
    assert found.wrong == [] and found.open == []
    assert len(found.ids) == len({*found.ids})
    assert page == page_of(make())
    assert "nan" not in words_of(page).lower().split()
    linked = {attrs["href"] for tag, attrs in found.seen if tag == "a"}
    assert {str(link).removeprefix("#") for link in linked} <= {*found.ids, "pictures"}


def test_the_answer_the_shares_and_the_change_come_before_everything_else() -> None:
    page = page_of(diagnoses.diagnosis())
    marks = ['id="answer"', "Change this first", 'id="losses-0"', 'id="fixes-0"', 'id="pictures"', 'id="evidence-0"']
    places = [page.index(mark) for mark in [*marks, 'id="map"', 'id="readings"']]
    assert places[0] < places[2] and places[1] < places[2]
    assert places[2:] == sorted(places[2:])
    words = words_of(page)
    assert "38 % of the detail is lost. Where?" in words
    assert "Too little rate 55 % present" in words
    assert "coherence 0.590 → 0.810 , detail ratio 0.580 → 0.800" in words
    assert "What it will not do. It will not add detail that 48 latents cannot hold" in words
    assert "How much it gains" not in words, "the second predicts its coherence at least"


def test_nothing_is_prescribed_where_nothing_is_present() -> None:
    words = words_of(page_of(diagnoses.healthy()))
    assert words.count("Nothing to put right: no cause stands clear") == 2
    assert "Change this first" not in words
    undecided = dataclasses.replace(diagnoses.diagnosis(), samples=(), prescriptions=())
    undecided = dataclasses.replace(undecided, locations=undecided.locations[2:])
    assert "These pictures do not decide what to change" in words_of(page_of(undecided))


def test_what_is_present_without_a_prescription_is_shown_with_its_cure() -> None:
    words = words_of(page_of(diagnoses.generator()))
    assert "Prior gap \u22122.2 dB present" in words
    assert words.count("Draw latents from the aggregate.") == 3
    assert "Nothing to put right" not in words


def test_a_detached_loss_term_is_named() -> None:
    words = words_of(page_of(diagnoses.diagnosis()))
    assert "kl 30 % \u2013 perceptual detached: trains nothing detached: trains nothing" in words
    assert "Loss terms" not in words_of(page_of(dataclasses.replace(diagnoses.diagnosis(), audit=None)))
    losses = report.diagnosis_json(diagnoses.diagnosis())["losses"]
    assert [(one["term"], one["part"], one["reach"]) for one in losses][-1] == ("perceptual", "decoder", "detached")


def test_pictures_without_a_model_are_not_said_to_be_healthy() -> None:
    found = dataclasses.replace(
        diagnoses.diagnosis(),
        explained=None,
        locations=(),
        samples=(),
        prescriptions=(),
        budget_db=(),
        unplaced="where, only the model can show",
    )
    words = words_of(page_of(found))
    assert "How much detail is left in VAE?" in words
    assert words.count("Where, only the model can show.") == 2
    assert "Nothing to put right" not in words
    assert "What do samples of GAN lack?" in words_of(page_of(diagnoses.generator()))


def test_the_price_of_inventing_is_a_step_of_its_own() -> None:
    found = diagnoses.inventing()
    drawn = losses(found, "x")
    assert "Price of inventing" in drawn and "Price of inventing" not in losses(diagnoses.diagnosis(), "x")
    words = words_of(page_of(found))
    assert "Inventing costs it 8 % of explained detail" in words
    assert "38 % of the detail is lost. Where?" in words, "the price is in no place's share"


def test_a_figure_without_numbers_is_no_figure() -> None:
    assert losses(diagnoses.generator(), "x") == budget(diagnoses.generator(), "x") == ""


def test_several_diagnosed_subjects_stand_beside_one_another() -> None:
    found = [diagnoses.diagnosis(), diagnoses.inventing()]
    page = report.render_html(comparisons.comparison(), found)
    assert page.count('<aside class="summary"') == 2
    assert len(diagnosed(comparisons.comparison(), found)) == 2
    assert checked(page).wrong == []
    assert len(checked(page).ids) == len({*checked(page).ids})


def test_without_a_diagnosis_the_page_has_none() -> None:
    page = report.render_html(comparisons.comparison())
    assert "summary-0" not in page and "losses-0" not in page


def test_words_from_outside_are_escaped() -> None:
    evil = '<script>alert("x")</script>'
    found = diagnoses.diagnosis()
    fix = dataclasses.replace(found.prescriptions[0], change=evil, because=evil, will_not=evil)
    location = dataclasses.replace(found.locations[0], location=evil, cure=evil)
    stages = tuple(dataclasses.replace(stage, title=evil) for stage in found.stages)
    page = page_of(
        dataclasses.replace(
            found, answer=evil, warnings=(evil,), prescriptions=(fix,), locations=(location,), stages=stages
        )
    )
    assert "<script>alert" not in page
    assert sum(tag == "script" for tag, _ in checked(page).seen) == 1


# Pictures of one octave


def wave(cycles: int, size: int = 32, amplitude: float = 60.0) -> np.ndarray:
    """A standing wave that mirrors into itself: cycles/(2 size) cycles a pixel along the rows."""
    row = np.cos(np.pi * cycles * (np.arange(size) + 0.5) / size)
    plane = 128 + amplitude * np.broadcast_to(row, (size, size))
    return plane.round().astype(np.uint8)[None, :, :, None]


def test_octaves_end_at_nyquist_and_meet() -> None:
    found = octaves(32, 32)
    assert found == [(1 / 32, 1 / 16), (1 / 16, 1 / 8), (1 / 8, 1 / 4), (1 / 4, 1 / 2)]
    assert octaves(4, 4) == [(1 / 4, 1 / 2)]


@pytest.mark.parametrize(("cycles", "octave"), [(3, (1 / 32, 1 / 16)), (11, (1 / 8, 1 / 4)), (23, (1 / 4, 1 / 2))])
def test_a_wave_that_is_lost_is_lost_in_its_own_octave(cycles: int, octave: tuple[float, float]) -> None:
    assert lost_octave(wave(cycles), wave(0)) == octave


def test_what_is_missing_is_the_original_less_the_output_on_the_originals_scale() -> None:
    octave = (1 / 8, 1 / 4)
    own = octave_pictures(wave(11), None, octave)
    assert own.min() <= 5 and own.max() >= 250, "its own detail fills the scale"
    assert np.array_equal(octave_pictures(wave(11), wave(0), octave), own), "all is missing"
    assert np.ptp(octave_pictures(wave(11), wave(11), octave)) == 0, "nothing is missing"
    half = octave_pictures(wave(11), wave(11, amplitude=30), octave)
    assert np.ptp(half) == pytest.approx(np.ptp(own) / 2, abs=4)
    assert own.shape == (1, 32, 32, 1)


def test_stages_begin_with_real_pictures_and_samples_match_none() -> None:
    table = stage_table(diagnoses.diagnosis())
    assert table is not None
    assert [bool(row.missing) for row in table.rows] == [True, True, True, True, False]
    assert table.detail == "2 to 4 px"
    assert len(table.rows[0].pictures) == len(table.rows[3].missing) == 10


def test_there_is_no_table_of_stages_without_something_to_set_beside_the_originals() -> None:
    assert stage_table(diagnoses.generator()) is None


def test_large_pictures_are_fewer() -> None:
    large = np.zeros((16, 320, 320, 3), np.uint8)
    stages = tuple(StagePictures(stage=name, title=name, images=large) for name in ("data", "mean", "sample"))
    table = stage_table(dataclasses.replace(diagnoses.diagnosis(), stages=stages))
    assert table is not None
    assert len(table.rows[0].pictures) == 3


def test_a_large_share_of_a_healthy_loss_does_not_read_as_a_fault() -> None:
    made = diagnoses.diagnosis()
    well = tuple(dataclasses.replace(location, verdict="absent") for location in made.locations)
    words = words_of(page_of(dataclasses.replace(made, locations=well, prescriptions=(), samples=())))
    assert "of the detail is lost, nowhere more than in healthy models" in words
    assert "as healthy" in words and "absent" not in words.lower()
    assert "of the detail is lost. Where?" in words_of(page_of(made))


def test_what_is_predicted_of_an_inventing_decoder_is_not_set_beside_what_it_invents() -> None:
    made = diagnoses.diagnosis()
    first = dataclasses.replace(made.prescriptions[0], averaged=(0.31, 0.32))
    found = dataclasses.replace(made, prescriptions=(first,))
    assert "shown by a decoder that averages: coherence 0.31" in words_of(page_of(found))
    document = report.diagnosis_json(found)
    assert document["prescriptions"][0]["averaged_before"] == {"coherence": 0.31, "detail_ratio": 0.32}
