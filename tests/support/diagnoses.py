"""A made-up diagnosis with the pattern of a real one: a VAE whose noise is set too high, and whose code is small."""

from __future__ import annotations

import dataclasses
import math

import comparisons
import numpy as np
from PIL import Image, ImageFilter

from acutance.diagnose import (
    BudgetStep,
    Diagnosis,
    Estimate,
    Evidence,
    Location,
    Prescription,
    SamplesCause,
    StagePictures,
    SubjectRecord,
    Verdict,
)
from acutance.diagnose._gradient_audit import GradientAudit, Reach, TermReach

EXPLAINED = 0.62


def location(
    name: str, share: float, verdict: Verdict, *, half: float = 0.04, evidence: tuple[Evidence, ...] = ()
) -> Location:
    """A location that lost this share of `1 - EXPLAINED`."""
    lost = share * (1 - EXPLAINED)
    return Location(
        location=name,
        share=share,
        low=max(0.0, share - half),
        high=share + half,
        verdict=verdict,
        cure=f"What helps against {name}.",
        explained=Estimate(value=lost, low=lost - half * 0.4, high=lost + half * 0.4),
        coherence=Estimate(value=lost * 0.9, low=lost * 0.8, high=lost),
        detail_ratio=Estimate(value=lost * 1.1, low=lost, high=lost * 1.2),
        by_band=(math.nan, share * 0.7, share * 0.9, min(1.0, share * 1.1)),
        evidence=evidence,
    )


def evidence(name: str, words: str, **numbers: float) -> Evidence:
    """One thing that was measured."""
    return Evidence(name=name, words=words, numbers=numbers)


def locations() -> tuple[Location, ...]:
    """Rate first, then bottleneck; the decoder undecided; the rest absent."""
    return (
        location(
            "rate",
            0.55,
            "present",
            evidence=(
                evidence("decoder_sigma", "Sigma is 1.0, and 4.1 times the error that is left.", sigma=1.0, ratio=4.1),
                evidence("best_point", "The best point explains .86 where the code explains .62.", gain=0.24),
            ),
        ),
        location(
            "bottleneck",
            0.27,
            "present",
            evidence=(evidence("pca", "PCA with 48 numbers explains .69.", explained=0.69),),
        ),
        location("decoder", 0.12, "undecided", half=0.1),
        location("encoder", 0.05, "absent"),
        location("encoder_noise", 0.01, "absent", half=0.01),
    )


def softened(blur: float) -> np.ndarray:
    """The originals of the comparison, blurred."""
    made = comparisons.icons(16)[..., 0]
    soft = [np.asarray(Image.fromarray(picture).filter(ImageFilter.GaussianBlur(blur))) for picture in made]
    return np.stack(soft)[..., None]


def stages() -> tuple[StagePictures, ...]:
    """Less and less detail of the same images, and samples that match none."""
    named = (("best_latent", "Best latent", 0.3), ("mean", "Mean of the code", 0.6), ("sample", "As used", 0.75))
    return (
        StagePictures(stage="data", title="Original", images=comparisons.icons(16)),
        *(StagePictures(stage=stage, title=title, images=softened(blur)) for stage, title, blur in named),
        StagePictures(stage="prior", title="Sample from the prior", images=comparisons.icons(16, seed=7, blur=0.9)),
    )


def budget() -> tuple[BudgetStep, ...]:
    """Decibels that fall from stage to stage, and rise once."""
    levels = (("data", 0.0), ("best_latent", -0.6), ("mean", -2.1), ("sample", -1.7), ("prior", -3.9))
    before, steps = 0.0, []
    for stage, db in levels:
        by_band = (db / 4, db / 2, db, -math.inf if stage == "prior" else 1.5 * db)
        half = 0.0 if stage == "data" else 0.2
        steps.append(
            BudgetStep(stage=stage, db=db, low=db - half, high=db + half, step_db=db - before, by_band=by_band)
        )
        before = db
    return tuple(steps)


def prescriptions() -> tuple[Prescription, ...]:
    """Two things to change."""
    return (
        Prescription(
            cause="rate",
            change="Set decoder sigma from 1.0 to 0.24 (kl_weight 1.0 to 0.06 with your mean-reduced loss).",
            because="The noise that the loss assumes is 4.1 times the error that is left.",
            coherence=0.81,
            detail_ratio=0.8,
            will_not="It will not add detail that 48 latents cannot hold, and samples from the prior may suffer.",
            basis="at_least",
        ),
        Prescription(
            cause="bottleneck",
            change="Raise latents from 48 to 128.",
            because="All 48 units are active, and the best point gains nothing in the finest octave.",
            coherence=0.7,
            detail_ratio=math.nan,
            will_not="It will not make an averaging decoder crisp.",
        ),
    )


def reach(term: str, part: str, how: Reach, share: float = 0.0) -> TermReach:
    """What a loss term does to a part."""
    return TermReach(term=term, part=part, reach=how, norm=share, share=share, last_layer=share)


def diagnosis(subject: SubjectRecord | None = None) -> Diagnosis:
    """The diagnosis of the VAE of the made-up comparison, or of another subject."""
    made = comparisons.comparison()
    return Diagnosis(
        subject=subject or made.subjects[0],
        data=made.data,
        effort="fast",
        seed=0,
        explained=Estimate(value=EXPLAINED, low=0.6, high=0.64),
        locations=locations(),
        price=None,
        samples=(
            SamplesCause(
                cause="prior_gap",
                effect_db=-2.2,
                low=-2.4,
                high=-2.0,
                verdict="present",
                cure="Draw latents from the aggregate.",
                evidence=(evidence("aggregate", "Latents of real pictures lose 0.3 dB, those of the prior 2.5."),),
            ),
        ),
        budget_db=budget(),
        stages=stages(),
        prescriptions=prescriptions(),
        answer=(
            "The VAE loses 38 % of the detail. 55 % of that is lost to rate: the loss assumes noise of sigma 1.0, "
            "4.1 times the error that is left, so everything finer is cut. Its decoder averages what it does not know."
        ),
        audit=GradientAudit(
            reaches=(
                reach("mse", "encoder", "reaches", 0.7),
                reach("mse", "decoder", "reaches", 1.0),
                reach("kl", "encoder", "reaches", 0.3),
                reach("kl", "decoder", "elsewhere"),
                reach("perceptual", "encoder", "detached"),
                reach("perceptual", "decoder", "detached"),
            ),
            batches=1,
        ),
        warnings=("Only 64 images were optimised, so the interval of the encoder is wide.",),
    )


def healthy() -> Diagnosis:
    """Of a subject with nothing to put right."""
    absent = tuple(dataclasses.replace(found, verdict="absent") for found in locations())
    return dataclasses.replace(
        diagnosis(), locations=absent, prescriptions=(), warnings=(), samples=(), answer="Nothing is wrong with it."
    )


def generator() -> Diagnosis:
    """Of a GAN: the samples part alone."""
    found = diagnosis(comparisons.gan())
    return dataclasses.replace(
        found, explained=None, locations=(), budget_db=(), stages=(found.stages[0], found.stages[-1]), prescriptions=()
    )


def inventing() -> Diagnosis:
    """Of an adversarial decoder: it pays a price, which is in no location's share."""
    price, left = Estimate(value=0.08, low=0.06, high=0.1), Estimate(value=EXPLAINED - 0.08, low=0.52, high=0.56)
    return dataclasses.replace(diagnosis(comparisons.adversarial()), price=price, explained=left)
