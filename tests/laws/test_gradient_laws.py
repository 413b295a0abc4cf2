"""Every player's gradient is the slope of what it says it minimises, by finite differences in float64."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import torch
from small_models import batch_of, small_model
from torch import Tensor, nn

from acutance.models import Autoencoder, Batch, Model, families
from acutance.models._player import Player
from acutance.models.vaegan import VAEGAN
from acutance.nn.latents import Codes

_STEP = 1e-6


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Models go back to float32 from bfloat16 by `.float()`, which float64 is to pass through."""
    narrow: Callable[[Tensor], Tensor] = Tensor.float
    monkeypatch.setattr(Tensor, "float", lambda x: x if x.dtype == torch.float64 else narrow(x))
    yield
    torch.set_default_dtype(torch.float32)


def trained(model: Model, player: Player) -> list[nn.Parameter]:
    """The player's weights whose gradient is to be a slope: in front of a quantiser it is an estimate by design."""
    if isinstance(model, Autoencoder) and isinstance(model.encode(batch_of(model).double()), Codes):
        return [*model.decoder.parameters()]
    return [parameter for parameter in player.objective.parameters() if parameter.requires_grad]


@pytest.mark.parametrize("family", families.names())
def test_a_players_gradient_is_the_slope_of_its_loss(family: str) -> None:
    torch.manual_seed(0)
    model = small_model(family).double()
    torch.set_default_dtype(torch.float64)  # of every draw, too
    batch = Batch(batch_of(model).double())
    for player in model.players():
        if isinstance(model, VAEGAN) and player.name == "autoencoder":
            continue  # its adaptive weight is held fixed on purpose: test_vaegan.py compares term by term
        weights = trained(model, player)
        directions = [torch.randn_like(weight) for weight in weights]

        def loss(player: Player = player) -> Tensor:
            return player.objective(batch, torch.Generator().manual_seed(0)).total

        slopes = torch.autograd.grad(loss(), weights, allow_unused=True)
        told = sum(float((s * d).sum()) for s, d in zip(slopes, directions, strict=True) if s is not None)
        ends = []
        for sign in (1.0, -1.0):
            with torch.no_grad():
                for weight, direction in zip(weights, directions, strict=True):
                    weight.add_(sign * _STEP * direction)
            ends.append(float(loss().detach()))
            with torch.no_grad():
                for weight, direction in zip(weights, directions, strict=True):
                    weight.sub_(sign * _STEP * direction)
        found = (ends[0] - ends[1]) / (2 * _STEP)
        assert abs(found) > 1e-4, f"{player.name}: nothing to compare"
        assert told == pytest.approx(found, rel=2e-3), player.name
