"""Encoder, decoder and critic: shapes, what they let through, and what they refuse."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import nn

from acutance.errors import ConfigError
from acutance.nn.blocks import ResidualBlock, conv, count_parameters, double, halve, to_channels_last
from acutance.nn.critic import Critic
from acutance.nn.decoder import Decoder
from acutance.nn.encoder import Encoder
from acutance.nn.layout import Layout

THREE = Layout(widths=(12, 8, 4))
SHAPES = [(1, 32, 32), (3, 32, 32), (1, 64, 64), (3, 128, 128), (1, 32, 64), (3, 64, 16)]
LATENTS = ["vector", "map"]

every_shape = pytest.mark.parametrize("shape", SHAPES, ids=str)
every_latent = pytest.mark.parametrize("kind", LATENTS)


def latent_of(kind: str, shape: tuple[int, int, int], layout: Layout = THREE) -> tuple[int] | tuple[int, int, int]:
    rows, columns = layout.grid(*shape[1:])
    return (5,) if kind == "vector" else (2, rows, columns)


def images(shape: tuple[int, int, int], n: int = 2) -> torch.Tensor:
    return torch.rand(n, *shape, generator=torch.Generator().manual_seed(0))


# Layout


@pytest.mark.parametrize(
    ("layout", "size", "grid"),
    [
        (Layout(widths=(8,), patch=1), (5, 7), (5, 7)),
        (Layout(widths=(8,), patch=4), (8, 12), (2, 3)),
        (Layout(widths=(8, 8, 8), patch=2), (32, 64), (4, 8)),
        (Layout(widths=(8, 8, 8), patch=4), (128, 32), (8, 2)),
    ],
)
def test_the_coarsest_grid(layout: Layout, size: tuple[int, int], grid: tuple[int, int]) -> None:
    assert layout.grid(*size) == grid


@pytest.mark.parametrize("size", [(33, 32), (32, 30), (0, 32), (32, 0)])
def test_sizes_that_do_not_divide_are_a_config_error(size: tuple[int, int]) -> None:
    with pytest.raises(ConfigError, match=rf"multiples of 16, got {size[0]} x {size[1]}: choose another --size"):
        THREE.grid(*size)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"widths": ()}, "widths are"),
        ({"widths": (8, 0)}, "widths are"),
        ({"widths": (8,), "blocks": 0}, "blocks = 0"),
        ({"widths": (8,), "patch": 3}, "got 3"),
        ({"widths": (8,), "patch": 0}, "got 0"),
    ],
)
def test_a_layout_that_cannot_be_is_a_config_error(options: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Layout(**options)  # type: ignore[arg-type]


@pytest.mark.parametrize("latent", [(0,), (0, 2, 2)])
def test_a_latent_without_numbers_is_a_config_error(latent: tuple[int]) -> None:
    with pytest.raises(ConfigError, match="at least one number"):
        Decoder(latent, (1, 32, 32), THREE)


# Networks


@every_shape
@every_latent
def test_encoder_and_decoder_fit_one_another(shape: tuple[int, int, int], kind: str) -> None:
    latent = latent_of(kind, shape)
    codes = Encoder(shape, latent, THREE)(images(shape))
    assert codes.shape == (2, *latent)
    assert Decoder(latent, shape, THREE)(codes).shape == (2, *shape)


@every_shape
def test_a_critic_says_one_number_an_image(shape: tuple[int, int, int]) -> None:
    assert Critic(shape, THREE)(images(shape)).shape == (2,)


@pytest.mark.parametrize("patch", [1, 2, 4, 8])
@pytest.mark.parametrize("widths", [(6,), (6, 4)], ids=str)
def test_every_patch_and_depth(patch: int, widths: tuple[int, ...]) -> None:
    layout = Layout(widths=widths, patch=patch, blocks=2)
    shape = (3, 16, 32)
    codes = Encoder(shape, (5,), layout)(images(shape))
    assert Decoder((5,), shape, layout)(codes).shape == (2, *shape)
    assert Critic(shape, layout)(images(shape)).shape == (2,)


def test_no_image_touches_another() -> None:
    """No statistics over the batch: a critic that had them could tell a batch, not an image."""
    shape = (1, 32, 32)
    batch = images(shape, 5)
    for network in (Critic(shape, THREE), Encoder(shape, (5,), THREE)):
        wake(network)
        together, alone = network(batch), torch.cat([network(image[None]) for image in batch])
        torch.testing.assert_close(together, alone)


def test_a_critic_sees_contrast_and_brightness() -> None:
    shape = (1, 32, 32)
    critic = Critic(shape, THREE)
    said = [critic(change(images(shape))) for change in (lambda x: x, lambda x: x / 2, lambda x: x * 0.9 + 0.1)]
    for a, b in itertools.combinations(said, 2):
        assert not torch.allclose(a, b, rtol=1e-3)


def test_every_pixel_and_every_latent_counts() -> None:
    shape = (3, 32, 32)
    pixels = images(shape).requires_grad_()
    critic = Critic(shape, THREE)
    wake(critic)
    (gradient,) = torch.autograd.grad(critic(pixels).sum(), pixels)
    assert gradient.ne(0).all()
    decoder = Decoder((5,), shape, THREE)
    codes = torch.randn(2, 5, generator=torch.Generator().manual_seed(0), requires_grad=True)
    outputs = decoder(codes)
    for pixel in (outputs[0, 0, 0, 0], outputs[0, 2, 31, 31]):
        (gradient,) = torch.autograd.grad(pixel, codes, retain_graph=True)
        assert gradient[0].ne(0).all()
        assert gradient[1].eq(0).all()


def test_a_fresh_decoder_starts_mid_grey_with_a_spread_of_a_fraction_of_the_range() -> None:
    torch.manual_seed(0)
    decoder = Decoder((64,), (1, 32, 32), Layout(widths=(64, 32, 16), patch=4))
    outputs = decoder(torch.randn(64, 64, generator=torch.Generator().manual_seed(0)))
    assert outputs.mean().item() == pytest.approx(0.5, abs=0.05)
    assert 0.05 < outputs.std().item() < 0.5


def test_inside_the_range_of_pixels_the_decoder_is_linear_in_its_last_layer() -> None:
    """What is near [0, 1] is not squeezed: a unit more in the last bias is half a unit more in the pixels."""
    decoder = Decoder((5,), (1, 32, 32), THREE)
    codes = 0.1 * torch.randn(2, 5, generator=torch.Generator().manual_seed(0))
    before = decoder(codes)
    with torch.no_grad():
        decoder.last.bias += 0.2
    after = decoder(codes)
    inside = before.gt(0) & before.lt(1) & after.gt(0) & after.lt(1)
    assert inside.float().mean() > 0.5
    torch.testing.assert_close(after[inside] - before[inside], torch.full_like(after[inside], 0.1))


def wake(network: nn.Module) -> None:
    """Gives the branches that start at zero something to say."""
    torch.manual_seed(1)
    for module in network.modules():
        if isinstance(module, ResidualBlock):
            nn.init.normal_(module.last.weight, std=0.05)


# Blocks


def test_a_residual_block_starts_as_the_identity_and_can_learn_not_to_be() -> None:
    block = ResidualBlock(4)
    x = torch.randn(2, 4, 5, 6, generator=torch.Generator().manual_seed(0))
    assert torch.equal(block(x), x)
    block(x).square().sum().backward()
    assert block.last.weight.grad is not None
    assert block.last.weight.grad.abs().sum() > 0


def test_a_residual_block_leaves_its_input_alone() -> None:
    x = torch.randn(2, 4, 5, 6)
    kept = x.clone()
    block = ResidualBlock(4)
    wake(nn.Sequential(block))
    block(x)
    assert torch.equal(x, kept)


@pytest.mark.parametrize("gain", [0.5, 1.0, 2.0])
def test_a_convolution_scales_by_its_gain(gain: float) -> None:
    torch.manual_seed(0)
    x = torch.randn(8, 32, 32, 32)
    assert conv(32, 64, gain=gain)(x)[..., 1:-1, 1:-1].std().item() == pytest.approx(gain, rel=0.05)


def test_doubling_and_halving_keep_what_is_constant_and_the_mean() -> None:
    constant = torch.full((1, 2, 4, 6), 0.3)
    torch.testing.assert_close(double(constant), torch.full((1, 2, 8, 12), 0.3))
    torch.testing.assert_close(halve(constant), torch.full((1, 2, 2, 3), 0.3))
    x = torch.rand(2, 3, 8, 6)
    torch.testing.assert_close(double(x).mean((2, 3)), x.mean((2, 3)))
    torch.testing.assert_close(halve(x).mean((2, 3)), x.mean((2, 3)))


def test_doubling_keeps_a_ramp_straight_and_in_place() -> None:
    """Half-pixel centres: no shift, which would turn phases and pass for blur."""
    ramp = torch.arange(8.0).expand(1, 1, 8, 8)
    wanted = (torch.arange(16.0) - 0.5) / 2
    torch.testing.assert_close(double(ramp)[0, 0, 0, 1:-1], wanted[1:-1])
    torch.testing.assert_close(halve(double(ramp))[0, 0, 0, 1:-1], torch.arange(8.0)[1:-1])


def test_mixing_channels_commutes_with_resampling() -> None:
    """A 1 x 1 convolution may stand on the small side of a doubling, where it is four times as cheap."""
    mix = conv(4, 3, 1)
    nn.init.normal_(mix.bias)
    x = torch.randn(2, 4, 6, 8)
    torch.testing.assert_close(mix(double(x)), double(mix(x)), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(mix(halve(x)), halve(mix(x)), rtol=1e-4, atol=1e-5)


def test_parameters_are_counted() -> None:
    assert count_parameters(nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2, bias=False))) == 3 * 4 + 4 + 4 * 2


def test_channels_last_changes_the_layout_and_nothing_else() -> None:
    network = Encoder((1, 32, 32), (5,), THREE)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    moved = to_channels_last(network)
    assert moved is network
    assert moved.trunk.stem.weight.is_contiguous(memory_format=torch.channels_last)  # type: ignore[union-attr]
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
