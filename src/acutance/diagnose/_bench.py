"""The bench: one subject, its images and latents, and what every intervention found."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from acutance.catalog import Catalog
from acutance.data import ImageSet
from acutance.diagnose._assess import picture_indices, to_bytes
from acutance.diagnose._diagnosis import Effort
from acutance.diagnose._keep import Keep
from acutance.diagnose._octaves import Octaves, octaves_of
from acutance.diagnose._probe import CodedSubject, Probe, evenly, picked, posterior_noise, with_noise
from acutance.measure import Reading
from acutance.models import batch_size
from acutance.nn.latents import Codes, DiagonalNormal, Latent
from acutance.rng import rng_for

__all__ = ["INTERVENTIONS", "Bench", "On", "Outcome"]

INTERVENTIONS = Catalog("acutance.diagnose.interventions", noun="intervention", attribute="outcome")
"""Every intervention, by file name: `outcome(bench) -> Outcome`."""

On = Literal["all", "some"]
"""Which images an outcome is of: all, or the evenly spread ones that optimisation can afford."""

_SOME: dict[Effort, int] = {"fast": 61, "full": 121}
_WORK: dict[Effort, float] = {"fast": 3e13, "full": 4e14}
"""What searches for latents, and the latents of fit images, may cost: images x steps x pixels x parameters."""

_SEARCH_STEPS = 200
_FEWEST = 4
_FEWEST_FIT = 64


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Outcome:
    """One intervention on the images.

    Attributes:
        octaves: of its outputs against the images.
        on: which images.
        readings: of the outputs, by name.
        pictures: uint8 (K, H, W, C) of the shown images; None where it matches no images.
        numbers: what else it found, by name.
        warnings: what makes it doubtful, in words.
    """

    octaves: Octaves
    on: On
    readings: dict[str, Reading] = field(default_factory=dict, repr=False)
    pictures: NDArray[np.uint8] | None = None
    numbers: dict[str, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@final
class Bench:
    """Runs interventions on one subject, each once.

    Args:
        images: held-out images.
        probe: runs the subject; of the seed of every draw.
        fit_images: what refits learn from.
        effort: how much may be spent.
        keep: where findings are kept.
        progress: told the name of each intervention when it begins.
    """

    def __init__(
        self,
        images: ImageSet,
        *,
        probe: Probe,
        fit_images: ImageSet | None,
        effort: Effort,
        keep: Keep,
        progress: Callable[[str], None] = lambda doing: None,
    ) -> None:
        self.subject: CodedSubject = probe.subject
        self.images = images
        self.probe = probe
        self.fit_images = fit_images
        self.effort: Effort = effort
        self.seed = probe.seed
        self.keep = keep
        self.progress = progress
        self._outcomes: dict[str, Outcome] = {}

    @property
    def made(self) -> tuple[str, ...]:
        """Names of the interventions made so far."""
        return tuple(self._outcomes)

    def outcome(self, name: str) -> Outcome:
        """What the intervention of this name found."""
        if name not in self._outcomes:
            self.progress(name)
            self._outcomes[name] = INTERVENTIONS.load(name)(self)
        return self._outcomes[name]

    @functools.cached_property
    def source(self) -> Tensor:
        """The images as they came, (N, C, H, W)."""
        return self.images.tensor().contiguous()

    @functools.cached_property
    def input(self) -> Tensor:
        """The images behind the subject's own pipeline."""
        return self.probe.input(self.source)

    @functools.cached_property
    def latent(self) -> Latent:
        """The latents of all inputs."""
        return self.probe.encode(self.input)

    @functools.cached_property
    def fit(self) -> tuple[Tensor, Latent] | None:
        """What refits learn from, behind the pipeline, and its latents; None where there is too little, or no time."""
        known = 0 if self.fit_images is None else len(self.fit_images)
        count = min(known, int(_WORK[self.effort] / self._once))
        if self.fit_images is None or count < _FEWEST_FIT:
            return None
        images = self.probe.input(self.fit_images.tensor(evenly(known, count)).contiguous())
        return images, self.probe.encode(images)

    @functools.cached_property
    def some(self) -> Tensor:
        """Which images optimisation is made for: evenly spread, those that are shown among them."""
        n, shown = len(self.images), picture_indices(self.images)
        spread = np.linspace(0, n - 1, min(self.searched, n)).round().astype(np.int64)
        return torch.from_numpy(np.union1d(spread, shown) if self.searched > len(shown) else shown)

    @functools.cached_property
    def searched(self) -> int:
        """For how many images latents are searched; 0 where one search would take longer than all the rest."""
        count = min(_SOME[self.effort], int(_WORK[self.effort] / (_SEARCH_STEPS * self._once)))
        return count if count >= _FEWEST else 0

    @property
    def _once(self) -> float:
        """What it costs to put one image through, roughly: parameters times pixels."""
        _, height, width = self.images.shape
        return float((self.subject.count_parameters() or 10**6) * height * width)

    def at(self, on: On) -> Tensor:
        """Indices of the images of an outcome."""
        return self.some if on == "some" else torch.arange(len(self.images))

    def latent_of(self, on: On) -> Latent:
        """Latents of all images, or of some."""
        return picked(self.latent, self.at(on))

    def noise(self, on: On = "all") -> Tensor:
        """The one draw of posterior noise that every stage uses, (n, *latent)."""
        return self._noise[self.at(on)]

    @functools.cached_property
    def _noise(self) -> Tensor:
        return posterior_noise(self.latent, self.images.shape, self.seed)

    def drawn(self, latent: Latent, scale: float, purpose: str) -> Tensor:
        """The same for other latents than the images', for refits."""
        if isinstance(latent, Codes):
            return torch.lerp(latent.continuous, latent.quantized, scale)
        if not isinstance(latent, DiagonalNormal) or scale == 0.0:
            return latent.mode
        noise = torch.randn(latent.mean.shape, generator=rng_for(self.seed, purpose), dtype=torch.float32)
        return latent.mean + scale * latent.std * noise.to(latent.mean)

    def drawn_at(self, latent: Latent, scale: float, at: Tensor, generator: torch.Generator) -> Tensor:
        """The same for some of them, with a draw of one's own."""
        some = picked(latent, at)
        if isinstance(some, DiagonalNormal) and scale > 0:
            return some.mean + scale * some.std * torch.randn(some.mean.shape, generator=generator)
        return self.drawn(some, scale, "")

    @property
    def by_chance(self) -> bool:
        """Whether the decoder draws: two outputs of one latent differ."""
        return self.probe.by_chance(self.latent.mode[:4])

    def behind(self, probe: Probe, name: str) -> Bench:
        """The same bench with another decoder, whose findings are kept under a name of their own."""
        return Bench(
            self.images,
            probe=probe,
            fit_images=self.fit_images,
            effort=self.effort,
            keep=self.keep.apart(name),
            progress=self.progress,
        )

    def noisy(self, scale: float, on: On = "all") -> Tensor:
        """Latents to decode with the code's noise at `scale` times its size (see `with_noise`)."""
        return with_noise(self.latent_of(on), scale, self.noise(on))

    def decoded(self, latents: Tensor, on: On = "all") -> Outcome:
        """The outcome of decoding these latents, one per image, against the inputs."""
        return self.compared(self.probe.decode(latents, self.images.shape), self.input, on)

    def compared(self, outputs: Iterable[Tensor], to: Tensor, on: On = "all") -> Outcome:
        """The outcome of these outputs, in batches of `batch_size`, against what they should be.

        Args:
            outputs: one for each image of `on`.
            to: references of all images.
            on: which images the outputs are of.
        """
        at = self.at(on)
        references = torch.split(to[at], batch_size(self.images.shape))
        shown = torch.isin(at, torch.from_numpy(picture_indices(self.images)))
        pictures: list[Tensor] = []

        def pairs() -> Iterator[tuple[Tensor, Tensor]]:
            start = 0
            for reference, output in zip(references, outputs, strict=True):
                pictures.append(output[shown[start : start + len(output)]])
                start += len(output)
                yield reference, output

        octaves, readings = octaves_of(pairs())
        return Outcome(octaves=octaves, readings=readings, on=on, pictures=to_bytes(torch.cat(pictures)))

    @property
    def shift_px(self) -> float:
        """How far the output is shifted against the input."""
        found = self.outcome("trained_noise").readings
        return math.hypot(found["shift_down_px"].value, found["shift_right_px"].value)

    @property
    def error(self) -> float:
        """Squared error of the subject as used, per image, summed over its values; of some images."""
        outputs = self.probe.decode(self.noisy(1.0, "some"), self.images.shape)
        references = torch.split(self.input[self.some], batch_size(self.images.shape))
        total = sum(float((a - b).double().square().sum()) for a, b in zip(references, outputs, strict=True))
        return total / len(self.some)

    def power(self, on: On) -> float:
        """Squared deviation from the mean image, over all pixels and images."""
        images = self.input[self.at(on)].double()
        return float((images - images.mean(0)).square().sum())

    @property
    def stochastic(self) -> bool:
        """Whether the encoder returns a distribution."""
        return isinstance(self.latent, DiagonalNormal)

    @property
    def noisy_code(self) -> bool:
        """Whether there is noise between encoder and decoder: a posterior's or a quantiser's."""
        return self.stochastic or self.quantised

    @property
    def quantised(self) -> bool:
        """Whether the encoder returns codes."""
        return isinstance(self.latent, Codes)
