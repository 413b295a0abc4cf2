"""A model of others as a subject of ours: its functions, in its own range of values, behind our protocols.

A subject has a capability by having its methods, so the class of each is put together from what its model can do.
"""

from __future__ import annotations

import abc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast, final

import torch
from torch import Tensor, nn

from acutance.errors import AcutanceError, SubjectError
from acutance.models import Subject
from acutance.models._buffers import buffers_kept
from acutance.nn.latents import Latent
from acutance.subjects._latents import as_images, as_latent
from acutance.subjects._still import still
from acutance.subjects._values import UNIT, ValueRange

__all__ = ["Foreign", "Parts", "adapt"]


@final
@dataclass(frozen=True, kw_only=True)
class Parts:
    """What a model of others can do, and what is known of it. Images go in and out in its own range of values.

    Attributes:
        text: what the user typed.
        family: the name of its class.
        takes: the range of its inputs.
        gives: the range of its outputs.
        shape: of its images; None where it takes any size.
        modules: held still while it is used.
        encode: images to what `as_latent` reads.
        decode: latents to images.
        reconstruct: images to images, where no code can be seen.
        generate: a number and a generator to images.
        translate: images and a generator to images of another kind.
        preprocess: its own input pipeline.
        prior: a number and a generator to latents.
        losses: images to terms of its loss.
        weights: those of each part by its name, for the gradients of its losses.
        decoder_copy: makes a trainable copy that shares nothing, latents to images in the model's range.
        codebook: how many entries its codebook has, where it has one and says so.
        facts: see `Subject.facts`.
        configuration: see `Subject.configuration`.
        parameters: how many numbers it holds; None where nobody knows.
        bfloat16: compute in it where no gradient is asked for; what comes out is float32.
    """

    text: str
    family: str
    takes: ValueRange = UNIT
    gives: ValueRange = UNIT
    shape: tuple[int, int, int] | None = None
    modules: tuple[nn.Module, ...] = ()
    encode: Callable[[Tensor], object] | None = None
    decode: Callable[[Tensor], object] | None = None
    reconstruct: Callable[[Tensor], object] | None = None
    generate: Callable[[int, torch.Generator], object] | None = None
    translate: Callable[[Tensor, torch.Generator], object] | None = None
    preprocess: Callable[[Tensor], object] | None = None
    prior: Callable[[int, torch.Generator], Tensor] | None = None
    losses: Callable[[Tensor], Mapping[str, Tensor]] | None = None
    weights: Mapping[str, Sequence[nn.Parameter]] = field(default_factory=dict)
    decoder_copy: Callable[[], nn.Module] | None = None
    codebook: int | None = None
    facts: Mapping[str, float] = field(default_factory=dict)
    configuration: Mapping[str, Any] = field(default_factory=dict)
    parameters: int | None = None
    bfloat16: bool = False


class Foreign(abc.ABC):  # noqa: B024 - what it can do is in the classes below
    """What every model of others states of itself.

    Args:
        parts: the model.
    """

    def __init__(self, parts: Parts) -> None:
        self.parts = parts

    @property
    def family(self) -> str:
        """The name of its class."""
        return self.parts.family

    @property
    def shape(self) -> tuple[int, int, int] | None:
        """Its images; None where it takes any size."""
        return self.parts.shape

    @property
    def device(self) -> torch.device:
        """Where its first weight is."""
        weights = (weight for module in self.parts.modules for weight in module.parameters())
        first = next(weights, None)
        return torch.device("cpu") if first is None else first.device

    def facts(self) -> dict[str, float]:
        """What it states of its decoder noise (T9)."""
        return dict(self.parts.facts)

    def configuration(self) -> dict[str, Any]:
        """Its settings by the names that its users know."""
        return dict(self.parts.configuration)

    def count_parameters(self) -> int | None:
        """How many numbers it holds."""
        return self.parts.parameters

    def told(self, what: str, function: Callable[..., object], *given: Any) -> object:
        """What one of the model's functions returns, the model held still.

        Args:
            what: the function's name, for messages.
            function: the function.
            given: its arguments.

        Raises:
            SubjectError: it failed; the message says with what.
        """
        try:
            with still(self.parts.modules), torch.autocast(self.device.type, torch.bfloat16, self._narrow):
                return function(*given)
        except AcutanceError:
            raise
        except Exception as error:
            raise SubjectError(f"{self.parts.text}: {what}({_told(given)}) failed: {_first_line(error)}") from error

    @property
    def _narrow(self) -> bool:
        return self.parts.bfloat16 and not torch.is_grad_enabled()

    def images(self, what: str, function: Callable[..., object], *given: Any) -> Tensor:
        """The same for images, as float32 in [0, 1]; what lies outside is cut off."""
        found = as_images(self.told(what, function, *given), f"{self.parts.text}: {what}")
        return self.parts.gives.to_images(found).clamp(0, 1)


class _Encodes(Foreign, abc.ABC):
    def encode(self, images: Tensor) -> Latent:
        """Images in [0, 1] to latents."""
        assert self.parts.encode is not None
        found = self.told("encode", self.parts.encode, self.parts.takes.to_model(images))
        return as_latent(found, self.parts.text, self.parts.codebook)


class _Decodes(Foreign, abc.ABC):
    def decode(self, latents: Tensor) -> Tensor:
        """Latents to images in [0, 1], of a copy, which the model may change; gradients pass where it lets them."""
        assert self.parts.decode is not None
        return self.images("decode", self.parts.decode, latents.clone())


class _Reconstructs(Foreign, abc.ABC):
    def reconstruct(self, images: Tensor) -> Tensor:
        """Images to images."""
        assert self.parts.reconstruct is not None
        return self.images("the model", self.parts.reconstruct, self.parts.takes.to_model(images))


class _Generates(Foreign, abc.ABC):
    def generate(self, n: int, generator: torch.Generator) -> Tensor:
        """n images in [0, 1]."""
        assert self.parts.generate is not None
        found = self.images("generate", self.parts.generate, n, generator)
        if len(found) != n:
            raise SubjectError(f"{self.parts.text}: generate was asked for {n} images and gave {len(found)}")
        return found


class _Translates(Foreign, abc.ABC):
    def translate(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Images to images of another kind."""
        assert self.parts.translate is not None
        return self.images("translate", self.parts.translate, self.parts.takes.to_model(images), generator)


class _Preprocesses(Foreign, abc.ABC):
    def preprocess(self, images: Tensor) -> Tensor:
        """What its encoder is given for these images."""
        assert self.parts.preprocess is not None
        found = self.told("preprocess", self.parts.preprocess, self.parts.takes.to_model(images))
        made = as_images(found, f"{self.parts.text}: preprocess")
        if made.shape != images.shape:
            raise SubjectError(
                f"{self.parts.text}: preprocess made {tuple(made.shape)} of {tuple(images.shape)}; it keeps the shape, "
                "so resize back after resizing, or give images of the size that encode takes"
            )
        return self.parts.takes.to_images(made)


class _HasPrior(Foreign, abc.ABC):
    def prior(self, n: int, generator: torch.Generator) -> Tensor:
        """n latents."""
        assert self.parts.prior is not None
        found = self.told("prior", self.parts.prior, n, generator)
        if not isinstance(found, Tensor) or len(found) != n:
            raise SubjectError(f"{self.parts.text}: prior returns a tensor of {n} latents, got {_told((found,))}")
        return found


class _HasLosses(Foreign, abc.ABC):
    def losses(self, batch: Tensor) -> dict[str, Tensor]:
        """Terms of its training loss, with their graph; the model is not held still."""
        assert self.parts.losses is not None
        with torch.enable_grad(), buffers_kept(self.parts.modules):
            return dict(self.parts.losses(self.parts.takes.to_model(batch)))

    def weights(self) -> dict[str, list[nn.Parameter]]:
        """The weights of each part that is known by name."""
        return {name: list(held) for name, held in self.parts.weights.items()}


class _RefitsDecoder(Foreign, abc.ABC):
    def decoder_copy(self) -> nn.Module:
        """A trainable copy of the decoder: latents to images whose black is 0 and white 1, not clamped."""
        assert self.parts.decoder_copy is not None
        return _InUnits(self.parts.decoder_copy(), self.parts.gives).train().requires_grad_(True)


@final
class _InUnits(nn.Module):
    """A decoder whose images have black at 0 and white at 1."""

    def __init__(self, decoder: nn.Module, gives: ValueRange) -> None:
        super().__init__()
        self.decoder = decoder
        self.gives = gives

    def forward(self, latents: Tensor) -> Tensor:
        return self.gives.to_images(as_images(self.decoder(latents.clone()), "the copy of the decoder"))


_ABLE: dict[type[Foreign], tuple[str, ...]] = {
    _Encodes: ("encode", "decode"),
    _Decodes: ("decode",),
    _Reconstructs: ("reconstruct",),
    _Generates: ("generate",),
    _Translates: ("translate",),
    _Preprocesses: ("preprocess", "encode"),
    _HasPrior: ("prior", "decode"),
    _HasLosses: ("losses",),
    _RefitsDecoder: ("decoder_copy", "decode"),
}


def adapt(parts: Parts) -> Subject:
    """A subject that has the methods that the model has functions for, and no others.

    A model with a prior and a decoder draws samples by decoding draws of the prior, if it has no other way.

    Raises:
        SubjectError: it can do nothing.
    """
    parts = _with_generate(parts)
    able = [kind for kind, needs in _ABLE.items() if all(getattr(parts, name) is not None for name in needs)]
    if not {_Encodes, _Reconstructs, _Generates, _Translates} & {*able}:
        raise SubjectError(
            f"{parts.text} has neither encode and decode, nor generate, nor translate: there is nothing to look at"
        )
    return cast(Subject, type("ForeignSubject", (*able,), {})(parts))


def _with_generate(parts: Parts) -> Parts:
    prior, decode = parts.prior, parts.decode
    if parts.generate is not None or prior is None or decode is None:
        return parts
    return replace(parts, generate=lambda n, generator: decode(prior(n, generator)))


def _told(given: tuple[Any, ...]) -> str:
    shown = (f"{tuple(x.shape)}" if isinstance(x, Tensor) else type(x).__name__ for x in given)
    return ", ".join(shown)


def _first_line(error: Exception) -> str:
    words = str(error).strip().splitlines()
    return f"{type(error).__name__}: {words[0]}" if words else type(error).__name__
