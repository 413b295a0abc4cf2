"""A model as TorchScript: files that PyTorch opens without this package, in Python and in C++."""

from __future__ import annotations

import math
import warnings
from pathlib import Path
from typing import Any, List, NamedTuple, final  # noqa: UP035 - TorchScript reads List, not list

import torch
from torch import Tensor, nn

from acutance.models._base import Model
from acutance.models._parts import CODES, GAUSSIAN, Part, parts_of
from acutance.models._whole_file import replace_file

__all__ = ["export_torchscript"]


class Posterior(NamedTuple):
    """What `encode` of an exported model returns for a Gaussian.

    Attributes:
        mean: (n, *latent).
        std: (n, *latent).
    """

    mean: Tensor
    std: Tensor


class Quantised(NamedTuple):
    """What `encode` of an exported model returns for codes.

    Attributes:
        quantized: (n, *latent), what `decode` takes.
        continuous: (n, *latent).
        indices: (n, *tokens).
        size: entries of all codebooks together.
        books: entries of each.
    """

    quantized: Tensor
    continuous: Tensor
    indices: Tensor
    size: int
    books: List[int]  # noqa: UP006


def export_torchscript(model: Model, folder: Path) -> list[Path]:
    """Writes `autoencoder.pt` (methods `encode`, `decode`), `generator.pt`, noise (n, d) to images, `translator.pt`.

    Images are float32 in [0, 1]. `encode` returns a tensor, or named tensors: `mean` and `std` of a Gaussian;
    `quantized`, `continuous`, `indices` of codes, with `size` and `books`.

    A decoder that draws keeps the one field of noise that its `decode` shows, a translator one draw of its own.

    Args:
        model: what encodes and decodes, draws from a normal prior, or translates; it stays as it is.
        folder: made if it is missing; files of these names in it are replaced.

    Returns:
        What was written, as far as the model can do it.

    Raises:
        SubjectError: it does none of these.
    """
    parts = {part.name: part for part in parts_of(model)}
    scripts: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the format, which is deprecated, and of shapes, which tests look after
        traced = {name: _traced(part) for name, part in parts.items()}
        if "encoder" in parts:
            coder = _coder(parts["encoder"], traced["encoder"], traced["decoder"])
            scripts["autoencoder.pt"] = torch.jit.script(coder)
        scripts |= {f"{name}.pt": traced[name] for name in ("generator", "translator") if name in parts}
        folder.mkdir(parents=True, exist_ok=True)
        for name, script in scripts.items():
            replace_file(folder / name, lambda temporary, script=script: torch.jit.save(script, str(temporary)))  # type: ignore[misc]
    return [folder / name for name in scripts]


def _traced(part: Part) -> Any:
    with torch.no_grad():
        return torch.jit.trace(part.module, part.example)  # type: ignore[no-untyped-call]


def _coder(encoder: Part, traced: nn.Module, decoder: nn.Module) -> nn.Module:
    if encoder.outputs == GAUSSIAN:
        return _GaussianCoder(traced, decoder).eval()
    if encoder.outputs == CODES:
        return _CodesCoder(traced, decoder, encoder.books).eval()
    return _PointCoder(traced, decoder).eval()


@final
class _PointCoder(nn.Module):
    def __init__(self, encoder: nn.Module, decoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder

    @torch.jit.export
    def encode(self, images: Tensor) -> Tensor:
        latents: Tensor = self.encoder(images)
        return latents

    @torch.jit.export
    def decode(self, latents: Tensor) -> Tensor:
        images: Tensor = self.decoder(latents)
        return images


@final
class _GaussianCoder(nn.Module):
    def __init__(self, encoder: nn.Module, decoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder

    @torch.jit.export
    def encode(self, images: Tensor) -> Posterior:
        mean, std = self.encoder(images)
        return Posterior(mean, std)

    @torch.jit.export
    def decode(self, latents: Tensor) -> Tensor:
        images: Tensor = self.decoder(latents)
        return images


@final
class _CodesCoder(nn.Module):
    def __init__(self, encoder: nn.Module, decoder: nn.Module, books: tuple[int, ...]) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder
        self.size = math.prod(books)
        self.books = list(books)

    @torch.jit.export
    def encode(self, images: Tensor) -> Quantised:
        quantized, continuous, indices = self.encoder(images)
        return Quantised(quantized, continuous, indices, self.size, self.books)

    @torch.jit.export
    def decode(self, latents: Tensor) -> Tensor:
        images: Tensor = self.decoder(latents)
        return images
