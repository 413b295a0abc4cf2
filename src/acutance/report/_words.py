"""What each reading is called on a page, and what it means in a sentence."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["ARROWS", "GROUPS", "Term", "rank", "term"]

ARROWS = {
    "higher": ("↑", "higher is better"),
    "lower": ("↓", "lower is better"),
    "one": ("→ 1", "1 is best"),
    "none": ("", "neither direction is better by itself"),
}

_SHARP, _FAITHFUL, _CODE, _SAMPLES, _OTHER = "Sharpness", "Faithfulness", "The code", "Samples", "More"
GROUPS = (_SHARP, _FAITHFUL, _CODE, _SAMPLES, _OTHER)


@dataclass(frozen=True)
class Term:
    """A reading in words.

    Attributes:
        title: its name for readers.
        meaning: one sentence.
        group: one of `GROUPS`.
    """

    title: str
    meaning: str
    group: str


_TERMS = {
    "detail_ratio_top_octave": Term(
        "Detail ratio, finest octave",
        "How much of the finest detail is there, right or not; real pictures score 1.",
        _SHARP,
    ),
    "apparent_acutance": Term(
        "Apparent acutance", "How crisp the pictures look: the detail ratio, weighted by what the eye sees.", _SHARP
    ),
    "faithful_acutance": Term(
        "Faithful acutance", "How crisp the pictures are where they are right, weighted by what the eye sees.", _SHARP
    ),
    "mtf50": Term(
        "MTF50", "The spatial frequency at which half of the contrast is left; a lens is judged by it.", _SHARP
    ),
    "mtf50p": Term(
        "MTF50P", "The frequency at which contrast falls to half of its peak; sharpening does not raise it.", _SHARP
    ),
    "mtf_area": Term("MTF area", "The area below the gain curve; 1 is all contrast kept, everywhere.", _SHARP),
    "blur_sigma_px": Term(
        "Equivalent blur", "The width (sigma) of the Gaussian blur that would soften the real pictures as much.", _SHARP
    ),
    "coherence_top_octave": Term(
        "Coherence, finest octave",
        "How much of the finest real detail the output follows; 1 is all, 0 is none.",
        _FAITHFUL,
    ),
    "averaging_slope": Term(
        "Averaging slope", "1 for a decoder that shows the average of all pictures that fit its code.", _FAITHFUL
    ),
    "averaging_gap": Term(
        "Averaging gap",
        "0 for an average of all pictures that fit the code; above 0 it invents, below it smooths.",
        _FAITHFUL,
    ),
    "sign_balance": Term("Sign balance", "0 for a median: as many values too bright as too dark.", _FAITHFUL),
    "sign_slope": Term(
        "Sign slope", "0 for a median; above 0 for values drawn to the middle between likely ones.", _FAITHFUL
    ),
    "response_index": Term(
        "Response to missing detail",
        "0: it averages. 1: it invents all it does not know. Below 0: it smooths too much.",
        _FAITHFUL,
    ),
    "independence_nats_per_dim": Term(
        "Cost of independent pixels",
        "The likelihood lost by treating the pixels of the error as independent.",
        _FAITHFUL,
    ),
    "shift_down_px": Term(
        "Shift down", "A constant shift of the output against the input, which is no blur.", _FAITHFUL
    ),
    "shift_right_px": Term("Shift right", "The same, to the right.", _FAITHFUL),
    "psnr": Term("PSNR", "Pixel accuracy on a logarithmic scale; it rewards averaging.", _FAITHFUL),
    "ssim": Term("SSIM", "Likeness of local structure; 1 is the same picture.", _FAITHFUL),
    "ms_ssim": Term("MS-SSIM", "The same at several scales.", _FAITHFUL),
    "mse": Term("Squared error", "Mean squared difference of values from 0 to 1; averaging makes it least.", _FAITHFUL),
    "perceptual_distance": Term("Perceptual distance", "Distance of a network's features, place by place.", _FAITHFUL),
    "rate_bits": Term("Rate", "How much the code says about a picture.", _CODE),
    "active_units": Term("Active latents", "How many latent numbers carry information.", _CODE),
    "codebook_perplexity": Term("Codebook perplexity", "How many codes are used, counted by how evenly.", _CODE),
    "codebook_usage": Term("Codebook usage", "The share of codes used at all.", _CODE),
    "decoder_sigma": Term("Decoder sigma", "The pixel noise that the training loss assumes.", _CODE),
    "decoder_sigma_over_rmse": Term(
        "Decoder sigma over error",
        "1 when the assumed noise equals the real error; far above 1, detail is cut on purpose.",
        _CODE,
    ),
    "detail_ratio_top_octave_floor": Term(
        "Detail ratio of real pictures, finest octave",
        "One half of the real pictures against the other: chance alone.",
        _SAMPLES,
    ),
    "samples_detail_ratio_top_octave": Term(
        "Detail ratio of samples, finest octave",
        "How much of the finest detail samples have; real pictures score 1.",
        _SAMPLES,
    ),
    "frechet_distance": Term(
        "Fréchet distance", "How far the samples lie from real pictures as a population.", _SAMPLES
    ),
    "frechet_distance_floor": Term(
        "Fréchet distance of real pictures", "One half of the real pictures against the other: chance alone.", _SAMPLES
    ),
    "frechet_distance_infinity": Term(
        "Fréchet distance, limit", "The same with as many pictures as one could wish for.", _SAMPLES
    ),
    "kernel_distance": Term(
        "Kernel distance", "The same question, without bias from the number of pictures.", _SAMPLES
    ),
    "precision": Term("Precision", "The share of samples that look like real pictures.", _SAMPLES),
    "recall": Term("Recall", "The share of real pictures that the samples reach.", _SAMPLES),
    "density": Term("Density", "How densely samples stand where real pictures are; 1 is right.", _SAMPLES),
    "coverage": Term("Coverage", "The share of real pictures that have a sample close by: the variety.", _SAMPLES),
    "memorised_share": Term(
        "Memorised share",
        "The share of samples nearer to a real picture than its nearest real neighbour; about 0.5 is chance.",
        _SAMPLES,
    ),
    "vendi_score": Term("Vendi score", "How many really different pictures the samples amount to.", _SAMPLES),
    "vendi_score_real": Term("Vendi score of real pictures", "The same of the real pictures.", _SAMPLES),
    "birthday_support": Term(
        "Birthday support", "How many equally likely pictures would repeat as often as the samples do.", _SAMPLES
    ),
    "gradient_kurtosis_ratio": Term(
        "Gradient kurtosis",
        "How edge-like the brightness steps are, against real pictures; real pictures score 1.",
        _SAMPLES,
    ),
    "edge_mtf50": Term("Edge MTF50", "Where the contrast of straight edges in samples falls to half.", _SAMPLES),
    "edge_width_px": Term(
        "Edge width", "How wide straight edges in samples are; an ideal edge is about 1 px.", _SAMPLES
    ),
    "edge_width_ratio": Term("Edge width ratio", "The same over that of the real pictures.", _SAMPLES),
    "spectrum_test_p": Term(
        "Test on spectra", "How likely a difference as large is between two sets of real pictures.", _SAMPLES
    ),
    "spectrum_gap_db": Term("Gap of spectra", "How far the power of samples is off, over all bands.", _SAMPLES),
    "blur_effect": Term(
        "Blur effect", "How little a picture changes when it is blurred again; a cross-check.", _SAMPLES
    ),
    "modes": Term("Modes", "How many of the known kinds of picture appear.", _SAMPLES),
    "modes_divergence": Term("Divergence of modes", "How unevenly they appear; 0 is evenly.", _SAMPLES),
    "conditional_variance": Term(
        "Variance given the input", "How far several outputs from one input lie from their mean, squared.", _SAMPLES
    ),
    "noise_use": Term(
        "Use of noise", "How much two outputs from one input differ; 0 means the noise is ignored.", _SAMPLES
    ),
}

_VARIANTS = (
    (re.compile(r"_floor$"), "real against other real pictures"),
    (re.compile(r"_real$"), "of the real pictures"),
    (re.compile(r"_middle$"), "by the middle features"),
    (re.compile(r"_k(\d+)$"), r"with \1 neighbours"),
)


def term(name: str) -> Term:
    """The reading called `name` in words; an unknown one keeps its name, a variant is named after what it varies."""
    if name in _TERMS:
        return _TERMS[name]
    for ending, words in _VARIANTS:
        found = ending.search(name)
        whole = term(name[: found.start()]) if found else None
        if found and whole and whole.meaning:
            variant = found.expand(words)
            return Term(f"{whole.title}, {variant}", f"{whole.meaning} Here: {variant}.", _OTHER)
    return Term(name.replace("_", " "), "", _OTHER)


def rank(name: str) -> tuple[int, int, str]:
    """Where the reading stands in a table: by group, then in the order above."""
    known = list(_TERMS)
    return GROUPS.index(term(name).group), known.index(name) if name in _TERMS else len(known), name
