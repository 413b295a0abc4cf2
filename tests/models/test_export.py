"""Exported models compute what the originals do, for any number of images, and read the same when opened again."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from small_models import blob_set, images_of, small_model, weights

from acutance.diagnose import assess
from acutance.errors import SubjectError
from acutance.models import (
    Autoencoder,
    Decodes,
    Encodes,
    Generator,
    Model,
    Translates,
    Translator,
    export_onnx,
    export_torchscript,
    families,
)
from acutance.models._parts import parts_of
from acutance.nn.latents import Codes, DiagonalNormal, Latent
from acutance.rng import rng_for
from acutance.subjects import open_subject

pytest.importorskip("onnxruntime")
pytest.importorskip("onnx")

Export = Callable[[Model, Path], list[Path]]
MANY_STEPS = {"flow_decoder"}
"""Families whose graphs are so deep that the runtimes take seconds to make them ready."""
STATED = "?range=0,1&shape=1,16,16"
FORMATS = {
    "torchscript": (export_torchscript, "torchscript:{}/autoencoder.pt", "torchscript:{}/{}.pt"),
    "onnx": (export_onnx, "onnx:{}", "onnx:{}/{}.onnx"),
}
every_format = pytest.mark.parametrize("kind", FORMATS)


def exportable(family: str) -> Model:
    model = small_model(family).eval()
    assert isinstance(model, Autoencoder | Generator | Translator)
    return model


def tensors(latent: Latent) -> tuple[torch.Tensor, ...]:
    if isinstance(latent, DiagonalNormal):
        return latent.mean, latent.std
    if isinstance(latent, Codes):
        return latent.quantized, latent.continuous, latent.indices
    return (latent.mode,)


@torch.no_grad()
def same_code(model: Autoencoder, again: Encodes, images: torch.Tensor) -> None:
    ours, theirs = model.encode(images), again.encode(images)
    assert type(theirs) is type(ours)
    for mine, other in zip(tensors(ours), tensors(theirs), strict=True):
        torch.testing.assert_close(other, mine, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(again.decode(ours.mode), model.decode(ours.mode), rtol=1e-4, atol=1e-5)
    if isinstance(ours, Codes) and isinstance(theirs, Codes):
        assert (theirs.size, theirs.books or (theirs.size,)) == (ours.size, ours.books or (ours.size,))


@every_format
@pytest.mark.parametrize(
    "family", [pytest.param(name, marks=pytest.mark.slow if name in MANY_STEPS else ()) for name in families.names()]
)
def test_an_export_is_equal_to_the_original(family: str, kind: str, tmp_path: Path) -> None:
    model = exportable(family)
    before = weights(model)
    export, coder, function = FORMATS[kind]
    written = export(model, tmp_path)
    assert sorted(written) == sorted(tmp_path.iterdir())
    assert all(torch.equal(before[name], value) for name, value in weights(model).items())
    if isinstance(model, Autoencoder):
        again = open_subject(coder.format(tmp_path) + STATED).autoencoder("encode")
        for n in (1, 5):
            same_code(model, again, images_of(n))
    if isinstance(model, Generator):
        assert isinstance(model, Decodes)
        drawing = open_subject(f"{function.format(tmp_path, 'generator')}?range=0,1").generator()
        for n in (1, 5):
            seeds = (torch.Generator().manual_seed(n) for _ in "12")
            with torch.no_grad():
                mine, other = model.decode(model.prior(n, next(seeds))), drawing.generate(n, next(seeds))
            torch.testing.assert_close(other, mine, rtol=1e-4, atol=1e-5)
    if isinstance(model, Translator):
        same_translation(model, open_subject(function.format(tmp_path, "translator") + STATED).translator())


def same_translation(model: Translator, again: Translates) -> None:
    """By one draw of the noise, whatever the generator and however many images."""
    translation = model.translation(rng_for(0, "export"))
    for n in (1, 5):
        with torch.no_grad():
            mine, other = translation(images_of(n)), again.translate(images_of(n), rng_for(n))
        torch.testing.assert_close(other, mine, rtol=1e-4, atol=1e-5)


@every_format
@pytest.mark.parametrize("noise", ["latent", "none"])
def test_other_noise_of_a_translator_is_exported_too(noise: str, kind: str, tmp_path: Path) -> None:
    model = small_model("pix2pix", noise=noise).eval()
    assert isinstance(model, Translator)
    export, _, function = FORMATS[kind]
    export(model, tmp_path)
    same_translation(model, open_subject(function.format(tmp_path, "translator") + STATED).translator())


@every_format
@pytest.mark.parametrize(
    ("family", "changed"), [("spatial_vae", {}), ("vqvae", {"quantiser": "residual", "depth": 2})], ids=str
)
def test_the_exported_model_gives_the_same_readings(
    family: str, changed: dict[str, object], kind: str, tmp_path: Path
) -> None:
    model, images = small_model(family, **changed).eval(), blob_set(24)
    export, coder, _ = FORMATS[kind]
    export(model, tmp_path)
    opened = open_subject(coder.format(tmp_path) + STATED)
    assert opened.fit(images) is not None
    ours, theirs = (assess(one, images, name="x") for one in (model, opened.model))
    for name in ("psnr", "detail_ratio_top_octave", "coherence_top_octave", "averaging_slope", "rate_bits"):
        mine, other = ours.reading(name), theirs.reading(name)
        assert mine is not None and other is not None
        assert other.value == pytest.approx(mine.value, rel=1e-3, abs=1e-4), name
        assert (other.low, other.high) == pytest.approx((mine.low, mine.high), rel=1e-3, abs=1e-4), name


@pytest.mark.slow
def test_an_export_needs_none_of_our_code(tmp_path: Path) -> None:
    model = small_model("vae").eval()
    export_torchscript(model, tmp_path)
    code = (
        "import json, sys, warnings; warnings.simplefilter('ignore'); import torch\n"
        f"coder = torch.jit.load({str(tmp_path / 'autoencoder.pt')!r})\n"
        "latent = coder.encode(torch.full((2, 1, 16, 16), 0.5))\n"
        "print(json.dumps([latent._fields, coder.decode(latent.mean).shape, 'acutance' in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [["mean", "std"], [2, 1, 16, 16], False]


def test_a_model_that_does_nothing_of_the_kind_is_refused() -> None:
    class Idle(Model):
        def players(self) -> tuple[()]:
            return ()

    with pytest.raises(SubjectError, match="nothing to export"):
        parts_of(Idle(small_model("vae").config, (1, 16, 16)))
