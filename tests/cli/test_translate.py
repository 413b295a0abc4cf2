"""translate, and what the other commands say to a model that translates."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from acutance.data import open_source
from acutance.models import Translator, from_pretrained, translations

Call = Callable[[str], Any]
PAIRS = "pairs:pics:negatives"
TINY = "--images 160 --batch-size 16 --warmup-images 32 --checkpoint-images 80 --picture-images 0"


def pixels(path: Path) -> np.ndarray[Any, Any]:
    with Image.open(path) as picture:
        return np.asarray(picture)


def pictures(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.png"))}


@pytest.fixture
def trained(call: Call, house: Path) -> Path:
    """runs/pix2pix, from pics/ to their negatives, made once."""
    if not (house / "runs" / "pix2pix").exists():
        for file in (house / "pics").rglob("*.png"):
            negative = house / "negatives" / file.relative_to(house / "pics")
            negative.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(255 - pixels(file)).save(negative)
        done = call(f"train pix2pix --data {PAIRS} --out runs/pix2pix {TINY} --widths 16 8 --held-out 0.4")
        assert done.code == 0, done.err
        assert "acutance translate runs/pix2pix --data pairs:pics:negatives --held-out-only" in done.out
        assert "pairs to train on" in done.err
    return house / "runs" / "pix2pix"


def test_outputs_lie_under_the_inputs_names(call: Call, house: Path, trained: Path) -> None:
    done = call(f"translate runs/pix2pix --data {PAIRS} --out t")
    assert done.code == 0, done.err
    assert pictures(house / "t").keys() == pictures(house / "pics").keys()
    made = json.loads((house / "t" / "made.json").read_text())
    assert (made["command"], made["images"], made["draws"]) == ("translate", 60, 1)
    assert b"data:image/png;base64," in (house / "t" / "grid.svg").read_bytes()
    assert "inputs, outputs, targets together" in done.out


def test_single_images_do_too_and_give_the_same_outputs(call: Call, house: Path, trained: Path) -> None:
    for name, source in (("one", "pics"), ("two", PAIRS)):
        assert call(f"translate runs/pix2pix --data {source} --out t-{name}").code == 0
    assert pictures(house / "t-one") == pictures(house / "t-two")
    assert (house / "t-one" / "grid.svg").read_bytes() != (house / "t-two" / "grid.svg").read_bytes()


def test_draws_lie_in_folders_and_follow_the_seed(call: Call, house: Path, trained: Path) -> None:
    for name, options in (("a", "--draws 2"), ("b", "--draws 3"), ("c", "--draws 2 --seed 1"), ("d", "")):
        assert call(f"translate runs/pix2pix --data pics --out d-{name} {options}").code == 0
    two, three, other, single = (pictures(house / f"d-{name}") for name in "abcd")
    assert {name.partition("/")[0] for name in three} == {"draw-0", "draw-1", "draw-2"}
    assert two.items() <= three.items(), "more draws begin with the same ones"
    assert two != other
    assert {name.removeprefix("draw-0/"): data for name, data in two.items() if name.startswith("draw-0/")} == single
    assert two["draw-0/a/ash0.png"] != two["draw-1/a/ash0.png"]


def test_python_gives_the_same_outputs(call: Call, house: Path, trained: Path) -> None:
    assert call("translate runs/pix2pix --data pics --seed 3 --out t-same").code == 0
    model = from_pretrained(trained)
    assert isinstance(model, Translator)
    images = open_source(str(house / "pics"))
    (outputs,) = translations(model, [images.tensor()], seed=3)
    expected = (outputs[0] * 255).round().byte().squeeze(1).numpy()
    for i in (0, 7, 59):
        assert np.array_equal(pixels(house / "t-same" / images.names[i]), expected[i])


def test_held_out_only(call: Call, house: Path, trained: Path) -> None:
    count = json.loads((trained / "run.json").read_text())["data"]["images"]
    for name, source, what in (("pairs", PAIRS, "pairs"), ("images", "pics", "images")):
        done = call(f"translate runs/pix2pix --data {source} --held-out-only --out h-{name}")
        assert f"{count} of 60 {what} were trained on and are left out" in done.err
        assert len(pictures(house / f"h-{name}")) == 60 - count


def test_a_comparison_measures_outputs_against_targets(call: Call, house: Path, trained: Path) -> None:
    done = call(f"compare runs/pix2pix --data {PAIRS} --out cmp")
    assert done.code == 0, done.err
    told = json.loads((house / "cmp" / "comparison.json").read_text())
    subject = told["subjects"][0]
    assert subject["subject"]["family"] == "pix2pix"
    assert len(subject["bands"]["sample"]) >= 2
    assert "noise_use" in {reading["name"] for reading in subject["readings"]}
    assert (house / "cmp" / "report.html").exists()


def test_a_translator_is_shared_with_what_pairs_say_of_it(call: Call, house: Path, trained: Path) -> None:
    done = call(f"push runs/pix2pix --data {PAIRS} --out shared-pix2pix")
    assert done.code == 0, done.err
    card = (house / "shared-pix2pix" / "README.md").read_text()
    count = json.loads((trained / "run.json").read_text())["data"]["images"]
    assert f"On {60 - count} held-out pairs of `{PAIRS}`" in card
    assert "acutance translate shared-pix2pix --data inputs/" in card
    assert "| `noise_use` | " in card
    for wrong in ("acutance reconstruct", "- autoencoder", "draw of the code", "held-out images"):
        assert wrong not in card
    assert call("translate shared-pix2pix --data pics --out t-shared").code == 0


def test_all_pairs_are_measured_where_that_is_asked_for(call: Call, house: Path, trained: Path) -> None:
    done = call(f"push runs/pix2pix --data {PAIRS} --all-images --out shared-all")
    assert done.code == 0, done.err
    assert "On 60 pairs" in (house / "shared-all" / "README.md").read_text()


def test_a_run_on_pairs_goes_on(call: Call, house: Path, trained: Path) -> None:
    shutil.copytree(trained, house / "runs" / "copied")
    done = call(f"train pix2pix --data {PAIRS} --out runs/copied --resume")
    assert done.code == 0, done.err
    assert "this run is finished" in done.err
    shutil.rmtree(house / "runs" / "copied")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        pytest.param("translate runs/vae --data pics --out new", "the family vae learns from single images", id="vae"),
        pytest.param("translate runs/pix2pix --data pics --draws 0 --out new", "--draws is how many", id="draws"),
        pytest.param("translate runs/pix2pix --data pics --size 8 --out new", "works on images of 16 x 16", id="size"),
        pytest.param("translate runs/pix2pix --data pics --out pics", "has files in it", id="taken"),
        pytest.param("translate nothing --data pics --out new", "no folder 'nothing'", id="subject"),
        pytest.param("reconstruct runs/pix2pix --data pics --out new", "'acutance translate'", id="reconstruct"),
        pytest.param("sample runs/pix2pix --out new", "'acutance translate'", id="sample"),
        pytest.param("diagnose runs/pix2pix --data pics --out new", "acutance compare runs/pix2pix", id="diagnose"),
        pytest.param("compare runs/pix2pix --data pics --out new", "measure it on pairs", id="compare"),
        pytest.param(f"compare runs/pix2pix runs/vae --data {PAIRS} --out new", "vae does not translate", id="mixed"),
        pytest.param(f"compare runs/pix2pix --data {PAIRS} --effort fast --out new", "has no code", id="effort"),
        pytest.param("train pix2pix --data pics --out new", "pix2pix learns from pairs", id="no-pairs"),
        pytest.param(f"train vae --data {PAIRS} --out new", "vae learns from single images", id="no-images"),
        pytest.param("train pix2pix --data pairs:pics --out new", "write pairs:INPUTS:TARGETS", id="half"),
        pytest.param("train pix2pix --data pairs:pics:pics/a --out new", "no partner", id="lonely"),
        pytest.param(f"train pix2pix --data {PAIRS} --out new --l1-weight 0 --gan-weight 0", "are all 0", id="no-loss"),
        pytest.param(f"train pix2pix --data {PAIRS} --out new --noise rain", "'latent'", id="noise"),
    ],
)
def test_refused(refused: Callable[[str], str], house: Path, trained: Path, line: str, says: str) -> None:
    assert says in refused(line)
    assert not (house / "new").exists(), "nothing is begun that is refused"
