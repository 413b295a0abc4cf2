"""docs/families.md: a pure function of what was found."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from acutance.stats import mean_interval
from families_suite.expected import EXPECTED, INVENTORS, Means
from families_suite.result import Result, Value

_COLUMNS = (
    ("detail ratio y", "detail_ratio_top_octave", 3),
    ("coherence q", "coherence_top_octave", 3),
    ("slope", "slope_top_octave", 3),
    ("rate, bits", "rate_bits", 0),
    ("noise use", "noise_use", 3),
    ("Frechet, rec.", "reconstructions_frechet_distance", 1),
    ("kernel, rec.", "reconstructions_kernel_distance", 3),
)
_CODES = (
    ("perplexity", "codebook_perplexity", 1),
    ("share of entries in use", "codebook_usage", 3),
    ("rate, bits", "rate_bits", 0),
)
_STATED = (
    ("nats a pixel", "nats_per_pixel", 3),
    ("rate, bits", "rate_bits", 0),
    ("y shown", "detail_ratio_top_octave", 3),
    ("y drawn", "drawn_detail_ratio_top_octave", 3),
)
_SAMPLED = (
    ("detail ratio y", "samples_detail_ratio_top_octave", 3),
    ("coverage", "coverage", 3),
    ("Frechet", "frechet_distance", 1),
    ("kernel", "kernel_distance", 3),
)


def means_of(results: Sequence[Result]) -> Means:
    """The mean over seeds of every reading of every cell."""
    names = {name for result in results for name in result.readings}
    return {
        cell: {name: float(np.mean(values)) for name in names if (values := _values(group, name))}
        for cell, group in _by_cell(results).items()
    }


def page(results: Sequence[Result], date: str) -> str:
    """The page.

    Args:
        results: of every cell with every seed that was run.
        date: of the file with the numbers.
    """
    images = results[0].images
    return f"""# The families side by side

`make families` made this page and `benchmarks/results/families.json` on {date}.
Each system is its preset with one length for all, {images:,} images of `builtin:icons` (32 px), and one decoder
(theory.md, E); {_seeds(results)}. Measured on the held-out icons; `y`, `q` and the slope are those of
the finest octave, of outputs from a draw of the code. `adversarial_decoder`, `flow_decoder` and `energy_decoder` go on
from the `spatial_vae` of their seed, with as many images again.

A number is the mean over seeds, behind it the half width of Student's 95 % interval over seeds. The intervals over
images, seed by seed, stand at the end.

## Reconstructions

Noise use: two outputs for one image, from two draws of its code, differ by this share of what is left open (T11). The
distances are between the originals and their own reconstructions, each as a set.

{_table(results, _COLUMNS)}

## Codes

Perplexity and usage are those of the code at one place, of several books the mean of each, corrected for the number of
images (O5). A perplexity as large as the book says that all entries are used alike.

{_table([result for result in results if result.value("codebook_perplexity") is not None], _CODES)}

## Likelihoods

Systems that state how images are distributed around what they show; where nothing is said, as a Gaussian of calibrated
width. Nats a pixel are of a held-out image and one draw of its code, as densities over [0, 1], so that they can be
compared; the rate is not in them. Drawn: with the likelihood's noise, what lies outside [0, 1] cut off. Most pixels of
icons are exactly 0 or 1, which a mixture over levels can name and a density cannot.

{_table([result for result in results if result.value("nats_per_pixel") is not None], _STATED)}

## Samples

As many samples as held-out images. Systems without a prior are left out. Coverage of real images by real images of
the same number is .969 (k = 5; theory.md, O5).

{_table([result for result in results if result.value("coverage") is not None], _SAMPLED)}

## Expected and found

Written in `benchmarks/families_suite/expected.py` before the first training; judged by the means over seeds.

{_verdicts(results)}

## Training

Minutes by the clock, with other work on the machine.

{_training(results)}

## Every seed, with 95 % intervals over images

{_every(results)}
"""


def _seeds(results: Sequence[Result]) -> str:
    """Which were run, and which systems lack some of them."""
    seeds = sorted({result.seed for result in results})
    lacking = {
        cell: [str(seed) for seed in seeds if seed not in {result.seed for result in group}]
        for cell, group in _by_cell(results).items()
    }
    told = "; ".join(f"{cell} without {' and '.join(missing)}" for cell, missing in lacking.items() if missing)
    words = f"seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}"
    return f"{words} ({told})" if told else words


def _by_cell(results: Sequence[Result]) -> dict[str, list[Result]]:
    found: dict[str, list[Result]] = {}
    for result in results:
        found.setdefault(result.cell, []).append(result)
    return found


def _values(group: Sequence[Result], name: str) -> list[float]:
    return [value for result in group if (value := result.value(name)) is not None]


def _table(results: Sequence[Result], columns: Sequence[tuple[str, str, int]]) -> str:
    shown = {
        cell: [_over_seeds(_values(group, name), digits) for _, name, digits in columns]
        for cell, group in _by_cell(results).items()
        if any(_values(group, name) for _, name, _ in columns)
    }
    rows = [_row(cell, *cells) for cell, cells in shown.items()]
    return "\n".join([_row("system", *(title for title, *_ in columns)), _rule(len(columns) + 1), *rows])


def _over_seeds(values: Sequence[float], digits: int) -> str:
    if not values:
        return "-"
    mean, low, high = mean_interval(np.array(values))
    spread = "" if math.isnan(low) else f" +- {(high - low) / 2:.{digits}f}"
    return f"{mean:.{digits}f}{spread}"


def _verdicts(results: Sequence[Result]) -> str:
    means, lines = means_of(results), [_row("expected", "found"), _rule(2)]
    for expected in EXPECTED:
        exceptions = expected.exceptions(means)
        lacking = [cell for cell in INVENTORS if cell in expected.words and cell not in means]
        rest = f" (not run: {', '.join(lacking)})" if lacking else ""
        lines.append(_row(expected.words, (f"not so: {'; '.join(exceptions)}" if exceptions else "so") + rest))
    return "\n".join(lines)


def _training(results: Sequence[Result]) -> str:
    rows = [_row("system", "numbers", "minutes on one thread, each seed", "warnings"), _rule(4)]
    for cell, group in _by_cell(results).items():
        minutes = ", ".join(f"{result.seconds / 60:.1f}" for result in group)
        warned = "; ".join(f"seed {r.seed}: {w.partition(' (')[0]}" for r in group for w in r.warnings)
        rows.append(_row(cell, f"{group[0].parameters:,}", minutes, warned or "none"))
    return "\n".join(rows)


def _every(results: Sequence[Result]) -> str:
    columns = (*_COLUMNS[:5], *((f"samples' {title}", name, digits) for title, name, digits in _SAMPLED))
    rows = [_row("system", "seed", *(title for title, *_ in columns)), _rule(len(columns) + 2)]
    for group in _by_cell(results).values():
        for result in group:
            shown = [_over_images(result.readings.get(name), digits) for _, name, digits in columns]
            rows.append(_row(result.cell, str(result.seed), *shown))
    return "\n".join(rows)


def _over_images(value: Value | None, digits: int) -> str:
    if value is None or value.value is None:
        return "-"
    if value.low is None or value.high is None:
        return f"{value.value:.{digits}f}"
    return f"{value.value:.{digits}f} ({value.low:.{digits}f} to {value.high:.{digits}f})"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _rule(columns: int) -> str:
    return "|" + "---|" * columns
