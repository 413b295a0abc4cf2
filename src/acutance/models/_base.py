"""What every model can do, and how it is kept on disk."""

from __future__ import annotations

import abc
import copy
import dataclasses
import json
import os
import tempfile
from pathlib import Path
from typing import Any, ClassVar, Literal

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from acutance.errors import InputError
from acutance.models._attributes import attribute_vector, edit
from acutance.models._buffers import buffers_kept, running_mean
from acutance.models._draws import draws
from acutance.models._hub import Hub, upload
from acutance.models._player import Batch, Player
from acutance.models._through import LatentChoice, PixelChoice, interpolate, reconstruct
from acutance.models._whole_file import replace_file
from acutance.nn.blocks import count_parameters
from acutance.nn.decoder import DrawingDecoder, ImageDecoder, LatentShape
from acutance.nn.latents import Latent
from acutance.nn.layout import Layout
from acutance.rng import rng_for

__all__ = [
    "Autoencoder",
    "DecoderConfig",
    "Generator",
    "ImageDecoder",
    "ImageShape",
    "Model",
    "ModelConfig",
    "Translator",
    "describe",
]

ImageShape = tuple[int, int, int]
_BATCH = 256
_ALL_PLAY = 2**16 * 3**4 * 5**3 * 7  # late, and a multiple of every penalty's stride


@dataclasses.dataclass(frozen=True, kw_only=True)
class ModelConfig(abc.ABC):
    """What a family needs to know, besides the shape of the images.

    Attributes:
        learns_from: "images", or "pairs" of an input and its target.
    """

    learns_from: ClassVar[Literal["images", "pairs"]] = "images"

    @abc.abstractmethod
    def build(self, shape: ImageShape) -> Model:
        """A freshly initialised model for images of `shape` (channels, height, width)."""

    def seen_from(self, folder: Path) -> ModelConfig:
        """This config as a run in `folder` records it: whatever it names on disk, it names relative to the folder."""
        return self

    def found_from(self, folder: Path) -> ModelConfig:
        """The other way: a config that the run in `folder` recorded, as it is used from here."""
        return self


@dataclasses.dataclass(frozen=True, kw_only=True)
class DecoderConfig(ModelConfig):
    """The part of a config that every family with the shared decoder has.

    Attributes:
        widths: features of each stage, coarse to fine.
        blocks: residual blocks per stage.
        patch: sides, in pixels, of the patch that one point of the finest grid holds.
    """

    widths: tuple[int, ...] = (128, 64, 32)
    blocks: int = 1
    patch: int = 2

    @property
    def layout(self) -> Layout:
        """Stages and patch of the decoder, and of the encoder where there is one."""
        return Layout(widths=self.widths, blocks=self.blocks, patch=self.patch)


class Model(nn.Module, abc.ABC):
    """A family's model: players to train it, and whatever of encode, decode, generate it can do."""

    def __init__(self, config: ModelConfig, shape: ImageShape) -> None:
        super().__init__()
        self.config = config
        self.shape = shape

    @abc.abstractmethod
    def players(self) -> tuple[Player, ...]:
        """Who trains what; the order is the order of play within a step."""

    @property
    def family(self) -> str:
        """The name of the family's file."""
        return type(self.config).__module__.rpartition(".")[2]

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.parameters()).device

    def unused_within(self, steps: int) -> str:
        """What a training of so many steps would never use, in words for the user; nothing where it uses all."""
        return ""

    def check_training_set(self, count: int) -> None:
        """Raises ConfigError where `count` images cannot train this model; by default any number can."""

    def facts(self) -> dict[str, float]:
        """Numbers that belong beside every reading of this model, e.g. its effective decoder sigma (T9)."""
        return {}

    def configuration(self) -> dict[str, Any]:
        """The config by field name: what a user can change."""
        return dataclasses.asdict(self.config)

    def count_parameters(self) -> int:
        """How many numbers the model holds, a critic's and frozen ones included."""
        return count_parameters(self)

    def losses(self, batch: Tensor) -> dict[str, Tensor]:
        """What each player minimises, by summands, `player/summand`, as at a training step in which all play.

        Args:
            batch: (N, C, H, W) in [0, 1].
        """
        found: dict[str, Tensor] = {}
        with buffers_kept((self,)):
            for player in self.players():
                loss = player.objective(Batch(batch, step=_ALL_PLAY), rng_for(0, player.name, device=self.device))
                summands = loss.summands or {"loss": loss.total}
                found |= {f"{player.name}/{name}": value for name, value in summands.items()}
        return found

    def weights(self) -> dict[str, list[nn.Parameter]]:
        """The weights of each of its networks, those that are trained."""
        parts = {name: [w for w in part.parameters() if w.requires_grad] for name, part in self.named_children()}
        return {name: held for name, held in parts.items() if held}

    def check_images(self, images: Tensor) -> None:
        """Raises InputError unless images are (N, C, H, W) of this model's shape, floating point and in [0, 1]."""
        wanted = "x".join(map(str, self.shape))
        if images.ndim != 4 or tuple(images.shape[1:]) != self.shape or not images.is_floating_point():
            came = f"{tuple(images.shape)} {images.dtype}"
            raise InputError(f"{self.family} takes float images (N, {wanted}), got {came}: resize or convert them")
        if images.numel() and not (images.min() >= 0 and images.max() <= 1):
            low, high = images.min().item(), images.max().item()
            raise InputError(f"images must lie in [0, 1], got {low:.3g} ... {high:.3g}: rescale them")

    def save_pretrained(self, folder: str | os.PathLike[str]) -> None:
        """Writes config.json and model.safetensors, each atomically."""
        path = Path(folder)
        path.mkdir(parents=True, exist_ok=True)
        text = json.dumps(describe(self), indent=2, sort_keys=True) + "\n"
        replace_file(path / "config.json", lambda temporary: temporary.write_text(text))
        weights = {name: value.detach().contiguous().cpu() for name, value in self.state_dict().items()}
        replace_file(path / "model.safetensors", lambda temporary: save_file(weights, temporary))

    def push_to_hub(self, name: str, *, card: str = "", private: bool = False, hub: Hub | None = None) -> None:
        """Puts config.json, model.safetensors and, where there is one, the model card README.md into a repository.

        Args:
            name: OWNER/NAME; the repository is made where there is none.
            card: its text; `acutance.report.model_card` writes one with readings.
            private: who may see the repository, if it is made now.
            hub: the client; huggingface_hub's own, with the user's own token, by default.

        Raises:
            ConfigError: the name is none, or the hub refuses.
        """
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            self.save_pretrained(folder)
            if card:
                (folder / "README.md").write_text(card, encoding="utf-8")
            upload(folder, name, private=private, hub=hub)


class Generator(Model):
    """A model that draws images from nothing but noise."""

    @abc.abstractmethod
    def prior(self, n: int, generator: torch.Generator) -> Tensor:
        """n latents (n, *latent) to draw images from."""

    @abc.abstractmethod
    def generate(self, n: int, generator: torch.Generator) -> Tensor:
        """n images (n, C, H, W) in [0, 1]."""

    @torch.no_grad()
    def sample(self, n: int, *, seed: int = 0) -> Tensor:
        """n images (n, C, H, W) in [0, 1] from a seed, those of `acutance sample --seed`; no gradient passes.

        They are what the decoder shows, of a Gaussian likelihood its mean: decoder noise is in `draws` of
        `FromLikelihood`. Image i is the same however many are asked for.

        Raises:
            InputError: n is not at least 1.
        """
        return torch.cat(list(draws(self, n, seed=seed)))


class Translator(Model):
    """A model that makes of every image one of another kind, and learns that from pairs.

    A batch that it is trained on holds, along the channels, each input above its target: (N, 2 C, H, W).
    """

    @abc.abstractmethod
    def translate(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Images (N, C, H, W) in [0, 1] to as many of the other kind, in [0, 1]; another generator, another draw."""

    @abc.abstractmethod
    def translation(self, generator: torch.Generator) -> nn.Module:
        """Images to images as `translate` makes them, its noise drawn once and the same for every image."""


class Autoencoder(Model):
    """A model with an encoder and the shared decoder.

    Args:
        config: the family's config.
        shape: of the images.
        decoder: latents to images.
    """

    def __init__(self, config: ModelConfig, shape: ImageShape, decoder: ImageDecoder) -> None:
        super().__init__(config, shape)
        self.decoder = decoder
        self.register_buffer("mse", torch.tensor(-1.0))
        self.mse: Tensor

    @abc.abstractmethod
    def encode(self, images: Tensor) -> Latent:
        """Images (N, C, H, W) in [0, 1] to latents, as a value."""

    def decode(self, latents: Tensor) -> Tensor:
        """Latents (N, *latent) to images in [0, 1]: what is shown, and the same each time.

        A decoder with a stated likelihood shows its mean, without decoder noise. One that draws shows what it makes of
        one fixed field of noise, the same for every image.

        Raises:
            InputError: latents of another shape.
        """
        self._check_latents(latents)
        return self.shown(self.decoder(latents)).float().clamp(0, 1)

    def shown(self, outputs: Tensor) -> Tensor:
        """The images that the decoder's outputs stand for, not clamped: by default they are images."""
        return outputs

    def nearest_code(self, latents: Tensor) -> Tensor:
        """What the decoder was trained to read and lies nearest to some numbers (N, *latent): by default they do."""
        return latents

    def decode_anew(self, latents: Tensor, generator: torch.Generator) -> Tensor:
        """decode, with noise of its own for every image where the decoder draws.

        Raises:
            InputError: latents of another shape.
        """
        if not isinstance(self.decoder, DrawingDecoder):
            return self.decode(latents)
        self._check_latents(latents)
        return self.decoder.drawn(latents, generator).float().clamp(0, 1)

    def _check_latents(self, latents: Tensor) -> None:
        if tuple(latents.shape[1:]) != self.latent_shape:
            wanted = ", ".join(map(str, self.latent_shape))
            raise InputError(f"{self.family} decodes latents (N, {wanted}), got {tuple(latents.shape)}")

    def decoder_copy(self) -> nn.Module:
        """A trainable copy of the decoder that shares nothing with the model; its images are not clamped."""
        return copy.deepcopy(self.decoder).train().requires_grad_(True)

    @torch.no_grad()
    def track_mse(self, mse: Tensor) -> None:
        """Keeps a running mean of the training mean squared error per dimension."""
        self.mse.copy_(running_mean(self.mse, mse))

    @property
    def latent_shape(self) -> LatentShape:
        """The shape of one image's latent."""
        return self.decoder.latent

    @torch.no_grad()
    def reconstruct(
        self,
        images: Tensor,
        *,
        latent: LatentChoice = "mean",
        pixels: PixelChoice = "decoded",
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """decode(encode(images)), by the latent's mean or by a draw; no gradient passes.

        Args:
            images: (N, C, H, W) in [0, 1].
            latent: which latent is decoded; nothing is drawn unless "sample" is asked for.
            pixels: "decoded" is what the decoder shows; "likelihood" a draw from the distribution that it states.
            generator: for the draws; required with "sample" and with "likelihood".

        Raises:
            InputError: images of another shape or range; a draw without a generator; an unknown choice; a likelihood
                where none is stated.
        """
        self.check_images(images)
        return reconstruct(self, images, latent=latent, pixels=pixels, generator=generator)

    @torch.no_grad()
    def interpolate(self, start: Tensor, end: Tensor, steps: int) -> Tensor:
        """Images along the straight line between two images' latent means; no gradient passes.

        Args:
            start: (N, C, H, W) in [0, 1].
            end: same shape.
            steps: how many images a line has, both ends included, at least 2.

        Returns:
            (N, steps, C, H, W).

        Raises:
            InputError: fewer than two steps, or images of another shape or range, or not as many ends as starts.
        """
        self.check_images(start)
        self.check_images(end)
        return interpolate(self, start, end, steps)

    def attribute_vector(self, having: Tensor, lacking: Tensor) -> Tensor:
        """The latent mean of images with an attribute minus that of images without, (*latent).

        Args:
            having: (N, C, H, W) in [0, 1].
            lacking: (M, C, H, W) in [0, 1].

        Raises:
            InputError: images of another shape or range, or none on one side.
        """
        self.check_images(having)
        self.check_images(lacking)
        return attribute_vector(self, torch.split(having, _BATCH), torch.split(lacking, _BATCH))

    def edit(self, images: Tensor, vector: Tensor, strength: float = 1.0) -> Tensor:
        """Images with `strength` times an attribute added; no gradient passes.

        Args:
            images: (N, C, H, W) in [0, 1].
            vector: from `attribute_vector`.
            strength: 1 adds as much as the attribute makes on average, negative takes away.

        Raises:
            InputError: images of another shape or range, or another model's vector.
        """
        self.check_images(images)
        return edit(self, images, vector, strength)


def describe(model: Model) -> dict[str, Any]:
    """What config.json says of a model."""
    config = dataclasses.asdict(model.config)
    return {"schema": "acutance.model/1", "family": model.family, "shape": list(model.shape), "config": config}
