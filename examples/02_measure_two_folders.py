"""Measure pictures that any tool made, against their originals: no model is needed.

python examples/02_measure_two_folders.py ORIGINALS OUTPUTS     (matched by file name)
"""

from __future__ import annotations

import sys

from acutance.data import match_pairs, open_source
from acutance.measure import measure_pairs


def main(originals: str, outputs: str, size: int | None = None) -> dict[str, float]:
    pairs = match_pairs(open_source(originals, size=size), open_source(outputs, size=size))
    found = measure_pairs(pairs.input.tensor(), pairs.target.tensor())
    for name in ("mtf50", "blur_sigma_px", "averaging_slope", "psnr"):
        reading = found.reading(name)
        print(f"{name:16} {reading.value:8.3f} {reading.unit}   95 %: {reading.low:.3f} to {reading.high:.3f}")
        for note in reading.preconditions:
            print(f"{'':16} but {note}")
    print("octave of cycles/px     there   rightly there")
    for band in found.bands:
        shown, known = band.values["detail_ratio"], band.values["coherence"]
        print(f"{band.low:.3f} to {band.high:.3f}         {shown:5.2f}   {known:5.2f}")
    return {reading.name: reading.value for reading in found.readings}


if __name__ == "__main__":
    main(*sys.argv[1:3])
