"""Networks as TorchScript: what each is gets found out, and found out rightly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from foreign_models import KEPT
from scripted_models import DCGAN, Components, Halved, Named, Paired, Vector, Whole, script
from small_models import blob_set, images_of
from torch import Tensor, nn

from acutance.diagnose import assess
from acutance.errors import SubjectError
from acutance.models import Encodes, Generates, HasPrior, Reconstructs, RefitsDecoder, Translates, reconstruct
from acutance.nn.latents import DiagonalNormal, Dirac
from acutance.subjects import Opened, open_subject


def opened(module: nn.Module, folder: Path, query: str = "") -> Opened:
    return open_subject(f"torchscript:{script(module, folder / 'net.pt')}{query}")


@pytest.mark.parametrize("channels", [1, 3])
def test_an_autoencoder_that_takes_any_size(tmp_path: Path, channels: int) -> None:
    found = opened(Halved(channels), tmp_path)
    model = found.model
    assert isinstance(model, Encodes) and isinstance(model, RefitsDecoder) and not isinstance(model, Generates)
    assert (model.shape, found.channels, model.family, found.name) == (None, channels, "Halved", "net")
    images = images_of(3, channels=channels, height=20, width=24)
    assert isinstance(model.encode(images), Dirac)
    with torch.no_grad():
        torch.testing.assert_close(reconstruct(model, images), Halved(channels)(images))
        torch.testing.assert_close(model.decoder_copy()(images), model.decode(images))
    assert found.fit(blob_set(9, channels=channels)) == ()


@pytest.mark.parametrize("low", [0.0, -1.0])
def test_one_size_and_its_range_are_found(tmp_path: Path, low: float) -> None:
    found = opened(Components(low), tmp_path)
    assert found.model.shape == (1, 16, 16)
    assert found.made["takes"] == found.made["gives"] == f"[{low:g}, 1]"
    assert not found.fit(blob_set(20, seed=2))
    assert isinstance(found.model, Encodes)
    images = images_of(20, seed=2)
    assert (reconstruct(found.model, images) - images).square().mean() < 0.1 * images.var()


@pytest.mark.parametrize(("low", "stated"), [(0.0, "-1,1"), (-1.0, "0,1")])
def test_a_wrong_range_that_was_stated_is_refused(tmp_path: Path, low: float, stated: str) -> None:
    found = opened(Components(low), tmp_path, f"?range={stated}")
    with pytest.raises(SubjectError, match=rf"net\.pt\?range={low:g},1$"):
        found.fit(blob_set(20, seed=2))


def test_posteriors(tmp_path: Path) -> None:
    named = opened(Named(0.0), tmp_path).model
    assert isinstance(named, Encodes)
    latent = named.encode(images_of(2))
    assert isinstance(latent, DiagonalNormal)
    torch.testing.assert_close(latent.log_std, torch.full((2, KEPT), -2.0))
    with pytest.raises(SubjectError, match=r"encode returns 2 tensors; .* \?posterior=std"):
        opened(Paired(0.0), tmp_path)
    for posterior, std in (("std", 0.25), ("log_std", 1.2840254), ("log_var", 1.1331485)):
        paired = opened(Paired(0.0), tmp_path, f"?posterior={posterior}").model
        assert isinstance(paired, Encodes)
        latent = paired.encode(images_of(2))
        assert isinstance(latent, DiagonalNormal)
        torch.testing.assert_close(latent.std, torch.full((2, KEPT), std))


def test_one_function_from_images_to_images_shows_no_code(tmp_path: Path) -> None:
    found = opened(Whole(), tmp_path)
    assert isinstance(found.model, Reconstructs) and isinstance(found.model, Translates)
    assert not isinstance(found.model, Encodes)
    images = images_of(3)
    with torch.no_grad():
        torch.testing.assert_close(found.model.reconstruct(images), Whole()(images))
    record = assess(found.model, blob_set(20), name="x")
    assert {*record.bands} == {"sample"}


def test_a_dcgan_of_64_px(tmp_path: Path) -> None:
    torch.manual_seed(0)
    module = DCGAN().eval()
    for layer in module:
        if isinstance(layer, nn.ConvTranspose2d):
            nn.init.normal_(layer.weight, std=0.2)
    found = opened(module, tmp_path)
    model = found.model
    assert isinstance(model, Generates) and isinstance(model, HasPrior)
    assert (model.shape, found.made["gives"], found.made["noise"]) == ((3, 64, 64), "[-1, 1]", [100, 1, 1])
    noise = torch.randn(5, 100, 1, 1, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        expected = (module(noise) + 1) / 2
    torch.testing.assert_close(model.generate(5, torch.Generator().manual_seed(3)), expected)
    images = blob_set(12, channels=3, height=64, width=64)
    assert found.fit(images) == ()
    record = assess(model, images, name="x")
    assert {*record.bands} == {"prior", "floor"} and record.samples is not None


def test_pale_draws_do_not_contradict_the_range_that_is_stated(tmp_path: Path) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        found = opened(DCGAN(), tmp_path, "?range=-1,1")
    assert found.fit(blob_set(12, channels=3, height=64, width=64)) == ()


def test_a_generator_of_a_vector_in_unit_range(tmp_path: Path) -> None:
    found = opened(Vector(), tmp_path)
    assert (found.model.shape, found.made["gives"], found.made["noise"]) == ((1, 16, 16), "[0, 1]", [KEPT])
    assert found.fit(blob_set(9)) == ()


def test_nothing_of_it_is_altered(tmp_path: Path) -> None:
    found = opened(Components(0.0), tmp_path)
    (module,) = found.model.parts.modules  # type: ignore[attr-defined]
    before = {name: value.clone() for name, value in module.state_dict().items()}
    found.fit(blob_set(9))
    assess(found.model, blob_set(20), name="x")
    assert isinstance(found.model, RefitsDecoder)
    with torch.no_grad():
        for weight in found.model.decoder_copy().parameters():
            weight.zero_()
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())


class TwoInputs(nn.Module):
    """What nobody can guess."""

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return a + b


class Scrambled(nn.Module):
    """Images to noise."""

    def forward(self, images: Tensor) -> Tensor:
        return torch.rand_like(images)


def test_networks_that_are_nothing_known(tmp_path: Path) -> None:
    with pytest.raises(SubjectError, match=r"neither an autoencoder .* nor a generator"):
        opened(TwoInputs(), tmp_path)
    with pytest.raises(SubjectError, match=r"range is not known; say it: \?range=0,1"):
        opened(Scrambled(), tmp_path)
    assert isinstance(opened(Scrambled(), tmp_path, "?range=0,1").model, Reconstructs)
    with pytest.raises(SubjectError, match="no images that were tried come back"):
        opened(Components(0.0), tmp_path, "?shape=1,17,17")


def bare_weights(file: Path) -> Any:
    torch.save(Halved().state_dict(), file)


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (lambda file: None, "there is no file"),
        (lambda file: file.write_bytes(b"x" * 100), "is no TorchScript"),
        (bare_weights, "weights alone do not say what to compute"),
    ],
)
def test_refusals(tmp_path: Path, write: Any, words: str) -> None:
    write(tmp_path / "x.pt")
    with pytest.raises(SubjectError, match=words):
        open_subject(f"torchscript:{tmp_path}/x.pt")
