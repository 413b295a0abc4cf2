"""diagnose: which images, which folder, what is said, how it is stopped and gone on with."""

from __future__ import annotations

import dataclasses
import itertools
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import diagnoses
import pytest

from acutance.cli import _diagnosing
from acutance.diagnose import Diagnosis

Call = Callable[[str], Any]


class Stand:
    """In place of `diagnose`: keeps what it was asked, and gives what it is told."""

    def __init__(self, *, stopped: bool = False) -> None:
        self.asked: list[dict[str, Any]] = []
        self.stopped = stopped

    def __call__(self, model: Any, images: Any, *, name: str, progress: Any, cache: Path, **asked: Any) -> Diagnosis:
        self.asked.append({"images": images, "name": name, "cache": cache, **asked})
        progress("measuring", 0.5)
        (cache / "half.npy").write_bytes(b"found")
        if self.stopped:
            raise KeyboardInterrupt
        made = diagnoses.diagnosis()
        return dataclasses.replace(made, subject=dataclasses.replace(made.subject, name=name))


@pytest.fixture
def stand(monkeypatch: pytest.MonkeyPatch, house: Path) -> Stand:
    found = Stand()
    monkeypatch.setattr(_diagnosing, "diagnose", found)
    shutil.rmtree(house / "diagnosis", ignore_errors=True)
    return found


def training_count(house: Path) -> int:
    return int(json.loads((house / "runs" / "vae" / "run.json").read_text())["data"]["images"])


def test_the_answer_comes_first_then_the_places_then_what_to_change_then_the_page(call: Call, stand: Stand) -> None:
    done = call("diagnose runs/vae --data pics --out diagnosis")
    assert done.code == 0, done
    said = done.out
    wanted = [
        "The VAE loses 38 % of the detail.",
        "Too little rate",
        "51 to 59 %",
        "present",
        "Too few latents",
        "Prior gap",
        "1. Set decoder sigma from 1.0 to 0.24",
        "none trained on",
        "the page: diagnosis/report.html",
    ]
    places = [said.index(words) for words in wanted]
    assert places == sorted(places)
    assert "Only 64 images were optimised" in done.err
    assert "\x1b" not in said + done.err


def test_it_measures_on_what_was_held_out_and_refits_on_what_was_trained_on(
    call: Call, stand: Stand, house: Path
) -> None:
    assert call("diagnose runs/vae --data pics --out diagnosis --effort full --seed 3").code == 0
    (asked,) = stand.asked
    trained = training_count(house)
    assert (len(asked["images"]), len(asked["fit_images"])) == (60 - trained, trained)
    assert not {*asked["images"].names} & {*asked["fit_images"].names}
    assert (asked["effort"], asked["seed"], asked["name"]) == ("full", 3, "vae")


def test_some_images_only_and_all_of_them(call: Call, stand: Stand) -> None:
    done = call("diagnose runs/vae --data pics --out diagnosis --all-images --images 16")
    assert "measured on: 16, those trained on too" in done.out
    done = call("diagnose runs/vae --data pics --out diagnosis --all-images")
    assert "measured on: all, those trained on too" in done.out
    assert [len(asked["images"]) for asked in stand.asked] == [16, 60]
    assert "pictures, those trained on too" in (Path("diagnosis") / "report.html").read_text()


def test_where_nobody_knows_the_training_images_full_sets_some_aside(
    call: Call, stand: Stand, house: Path, tmp_path: Path
) -> None:
    shutil.copytree(house / "runs" / "ae", tmp_path / "old")
    for name in ("training_digests.npy", "run.json"):
        (tmp_path / "old" / name).unlink()
    done = call(f"diagnose {tmp_path}/old --data pics --out diagnosis --effort full")
    assert done.code == 0, done
    (asked,) = stand.asked
    assert len(asked["images"]) + len(asked["fit_images"]) == 60
    assert "are set aside for refits" in done.err
    assert "none known to be trained on" in done.out
    document = json.loads((house / "diagnosis" / "diagnosis.json").read_text())
    assert "what it was trained on is not known: these pictures may be among it" in document["warnings"]
    assert done.err.count("may be among it") == 1


def test_what_is_written_is_the_same_every_time(call: Call, stand: Stand, house: Path) -> None:
    for _ in range(2):
        assert call("diagnose runs/vae --data pics --out diagnosis").code == 0
        found = (house / "diagnosis" / "diagnosis.json").read_bytes()
    assert {path.name for path in (house / "diagnosis").iterdir()} == {"diagnosis.json", "report.html", "cache"}
    document = json.loads(found)
    assert document["schema"] == "acutance.diagnosis/1"
    assert str(house).encode() not in found
    assert document["made"]["model"]["family"] == "vae"
    shutil.rmtree(house / "diagnosis")
    assert call("diagnose runs/vae --data pics --out diagnosis").code == 0
    assert (house / "diagnosis" / "diagnosis.json").read_bytes() == found


def test_ctrl_c_keeps_what_was_found_and_says_how_to_go_on(
    call: Call, monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    shutil.rmtree(house / "diagnosis", ignore_errors=True)
    monkeypatch.setattr(_diagnosing, "diagnose", Stand(stopped=True))
    done = call("diagnose runs/vae --data pics --out diagnosis")
    assert done.code == 130
    assert "what was found so far is kept in diagnosis/cache" in done.err
    assert done.err.rstrip().endswith("acutance diagnose runs/vae --data pics --out diagnosis")
    assert not (house / "diagnosis" / "diagnosis.json").exists()
    again = Stand()
    monkeypatch.setattr(_diagnosing, "diagnose", again)
    assert call("diagnose runs/vae --data pics --out diagnosis").code == 0
    assert (house / "diagnosis" / "cache" / "half.npy").exists()


def test_a_folder_belongs_to_one_subject_and_its_data(call: Call, stand: Stand) -> None:
    assert call("diagnose runs/vae --data pics --out diagnosis").code == 0
    done = call("diagnose runs/ae --data pics --out diagnosis")
    assert done.code == 2
    assert "holds a diagnosis of runs/vae on pics" in done.err
    assert "--overwrite" in done.err
    assert call("diagnose runs/ae --data pics --out diagnosis --overwrite").code == 0


def test_quiet_leaves_the_result_and_the_warnings(call: Call, stand: Stand) -> None:
    done = call("diagnose runs/vae --data pics --out diagnosis --quiet")
    assert [line for line in done.err.splitlines() if not line.startswith("warning")] == []
    assert "The VAE loses 38 %" in done.out


def test_compare_diagnoses_each_when_asked(call: Call, stand: Stand, house: Path) -> None:
    shutil.rmtree(house / "both", ignore_errors=True)
    done = call("compare runs/vae runs/gan --data pics --out both --effort fast")
    assert done.code == 0, done
    assert [asked["name"] for asked in stand.asked] == ["vae", "gan"]
    document = json.loads((house / "both" / "comparison.json").read_text())
    assert [one["locations"][0]["location"] for one in document["subjects"]] == ["rate", "rate"]
    assert "vae lost its detail to: too little rate 55 %, too few latents 27 %" in done.out
    assert "vae, samples: prior gap" in done.out
    page = (house / "both" / "report.html").read_text()
    assert page.count('<aside class="summary"') == 2


def test_compare_does_not_diagnose_by_itself(call: Call, stand: Stand, house: Path) -> None:
    shutil.rmtree(house / "alone", ignore_errors=True)
    assert call("compare runs/vae --data pics --out alone").code == 0
    assert stand.asked == []


def test_the_whole_way_twice_gives_the_same_bytes(call: Call, house: Path) -> None:
    """Nothing stands in for anything; the second run reads what the first has kept, the third begins anew."""
    line = "diagnose runs/vae --data pics --all-images --quiet --out"
    written = []
    for folder in ("whole", "whole", "anew"):
        done = call(f"{line} {folder}")
        assert done.code == 0, done
        written.append((house / folder / "diagnosis.json").read_bytes())
    assert written[0] == written[1] == written[2]
    document = json.loads(written[0])
    assert sum(one["share"] for one in document["locations"]) == pytest.approx(1)
    steps = [step["db"] for step in document["budget_db"]]
    assert steps == pytest.approx(list(itertools.accumulate(step["step_db"] for step in document["budget_db"])))
    assert document["answer"] in done.out
    assert "Where did vae lose its detail?" in (house / "whole" / "report.html").read_text()


def test_a_generator_gets_the_part_about_samples(call: Call, house: Path) -> None:
    done = call("diagnose runs/gan --data pics --all-images --quiet --out of-gan")
    assert done.code == 0, done
    document = json.loads((house / "of-gan" / "diagnosis.json").read_text())
    assert document["locations"] == document["budget_db"] == []
    assert document["samples"]
    assert "What do samples of gan lack?" in (house / "of-gan" / "report.html").read_text()


def test_pairs_bring_their_originals_and_samples_need_no_model(call: Call, house: Path) -> None:
    assert call("reconstruct runs/vae --data pics --out rebuilt").code == 0
    assert call("sample runs/gan --n 40 --out drawn").code == 0
    done = call("diagnose pairs:pics:rebuilt --out of-pairs --quiet")
    assert done.code == 0, done
    document = json.loads((house / "of-pairs" / "diagnosis.json").read_text())
    assert document["data"]["images"] == 60
    assert document["bands"]["sample"] or document["bands"]["mean"]
    assert document["response"]["verdict"]
    done = call("diagnose samples:drawn --data pics --out of-samples --quiet")
    assert done.code == 0, done
    document = json.loads((house / "of-samples" / "diagnosis.json").read_text())
    assert document["bands"]["prior"]
    assert document["samples"]
