"""The door to the TorchMetrics wrappers: torchmetrics is imported when one is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from acutance.errors import ConfigError
from acutance.measure._distances import Effort
from acutance.measure._features import FeatureNet

if TYPE_CHECKING:
    from acutance.measure._torchmetrics import PairMetric, SampleMetric

__all__ = ["pair_metric", "sample_metric"]

_MISSING = "the wrappers need torchmetrics, which cannot be imported ({}); pip install 'acutance[metrics]'"


def pair_metric(name: str, reading: str | None = None) -> PairMetric:
    """A paired measure as a TorchMetrics metric; see `PairMetric`.

    Args:
        name: of the measure, e.g. `psnr` or `paired_spectra`.
        reading: the one to give, e.g. `mtf50`; by default all that the measure has, as a dict.

    Raises:
        ConfigError: torchmetrics is not installed, or there is no such measure of pairs.
    """
    try:
        from acutance.measure._torchmetrics import PairMetric
    except ImportError as error:
        raise ConfigError(_MISSING.format(error)) from error
    return PairMetric(name, reading)


def sample_metric(
    reading: str | None = None,
    *,
    features: FeatureNet | None = None,
    effort: Effort = "fast",
    reset_real_features: bool = True,
) -> SampleMetric:
    """Samples against a real set as a TorchMetrics metric; see `SampleMetric`.

    Args:
        reading: the one to give, e.g. `frechet_distance`; by default all of `measure_samples`, as a dict.
        features: images to features; the shipped SqueezeNet by default.
        effort: see `measure_samples`.
        reset_real_features: whether `reset` forgets the real set too.

    Raises:
        ConfigError: torchmetrics is not installed.
    """
    try:
        from acutance.measure._torchmetrics import SampleMetric
    except ImportError as error:
        raise ConfigError(_MISSING.format(error)) from error
    return SampleMetric(reading, features=features, effort=effort, reset_real_features=reset_real_features)
