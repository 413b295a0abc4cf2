"""U-Net and critics of a stated field: where noise enters, what passes beside the code, how far a logit sees."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from acutance.errors import ConfigError
from acutance.nn.blocks import ResidualBlock
from acutance.nn.field_critic import FieldCritic
from acutance.nn.layout import Layout
from acutance.nn.unet import UNet

THREE = Layout(widths=(12, 8, 4), patch=2)
SHAPE = (1, 32, 32)


def seed(n: int) -> torch.Generator:
    return torch.Generator().manual_seed(n)


def images(n: int = 2, shape: tuple[int, int, int] = SHAPE) -> torch.Tensor:
    return torch.rand(n, *shape, generator=seed(0))


def unet(shape: tuple[int, int, int] = SHAPE, *, latents: int = 0, dropout: float = 0.0) -> UNet:
    torch.manual_seed(0)
    network = UNet(shape, THREE, latents=latents, dropout=dropout)
    for module in network.modules():
        if isinstance(module, ResidualBlock):
            nn.init.normal_(module.last.weight, std=0.05)
    return network


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 16, 32), (1, 64, 8)], ids=str)
def test_images_come_out_in_the_shape_that_went_in(shape: tuple[int, int, int]) -> None:
    out = unet(shape)(images(3, shape))
    assert out.shape == (3, *shape)
    assert out.std() > 0


def test_sizes_that_do_not_divide_are_refused() -> None:
    with pytest.raises(ConfigError, match="multiples of 8, got 32 x 30"):
        UNet((1, 32, 30), THREE, latents=0, dropout=0.0)


@pytest.mark.parametrize("mode", [True, False], ids=["training", "evaluation"])
@pytest.mark.parametrize("noise", [{"dropout": 0.5}, {"latents": 3}], ids=str)
def test_noise_follows_its_generator_in_training_and_after_it(noise: dict[str, float], mode: bool) -> None:
    network = unet(**noise).train(mode)  # type: ignore[arg-type]
    x = images()
    assert torch.equal(network(x, seed(1)), network(x, seed(1)))
    assert not torch.equal(network(x, seed(1)), network(x, seed(2)))


def test_without_noise_there_is_none() -> None:
    network = unet()
    assert torch.equal(network(images(), seed(1)), network(images(), seed(2)))


def test_dropout_keeps_its_share_behind_every_stage_but_the_finest() -> None:
    latents, kept = unet(dropout=0.3).noise_of(200, seed(0))
    assert latents is None and len(kept) == 2
    for stage in kept:
        assert stage.dtype == torch.bool
        assert stage.float().mean().item() == pytest.approx(0.7, abs=0.02)


def test_features_that_stay_make_up_for_those_that_go() -> None:
    network, x = unet(dropout=0.5), images(1)
    whole = [torch.ones_like(stage) for stage in network.noise_of(1, seed(0))[1]]
    doubled = network.translated(x, (None, whole))
    network.dropout = 0.0
    for stage in network.up[:-1]:
        stage.register_forward_hook(lambda module, given, out: 2 * out)
    torch.testing.assert_close(network(x), doubled)


def test_the_noise_of_one_image_fits_any_number() -> None:
    for noise in ({"dropout": 0.5}, {"latents": 3}):
        network, x = unet(**noise), images(3)  # type: ignore[arg-type]
        one = network.noise_of(1, seed(0))
        torch.testing.assert_close(network.translated(x, one)[1:2], network.translated(x[1:2], one))


def test_a_batch_of_one_is_what_it_is_in_a_batch_of_many() -> None:
    network, x = unet(), images(5)
    torch.testing.assert_close(network(x)[2:3], network(x[2:3]), rtol=1e-5, atol=1e-6)


def test_detail_passes_beside_the_coarse_grid() -> None:
    """With the coarsest stage silenced, one pixel still reaches its own place."""
    network = unet()
    nn.init.zeros_(network.narrow[0].weight)
    x = images(1).requires_grad_()
    (reach,) = torch.autograd.grad(network(x)[0, 0, 16, 16], x)
    assert reach[0, 0, 16, 16].abs() > 0


FIELDS = [(1, 1), (2, 2), (3, 3), (5, 5), (9, 10), (16, 16), (24, 24)]


@pytest.mark.parametrize(("wanted", "field"), FIELDS)
def test_a_logit_sees_exactly_its_field(wanted: int, field: int) -> None:
    torch.manual_seed(0)
    side = 64
    critic = FieldCritic((2, side, side), wanted, 8)
    assert critic.field_px == field
    x = images(1, (2, side, side)).requires_grad_()
    logits = critic(x)
    places = round(logits.shape[1] ** 0.5)
    assert places == side // critic.patch
    (reach,) = torch.autograd.grad(logits[0, places * (places // 2) + places // 2], x)
    rows, columns = (reach[0].abs().sum(0).any(dim=1 - d).nonzero().flatten() for d in (0, 1))
    assert rows.numel() == columns.numel() == field
    assert int(rows.max() - rows.min()) + 1 == field


def test_every_field_has_the_same_depth_and_width() -> None:
    critics = [FieldCritic((1, 64, 64), field, 8) for field in (1, 4, 18)]
    shapes = [[layer.weight.shape[0] for layer in critic.layers] for critic in critics]  # type: ignore[union-attr]
    assert shapes[0] == shapes[1] == shapes[2] == [8, 8, 8, 8]
