"""comparison.json has the fixed fields, and invents nothing."""

from __future__ import annotations

import dataclasses
import json
import math

import comparisons
import numpy as np

from acutance import report
from acutance.diagnose._answer import answer
from acutance.diagnose._record import Comparison
from acutance.measure._bands import BAND_FIELDS

DIAGNOSIS = {
    *("schema", "subject", "data", "bands", "readings", "locations", "response", "samples", "budget_db"),
    *("warnings", "made", "answer"),
}


def test_has_the_fields_of_the_interface(comparison: Comparison) -> None:
    document = report.to_json(comparison)
    assert document["schema"] == "acutance.comparison/1"
    assert document["answer"] == comparison.answer
    vae, adversarial, gan = document["subjects"]
    assert " ".join(subject["answer"] for subject in document["subjects"]) == answer(comparison.subjects)
    assert set(vae) == DIAGNOSIS == set(adversarial)
    assert set(gan) == DIAGNOSIS - {"response"}
    assert vae["schema"] == "acutance.diagnosis/1"
    assert vae["subject"] == {"name": "VAE", "family": "vae", "parameters": 1_284_930}
    size = {"height": 32, "width": 32, "channels": 1}
    assert vae["data"] == {"source": "builtin:icons", "images": 700, **size, "skipped": []}
    assert vae["response"] == {"index": -0.02, "low": -0.05, "high": 0.01, "verdict": "averaged"}


def test_says_how_each_was_made_what_its_training_warned_of_and_which_files_were_left_out(
    comparison: Comparison,
) -> None:
    data = dataclasses.replace(comparison.data, skipped=("torn.png: no picture",))
    document = report.to_json(dataclasses.replace(comparison, data=data))
    vae, _, gan = document["subjects"]
    assert vae["made"]["config"]["latents"] == 64
    assert (vae["warnings"], gan["warnings"]) == ([], ["critic saturated from step 1,150 on"])
    assert document["data"]["skipped"] == vae["data"]["skipped"] == ["torn.png: no picture"]


def test_bands_run_from_low_to_high_with_an_interval_for_each_number(comparison: Comparison) -> None:
    vae, _, gan = report.to_json(comparison)["subjects"]
    assert [band["high"] for band in vae["bands"]["sample"]] == [1 / 16, 1 / 8, 1 / 4, 1 / 2]
    band = vae["bands"]["sample"][-1]
    assert set(band) == {"low", "high", "interval", *BAND_FIELDS}
    assert set(band["interval"]) == set(BAND_FIELDS)
    assert band["interval"]["coherence"] == [0.575, 0.605]
    assert gan["bands"]["sample"] == gan["bands"]["mean"] == []
    assert set(gan["bands"]["prior"][0]) == {"low", "high", "detail_ratio", "interval"}


def test_what_was_not_measured_is_an_empty_list(comparison: Comparison) -> None:
    for subject in report.to_json(comparison)["subjects"]:
        assert subject["locations"] == subject["samples"] == subject["budget_db"] == []


def test_holds_only_what_json_can(comparison: Comparison) -> None:
    vae = comparisons.vae()
    band = vae.bands["sample"][0]
    bad = dataclasses.replace(
        band, values=band.values | {"gain": math.nan}, intervals=band.intervals | {"gain": (math.nan, 1.0)}
    )
    made = {"array": np.arange(2), "number": np.float32(0.5), "bad": math.inf, "path": comparisons, 3: (1, None)}
    broken = dataclasses.replace(vae, bands={"sample": (bad,)}, made=made)
    document = report.to_json(dataclasses.replace(comparison, subjects=(broken,), made=made))
    again = json.loads(json.dumps(document, allow_nan=False))
    assert again == document
    found = document["subjects"][0]["bands"]["sample"][0]
    assert found["gain"] is None and found["interval"]["gain"] == []
    assert (
        document["made"]["array"] == [0, 1] and document["made"]["bad"] is None and document["made"]["3"] == [1, None]
    )
