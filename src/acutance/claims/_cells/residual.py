"""What is left behind a decoder, as a random field: how much likelihood its neighbours' dependence is worth (T7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from torch import Tensor

from acutance.claims._cell import Cell, Found, Rows
from acutance.claims._cells._measured import image_rows
from acutance.claims._cells.trained import Trained, load
from acutance.claims._store import Store
from acutance.data.synthetic.gaussian_field import gaussian_field
from acutance.models._base import Autoencoder
from acutance.rng import rng_for

__all__ = ["FieldResidual", "ModelResidual", "gains"]

_FIELDS = 2000


@final
@dataclass(frozen=True, kw_only=True)
class FieldResidual(Cell):
    """A stationary Gaussian residual of known power, of a decoder that shows the mean.

    Attributes:
        exponent: power ~ f^-exponent.
        size: side in px.
    """

    exponent: float
    size: int = 32

    def run(self, store: Store) -> Found:
        draw = rng_for(self.seed, "residual")
        residual, answers = gaussian_field(_FIELDS, self.size, draw, exponent=self.exponent, mean=0.0)
        power = answers.power
        exact = 0.5 * float(power.mean().log() - power.log().mean())
        return Found({**gains(residual), "exact": np.array([exact])})

    def sources(self) -> tuple[str, ...]:
        return ("synthetic:gaussian-field",)

    @property
    def title(self) -> str:
        """The power."""
        return f"residual of power f^-{self.exponent:g}"


@final
@dataclass(frozen=True, kw_only=True)
class ModelResidual(Cell):
    """The residual of a trained autoencoder on held-out images.

    Attributes:
        of: the autoencoder.
    """

    of: Trained

    def needs(self) -> tuple[Cell, ...]:
        return (self.of,)

    @torch.no_grad()
    def run(self, store: Store) -> Found:
        model = load(self.of, store)
        assert isinstance(model, Autoencoder)
        images = self.of.images.split()[1].tensor()
        outputs = model.reconstruct(images, latent="sample", generator=rng_for(self.seed, "residual"))
        return Found(gains((images - outputs).double(), images))

    def sources(self) -> tuple[str, ...]:
        return self.of.sources()

    @property
    def title(self) -> str:
        """Of what."""
        return f"residual of {self.of.title}"


def gains(residual: Tensor, images: Tensor | None = None) -> dict[str, Rows]:
    """Nats per dimension that a coloured and an autoregressive Gaussian gain over a white one, on images not fitted to.

    The coloured one has independent Fourier coefficients of fitted power; the autoregressive one predicts each pixel
    linearly from the four neighbours that come before it. Each half of the images is judged by a fit to the other.

    Args:
        residual: (n, 1, H, W), float64.
        images: whose content weighs the bootstrap; without them there is none.

    Returns:
        `coloured`, `autoregressive`, and `predicted`: T7 of the power of the same halves.
    """
    even = torch.arange(len(residual)) % 2 == 0
    found = {name: torch.zeros(len(residual), dtype=torch.float64) for name in ("coloured", "autoregressive")}
    predicted = 0.0
    for mine in (even, ~even):
        fitted, judged = residual[~mine], residual[mine]
        white = _white(fitted, judged)
        found["coloured"][mine] = _coloured(fitted, judged) - white
        found["autoregressive"][mine] = _autoregressive(fitted, judged) - white
        power = _power(fitted)
        predicted += 0.25 * float(power.mean().log() - power.log().mean())
    rows = {
        name: image_rows(v, images) if images is not None else np.array([float(v.mean())]) for name, v in found.items()
    }
    return rows | {"predicted": np.array([predicted])}


def _power(residual: Tensor) -> Tensor:
    """Mean power of each Fourier coefficient, a pixel's variance on average, (H, W)."""
    pixels = residual.shape[2] * residual.shape[3]
    power: Tensor = torch.fft.fft2(residual[:, 0]).abs().square().mean(0)
    return power / pixels


def _gaussian(squared: Tensor, variance: Tensor) -> Tensor:
    """Log likelihood per dimension of each image, without the constant, (n,)."""
    return -0.5 * (squared / variance + variance.log()).flatten(1).mean(1)


def _white(fitted: Tensor, judged: Tensor) -> Tensor:
    return _gaussian(judged.square(), fitted.square().mean())


def _coloured(fitted: Tensor, judged: Tensor) -> Tensor:
    pixels = judged.shape[2] * judged.shape[3]
    return _gaussian(torch.fft.fft2(judged[:, 0]).abs().square() / pixels, _power(fitted))


def _autoregressive(fitted: Tensor, judged: Tensor) -> Tensor:
    """Least squares on the neighbours to the left and above; beyond the border there is nothing."""
    before, after = _neighbours(fitted), fitted[:, 0].flatten()
    weights = torch.linalg.lstsq(before.flatten(0, 2), after[:, None]).solution
    left = fitted[:, 0] - (before @ weights)[..., 0]
    return _gaussian((judged[:, 0] - (_neighbours(judged) @ weights)[..., 0]).square(), left.square().mean())


def _neighbours(residual: Tensor) -> Tensor:
    """(n, H, W, 4): left, above, above left, above right."""
    wide = torch.nn.functional.pad(residual[:, 0], (1, 1, 1, 0))
    rows, columns = residual.shape[2:]
    shifts = ((1, 0), (0, 1), (0, 0), (0, 2))
    return torch.stack([wide[:, down : down + rows, right : right + columns] for down, right in shifts], dim=-1)
