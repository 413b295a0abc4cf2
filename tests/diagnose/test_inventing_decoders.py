"""Encoder and decoder of a subject that invents: what is told of them, and what is left undecided."""

from __future__ import annotations

import numpy as np
import pytest

from acutance.data import open_source
from acutance.diagnose import Estimate, diagnose
from acutance.diagnose._attribute import _verdict
from acutance.diagnose._bench import Bench
from acutance.diagnose._blame import blame
from acutance.diagnose._cause import CAUSES
from acutance.diagnose._keep import Keep
from acutance.diagnose._linear_subject import LinearSubject, field_images, level_of
from acutance.diagnose._probe import Probe
from acutance.diagnose._stages import inventing, made_to_average
from acutance.subjects import open_subject

IMAGES, POWER = field_images(120)


def subject(**faults: float) -> LinearSubject:
    return LinearSubject(power=POWER, level=level_of(0.5), latents=256, **faults)


def bench(**faults: float) -> Bench:
    probe = Probe(subject(**faults), 0)
    return Bench(IMAGES, probe=probe, fit_images=None, effort="fast", keep=Keep(None, ""))


def interval(low: float, high: float) -> Estimate:
    return Estimate(value=(low + high) / 2, low=low, high=high)


@pytest.mark.parametrize(
    ("low", "high", "own", "made"),
    [
        (0.02, 0.08, "absent", "absent"),
        (0.114, 0.128, "present", "undecided"),
        (0.14, 0.16, "present", "undecided"),
        (0.179, 0.21, "present", "present"),
    ],
)
def test_an_encoder_is_at_fault_before_a_decoder_that_invents_only_beyond_what_latents_steer(
    low: float, high: float, own: str, made: str
) -> None:
    cause, share, effect = CAUSES.load("encoder"), interval(0.4, 0.6), interval(low, high)
    doubts = [cause.contrast(bench(invented=invented)).doubt for invented in (0.0, 1.0)]
    assert [_verdict(cause, share, effect, doubt) for doubt in doubts] == [own, made]


def test_the_doubt_is_told() -> None:
    quiet, loud = (CAUSES.load("encoder").contrast(bench(invented=invented)).evidence for invented in (0.0, 1.0))
    assert [one.name for one in quiet] == ["best_latents"]
    assert [one.name for one in loud] == ["best_latents", "inventing"]
    assert "steer what is invented" in loud[1].words


@pytest.mark.parametrize("fit", [True, False])
def test_a_decoder_that_invents_is_not_judged_and_one_that_averages_is(fit: bool) -> None:
    learnt = field_images(200, 1)[0] if fit else None

    def verdict(**faults: float) -> tuple[str, tuple[str, ...]]:
        found = diagnose(subject(**faults), IMAGES, name="x", fit_images=learnt).location("decoder")
        assert found is not None
        return found.verdict, tuple(one.name for one in found.evidence)

    assert verdict(invented=1.0) == ("undecided", ("inventing",))
    assert verdict() == ("absent", ("refit",))
    if not fit:
        assert verdict(drawn=1.0)[0] == "undecided", "an average of eight draws still has an eighth of what they invent"


def test_a_decoder_that_was_not_judged_claims_nothing() -> None:
    on = bench(invented=1.0)
    assert inventing(on) and made_to_average(on)
    assert not np.any(blame(on).decoder)
    assert not made_to_average(bench())


@pytest.mark.slow
def test_one_encoder_gets_no_two_verdicts_that_contradict_each_other() -> None:
    """The two decode the same codes, one by an average and one by inventing."""
    training, held_out = open_source("builtin:icons", size=32, channels=1).split(0.1)
    fit, images = training.take(np.arange(0, len(training), 16)), held_out.take(np.arange(0, len(held_out), 4))
    verdicts = []
    for name in ("icons-vae", "icons-adversarial"):
        model = open_subject(f"zoo:{name}").model
        encoder = diagnose(model, images, name=name, fit_images=fit).location("encoder")
        assert encoder is not None
        verdicts.append(encoder.verdict)
    assert {*verdicts} != {"absent", "present"}, verdicts
