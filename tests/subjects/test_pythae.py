"""Models of pythae: the same numbers as the library gives, no pickle loaded unasked."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from pythae_models import trained_vae
from small_models import blob_set, images_of
from torch import nn

pytest.importorskip("pythae")

import pythae.models as library
from pythae.models.base.base_utils import ModelOutput
from pythae.models.nn import BaseDecoder

from acutance.diagnose import assess
from acutance.errors import SubjectError
from acutance.models import Encodes, Generates, RefitsDecoder, reconstruct
from acutance.nn.latents import Codes, DiagonalNormal, Dirac
from acutance.subjects import open_subject
from acutance.subjects.pythae import _FAMILIES

KINDS = {"VQVAE": Codes, "AE": Dirac, "RAE_L2": Dirac, "RAE_GP": Dirac, "WAE_MMD": Dirac}


def config(family: str, **settings: Any) -> Any:
    suffix = "_Config" if family in ("Adversarial_AE", "INFOVAE_MMD", "RAE_GP", "RAE_L2", "WAE_MMD") else "Config"
    return getattr(library, family + suffix)(input_dim=(1, 16, 16), latent_dim=4, **settings)


def built(family: str, **settings: Any) -> Any:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return getattr(library, family)(config(family, **settings)).eval()


@pytest.fixture
def saved(tmp_path: Path) -> Callable[..., Path]:
    def save(family: str, **settings: Any) -> Path:
        built(family, **settings).save(str(tmp_path / family))
        return tmp_path / family

    return save


@pytest.mark.parametrize("family", _FAMILIES)
def test_every_family_reconstructs_as_its_networks_do(saved: Callable[..., Path], family: str) -> None:
    images = images_of(3)
    found = open_subject(f"pythae:{saved(family)}")
    assert isinstance(found.model, Encodes) and isinstance(found.model, RefitsDecoder)
    latent = found.model.encode(images)
    assert isinstance(latent, KINDS.get(family, DiagonalNormal))
    module = built(family)
    with torch.no_grad():
        if family == "VQVAE":
            expected = module({"data": images}).recon_x
        else:
            expected = module.decoder(module.encoder(images).embedding).reconstruction
    torch.testing.assert_close(reconstruct(found.model, images), expected.clamp(0, 1))
    torch.testing.assert_close(found.model.decoder_copy().eval()(latent.mode), expected)
    assert (found.model.family, found.model.shape) == (family, (1, 16, 16))
    assert found.model.count_parameters() == sum(weight.numel() for weight in module.parameters())


def test_the_posterior_is_the_library_s(saved: Callable[..., Path]) -> None:
    model = open_subject(f"pythae:{saved('VAE')}").model
    assert isinstance(model, Encodes)
    latent, expected = model.encode(images_of(3)), built("VAE").encoder(images_of(3))
    assert isinstance(latent, DiagonalNormal)
    torch.testing.assert_close(latent.mean, expected.embedding)
    torch.testing.assert_close(2 * latent.log_std, expected.log_covariance)


def test_what_has_a_prior_draws_from_it(saved: Callable[..., Path]) -> None:
    for family in ("VAE", "AE"):
        model = open_subject(f"pythae:{saved(family)}").model
        assert isinstance(model, Generates) == (family == "VAE")
    model = open_subject(f"pythae:{saved('VAE')}").model
    assert isinstance(model, Generates)
    drawn = model.generate(3, torch.Generator().manual_seed(1))
    noise = torch.randn(3, 4, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(drawn, built("VAE").decoder(noise).reconstruction.detach().clamp(0, 1))


@pytest.mark.parametrize(
    ("family", "settings", "sigma"),
    [
        ("VAE", {"reconstruction_loss": "bce"}, None),
        ("VAE", {"reconstruction_loss": "mse"}, 1.0),
        ("BetaVAE", {"reconstruction_loss": "mse", "beta": 4.0}, 2.0),
        ("BetaVAE", {"reconstruction_loss": "bce", "beta": 4.0}, None),
        ("AE", {}, None),
    ],
)
def test_the_decoder_noise_that_its_loss_amounts_to(
    saved: Callable[..., Path], family: str, settings: dict[str, Any], sigma: float | None
) -> None:
    facts = open_subject(f"pythae:{saved(family, **settings)}").model.facts()
    assert facts == ({} if sigma is None else {"decoder_sigma": sigma})


def test_that_noise_is_the_one_of_its_loss() -> None:
    """Half the squares and the KL with its weight: the optimum of SSE / (2 sigma^2) + KL does not move (T9)."""
    module = built("BetaVAE", reconstruction_loss="mse", beta=4.0)
    x, y, mean, log_variance = torch.rand(2, 9), torch.rand(2, 9), torch.randn(2, 3), torch.randn(2, 3)
    loss, _, rate = module.loss_function(y, x, mean, log_variance, mean)
    squares = (x - y).square().sum(1).mean()
    torch.testing.assert_close(loss / 4.0, squares / (2 * 2.0**2) + rate)


def test_a_trained_one_is_measured_and_its_range_is_known(tmp_path: Path) -> None:
    trained_vae(tmp_path / "vae")
    found = open_subject(f"pythae:{tmp_path}/vae")
    held_out = blob_set(40, seed=2)
    assert found.fit(held_out) == ()
    record = assess(found.model, held_out, name="x")
    psnr = record.reading("psnr")
    assert psnr is not None and psnr.value > 12
    with pytest.raises(SubjectError, match=r"\?range=0,1"):
        open_subject(f"pythae:{tmp_path}/vae?range=-1,1").fit(held_out)


class OwnDecoder(BaseDecoder):
    """Not pythae's own, so that pythae pickles it."""

    def __init__(self) -> None:
        BaseDecoder.__init__(self)
        self.layer = nn.Linear(4, 256)

    def forward(self, latents: torch.Tensor) -> Any:
        return ModelOutput(reconstruction=self.layer(latents).sigmoid().view(-1, 1, 16, 16))


def test_pickled_networks_are_refused_and_never_run_unless_the_user_insists(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = library.VAE(config("VAE"), decoder=OwnDecoder())
    module.save(str(tmp_path / "own"))
    pickled = tmp_path / "own" / "decoder.pkl"
    kept = pickled.read_bytes()
    pickled.write_bytes(b"cposix\nmkdir\n(S'" + str(tmp_path / "ran").encode() + b"'\ntR.")
    with pytest.raises(SubjectError, match=r"pickled networks \(decoder.pkl\).*ACUTANCE_ALLOW_PICKLE=1 if you trust"):
        open_subject(f"pythae:{tmp_path}/own")
    assert not (tmp_path / "ran").exists()
    pickled.write_bytes(kept)
    monkeypatch.setenv("ACUTANCE_ALLOW_PICKLE", "1")
    model = open_subject(f"pythae:{tmp_path}/own").model
    assert isinstance(model, Encodes)
    with torch.no_grad():
        expected = module.eval().decoder(module.encoder(images_of(2)).embedding).reconstruction
    torch.testing.assert_close(reconstruct(model, images_of(2)), expected)


def test_weights_that_are_a_program_are_not_run(saved: Callable[..., Path], tmp_path: Path) -> None:
    class Tripwire:
        def __reduce__(self) -> Any:
            return (Path.touch, (tmp_path / "ran",))

    folder = saved("VAE")
    torch.save({"model_state_dict": Tripwire()}, folder / "model.pt")
    with pytest.raises(SubjectError, match="damaged or do not fit"):
        open_subject(f"pythae:{folder}")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda folder: (folder / "model_config.json").unlink(), "is no model of pythae"),
        (lambda folder: (folder / "model_config.json").rename(folder / "x"), "is no model of pythae"),
        (lambda folder: (folder / "model_config.json").write_text("{"), "is not JSON"),
        (lambda folder: (folder / "model_config.json").write_text("[]"), "is no JSON object"),
        (lambda folder: (folder / "model.pt").unlink(), "has no model.pt"),
        (lambda folder: (folder / "model.pt").write_bytes(b"x"), "damaged or do not fit"),
        (lambda folder: rewrite(folder, name="HVAEConfig"), "holds a HVAE; those whose code"),
        (lambda folder: rewrite(folder, latent_dim=5), "damaged or do not fit"),
    ],
)
def test_refusals(saved: Callable[..., Path], change: Callable[[Path], Any], words: str) -> None:
    folder = saved("VAE")
    change(folder)
    with pytest.raises(SubjectError, match=words):
        open_subject(f"pythae:{folder}")


def rewrite(folder: Path, **changes: Any) -> None:
    file = folder / "model_config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))
