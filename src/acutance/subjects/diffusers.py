"""Autoencoders of diffusers: `diffusers:FOLDER_OR_ID[:SUBFOLDER]`, from safetensors, nothing that executes.

AutoencoderKL, VQModel, AutoencoderTiny and AutoencoderDC work in [-1, 1] and take any size that they can halve. Their
`scaling_factor` is for a diffusion model beside them; encoding and decoding need none, but it is checked. With
`?precision=bf16` they compute in bfloat16, which is refused where it changes the finest octave.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, final

import torch
from torch import Tensor, nn

from acutance.errors import SubjectError
from acutance.models import Encodes
from acutance.subjects._check import check
from acutance.subjects._configuration import counted
from acutance.subjects._foreign import Foreign, Parts, adapt
from acutance.subjects._hub import downloaded
from acutance.subjects._insist import INSIST, insists
from acutance.subjects._opened import Opened
from acutance.subjects._stated import Stated, split
from acutance.subjects._values import ValueRange

__all__ = ["opened"]

_CLASSES = ("AutoencoderDC", "AutoencoderKL", "AutoencoderTiny", "VQModel")
_SIGNED = ValueRange(-1.0, 1.0)
_WEIGHTS = "diffusion_pytorch_model"
_TOLD = (
    "latent_channels",
    "block_out_channels",
    "encoder_block_out_channels",
    "decoder_block_out_channels",
    "layers_per_block",
    "num_vq_embeddings",
    "vq_embed_dim",
    "sample_size",
    "scaling_factor",
    "shift_factor",
)
_WIDEST = 2.0


def opened(argument: str) -> Opened:
    """The autoencoder in a folder of diffusers, or on the hub.

    Raises:
        SubjectError: there is none, its class is not one of the four, or its weights are pickled.
    """
    where, stated = split("diffusers", argument)
    text = f"diffusers:{argument}"
    folder = _folder(where, text)
    kind = _class_in(folder, text)
    module = _loaded(kind, folder, text)
    model = adapt(_parts(module, kind, text, stated))
    assert isinstance(model, Foreign)
    return Opened(
        text=text,
        name=folder.name if Path(where).exists() else where.partition(":")[0].rpartition("/")[2],
        model=model,
        channels=int(module.config.in_channels),
        check=partial(_check, model),
        made={"class": kind, **model.configuration()},
    )


def _folder(where: str, text: str) -> Path:
    """The folder of the autoencoder itself, local or fetched."""
    whole = Path(where).expanduser()
    if whole.is_dir():
        return whole
    name, _, subfolder = where.partition(":")
    root = Path(name).expanduser()
    if root.is_dir():
        folder = root / subfolder
        if not folder.is_dir():
            raise SubjectError(f"{text}: {root} has no folder {subfolder!r}")
        return folder
    if root.exists() or name.startswith((".", "/", "~")) or name.count("/") != 1:
        raise SubjectError(
            f"{text}: there is no folder {name!r}, and it is no id on the hub, which is OWNER/NAME; give a folder that "
            "save_pretrained wrote"
        )
    return downloaded(name, subfolder, text) / subfolder


def _class_in(folder: Path, text: str) -> str:
    """The class that config.json names, one of the four."""
    file = folder / "config.json"
    if (folder / "model_index.json").is_file():
        known = [found.name for found in sorted(folder.iterdir()) if _class_named(found / "config.json") in _CLASSES]
        hint = f"name its autoencoder: {text}:{known[0]}" if known else "it has no autoencoder that can be opened"
        raise SubjectError(f"{text} is a whole pipeline; {hint}")
    if not file.is_file():
        raise SubjectError(f"{text}: {folder} has no config.json; give a folder that save_pretrained wrote")
    kind = _class_named(file)
    if kind not in _CLASSES:
        raise SubjectError(f"{text}: config.json names the class {kind!r}; {', '.join(_CLASSES)} can be opened")
    return kind


def _class_named(file: Path) -> str:
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    return str(config.get("_class_name", "")) if isinstance(config, dict) else ""


def _loaded(kind: str, folder: Path, text: str) -> Any:
    if not sorted(folder.glob(f"{_WEIGHTS}*.safetensors")) and not insists():
        pickled = sorted(path.name for path in folder.glob(f"{_WEIGHTS}*.bin"))
        if pickled:
            raise SubjectError(
                f"{text} has only pickled weights ({', '.join(pickled)}), which may run code when they are loaded; "
                f"save it again with save_pretrained(safe_serialization=True), or set {INSIST}=1 if you trust the file"
            )
        raise SubjectError(f"{text}: {folder} has no {_WEIGHTS}.safetensors")
    try:
        import diffusers
        from diffusers.utils import logging
    except ImportError as error:
        raise SubjectError(f"{text} needs diffusers: pip install 'acutance[diffusers]'") from error
    logging.set_verbosity_error()
    safe = True if not insists() else None  # None: safetensors where they are there
    try:
        module = getattr(diffusers, kind).from_pretrained(
            str(folder), use_safetensors=safe, local_files_only=True, torch_dtype=torch.float32
        )
    except (OSError, ValueError, RuntimeError, TypeError, KeyError, AttributeError) as error:
        raise SubjectError(f"{text} cannot be loaded, its files are damaged or do not fit: {error}") from error
    return module.eval().requires_grad_(False)


def _parts(module: Any, kind: str, text: str, stated: Stated) -> Parts:
    decoder = _Decoder(module)
    takes = stated.takes or _SIGNED
    return Parts(
        text=text,
        family=kind,
        takes=takes,
        gives=stated.gives or takes,
        shape=stated.shape,
        modules=(module,),
        encode=partial(_codes, module) if kind == "VQModel" else module.encode,
        decode=decoder,
        decoder_copy=_copier(decoder),
        codebook=module.config.num_vq_embeddings if kind == "VQModel" else None,
        configuration={name: module.config[name] for name in _TOLD if module.config.get(name) is not None},
        parameters=counted((module,)),
        bfloat16=stated.bfloat16,
    )


def _codes(module: Any, images: Tensor) -> SimpleNamespace:
    """A VQModel's code: it leaves the quantiser to its `decode`, here it belongs to the code."""
    continuous = module.encode(images).latents
    rows, columns = continuous.shape[2:]
    indices = module.quantize(continuous)[2][2].reshape(len(images), rows, columns)
    quantized = module.quantize.get_codebook_entry(indices.flatten(), (len(images), rows, columns, continuous.shape[1]))
    return SimpleNamespace(quantized=quantized, continuous=continuous, indices=indices)


@final
class _Decoder(nn.Module):
    """What `decode` of the four classes does to latents, without quantiser and tiles."""

    def __init__(self, module: Any) -> None:
        super().__init__()
        self.first = getattr(module, "post_quant_conv", None) or nn.Identity()
        self.decoder: nn.Module = module.decoder
        self.spatial = module.config.get("norm_type") == "spatial"

    def forward(self, latents: Tensor) -> Any:
        first = self.first(latents)
        return self.decoder(first, latents) if self.spatial else self.decoder(first)


def _copier(decoder: _Decoder) -> Callable[[], nn.Module]:
    return lambda: copy.deepcopy(decoder)


def _check(model: Foreign, images: Tensor) -> tuple[str, ...]:
    doubts = check(model, images)
    config = model.parts.configuration
    factor, shift = config.get("scaling_factor"), config.get("shift_factor") or 0.0
    if not factor:
        return doubts
    assert isinstance(model, Encodes)
    with torch.no_grad():
        width = float((model.encode(images[:2]).mode - shift).std())
    if 1 / _WIDEST <= width * factor <= _WIDEST:
        return doubts
    return (
        *doubts,
        f"its scaling_factor {factor:g} makes the latents of these images {width * factor:.2g} wide, where a diffusion "
        f"model expects 1; {1 / max(width, 1e-9):.3g} would; reconstructions do not depend on it",
    )
