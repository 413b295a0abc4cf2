"""ONNX graphs, exported as their users do: one, or an encoder and a decoder."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from foreign_models import KEPT
from scripted_models import DCGAN, Components, Halved, Vector
from small_models import blob_set, images_of
from torch import Tensor, nn

pytest.importorskip("onnxruntime")
pytest.importorskip("onnx")

from acutance.diagnose import assess
from acutance.errors import SubjectError
from acutance.models import Encodes, Generates, Reconstructs, RefitsDecoder, reconstruct
from acutance.nn.latents import DiagonalNormal
from acutance.subjects import open_subject


def export(module: nn.Module, given: Tensor, file: Path, *, free: tuple[int, ...] = (0,), **options: Any) -> Path:
    """Export to ONNX; `free` are the axes of the input that stay free."""
    file.parent.mkdir(parents=True, exist_ok=True)
    axes = {"given": {axis: f"side{axis}" for axis in free}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the older exporter, which needs no further package
        torch.onnx.export(
            module.eval(), (given,), str(file), input_names=["given"], dynamic_axes=axes, dynamo=False, **options
        )
    return file


class Method(nn.Module):
    """One method of a module."""

    def __init__(self, module: Any, name: str) -> None:
        super().__init__()
        self.module, self.name = module, name

    def forward(self, given: Tensor) -> Any:
        return getattr(self.module, self.name)(given)


class Gaussian(nn.Module):
    """An encoder of two outputs."""

    def __init__(self, module: Any) -> None:
        super().__init__()
        self.module = module

    def forward(self, given: Tensor) -> tuple[Tensor, Tensor]:
        mean = self.module.encode(given)
        return mean, 0 * mean - 2.0


@pytest.mark.parametrize("free", [(0,), (), (0, 2, 3)], ids=["any-number", "one-at-a-time", "any-size"])
def test_one_graph_from_images_to_images(tmp_path: Path, free: tuple[int, ...]) -> None:
    found = open_subject(f"onnx:{export(Halved(3), images_of(1, channels=3), tmp_path / 'net.onnx', free=free)}")
    model = found.model
    assert isinstance(model, Reconstructs) and not isinstance(model, Encodes | RefitsDecoder)
    assert (model.shape, found.channels) == (None if 2 in free else (3, 16, 16), 3)
    images = images_of(3, channels=3)
    with torch.no_grad():
        torch.testing.assert_close(model.reconstruct(images), Halved(3)(images))
    assert found.fit(blob_set(9, channels=3)) == ()
    assert {*assess(model, blob_set(12, channels=3), name="x").bands} == {"sample"}


@pytest.mark.parametrize("low", [0.0, -1.0])
@pytest.mark.parametrize(
    "names", [("encoder.onnx", "decoder.onnx"), ("vae_encoder/model.onnx", "vae_decoder/model.onnx")]
)
def test_an_encoder_and_a_decoder(tmp_path: Path, low: float, names: tuple[str, str]) -> None:
    module = Components(low)
    encoder = export(Method(module, "encode"), images_of(1), tmp_path / names[0])
    decoder = export(Method(module, "decode"), torch.zeros(1, KEPT), tmp_path / names[1])
    images = images_of(3)
    with torch.no_grad():
        expected = (module(low + (1 - low) * images) - low) / (1 - low)
    for text in (f"onnx:{tmp_path}", f"onnx:{encoder},{decoder}"):
        found = open_subject(text)
        assert isinstance(found.model, Encodes)
        torch.testing.assert_close(reconstruct(found.model, images), expected, atol=1e-5, rtol=1e-5)
        assert (found.model.shape, found.made["takes"]) == ((1, 16, 16), f"[{low:g}, 1]")
        assert found.fit(blob_set(20)) == ()
    with pytest.raises(SubjectError, match=rf"write onnx:{tmp_path}\?range={low:g},1$"):
        open_subject(f"onnx:{tmp_path}?range={-1 - low:g},1").fit(blob_set(20))


@pytest.mark.parametrize(
    ("outputs", "query", "std"),
    [
        (["mean", "std"], "", None),
        (["mu", "logvar"], "", 0.3678794),
        (["mean", "log_std"], "", 0.1353353),
        (["a", "b"], "?posterior=log_var", 0.3678794),
    ],
)
def test_posteriors_by_the_names_of_the_outputs(
    tmp_path: Path, outputs: list[str], query: str, std: float | None
) -> None:
    module = Components(0.0)
    export(Gaussian(module), images_of(1), tmp_path / "encoder.onnx", output_names=outputs)
    export(Method(module, "decode"), torch.zeros(1, KEPT), tmp_path / "decoder.onnx")
    if std is None:
        with pytest.raises(SubjectError, match="none of it negative"):
            open_subject(f"onnx:{tmp_path}{query}")
        return
    model = open_subject(f"onnx:{tmp_path}{query}").model
    assert isinstance(model, Encodes)
    latent = model.encode(images_of(2))
    assert isinstance(latent, DiagonalNormal)
    torch.testing.assert_close(latent.std, torch.full((2, KEPT), std))


@pytest.mark.parametrize(("module", "noise"), [(DCGAN(), (100, 1, 1)), (Vector(), (KEPT,))], ids=["dcgan", "vector"])
@pytest.mark.parametrize("free", [(0,), ()])
def test_generators(tmp_path: Path, module: nn.Module, noise: tuple[int, ...], free: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    file = export(module, torch.randn(1, *noise), tmp_path / "net.onnx", free=free)
    found = open_subject(f"onnx:{file}")
    assert isinstance(found.model, Generates)
    assert found.made["noise"] == list(noise)
    drawn = torch.randn(3, *noise, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = module(drawn) if found.made["gives"] == "[0, 1]" else (module(drawn) + 1) / 2
    assert found.made["gives"] == ("[-1, 1]" if isinstance(module, DCGAN) else "[0, 1]")
    torch.testing.assert_close(
        found.model.generate(3, torch.Generator().manual_seed(1)), expected, atol=1e-5, rtol=1e-4
    )


class Sum(nn.Module):
    """Two inputs."""

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return a + b


def test_refusals(tmp_path: Path) -> None:
    (tmp_path / "bad.onnx").write_bytes(b"x" * 50)
    for text, words in (
        (f"onnx:{tmp_path}/none.onnx", "there is no file"),
        (f"onnx:{tmp_path}/bad.onnx", "bad.onnx is no graph that can be run"),
        (f"onnx:{tmp_path}", r"has no encoder.onnx and decoder.onnx; name"),
        (f"onnx:{tmp_path}/a,{tmp_path}/b,{tmp_path}/c", "write onnx:FILE, onnx:FOLDER or"),
    ):
        with pytest.raises(SubjectError, match=words):
            open_subject(text)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(Sum(), (torch.ones(1, 1), torch.ones(1, 1)), str(tmp_path / "two.onnx"), dynamo=False)
    with pytest.raises(SubjectError, match="a graph of one input of floats"):
        open_subject(f"onnx:{tmp_path}/two.onnx")
