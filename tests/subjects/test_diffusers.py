"""Autoencoders of diffusers: the same numbers as the library gives, from safetensors alone."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from small_models import blob_set, images_of

pytest.importorskip("diffusers")

from diffusers_models import built, trained

from acutance.diagnose import assess
from acutance.errors import SubjectError
from acutance.models import Encodes, RefitsDecoder, reconstruct
from acutance.nn.latents import Codes, DiagonalNormal, Dirac
from acutance.subjects import Opened, open_subject

KINDS = {"AutoencoderKL": DiagonalNormal, "VQModel": Codes, "AutoencoderTiny": Dirac, "AutoencoderDC": Dirac}


@pytest.fixture
def saved(tmp_path: Path) -> Callable[[str], Path]:
    def save(kind: str) -> Path:
        built(kind).save_pretrained(tmp_path / kind)
        return tmp_path / kind

    return save


def library(kind: str, folder: Path) -> Any:
    import diffusers

    return getattr(diffusers, kind).from_pretrained(folder)


def encoder(found: Opened) -> Encodes:
    assert isinstance(found.model, Encodes)
    return found.model


def _decoded(module: Any, images: torch.Tensor) -> torch.Tensor:
    """Its own forward; that of AutoencoderTiny also rounds the latents to bytes, which its pipelines do not."""
    if type(module).__name__ == "AutoencoderTiny":
        return module.decode(module.encode(images).latents).sample
    return module(images).sample


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_as_the_library(saved: Callable[[str], Path], kind: str) -> None:
    folder = saved(kind)
    found = open_subject(f"diffusers:{folder}")
    module = library(kind, folder)
    channels = module.config.in_channels
    images = images_of(3, channels=channels, height=32, width=32)
    with torch.no_grad():
        expected = _decoded(module, 2 * images - 1)
    torch.testing.assert_close(reconstruct(encoder(found), images), ((expected + 1) / 2).clamp(0, 1))
    assert isinstance(encoder(found).encode(images), KINDS[kind])
    assert (found.model.family, found.model.shape, found.channels) == (kind, None, channels)
    assert found.model.count_parameters() == sum(weight.numel() for weight in module.parameters())
    assert found.model.configuration()["scaling_factor"] == module.config.scaling_factor
    found.fit(blob_set(8, channels=channels, height=32, width=32))


@pytest.mark.parametrize("kind", KINDS)
def test_a_copy_of_the_decoder_is_decode(saved: Callable[[str], Path], kind: str) -> None:
    model = open_subject(f"diffusers:{saved(kind)}").model
    assert isinstance(model, Encodes) and isinstance(model, RefitsDecoder)
    channels = 1 if kind in ("AutoencoderKL", "VQModel") else 3
    latents = model.encode(images_of(2, channels=channels)).mode
    copied = model.decoder_copy()
    torch.testing.assert_close(copied.eval()(latents).clamp(0, 1), model.decode(latents))
    copied(latents).sum().backward()
    assert all(weight.grad is not None for weight in copied.parameters())
    assert not any(weight.requires_grad for module in model.parts.modules for weight in module.parameters())


def test_codes_are_entries_of_the_codebook(saved: Callable[[str], Path]) -> None:
    folder = saved("VQModel")
    latent = encoder(open_subject(f"diffusers:{folder}")).encode(images_of(3))
    assert isinstance(latent, Codes)
    book = library("VQModel", folder).quantize.embedding.weight.detach()
    assert (latent.size, latent.indices.shape) == (64, (3, 8, 8))
    assert torch.equal(latent.quantized, book[latent.indices].permute(0, 3, 1, 2))
    nearest = torch.cdist(latent.continuous.permute(0, 2, 3, 1).reshape(-1, 4), book).argmin(1)
    assert torch.equal(latent.indices.flatten(), nearest)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["AutoencoderKL", "VQModel"])
def test_a_trained_one_is_measured_and_its_range_is_known(kind: str) -> None:
    folder = trained(kind)
    found = open_subject(f"diffusers:{folder}")
    images = blob_set(40, seed=2)
    assert not [doubt for doubt in found.fit(images) if "scaling_factor" not in doubt]
    record = assess(found.model, images, name="x")
    psnr = record.reading("psnr")
    assert psnr is not None and psnr.value > 17
    assert record.reading("rate_bits") is not None
    with pytest.raises(SubjectError, match=r"write diffusers:.*\?range=-1,1$"):
        open_subject(f"diffusers:{folder}?range=0,1").fit(images)


def test_bfloat16_where_it_does_not_change_the_reading(saved: Callable[[str], Path]) -> None:
    folder = saved("AutoencoderKL")
    narrow, wide = (encoder(open_subject(f"diffusers:{folder}{query}")) for query in ("?precision=bf16", ""))
    images = images_of(4)
    exact = reconstruct(wide, images)
    rounded = reconstruct(narrow, images)
    assert rounded.dtype == torch.float32
    assert 0 < (rounded - exact).abs().max() < 0.05
    latents = wide.encode(images).mode.detach().requires_grad_(True)
    torch.testing.assert_close(narrow.decode(latents), wide.decode(latents))  # a gradient is asked for: float32
    open_subject(f"diffusers:{folder}?precision=bf16").fit(blob_set(8))
    with pytest.raises(SubjectError, match="precision is fp32, or bf16"):
        open_subject(f"diffusers:{folder}?precision=fp8")
    with pytest.raises(SubjectError, match="precision is fp32, or bf16 for a model of diffusers"):
        open_subject("onnx:x.onnx?precision=bf16")


def test_a_scaling_factor_that_does_not_fit_is_told(saved: Callable[[str], Path]) -> None:
    folder = saved("AutoencoderKL")
    config = json.loads((folder / "config.json").read_text())
    found = open_subject(f"diffusers:{folder}")
    with torch.no_grad():
        width = float(encoder(found).encode(blob_set(40).tensor()).mode.std())
    for factor, told in ((1 / width, False), (5 / width, True)):
        (folder / "config.json").write_text(json.dumps({**config, "scaling_factor": factor}))
        doubts = open_subject(f"diffusers:{folder}").fit(blob_set(40))
        assert any("scaling_factor" in doubt for doubt in doubts) == told


def test_weights_are_left_as_they_were(saved: Callable[[str], Path]) -> None:
    folder = saved("VQModel")
    found = open_subject(f"diffusers:{folder}")
    found.fit(blob_set(8))
    assess(found.model, blob_set(20), name="x")
    (module,) = found.model.parts.modules  # type: ignore[attr-defined]
    expected = library("VQModel", folder).state_dict()
    assert all(torch.equal(value, expected[name]) for name, value in module.state_dict().items())


def test_a_pipeline_names_its_autoencoder(saved: Callable[[str], Path], tmp_path: Path) -> None:
    folder = saved("AutoencoderKL").rename(tmp_path / "vae")
    (tmp_path / "model_index.json").write_text("{}")
    with pytest.raises(SubjectError, match=rf"whole pipeline; name its autoencoder: diffusers:{tmp_path}:vae$"):
        open_subject(f"diffusers:{tmp_path}")
    assert open_subject(f"diffusers:{tmp_path}:vae").model.family == "AutoencoderKL"
    assert open_subject(f"diffusers:{folder}").name == "vae"


def test_sizes_that_do_not_come_back(saved: Callable[[str], Path]) -> None:
    found = open_subject(f"diffusers:{saved('AutoencoderKL')}")
    with pytest.raises(SubjectError, match="makes images 1 x 16 x 16 of images 1 x 17 x 17: give --size"):
        found.fit(blob_set(4, height=17, width=17))
    with pytest.raises(SubjectError, match="works on images of 1 channels"):
        found.fit(blob_set(4, channels=3))


class Tripwire:
    """Unpickling it makes a file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> Any:
        return (Path.touch, (self.file,))


def test_pickles_are_refused_and_never_run(
    saved: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = saved("AutoencoderKL")
    (folder / "diffusion_pytorch_model.safetensors").unlink()
    torch.save(Tripwire(tmp_path / "ran"), folder / "diffusion_pytorch_model.bin")
    with pytest.raises(SubjectError, match=r"only pickled weights .*ACUTANCE_ALLOW_PICKLE=1 if you trust"):
        open_subject(f"diffusers:{folder}")
    torch.save(built("AutoencoderKL").state_dict(), folder / "diffusion_pytorch_model.bin")
    monkeypatch.setenv("ACUTANCE_ALLOW_PICKLE", "1")
    assert open_subject(f"diffusers:{folder}").model.family == "AutoencoderKL"
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda folder: shutil.rmtree(folder), "is no id on the hub"),
        (lambda folder: (folder / "config.json").unlink(), "has no config.json"),
        (lambda folder: (folder / "config.json").write_text("{"), "names the class ''"),
        (lambda folder: (folder / "config.json").write_text('{"_class_name": "UNet2DModel"}'), "AutoencoderKL, .* can"),
        (lambda folder: (folder / "diffusion_pytorch_model.safetensors").write_bytes(b"x"), "damaged or do not fit"),
        (lambda folder: (folder / "diffusion_pytorch_model.safetensors").unlink(), "has no diffusion_pytorch_model"),
    ],
)
def test_refusals(saved: Callable[[str], Path], make: Callable[[Path], Any], words: str) -> None:
    folder = saved("AutoencoderKL")
    make(folder)
    with pytest.raises(SubjectError, match=words):
        open_subject(f"diffusers:{folder}")


def test_an_id_offline_is_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub

    def offline(*given: Any, **named: Any) -> None:
        raise ConnectionError("no route\nand much more")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", offline)
    with pytest.raises(SubjectError, match=r"hub gave none \(ConnectionError: no route\); check the name and the net"):
        open_subject("diffusers:someone/some-vae:vae")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("range=1,0", "two numbers, the lower first"),
        ("range=a,b", "two numbers, the lower first"),
        ("rang=0,1", "did you mean 'range'"),
        ("shape=3,4", "shape is channels,height,width"),
        ("posterior=x", "posterior is std, log_std or log_var"),
    ],
)
def test_what_is_stated_must_be_known(query: str, words: str) -> None:
    with pytest.raises(SubjectError, match=words):
        open_subject(f"diffusers:folder?{query}")


SIZED = """
import resource, sys, torch
torch.set_num_threads(1)
sys.path[:0] = [{benchmarks!r}]
from pathlib import Path
from bench_subjects import saved
from acutance.data import image_set
from acutance.diagnose import assess
from acutance.subjects import open_subject
import numpy as np
found = open_subject("diffusers:" + str(saved(Path({folder!r}))))
images = image_set(np.random.default_rng(0).integers(0, 256, (2, 256, 256, 3), np.uint8))
found.fit(images)
record = assess(found.model, images, name="x")
print(record.parameters, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2)
"""


@pytest.mark.slow
def test_the_size_of_stable_diffusion_s_first_stage_is_measured_in_little_memory(tmp_path: Path) -> None:
    """A minute or two; the time and the peak are in benchmarks/results/subjects.jsonl."""
    benchmarks = Path(__file__).resolve().parents[2] / "benchmarks"
    script = SIZED.format(benchmarks=str(benchmarks), folder=str(tmp_path))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    parameters, peak_gb = done.stdout.split()
    assert int(parameters) == 83_653_863
    assert float(peak_gb) < 6
