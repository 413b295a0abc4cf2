"""What a quantiser is: continuous latents to entries of a codebook, and how a gradient passes through one."""

from __future__ import annotations

import abc
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from acutance.nn.latents import Codes

__all__ = ["GradientPath", "Quantiser", "as_map", "as_tokens", "passed", "rotated", "straight_through"]

GradientPath = Literal["straight_through", "rotation"]


class Quantiser(nn.Module, abc.ABC):
    """Replaces what stands at each place of a latent map by an entry of a codebook.

    `forward` draws nothing and changes nothing; whatever a quantiser learns without a gradient it learns in `learn`.

    Args:
        channels: numbers at each place.
        levels: how many entries each of its books has; the codebook is their product, so that one index of `levels`
            product values says which entry of every book was taken.
    """

    def __init__(self, channels: int, levels: tuple[int, ...]) -> None:
        super().__init__()
        self.channels = channels
        self.levels = levels

    @property
    def size(self) -> int:
        """How many entries the codebook has: the product over its books."""
        size = 1
        for level in self.levels:
            size *= level
        return size

    @property
    def fullest(self) -> int:
        """Entries among which a latent is put at one go: all, unless books are asked one after another."""
        return self.size

    @abc.abstractmethod
    def forward(self, latents: Float[Tensor, "n c *grid"]) -> Codes:
        """The entries for these latents, with a gradient back to them."""

    @abc.abstractmethod
    def penalty(self, codes: Codes) -> Float[Tensor, ""]:
        """What is added to the loss so that encoder and codebook fit one another; zero where nothing is needed."""

    def nearest(self, values: Float[Tensor, "n c *grid"]) -> Float[Tensor, "n c *grid"]:
        """The entries that values on the scale of the entries stand for, which need not come from an encoder."""
        codes: Codes = self(values)
        return codes.quantized

    @torch.no_grad()
    def learn(self, codes: Codes, generator: torch.Generator) -> None:
        """Brings up to date what no gradient reaches; nothing by default.

        Args:
            codes: of the batch, of all processes.
            generator: of every draw, the same on every process.
        """

    def joined(self, digits: Int[Tensor, "n books *places"]) -> Int[Tensor, "n *places"]:
        """One index from the entries taken of each book, the first book counting up fastest."""
        index = torch.zeros_like(digits[:, 0])
        for book in reversed(range(len(self.levels))):
            index = index * self.levels[book] + digits[:, book]
        return index


def as_tokens(latents: Float[Tensor, "n c *grid"]) -> Float[Tensor, "tokens c"]:
    """What stands at each place of each image, one row each."""
    return latents.flatten(2).transpose(1, 2).flatten(0, 1) if latents.ndim > 2 else latents


def as_map(tokens: Float[Tensor, "tokens c"], like: Float[Tensor, "n c *grid"]) -> Tensor:
    """Rows back to the places they came from."""
    return tokens.reshape(like.shape[0], -1, like.shape[1]).transpose(1, 2).reshape(like.shape)


def straight_through(continuous: Float[Tensor, "*n c"], entries: Float[Tensor, "*n c"]) -> Float[Tensor, "*n c"]:
    """The entries' values with the gradient of the continuous ones (Bengio et al. 2013)."""
    return continuous + (entries - continuous).detach()


def passed(
    path: GradientPath, latents: Float[Tensor, "n c *grid"], entries: Float[Tensor, "tokens c"]
) -> Float[Tensor, "n c *grid"]:
    """The entries of each place as a latent map, with a gradient back to the latents.

    Args:
        path: which gradient.
        latents: float32.
        entries: as `as_tokens` puts the latents.
    """
    found = (straight_through if path == "straight_through" else rotated)(as_tokens(latents), entries)
    return as_map(found, latents)


def rotated(continuous: Float[Tensor, "n c"], entries: Float[Tensor, "n c"]) -> Float[Tensor, "n c"]:
    """The entries' values, with the gradient of the rotation and scaling that carries each latent onto its entry.

    With unit vectors `u` of a latent, `v` of its entry and `w` along `u + v`, the entry is
    `s (z - 2 w w'z + 2 v u'z)`, `s` the ratio of lengths; `s`, `u`, `v`, `w` are held fixed. So the gradient keeps its
    angle to the latent that it had to the entry, where straight-through keeps its direction.

    References:
        Fifty et al. 2025, theory E.
    """
    tiny = torch.finfo(continuous.dtype).tiny ** 0.5
    with torch.no_grad():
        long, short = (x.norm(dim=1, keepdim=True).clamp_min(tiny) for x in (entries, continuous))
        u, v = continuous / short, entries / long
        w = u + v
        w = w / w.norm(dim=1, keepdim=True).clamp_min(tiny)
    along_w, along_u = ((x * continuous).sum(1, keepdim=True) for x in (w, u))
    turned: Tensor = (long / short) * (continuous - 2 * w * along_w + 2 * v * along_u)
    return turned + (entries - turned).detach()
