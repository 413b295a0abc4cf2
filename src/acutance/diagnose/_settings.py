"""What a subject's configuration calls the thing that a prescription wants changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["CODEBOOK", "KL_WEIGHT", "LATENTS", "SIGMA", "SIZES", "Setting", "setting"]

LATENTS = ("latents", "latent_channels", "latent_dim", "latent_size", "z_dim", "z_channels", "latent_dimension")
SIGMA = ("sigma", "decoder_sigma", "decoder_std", "noise_std")
KL_WEIGHT = ("kl_weight", "beta", "kld_weight", "kl_coef", "kl_scale")
CODEBOOK = ("num_vq_embeddings", "num_embeddings", "codebook_size", "n_embed", "n_e", "levels")
SIZES = ("widths", "block_out_channels", "decoder_block_out_channels", "channels", "hidden_dims", "width")


@dataclass(frozen=True)
class Setting:
    """One entry of a configuration: its path, dotted, and its value."""

    path: str
    value: Any

    @property
    def number(self) -> float | None:
        """The value, if it is a number."""
        return float(self.value) if isinstance(self.value, int | float) and not isinstance(self.value, bool) else None


def setting(configuration: Mapping[str, Any], names: tuple[str, ...]) -> Setting | None:
    """The first of these names that the configuration has, at any depth.

    Example:
        >>> setting({"model": {"beta": 4.0}}, KL_WEIGHT)
        Setting(path='model.beta', value=4.0)
    """
    found = {path.rpartition(".")[2]: Setting(path, value) for path, value in reversed([*_flat(configuration)])}
    return next((found[name] for name in names if name in found), None)


def _flat(configuration: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in configuration.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value
