"""measure: tables for readers, JSON under the promised names for programs."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFilter
from torch import Tensor

from acutance.cli._tables import number
from acutance.measure import SqueezeNet

FIELDS = {"gain", "detail_ratio", "coherence", "explained", "averaging_slope"}
READING = {"name", "value", "unit", "better", "n", "low", "high", "version", "preconditions"}


@pytest.fixture(scope="module")
def blurred(house: Path) -> Path:
    """The pictures of pics, blurred, under the same names with another suffix."""
    folder = house / "blurred"
    for path in (house / "pics").rglob("*.png"):
        target = (folder / path.relative_to(house / "pics")).with_suffix(".bmp")
        target.parent.mkdir(parents=True, exist_ok=True)
        with Image.open(path) as picture:
            picture.filter(ImageFilter.GaussianBlur(1)).save(target)
    return folder


def test_pairs(call: Callable[[str], Any], house: Path, blurred: Path) -> None:
    done = call("measure --pairs pics blurred --json pairs.json")
    assert done.code == 0
    document = json.loads((house / "pairs.json").read_text())
    assert document["schema"] == "acutance.measurement/1"
    assert {*document["bands"]} == {"pairs"}
    bands = document["bands"]["pairs"]
    assert [band["high"] for band in bands[:-1]] == [band["low"] for band in bands[1:]]
    assert bands[-1]["high"] == 0.5
    for band in bands:
        assert {*band} == {"low", "high", "interval", *FIELDS}
        assert {*band["interval"]} == FIELDS
        assert all(len(ends) in (0, 2) for ends in band["interval"].values())
    assert bands[-1]["gain"] < 0.5 < bands[0]["gain"], "a blur takes the high frequencies"
    readings = {reading["name"]: reading for reading in document["readings"]}
    assert {"mtf50", "blur_sigma_px", "psnr", "detail_ratio_top_octave", "coherence_top_octave"} <= {*readings}
    assert all({*reading} == READING for reading in readings.values())
    assert readings["psnr"]["n"] == 60
    assert "60 pairs" in done.out
    assert "mtf50" in done.out
    assert "95 % interval" in done.out
    assert "written: pairs.json" in done.out


def test_directions_and_curves_are_in_the_json(call: Callable[[str], Any], blurred: Path) -> None:
    document = json.loads(call("measure --pairs pics blurred --json -").out)
    bands = document["bands"]["pairs"]
    assert {*document["directions"]} == {"horizontal", "vertical", "diagonal"}
    assert all([b["high"] for b in along] == [b["high"] for b in bands] for along in document["directions"].values())
    curves = {curve["name"]: curve for curve in document["curves"]}
    readings = {reading["name"]: reading["value"] for reading in document["readings"]}
    faithful = curves["faithful_acutance"]
    assert faithful["value"][faithful["px_per_degree"].index(30)] == readings["faithful_acutance"]
    assert len(curves["gain"]["frequency"]) == len(curves["gain"]["value"]) == len(curves["gain"]["low"])
    assert readings["perceptual_distance"] > 0
    fast = json.loads(call("measure --pairs pics blurred --json - --effort fast").out)
    assert [r for r in document["readings"] if r["name"] != "perceptual_distance"] == fast["readings"]


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("what", ["--pairs pics blurred", "--real pics --fake blurred"])
def test_tables_are_whole_on_a_narrow_terminal(
    what: str, width: int, call: Callable[[str], Any], blurred: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("acutance.cli._terminal._PIPE_WIDTH", width)
    out = call(f"measure {what}").out
    document = json.loads(call(f"measure {what} --json -").out)
    rows = {line.split()[0]: line for line in out.splitlines() if line.startswith(" ") and line.strip()}
    for reading in document["readings"]:
        assert reading["name"] in rows, out
        assert reading["value"] is None or f" {number(reading['value'])} " in rows[reading["name"]], out
        if width == 120 and reading["better"] == "lower":
            assert rows[reading["name"]].split()[-2:] == ["lower", str(reading["n"])], out
    assert "…" not in out
    assert ("real to real" in out) == what.startswith("--real")


@pytest.mark.parametrize(
    ("size", "says"),
    [(16, None), (32, "enlarged from 16 to 32 px"), (12, None)],
)
def test_what_a_resize_did_is_said(size: int, says: str | None, call: Callable[[str], Any], blurred: Path) -> None:
    document = json.loads(call(f"measure --pairs pics blurred --size {size} --effort fast --json -").out)
    words = " ".join(document["readings"][0]["preconditions"])
    assert (says or "") in words
    assert ("enlarged" in words) == (says is not None)
    assert document["data"]["outputs"].get("sides_before") == (None if size == 16 else [16, 16])


def test_sets_resized_by_different_factors_are_named(call: Callable[[str], Any], house: Path, blurred: Path) -> None:
    for path in (house / "pics").rglob("*.png"):
        target = house / "larger" / path.relative_to(house / "pics")
        target.parent.mkdir(parents=True, exist_ok=True)
        with Image.open(path) as picture:
            picture.resize((24, 24)).save(target)
    document = json.loads(call("measure --real larger --fake blurred --size 16 --effort fast --json -").out)
    for reading in document["readings"]:
        words = "resized, the real images from 24 px and the samples from 16 px"
        assert any(words in precondition for precondition in reading["preconditions"]), reading


def test_samples(call: Callable[[str], Any], house: Path, blurred: Path) -> None:
    done = call("measure --real pics --fake blurred --json samples.json")
    assert done.code == 0
    document = json.loads((house / "samples.json").read_text())
    assert {*document["bands"]} == {"samples"}
    assert {*document["bands"]["samples"][0]} == {"low", "high", "detail_ratio", "interval"}
    names = {reading["name"] for reading in document["readings"]}
    assert {"precision", "recall", "density", "coverage", "frechet_distance", "kernel_distance"} <= names
    assert document["data"]["real"] == {
        "source": "pics", "images": 60, "height": 16, "width": 16, "channels": 1, "skipped": []
    }  # fmt: skip


def test_violated_preconditions_are_shown_with_what_they_touch(call: Callable[[str], Any], blurred: Path) -> None:
    done = call("measure --real pics --fake blurred")
    assert "frechet_distance *" in done.out
    note = next(line for line in done.out.splitlines() if line.startswith("* ") and "covariance" in line)
    assert "frechet_distance" in note


def test_json_on_stdout_is_nothing_but_json(call: Callable[[str], Any], blurred: Path) -> None:
    done = call("measure --pairs pics blurred --json - --quiet")
    assert json.loads(done.out)["schema"] == "acutance.measurement/1"
    assert done.err == ""


def test_equal_images_are_measured_as_equal(call: Callable[[str], Any], house: Path) -> None:
    document = json.loads(call("measure --pairs pics pics --json -").out)
    for band in document["bands"]["pairs"]:
        assert np.allclose([band[name] for name in FIELDS], 1)


def test_a_file_that_cannot_be_read_is_one_line_of_warning(call: Callable[[str], Any], house: Path) -> None:
    folder = house / "torn"
    folder.mkdir()
    for i, path in enumerate(sorted((house / "pics").rglob("*.png"))[:30]):
        (folder / f"{i}.png").write_bytes(path.read_bytes())
    (folder / "torn.png").write_bytes(b"no picture")
    done = call("measure --real torn --fake torn --json -")
    assert done.code == 0
    lines = done.err.splitlines()
    assert lines and all(line.startswith("warning: torn: skipped torn.png") for line in lines)
    assert json.loads(done.out)["data"]["fake"]["skipped"]


def test_a_real_set_is_looked_at_once(
    call: Callable[[str], Any], house: Path, blurred: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    features = SqueezeNet.__call__

    def counting(net: SqueezeNet, images: Tensor) -> dict[str, Tensor]:
        seen.append(len(images))
        return features(net, images)

    monkeypatch.setattr(SqueezeNet, "__call__", counting)
    monkeypatch.setenv("ACUTANCE_CACHE", str(house / "own-cache"))
    first = call("measure --real pics --fake blurred --json -").out
    assert sum(seen) == 120
    assert call("measure --real pics --fake blurred --json -").out == first
    assert sum(seen) == 180, "the samples alone"
    call("measure --real pics --fake blurred --features squeezenet:96 --json -")
    assert sum(seen) == 300, "another network"
    monkeypatch.setattr("acutance.cli._references.__version__", "0.0.1")
    assert call("measure --real pics --fake blurred --json -").out == first
    assert sum(seen) == 420, "another version"
    kept = sorted((house / "own-cache" / "references").iterdir())
    assert len(kept) == 3 and all(path.suffix == ".safetensors" for path in kept), "and nothing half-written"
    for path in kept:
        path.write_bytes(path.read_bytes()[:1000])
    assert call("measure --real pics --fake blurred --json -").out == first
    assert sum(seen) == 540, "damaged files are made anew"


def test_a_cache_that_cannot_be_written_is_a_warning(call: Callable[[str], Any], house: Path, blurred: Path) -> None:
    (house / "cache" / "references").rename(house / "cache" / "before")
    (house / "cache" / "references").touch()
    done = call("measure --real pics --fake blurred --json -")
    (house / "cache" / "references").unlink()
    (house / "cache" / "before").rename(house / "cache" / "references")
    assert done.code == 0
    assert "not kept for the next time" in done.err


def test_effort_modes_and_neighbour_numbers(call: Callable[[str], Any], house: Path) -> None:
    glyphs = "--real builtin:glyphs --fake builtin:glyphs --size 16"
    found = json.loads(call(f"measure {glyphs} --modes 1 --k 3 10 --effort fast --json -").out)
    readings = {reading["name"]: reading for reading in found["readings"]}
    assert readings["modes"]["value"] == 1020
    assert "birthday_support" not in readings
    assert {"precision", "precision_k10", "coverage_k3", "coverage_k10"} <= {*readings}
    assert "coverage" not in readings, "whose own k is 5"
    assert any("100 % of the smaller set" in words for words in readings["precision"]["preconditions"])


def test_infinite_ends_are_shown_and_written_as_null(call: Callable[[str], Any], house: Path) -> None:
    done = call("measure --real builtin:glyphs --fake builtin:glyphs --size 16 --json twins.json")
    line = next(line for line in done.out.splitlines() if "birthday_support" in line)
    readings = json.loads((house / "twins.json").read_text())["readings"]
    support = next(reading for reading in readings if reading["name"] == "birthday_support")
    assert (support["high"] is None) == ("to infinite" in line)
    assert support["low"] <= support["value"]


def test_arrays_and_archives(call: Callable[[str], Any], house: Path, blurred: Path) -> None:
    pictures = [np.asarray(Image.open(path)) for path in sorted((house / "pics").rglob("*.png"))]
    np.save(house / "pics.npy", np.stack(pictures) / np.float32(255))
    with zipfile.ZipFile(house / "pics.zip", "w") as archive:
        for path in sorted((house / "pics").rglob("*.png")):
            archive.write(path, path.relative_to(house / "pics").as_posix())
    documents = [
        json.loads(call(f"measure --real {real} --fake blurred --json -").out) for real in ("pics.npy", "pics.zip")
    ]
    folder = json.loads(call("measure --real pics --fake blurred --json -").out)
    assert [document["readings"] for document in documents] == [folder["readings"]] * 2


def test_python_m_is_the_same_command(house: Path, blurred: Path) -> None:
    words = [sys.executable, "-m", "acutance.measure", "--pairs", "pics", "blurred", "--json", "-", "--quiet"]
    done = subprocess.run(words, cwd=house, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["schema"] == "acutance.measurement/1"
    refused = subprocess.run(words[:3], cwd=house, capture_output=True, text=True, check=False)
    assert refused.returncode == 2 and refused.stderr.startswith("acutance measure: ")


def test_hugging_face_and_webdataset_sources(call: Callable[[str], Any], house: Path, blurred: Path) -> None:
    pictures = []
    for path in sorted((house / "pics").rglob("*.png")):
        with Image.open(path) as picture:
            pictures.append(picture.copy())
    with warnings.catch_warnings():  # what other libraries warn about on import is theirs
        warnings.simplefilter("ignore")
        datasets, webdataset = pytest.importorskip("datasets"), pytest.importorskip("webdataset")
    datasets.disable_progress_bars()
    rows = datasets.Dataset.from_dict({"image": pictures}, features=datasets.Features({"image": datasets.Image()}))
    rows.save_to_disk(str(house / "saved"))
    for shard in (0, 1):
        with webdataset.TarWriter(str(house / f"shard-{shard}.tar")) as sink:
            for i, picture in enumerate(pictures[shard::2]):
                sink.write({"__key__": f"{i:04d}-{shard}", "png": picture})
    folder = json.loads(call("measure --real pics --fake blurred --effort fast --json -").out)
    for source in ("saved", "wds:shard-{0..1}.tar"):
        done = call(f"measure --real '{source}' --fake blurred --effort fast --json -")
        assert done.code == 0, done
        assert json.loads(done.out)["readings"] == folder["readings"], source


def test_a_file_that_cannot_be_written_loses_no_reading(call: Callable[[str], Any], house: Path, blurred: Path) -> None:
    done = call("measure --pairs pics blurred --effort fast --json /proc/readings.json")
    assert done.code == 2
    assert "mtf50" in done.out and "written" not in done.out
    assert done.err.startswith("acutance measure: --json /proc/readings.json cannot be written")


def test_an_unreadable_picture_is_left_out_of_the_pairs_and_named(
    call: Callable[[str], Any], house: Path, blurred: Path
) -> None:
    shutil.copytree(blurred, house / "one-broken")
    broken = next((house / "one-broken").rglob("*.bmp"))
    broken.write_bytes(b"no picture")
    done = call("measure --pairs pics one-broken --effort fast --json -")
    assert done.code == 0, done
    assert f"skipped {broken.relative_to(house / 'one-broken').as_posix()}" in done.err
    document = json.loads(done.out)
    assert {reading["n"] for reading in document["readings"] if reading["name"] == "psnr"} == {59}
    assert len(document["data"]["outputs"]["skipped"]) == 1
    for path in (house / "one-broken").rglob("a/*.bmp"):
        path.write_bytes(b"no picture")
    done = call("measure --pairs pics one-broken --effort fast --json -")
    assert done.code == 2 and "cannot be read" in done.err


def test_names_that_differ_in_their_suffix_alone_pair_with_what_was_made_of_them(
    call: Callable[[str], Any], house: Path
) -> None:
    (house / "twins").mkdir()
    for i, path in enumerate(sorted((house / "pics").rglob("*.png"))[:20]):
        with Image.open(path) as picture:
            picture.save(house / "twins" / (f"{i // 2:03d}.png" if i % 2 else f"{i // 2:03d}.bmp"))
    assert call("reconstruct runs/vae --data twins --out of-twins").code == 0
    for other in ("twins", "of-twins"):
        done = call(f"measure --pairs twins {other} --effort fast")
        assert done.code == 0, done
        assert "20 pairs" in done.out


@pytest.mark.parametrize("sides", ["--pairs pics blurred", "--real pics --fake blurred"])
def test_the_window_is_the_users_choice(
    sides: str, call: Callable[[str], Any], blurred: Path, house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what is kept of a real set under one window serves no other."""
    monkeypatch.setenv("ACUTANCE_CACHE", str(house / "window-cache"))
    line = f"measure {sides} --effort fast --json -"
    first = {word: call(f"{line} --window {word}").out for word in ("none", "hann", "auto")}
    kept = {word: json.loads(text)["bands"] for word, text in first.items()}
    assert kept["none"] != kept["hann"]
    assert [json.loads(first[word])["window"] for word in ("none", "hann", "auto")] == ["none", "hann", "none"]
    assert "under a Hann window" in call(f"measure {sides} --effort fast --window hann").out
    assert kept["auto"] == kept["none"], "blank borders"
    assert call(line).out == first["auto"]
    monkeypatch.setenv("ACUTANCE_CACHE", str(house / "another-window-cache"))
    assert call(f"{line} --window hann").out == first["hann"], "nothing of another window was kept"


def test_the_window_is_one_of_three(refused: Callable[[str], str]) -> None:
    assert "invalid choice 'hamming' for argument '--window'" in refused("measure --pairs pics pics --window hamming")
