"""Model cards: what was measured and how it was made is in them, and the same input gives the same text."""

from __future__ import annotations

from dataclasses import replace

import pytest
from comparisons import adversarial, comparison, gan, vae

from acutance.diagnose import SubjectRecord
from acutance.report import Provenance, model_card
from acutance.report._numbers import interval_text, number_text
from acutance.report._words import GROUPS, term

MADE = Provenance(subject="runs/x", python="model = load()", command="acutance train vae --out x", notes=("Halved.",))
RECORD = {
    "data": {"source": "pics", "images": 90},
    "recipe": {"images": 640},
    "seed": 3,
    "seconds": 61.0,
    "precision": "bf16",
    "made_with": {"torch": "2.13.0"},
}


def text(subject: SubjectRecord) -> str:
    return model_card(subject, comparison(subject).data, MADE)


@pytest.mark.parametrize("subject", [vae(), adversarial(), gan()], ids=lambda subject: subject.family)
def test_every_reading_stands_there_with_its_interval(subject: SubjectRecord) -> None:
    card = text(subject)
    assert card == text(subject)
    known = [one for one in subject.readings if term(one.name).group != GROUPS[-1]]
    assert known
    for one in known:
        shown = f"| `{one.name}` | {number_text(one.value)} | {interval_text(one.low, one.high)} | {one.unit} | "
        assert shown in card, one.name


def test_only_what_a_subject_can_do_is_offered() -> None:
    both, drawing = text(vae()), text(gan())
    assert "acutance sample runs/x" in both and "acutance reconstruct runs/x" in both
    assert "acutance reconstruct" not in drawing and "coherence q" not in drawing and "- autoencoder" not in drawing
    assert "unconditional-image-generation" in drawing
    still = vae()
    alone = replace(still, bands={name: found for name, found in still.bands.items() if name != "prior"})
    assert "acutance sample" not in text(alone) and "unconditional-image-generation" not in text(alone)


def test_how_it_was_made_is_told_as_far_as_it_is_known() -> None:
    told = text(replace(vae(), made=RECORD, warnings=("posterior collapse since step 4",)))
    for words in (
        "```\nacutance train vae --out x\n```",
        "640 images seen, of 90 of `pics`, seed 3; 61 s of training in bf16; torch 2.13.0.",
        "Warning of the training: posterior collapse since step 4",
        "Halved.",
    ):
        assert words in told
    bare = model_card(replace(vae(), made={}), comparison().data, Provenance(subject="x", python="y"))
    assert "How it was made" not in bare
