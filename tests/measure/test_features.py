"""Feature networks by name; the packages of others are stood in for by modules with their interface."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from acutance.errors import ConfigError, MeasureError
from acutance.measure import FEATURES, NamedNet, SqueezeNet, feature_net, identity_of, measure_samples


class Backbone(nn.Module):
    """As timm makes them: a normalised image in, pooled features out, its needs in pretrained_cfg."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Tensor] = []
        self.pretrained_cfg = {
            "input_size": (3, 24, 24), "mean": (0.5, 0.4, 0.3), "std": (0.2, 0.3, 0.4), "interpolation": "bicubic"
        }  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        self.seen.append(x)
        return x.mean((2, 3))


@pytest.fixture
def timm(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module with timm's interface, and what it was asked for."""
    module: Any = ModuleType("timm")
    module.asked = []

    def create_model(name: str, **how: Any) -> Backbone:
        module.asked.append((name, how))
        if name == "nonesuch":
            raise RuntimeError("Unknown model (nonesuch)")
        return Backbone()

    module.create_model = create_model
    monkeypatch.setitem(sys.modules, "timm", module)
    return module


def test_a_network_of_timm_sees_what_it_was_trained_on(timm: Any) -> None:
    net: Any = feature_net("timm:resnet18.a1_in1k")
    grey = torch.rand(40, 1, 24, 24, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(
        net(grey), (grey.mean((2, 3)) - torch.tensor([[0.5, 0.4, 0.3]])) / torch.tensor([[0.2, 0.3, 0.4]]), atol=1e-5
    )
    assert net.model.training is False
    assert timm.asked == [("resnet18.a1_in1k", {"pretrained": True, "num_classes": 0, "pretrained_cfg_overlay": None})]
    net(torch.rand(2, 3, 50, 31))
    assert net.model.seen[-1].shape == (2, 3, 24, 24)
    assert net(grey[:0]).shape == (0, 3)
    assert isinstance(net, NamedNet)
    assert identity_of(net) == "timm:resnet18.a1_in1k, 24 px, version 1"
    found = measure_samples(real=grey, fake=1 - grey, features=net, effort="fast")
    assert found.features == "timm:resnet18.a1_in1k"


def test_weights_of_timm_from_a_file(timm: Any, tmp_path: Path) -> None:
    file = tmp_path / "own.safetensors"
    file.touch()
    assert identity_of(feature_net(f"timm:resnet18?weights={file}")).startswith("timm:resnet18?weights=own.safetensors")
    assert timm.asked[0][1]["pretrained_cfg_overlay"] == {"file": str(file)}


@pytest.mark.usefixtures("timm")
@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("timm:", "a name must stand behind the colon"),
        ("timm:nonesuch", "Unknown model"),
        ("timm:resnet18?weights=no.safetensors", "that is there"),
        ("timm:resnet18?weights=weights.pth", ".safetensors"),
        ("tim:resnet18", "did you mean 'timm'"),
        ("squeezenet:big", "squeezenet:128"),
    ],
)
def test_refusals(text: str, says: str) -> None:
    with pytest.raises(ConfigError) as refused:
        feature_net(text)
    assert says in str(refused.value)


@pytest.mark.parametrize("text", ["timm:resnet18", "inception"])
def test_a_package_that_is_missing_is_named(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("timm", "torch_fidelity", "torch_fidelity.feature_extractor_inceptionv3"):
        monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ConfigError, match=r"pip install (timm|torch-fidelity)"):
        feature_net(text)


def inception(make: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    package: Any = ModuleType("torch_fidelity")
    module: Any = ModuleType("torch_fidelity.feature_extractor_inceptionv3")
    module.FeatureExtractorInceptionV3 = make
    monkeypatch.setitem(sys.modules, package.__name__, package)
    monkeypatch.setitem(sys.modules, module.__name__, module)


def test_inception_is_fed_eight_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    fed = []

    def make(name: str, taps: list[str], feature_extractor_weights_path: str | None) -> Callable[[Tensor], Any]:
        assert (name, taps, feature_extractor_weights_path) == ("inception-v3-compat", ["2048"], None)
        return lambda images: (fed.append(images) or images.float().mean((2, 3)),)

    inception(make, monkeypatch)
    feature_net("inception")(torch.full((2, 1, 8, 8), 100.6 / 255))
    assert fed[0].dtype == torch.uint8 and fed[0].shape == (2, 3, 8, 8)
    assert fed[0].unique().tolist() == [101], "rounded, not cut off"
    with pytest.raises(MeasureError, match="drop alpha"):
        feature_net("inception")(torch.rand(2, 4, 8, 8))


def test_weights_that_cannot_be_had_are_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    def make(name: str, taps: list[str], feature_extractor_weights_path: str | None) -> None:
        raise OSError("no route")

    inception(make, monkeypatch)
    with pytest.raises(ConfigError, match=r"no route.*inception:WEIGHTS_FILE"):
        feature_net("inception")


def test_the_shipped_network_by_name_and_size() -> None:
    images = torch.rand(3, 1, 40, 40)
    assert torch.equal(feature_net("squeezenet")(images)["last"], SqueezeNet()(images)["last"])
    assert identity_of(feature_net("squeezenet:96")) == "squeezenet11, 96 px, version 1"
    assert FEATURES.names() == ["inception", "squeezenet", "timm"]
