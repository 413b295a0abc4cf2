"""Models of pythae: `pythae:FOLDER`, from its JSON and its weights; pickled networks are refused.

pythae pickles networks that are not its own beside the weights. Loading those runs whatever is in them, so it takes the
user's word: ACUTANCE_ALLOW_PICKLE=1. Its models take and give [0, 1].
"""

from __future__ import annotations

import copy
import json
import pathlib
from collections.abc import Callable, Mapping
from functools import partial
from types import SimpleNamespace
from typing import Any, final

import torch
from torch import Tensor, nn

from acutance.errors import SubjectError
from acutance.subjects._check import check
from acutance.subjects._configuration import counted, sigma_facts
from acutance.subjects._foreign import Foreign, Parts, adapt
from acutance.subjects._insist import INSIST, insists
from acutance.subjects._opened import Opened
from acutance.subjects._stated import Stated, split
from acutance.subjects._values import UNIT

__all__ = ["opened"]

_NORMAL_PRIOR = (
    "Adversarial_AE",
    "BetaTCVAE",
    "BetaVAE",
    "CIWAE",
    "DisentangledBetaVAE",
    "FactorVAE",
    "INFOVAE_MMD",
    "IWAE",
    "MIWAE",
    "MSSSIM_VAE",
    "VAE",
    "VAEGAN",
    "WAE_MMD",
)
_FAMILIES = sorted((*_NORMAL_PRIOR, "AE", "RAE_GP", "RAE_L2", "VAMP", "VQVAE"))
_HALF_SQUARES = ("VAE", "BetaVAE", "IWAE", "VAMP")
"""Families whose loss is half the summed squared error plus `beta` times the KL: sigma = sqrt(beta) (T9)."""


def opened(argument: str) -> Opened:
    """The model that pythae saved in a folder.

    Raises:
        SubjectError: there is none, its family encodes into something else, or its networks are pickled.
    """
    where, stated = split("pythae", argument)
    text, folder = f"pythae:{argument}", pathlib.Path(where).expanduser()
    config = _config(folder, text)
    family = str(config.get("name", "")).removesuffix("Config").rstrip("_")
    if family not in _FAMILIES:
        raise SubjectError(
            f"{text} holds a {family or 'model without a name'}; those whose code is a point, a Gaussian or codes can "
            f"be opened: {', '.join(_FAMILIES)}"
        )
    module = _loaded(folder, family, text)
    model = adapt(_parts(module, family, config, text, stated))
    assert isinstance(model, Foreign)
    made = {"class": family, **model.configuration()}
    return Opened(text=text, name=folder.resolve().name, model=model, check=partial(check, model), made=made)


def _config(folder: pathlib.Path, text: str) -> Mapping[str, Any]:
    file = folder / "model_config.json"
    if not file.is_file():
        hint = "; its last training is in its folder final_model" if (folder / "final_model").is_dir() else ""
        raise SubjectError(f"{text} is no model of pythae: there is no {file}{hint}")
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise SubjectError(f"{text}: {file} is not JSON: {error}") from error
    if not isinstance(config, dict):
        raise SubjectError(f"{text}: {file} is no JSON object")
    return config


def _loaded(folder: pathlib.Path, family: str, text: str) -> Any:
    pickled = sorted(path.name for path in folder.glob("*.pkl"))
    if pickled and not insists():
        raise SubjectError(
            f"{text} has pickled networks ({', '.join(pickled)}), which run code when they are loaded; set {INSIST}=1 "
            "if you trust them, or build the model in a module of yours and open it as python:MODULE:ATTRIBUTE"
        )
    try:
        import pythae.models as library
    except ImportError as error:
        raise SubjectError(f"{text} needs pythae: pip install 'acutance[pythae]'") from error
    try:
        with torch.random.fork_rng(devices=[]):  # building draws weights, which are overwritten at once
            module = _trusted(library, folder) if pickled else _built(library, family, folder)
            weights = torch.load(folder / "model.pt", map_location="cpu", weights_only=True)
            module.load_state_dict(weights["model_state_dict"])
    except FileNotFoundError as error:
        raise SubjectError(f"{text}: {folder} has no {pathlib.Path(str(error.filename)).name}") from error
    except Exception as error:  # pydantic's and the unpickler's errors have no common parent
        raise SubjectError(
            f"{text} cannot be loaded, its files are damaged or do not fit: {type(error).__name__}: {error}"
        ) from error
    return module.eval().requires_grad_(False)


def _trusted(library: Any, folder: pathlib.Path) -> Any:
    return library.AutoModel.load_from_folder(str(folder))


def _built(library: Any, family: str, folder: pathlib.Path) -> Any:
    """The model with the library's own networks, which its configuration describes fully."""
    from pythae.models import auto_model

    config = auto_model.AutoConfig.from_json_file(str(folder / "model_config.json"))
    return getattr(library, family)(config)


def _parts(module: Any, family: str, config: Mapping[str, Any], text: str, stated: Stated) -> Parts:
    channels, height, width = config["input_dim"]
    size = int(config["latent_dim"])
    takes, decoder = stated.takes or UNIT, _Decoder(module.decoder)
    beta = float(config.get("beta", 1.0)) if family in _HALF_SQUARES else None
    known = beta if config.get("reconstruction_loss") == "mse" else None
    return Parts(
        text=text,
        family=family,
        takes=takes,
        gives=stated.gives or takes,
        shape=(channels, height, width),
        modules=(module,),
        encode=partial(_codes if family == "VQVAE" else _posterior, module),
        decode=decoder,
        decoder_copy=_copier(decoder),
        prior=partial(_normal, size) if family in _NORMAL_PRIOR else None,
        codebook=config.get("num_embeddings"),
        facts=sigma_facts(None if known is None else 1.0, known),
        configuration={name: value for name, value in config.items() if name not in ("name", "input_dim")},
        parameters=counted((module,)),
    )


def _posterior(module: Any, images: Tensor) -> object:
    found = module.encoder(images)
    log_variance = found.get("log_covariance")
    if log_variance is None:
        return found["embedding"]
    return SimpleNamespace(mean=found["embedding"], std=(0.5 * log_variance).exp())


def _codes(module: Any, images: Tensor) -> SimpleNamespace:
    """The code of a VQVAE: as its forward does, channels last for the quantiser."""
    continuous = module.encoder(images)["embedding"]
    maps = continuous.reshape(len(images), 1, 1, -1) if continuous.ndim == 2 else continuous
    grid = maps.permute(0, 2, 3, 1)
    indices = module.quantizer(grid).quantized_indices.reshape(grid.shape[:3])
    book = module.quantizer.embeddings
    entries = (book if isinstance(book, Tensor) else book.weight)[indices]
    quantized = entries.permute(0, 3, 1, 2).reshape(continuous.shape)
    return SimpleNamespace(quantized=quantized, continuous=continuous, indices=indices)


def _normal(size: int, n: int, generator: torch.Generator) -> Tensor:
    return torch.randn(n, size, generator=generator, device=generator.device)


@final
class _Decoder(nn.Module):
    """Its decoder, which returns images under a name."""

    def __init__(self, decoder: nn.Module) -> None:
        super().__init__()
        self.decoder = decoder

    def forward(self, latents: Tensor) -> Any:
        return self.decoder(latents)["reconstruction"]


def _copier(decoder: _Decoder) -> Callable[[], nn.Module]:
    return lambda: copy.deepcopy(decoder)
