"""What outputs are judged by, in every autoencoder alike: pixels under one of two likelihoods, features, or both."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from ddp_parts import feed
from small_models import SHAPE, images_of, small_config, small_model, small_recipe
from torch import Tensor

from acutance.errors import ConfigError
from acutance.measure import SqueezeNet
from acutance.models import Autoencoder, Batch, Model, from_pretrained
from acutance.models._distortion import Distortion
from acutance.objectives.laplace import calibrated_laplace, fixed_laplace
from acutance.objectives.perceptual import perceptual_distance
from acutance.train import Loop

EIGHT = images_of(8)
JUDGED = ("ae", "vae", "spatial_vae", "vqvae", "vaegan")


def built(family: str, **changes: Any) -> Model:
    extra = {"adversarial_weight": 0.0, "perceptual_weight": 0.0} if family == "vaegan" else {}
    return small_model(family, **extra | changes)


def outputs_of(model: Model, generator: torch.Generator) -> Tensor:
    assert isinstance(model, Autoencoder)
    found: Tensor = model.decoder(model.encode(EIGHT).sample(generator))
    return found


def summands(model: Model) -> dict[str, Tensor]:
    loss = model.players()[-1].objective(Batch(EIGHT), torch.Generator().manual_seed(0))
    if loss.summands:
        torch.testing.assert_close(sum(loss.summands.values(), torch.zeros(())), loss.total)
    return loss.summands or {"distortion": loss.total}


@pytest.mark.parametrize("family", JUDGED)
def test_absolute_errors_are_a_laplace_likelihood(family: str) -> None:
    for sigma in ("calibrated", 0.2):
        model = built(family, likelihood="laplace", sigma=sigma)
        outputs = outputs_of(model, torch.Generator().manual_seed(0))
        nats = calibrated_laplace(EIGHT, outputs) if sigma == "calibrated" else fixed_laplace(EIGHT, outputs, 0.2)
        torch.testing.assert_close(summands(model)["distortion"], nats.mean() / 256)


@pytest.mark.parametrize("likelihood", ["gaussian", "laplace"])
@pytest.mark.parametrize("family", ("ae", "vae", "spatial_vae", "vqvae"))
def test_a_learnt_scale_goes_to_that_of_the_errors(family: str, likelihood: str) -> None:
    """T9: at the optimum sigma is the root of the mse, b the mean absolute error; the player trains it."""
    model = built(family, likelihood=likelihood, sigma="learned")
    (judge,) = (part for part in model.modules() if isinstance(part, Distortion))
    scale = judge.log_scale
    assert scale is not None
    player = model.players()[-1]
    assert any(parameter is scale for parameter in player.objective.parameters())
    assert scale.exp().item() == pytest.approx(0.3)
    for parameter in model.parameters():
        parameter.requires_grad_(parameter is scale)
    optimiser = torch.optim.Adam([scale], lr=0.05)
    for _ in range(300):
        optimiser.zero_grad()
        player.objective(Batch(EIGHT), torch.Generator().manual_seed(0)).total.backward()
        optimiser.step()
    errors = EIGHT - outputs_of(model, torch.Generator().manual_seed(0))
    best = errors.square().mean().sqrt() if likelihood == "gaussian" else errors.abs().mean()
    assert scale.exp().item() == pytest.approx(best.item(), rel=0.02)
    assert judge.sigma(torch.tensor(-1.0)) == pytest.approx(
        best.item() * (1.0 if likelihood == "gaussian" else math.sqrt(2)), rel=0.02
    )


@pytest.mark.parametrize("likelihood", ["gaussian", "laplace"])
def test_a_learnt_scale_that_fell_to_its_least_rises_again(likelihood: str) -> None:
    """Images that were reproduced exactly bring it there; below the least its gradient is 0."""
    judge = built("ae", likelihood=likelihood, sigma="learned").distortion
    assert isinstance(judge, Distortion) and judge.log_scale is not None
    optimiser = torch.optim.Adam([judge.log_scale], lr=0.1)
    for outputs in (*[EIGHT] * 80, *[1 - EIGHT] * 80):
        optimiser.zero_grad()
        judge(EIGHT, outputs).total.backward()
        optimiser.step()
        judge.settle()
        assert judge.log_scale.item() >= -6.0
    assert judge.log_scale.item() > -5.5


@pytest.mark.parametrize("family", JUDGED)
def test_pixels_and_features_weigh_what_they_are_told(family: str) -> None:
    model = built(family, pixel_weight=0.5, perceptual_weight=2.0, sigma=0.1)
    outputs = outputs_of(model, torch.Generator().manual_seed(0))
    found = summands(model)
    torch.testing.assert_close(found["pixels"], 0.5 * (EIGHT - outputs).square().mean() / (2 * 0.1**2))
    wanted = 2.0 * perceptual_distance(EIGHT, outputs, SqueezeNet(32).taps).mean()
    torch.testing.assert_close(found["perceptual"], wanted)


def test_without_pixels_features_alone_bring_outputs_nearer() -> None:
    model = built("spatial_vae", pixel_weight=0.0, perceptual_weight=1.0, kl_weight=0.01)
    assert isinstance(model, Autoencoder)

    def distance(trained: Autoencoder) -> float:
        return perceptual_distance(EIGHT, trained.reconstruct(EIGHT), SqueezeNet(32).taps).mean().item()

    before = distance(model)
    loop = Loop(model, small_recipe(images=240, learning_rate=5e-3), feed(8), seed=0)
    loop.run(lambda now: None, lambda: None)
    assert distance(loop.ema.average) < 0.7 * before


@pytest.mark.parametrize("likelihood", ["gaussian", "laplace", "coloured", "logistic_mixture", "autoregressive"])
@pytest.mark.parametrize("family", ["ae", "vae", "spatial_vae", "vqvae"])
def test_pixels_that_are_left_out_need_no_likelihood(family: str, likelihood: str) -> None:
    """Whatever it is: features alone are judged, so nothing depends on it."""
    model = built(family, pixel_weight=0.0, perceptual_weight=1.0, likelihood=likelihood)
    assert "pixels" not in summands(model)
    Loop(model, small_recipe(images=16), feed(8), seed=0).run(lambda now: None, lambda: None)
    plain = built(family, pixel_weight=0.0, perceptual_weight=1.0)
    Loop(plain, small_recipe(images=16), feed(8), seed=0).run(lambda now: None, lambda: None)
    assert all(torch.equal(*pair) for pair in zip(model.parameters(), plain.parameters(), strict=True))


def test_the_effective_sigma_knows_the_weight_of_the_pixels() -> None:
    """w SSE / (2 s^2) + KL is SSE / (2 (s / sqrt(w))^2) + KL; without pixels there is none."""
    for weight, sigma in ((4.0, 0.05), (1.0, 0.1)):
        model = built("spatial_vae", pixel_weight=weight)
        assert isinstance(model, Autoencoder)
        model.track_mse(torch.tensor(0.01))
        assert model.facts()["decoder_sigma"] == pytest.approx(sigma)
    model = built("spatial_vae", pixel_weight=0.0, perceptual_weight=1.0)
    assert isinstance(model, Autoencoder)
    model.track_mse(torch.tensor(0.01))
    assert model.facts() == {}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"likelihood": "cauchy"}, "(likelihood is one of gaussian|by gaussian or laplace), .*'cauchy'"),
        ({"sigma": -1.0}, "sigma is 'calibrated', 'learned' or a positive number"),
        ({"pixel_weight": math.nan}, "pixel_weight is a number from 0 on"),
        ({"pixel_weight": 0.0}, "judged by something"),
    ],
)
@pytest.mark.parametrize("family", JUDGED)
def test_what_is_no_judge_is_refused_before_training(family: str, options: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        built(family, **options).players()


def test_the_settings_are_in_the_config_that_is_saved() -> None:
    model = small_config("ae", likelihood="laplace", perceptual_weight=0.1).build(SHAPE)
    assert model.configuration()["likelihood"] == "laplace"


def test_a_feature_network_is_found_in_the_working_directory_before_training_and_not_needed_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    model = built("ae", perceptual_weight=1.0, perceptual_net="python:net_of_mine:quarters")
    with pytest.raises(ConfigError, match=r"there is no module 'net_of_mine' .*: put net_of_mine\.py there"):
        model.players()
    model.save_pretrained("saved")
    again = from_pretrained("saved")
    assert isinstance(again, Autoencoder)
    assert again.reconstruct(EIGHT).shape == EIGHT.shape
    Path("net_of_mine.py").write_text("def quarters(images): return images[:, :, ::4, ::4]\n")
    assert set(summands(again)) == {"pixels", "perceptual"}


def test_a_feature_network_that_is_a_module_is_neither_trained_nor_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = ["import torch", f"net = torch.nn.Sequential(torch.nn.Conv2d({SHAPE[0]}, 4, 3), torch.nn.Dropout(0.9))"]
    Path("module_of_mine.py").write_text("\n".join(lines))
    model = built("ae", perceptual_weight=1.0, perceptual_net="python:module_of_mine:net")
    plain = set(model.state_dict())
    objective = model.players()[0].objective
    assert set(model.state_dict()) == plain
    assert not [name for name, _ in objective.named_parameters() if "taps" in name]
    first, second = (objective(Batch(EIGHT), torch.Generator().manual_seed(0)).terms["perceptual"] for _ in range(2))
    assert first == second > 0, "without dropout"
    model.save_pretrained("saved")
    assert isinstance(from_pretrained("saved"), Autoencoder)


def test_a_scale_is_not_learnt_from_pixels_that_do_not_count() -> None:
    with pytest.raises(ConfigError, match="sigma is learned from the pixels"):
        built("spatial_vae", sigma="learned", pixel_weight=0.0, perceptual_weight=1.0)
