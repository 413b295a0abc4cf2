"""Two populations of images as a streaming sum: all that a measurement of samples needs, and no image."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Self, final

import torch
from torch import Tensor

from acutance.errors import ConfigError, MeasureError
from acutance.measure._bank import FeatureBank
from acutance.measure._base import State, as_signed, as_unsigned
from acutance.measure._features import FeatureNet, NamedNet, identity_of
from acutance.measure._images import ROLES, Channels, Role, check_sides, nearly_black
from acutance.measure._keys import content_keys, shared_share, sketch
from acutance.measure._pixels import PixelMeasures
from acutance.measure._plane import Window
from acutance.measure.sample_spectra import SampleSpectra

__all__ = ["MAIN_KIND", "SampleSets"]

MAIN_KIND: Final = "last"


@final
class SampleSets:
    """What was seen of a real set and of samples: sums of spectra, features, content keys; a monoid like any measure.

    Its state after the real set alone is a reference: load it and go on with samples.

    Args:
        net: images to features.
        channels: `luma` or `each`, for the spectra.
        window: `auto`, `hann` or `none`, for the spectra.

    Raises:
        ConfigError: `net` is no function, or another word.
    """

    def __init__(self, net: FeatureNet, *, channels: Channels = "luma", window: Window = "auto") -> None:
        if not callable(net):
            raise ConfigError(f"features: asked for a function of images, got {net!r}; feature_net(NAME) gives one")
        self.net = net
        self.spectra = SampleSpectra(channels=channels, window=window)
        self.pixels = PixelMeasures(channels=channels, window=window)
        self.banks: dict[str, FeatureBank] = {}
        self.keys = {role: sketch() for role in ROLES}
        self.highest = dict.fromkeys(ROLES, 0.0)

    @property
    def features(self) -> str:
        """What the features are called."""
        return self.net.name if isinstance(self.net, NamedNet) else type(self.net).__name__

    def update(self, *, real: Tensor | None = None, fake: Tensor | None = None) -> None:
        """See a batch of either population or of both.

        Raises:
            MeasureError: not (N, C, H, W) float in [0, 1], or images or features of another size than before.
        """
        seen = SampleSets(self.net, channels=self.spectra.channels, window=self.spectra.window)
        for role, images in check_sides(real, fake):
            seen._add(role, images)
        self.merge(seen)

    def _add(self, role: Role, images: Tensor) -> None:
        self.spectra.update(**{role: images})
        self.pixels.update(**{role: images})
        names = content_keys(images)
        for kind, found in _by_kind(self.net(images)).items():
            if len(found) != len(images):
                raise MeasureError(f"the feature network gave {len(found)} features for {len(images)} images")
            self.banks.setdefault(kind, FeatureBank()).add(role, found, names)
        self.keys[role] = sketch(self.keys[role], names)
        self.highest[role] = max(self.highest[role], float(images.max()))

    def count(self, role: Role) -> int:
        """How many images of one population were seen."""
        return next((bank.count(role) for bank in self.banks.values()), 0)

    def merge(self, other: Self) -> Self:
        """Take in what `other` has seen; returns self.

        Raises:
            MeasureError: the other has seen images or features of another size or is configured otherwise.
        """
        if identity_of(self.net) != identity_of(other.net):
            raise MeasureError(
                f"merge: features of {identity_of(self.net)} and of {identity_of(other.net)}; use one network"
            )
        before, now = ({kind: bank.width for kind, bank in sets.banks.items()} for sets in (self, other))
        if before and now and before != now:
            raise MeasureError(f"features: asked for {before} an image as before, got {now}; use one network")
        self.spectra.merge(other.spectra)
        self.pixels.merge(other.pixels)
        for kind, bank in other.banks.items():
            self.banks.setdefault(kind, FeatureBank()).merge(bank)
        for role in ROLES:
            self.keys[role] = sketch(self.keys[role], other.keys[role])
            self.highest[role] = max(self.highest[role], other.highest[role])
        return self

    def state(self) -> State:
        """All that was seen, as plain tensors."""
        state = _under("spectra", self.spectra.state()) | _under("pixels", self.pixels.state())
        for kind, bank in self.banks.items():
            state |= _under(f"bank/{kind}", bank.state())
        for role in ROLES:
            state[f"keys/{role}"] = as_signed(self.keys[role])
            state[f"highest/{role}"] = torch.tensor(self.highest[role], dtype=torch.float64)
        return state

    def load_state(self, state: State) -> Self:
        """Replace what was seen by a `state()`; returns self."""
        self.spectra.load_state(_below("spectra", state))
        self.pixels.load_state(_below("pixels", state))
        kinds = dict.fromkeys(key.split("/")[1] for key in state if key.startswith("bank/"))
        self.banks = {kind: FeatureBank.of(_below(f"bank/{kind}", state)) for kind in kinds}
        self.keys = {role: as_unsigned(state[f"keys/{role}"]) for role in ROLES}
        self.highest = {role: float(state[f"highest/{role}"]) for role in ROLES}
        return self

    def preconditions(self) -> tuple[str, ...]:
        """What is wrong with the sets themselves, whatever is read from them."""
        found = []
        shared = shared_share(self.keys["real"], self.keys["fake"])
        if shared > 0:
            percent = f"{100 * shared:.0f}" if shared >= 0.1 else f"{100 * shared:.1g}"
            found.append(f"{percent} % of the smaller set's images are also in the other set")
        for role in ROLES:
            found += nearly_black(role, self.highest[role])
        return tuple(found)

    def unlike_inception(self) -> tuple[str, ...]:
        """What distances of other features than those of FID and KID are not."""
        if self.features.startswith("inception"):
            return ()
        whose = f"features of {self.features}" if isinstance(self.net, NamedNet) else "the given features"
        return (f"of {whose}, not Inception's: no FID or KID",)

    def resized(self) -> tuple[str, ...]:
        """What the network's resizing hides."""
        height, width = self.spectra.size()[1:]
        if not isinstance(self.net, NamedNet) or max(height, width) <= self.net.size:
            return ()
        size = self.net.size
        return (f"images of {width} x {height} px are shrunk to {size} px for the features: finer detail is not seen",)


def _by_kind(found: Mapping[str, Tensor] | Tensor) -> Mapping[str, Tensor]:
    if isinstance(found, Tensor):
        return {MAIN_KIND: found}
    if isinstance(found, Mapping) and MAIN_KIND in found:
        return found
    came = f"a dict of {', '.join(map(str, found))}" if isinstance(found, Mapping) else type(found).__name__
    raise MeasureError(
        f"features: asked for a tensor (N, D), or a dict of them with one called {MAIN_KIND!r}, got {came}; change the "
        "function of images that gave it"
    )


def _under(name: str, state: State) -> State:
    return {f"{name}/{key}": value for key, value in state.items()}


def _below(name: str, state: State) -> State:
    return {key.removeprefix(f"{name}/"): value for key, value in state.items() if key.startswith(f"{name}/")}
