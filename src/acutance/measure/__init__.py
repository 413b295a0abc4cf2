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
from acutance.measure._pairs import PairsMeasurement, measure_pairs, paired_difference
from acutance.measure._reading import Better, Reading
from acutance.measure._samples import SamplesMeasurement, measure_samples
from acutance.measure._squeezenet import FeatureNet, SqueezeNet

__all__ = [
    "BAND_FIELDS",
    "MEASURES",
    "Band",
    "Better",
    "Curve",
    "FeatureNet",
    "Measure",
    "PairMeasure",
    "PairsMeasurement",
    "PopulationMeasure",
    "Reading",
    "SamplesMeasurement",
    "SqueezeNet",
    "measure_pairs",
    "measure_samples",
    "paired_difference",
]

MEASURES = Catalog("acutance.measure", noun="measure", attribute="MEASURE")
"""Every measure, by file name."""
