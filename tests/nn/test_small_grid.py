"""The matrix product's weight gradient, against torch's own."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from acutance.nn.blocks import conv
from acutance.nn.small_grid import Conv2d, SmallGridConvolution


def inputs(*shape: int, out: int = 3) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(*shape, generator=generator, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(out, shape[1], 3, 3, generator=generator, dtype=torch.float64, requires_grad=True)
    bias = torch.randn(out, generator=generator, dtype=torch.float64, requires_grad=True)
    return x, weight, bias


@pytest.mark.parametrize("shape", [(2, 2, 4, 4), (1, 3, 2, 3), (2, 1, 1, 1)])
def test_gradients_once_and_twice(shape: tuple[int, ...]) -> None:
    values = inputs(*shape)
    torch.testing.assert_close(SmallGridConvolution.apply(*values), F.conv2d(*values, padding=1))
    assert torch.autograd.gradcheck(SmallGridConvolution.apply, values)
    assert torch.autograd.gradgradcheck(SmallGridConvolution.apply, values)


def trained(layer: nn.Conv2d, x: Tensor) -> list[Tensor]:
    with torch.autocast("cpu", torch.bfloat16):
        out = layer(x)
    out.float().square().mean().backward()
    assert layer.bias is not None and layer.weight.grad is not None and layer.bias.grad is not None
    return [out.detach().float(), layer.weight.grad, layer.bias.grad]


def test_under_autocast_it_is_taken_and_agrees_with_torch() -> None:
    torch.manual_seed(0)
    ours = conv(64, 64)
    theirs = nn.Conv2d(64, 64, 3, padding=1)
    theirs.load_state_dict(ours.state_dict())
    x = torch.randn(8, 64, 4, 4).contiguous(memory_format=torch.channels_last)
    assert isinstance(ours, Conv2d)
    with torch.autocast("cpu", torch.bfloat16):
        assert "SmallGrid" in type(ours(x).grad_fn).__name__
        assert "SmallGrid" not in type(ours(torch.randn(1, 64, 8, 8)).grad_fn).__name__
    for mine, other in zip(trained(ours, x), trained(theirs, x), strict=True):
        assert mine.dtype == torch.float32
        assert (mine - other).norm() < 0.01 * other.norm()


def test_outside_autocast_nothing_changes() -> None:
    layer, x = conv(64, 64), torch.randn(2, 64, 4, 4)
    assert torch.equal(layer(x), F.conv2d(x, layer.weight, layer.bias, padding=1))
