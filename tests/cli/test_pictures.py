"""reconstruct, sample, interpolate: pictures under the right names, the same for the same seed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from acutance.models import Autoencoder, Generator, from_pretrained


def pixels(path: Path) -> np.ndarray[Any, Any]:
    with Image.open(path) as picture:
        return np.asarray(picture)


def pictures(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.png"))}


def test_sample_is_numbered_and_depends_on_the_seed_alone(call: Callable[[str], Any], house: Path) -> None:
    for line in ("--n 5 --out s0", "--n 5 --out s1", "--n 70 --out s2", "--n 5 --seed 1 --out s3"):
        assert call(f"sample runs/vae {line}").code == 0
    first, again, more, other = (pictures(house / f"s{i}") for i in range(4))
    assert list(first) == [f"{i:06d}.png" for i in range(5)]
    assert first == again
    assert len(more) == 70
    assert first.items() <= more.items(), "more samples begin with the same ones"
    assert len({*more.values()}) > 60
    assert not {*first.values()} & {*other.values()}
    assert (house / "s0" / "grid.svg").read_bytes() == (house / "s1" / "grid.svg").read_bytes()
    assert b"data:image/png;base64," in (house / "s0" / "grid.svg").read_bytes()


def test_python_draws_the_same_samples(call: Callable[[str], Any], house: Path) -> None:
    assert call("sample runs/vae --n 70 --seed 3 --out same").code == 0
    model = from_pretrained(house / "runs" / "vae")
    assert isinstance(model, Generator)
    drawn = (model.sample(70, seed=3).squeeze(1) * 255).round().byte().numpy()
    for i in (0, 63, 64, 69):
        assert np.array_equal(pixels(house / "same" / f"{i:06d}.png"), drawn[i])
    assert torch.equal(model.sample(3, seed=3), model.sample(70, seed=3)[:3])


def test_a_sample_says_whether_it_has_the_decoders_noise(call: Callable[[str], Any], house: Path) -> None:
    shown, drawn = (call(f"sample runs/vae --n 4 {more}") for more in ("--out m", "--pixels likelihood --out p"))
    assert "no noise of its likelihood added (--pixels decoded)" in shown.out
    assert "a random draw of the likelihood that it states (--pixels likelihood)" in drawn.out
    assert json.loads((house / "p" / "made.json").read_text())["pixels"] == "likelihood"
    rough = [np.diff(pixels(house / folder / "000000.png").astype(float)).std() for folder in ("m", "p")]
    model = from_pretrained(house / "runs" / "vae")
    sigma = 255 * model.facts()["decoder_sigma"]
    assert rough[1] ** 2 - rough[0] ** 2 > 0.3 * sigma**2, "white noise of sigma, half of it cut off at 0"
    refused = call("sample runs/gan --n 4 --pixels likelihood --out q")
    assert refused.code == 2 and "gan states no likelihood" in refused.err and not (house / "q").exists()


def test_sample_overwrites_only_when_told_and_leaves_no_old_picture(call: Callable[[str], Any], house: Path) -> None:
    assert call("sample runs/gan --n 6 --out g").code == 0
    (house / "g" / "mine.txt").write_text("kept")
    assert call("sample runs/gan --n 2 --out g").code == 2
    assert len(pictures(house / "g")) == 6
    assert call("sample runs/gan --n 2 --out g --overwrite").code == 0
    assert list(pictures(house / "g")) == ["000000.png", "000001.png"]
    assert (house / "g" / "mine.txt").read_text() == "kept"
    made = json.loads((house / "g" / "made.json").read_text())
    assert (made["schema"], made["subject"], made["seed"], made["images"]) == ("acutance.pictures/1", "runs/gan", 0, 2)


def test_reconstruct_keeps_names_and_folders_and_says_what_was_decoded(call: Callable[[str], Any], house: Path) -> None:
    done = call("reconstruct runs/vae --data pics --out r-mean")
    assert done.code == 0
    assert "the mean of each code (--latent mean)" in done.out
    assert pictures(house / "r-mean").keys() == pictures(house / "pics").keys()
    assert json.loads((house / "r-mean" / "made.json").read_text())["latent"] == "mean"


def test_reconstruct_decodes_the_mean(call: Callable[[str], Any], house: Path) -> None:
    assert call("reconstruct runs/vae --data pics --out r-check").code == 0
    model = from_pretrained(house / "runs" / "vae")
    assert isinstance(model, Autoencoder)
    original = pixels(house / "pics" / "a" / "ash0.png")
    with torch.no_grad():
        decoded = model.decode(model.encode(torch.from_numpy(original / 255.0).float()[None, None]).mode)
    written = pixels(house / "r-check" / "a" / "ash0.png")
    assert np.abs(decoded[0, 0].numpy() * 255 - written).max() < 0.51 + 1e-2, "rounded, not truncated"


def test_a_draw_differs_from_the_mean_and_repeats_with_its_seed(call: Callable[[str], Any], house: Path) -> None:
    for name, options in (
        ("m", ""),
        ("d0", "--latent sample"),
        ("d1", "--latent sample"),
        ("d2", "--latent sample --seed 1"),
    ):
        done = call(f"reconstruct runs/vae --data pics --out r-{name} {options}")
        assert ("a random draw of each code" in done.out) == ("sample" in options)
    mean, draw, again, other = (pictures(house / f"r-{name}") for name in ("m", "d0", "d1", "d2"))
    assert draw == again
    assert draw != mean
    assert draw != other


def test_reconstruct_held_out_only(call: Callable[[str], Any], house: Path) -> None:
    done = call("reconstruct runs/ae --data pics --out r-held --held-out-only")
    trained = json.loads((house / "runs" / "ae" / "run.json").read_text())["data"]["images"]
    assert len(pictures(house / "r-held")) == 60 - trained
    assert f"{trained} of 60 images were trained on and are left out" in done.err


def test_reconstruct_fits_images_to_the_model(call: Callable[[str], Any], house: Path) -> None:
    (house / "photos").mkdir()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)).save(house / "photos" / "x.jpg")
    Image.new("RGB", (33, 33), (9, 200, 9)).save(house / "photos" / "y.webp")
    assert call("reconstruct runs/vae --data photos --out r-photos").code == 0
    assert {pixels(path).shape for path in (house / "r-photos").glob("*.png")} == {(16, 16)}
    assert pictures(house / "r-photos").keys() == {"x.png", "y.png"}


def test_interpolate_begins_and_ends_at_two_images(call: Callable[[str], Any], house: Path) -> None:
    assert call("interpolate runs/vae --data pics --out lines --pairs 3 --steps 5").code == 0
    found = pictures(house / "lines")
    assert list(found) == [f"line-{i:03d}.png" for i in range(3)]
    picture = pixels(house / "lines" / "line-000.png")[..., 0]
    scale, gap = 96 // 16, 4
    first = picture[-16 * scale - gap : -gap : scale, gap : gap + 16 * scale : scale]
    assert np.array_equal(first, pixels(house / "pics" / "a" / "ash0.png"))
    assert picture.shape[1] == gap + 7 * (16 * scale + gap)


def test_samples_can_be_measured_as_they_are(call: Callable[[str], Any], house: Path) -> None:
    shutil.rmtree(house / "fakes", ignore_errors=True)
    assert call("sample runs/vae --n 12 --out fakes").code == 0
    done = call("measure --real pics --fake fakes")
    assert done.code == 0
    assert "12 samples against 60 real images" in done.out
