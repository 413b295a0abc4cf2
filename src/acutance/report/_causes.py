"""What locations, samples causes and stages are called on a page, and what each means in a sentence."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CauseWords", "cause_words", "sentence", "stage_words", "verdict_shown", "verdict_words"]


@dataclass(frozen=True)
class CauseWords:
    """A cause for readers.

    Attributes:
        title: a few words, as in "Lost in ...".
        meaning: what it says of a model, one sentence; empty where nothing is known.
    """

    title: str
    meaning: str


_CAUSES = {
    "data": CauseWords(
        "Input pipeline", "The detail was gone before the encoder saw the picture: resized, cropped or compressed away."
    ),
    "bottleneck": CauseWords(
        "Too few latents", "The code has too few numbers for this detail, however well they are used."
    ),
    "rate": CauseWords(
        "Too little rate",
        "The code has room, but the loss makes it noisy: detail that is worth less than its rate is cut.",
    ),
    "encoder": CauseWords(
        "Encoder", "A better code of the same size and rate exists for these pictures; the encoder does not find it."
    ),
    "encoder_noise": CauseWords(
        "Noise on the code", "The code is decoded with more noise than the decoder was trained for."
    ),
    "quantization": CauseWords("Quantiser", "Rounding to the entries of the codebook loses detail that was encoded."),
    "decoder": CauseWords("Decoder", "The code holds this detail, and the decoder does not show it."),
    "averaging": CauseWords("Averaging", "What the code leaves open is answered with an average, which is blurred."),
    "prior_gap": CauseWords("Prior gap", "Latents drawn from the prior are not those that pictures are encoded to."),
    "mode_dropping": CauseWords("Missing kinds", "Whole kinds of real picture are never drawn."),
    "loss_wiring": CauseWords(
        "Loss term without effect", "A term of the training loss is computed and reported, and trains nothing."
    ),
    "ignored_noise": CauseWords("Ignored noise", "The model is given noise and hardly uses it."),
}

_STAGES = {
    "data": "Real pictures",
    "input": "Behind the input pipeline",
    "best_latent": "Best latent there is",
    "continuous": "Without the quantiser",
    "mean": "Mean of the code",
    "sample": "A draw of the code",
    "prior": "Samples from the prior",
}

_VERDICTS = {
    "present": "present: its effect is clear of what a healthy model shows",
    "absent": "as healthy: no more than a healthy model shows",
    "undecided": "undecided: these pictures do not settle it",
}


def cause_words(name: str) -> CauseWords:
    """The location or samples cause called `name` in words; an unknown one keeps its name."""
    return _CAUSES.get(name, CauseWords(name.replace("_", " ").capitalize(), ""))


def stage_words(name: str) -> str:
    """The stage called `name` in words; an unknown one keeps its name."""
    return _STAGES.get(name, name.replace("_", " ").capitalize())


def verdict_words(verdict: str) -> str:
    """What a verdict means."""
    return _VERDICTS.get(verdict, verdict)


def verdict_shown(verdict: str) -> str:
    """A verdict as it stands beside a share: a large share of a small loss is no fault, so that `absent` reads oddly.

    Example:
        >>> verdict_shown("absent"), verdict_shown("present")
        ('as healthy', 'present')
    """
    return "as healthy" if verdict == "absent" else verdict


def sentence(words: str) -> str:
    """The words with a capital at the beginning and a full stop at the end.

    Example:
        >>> sentence("set kl_weight from 1 to 0.25")
        'Set kl_weight from 1 to 0.25.'
    """
    ended = words if not words or words.rstrip()[-1:] in ".!?" else f"{words.rstrip()}."
    return ended[:1].upper() + ended[1:]
