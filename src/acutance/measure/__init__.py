"""Streaming measures: tensors in, readings with intervals out; no model needed.

```python
from acutance.measure import measure_pairs, measure_samples
found = measure_pairs(originals, reconstructions)     # (N, C, H, W) float in [0, 1]
print(found.reading("mtf50"))
```

Every module here without a leading underscore is one measure, found by its file name.
"""

from acutance.catalog import Catalog
from acutance.measure._bands import BAND_FIELDS, Band, Curve
from acutance.measure._base import Measure, PairMeasure, PopulationMeasure
from acutance.measure._distances import Effort
from acutance.measure._features import FEATURES, FeatureNet, NamedNet, feature_net, identity_of
from acutance.measure._metrics import pair_metric, sample_metric
from acutance.measure._modes import birthday_support, mode_count
from acutance.measure._nearest_label import modes_of, stacked_modes_of
from acutance.measure._noise_use import DrawsMeasurement, noise_use
from acutance.measure._paired_result import PairsMeasurement
from acutance.measure._pairs import measure_pairs, paired_difference
from acutance.measure._reading import Better, Reading
from acutance.measure._sample_sets import SampleSets
from acutance.measure._samples import Modes, SamplesMeasurement, measure_samples
from acutance.measure._squeezenet import SqueezeNet

__all__ = [
    "BAND_FIELDS",
    "FEATURES",
    "MEASURES",
    "Band",
    "Better",
    "Curve",
    "DrawsMeasurement",
    "Effort",
    "FeatureNet",
    "Measure",
    "Modes",
    "NamedNet",
    "PairMeasure",
    "PairsMeasurement",
    "PopulationMeasure",
    "Reading",
    "SampleSets",
    "SamplesMeasurement",
    "SqueezeNet",
    "birthday_support",
    "feature_net",
    "identity_of",
    "measure_pairs",
    "measure_samples",
    "mode_count",
    "modes_of",
    "noise_use",
    "pair_metric",
    "paired_difference",
    "sample_metric",
    "stacked_modes_of",
]

MEASURES = Catalog("acutance.measure", noun="measure", attribute="MEASURE")
"""Every measure, by file name."""
