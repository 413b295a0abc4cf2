"""What findings are kept under, where a refitted decoder runs, and which samples are measured."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from small_models import blob_set, small_model
from torch import Tensor, nn

from acutance.diagnose import assess
from acutance.diagnose._bench import Bench
from acutance.diagnose._cause import CAUSES
from acutance.diagnose._keep import Keep, fingerprint
from acutance.diagnose._linear_subject import LinearSubject, Piped, field_images, level_of
from acutance.diagnose._probe import Moduled, Probe
from acutance.diagnose._samples import prior_octaves, samples_for
from acutance.measure.sample_spectra import SampleSpectra
from acutance.models import Generates
from acutance.rng import seeded

IMAGES = blob_set(40)


def piped(keeps: int) -> Piped:
    return Piped(power=field_images(40)[1], level=level_of(0.3), latents=90, keeps=keeps)


def test_a_subject_behind_another_pipeline_has_a_fingerprint_of_its_own() -> None:
    images, _ = field_images(40)
    first, same, other = (fingerprint(piped(keeps), images) for keeps in (64, 64, 32))
    assert first == same != other


def test_a_fingerprint_leaves_the_streams_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[str] = []
    monkeypatch.setattr("acutance.diagnose._keep.seeded", _watched(kept))
    model = small_model("vae")
    before = torch.random.get_rng_state()
    fingerprint(model, IMAGES)
    assert kept == ["fingerprint"] and torch.equal(before, torch.random.get_rng_state())


def _watched(kept: list[str]) -> Any:
    def watched(seed: int, *keys: str) -> Any:
        kept.extend(keys)
        return seeded(seed, *keys)

    return watched


def test_a_refitted_decoder_runs_where_its_latents_are() -> None:
    """A device without numbers stands for a GPU: weights that stayed on the CPU would not meet its tensors."""
    decoder = Moduled(nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4)).eval(), {})
    assert decoder.decode(torch.zeros(2, 3)).device.type == "cpu"
    assert decoder.decode(torch.zeros(2, 3, device="meta")).device.type == "meta"
    assert {tensor.device.type for tensor in decoder.module.state_dict().values()} == {"meta"}


def test_all_that_is_measured_of_samples_is_of_the_same_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    model = small_model("vae").eval()
    assert isinstance(model, Generates)
    drawn: list[list[Tensor]] = []

    def spied(update: Any) -> Any:
        def updated(self: Any, **sides: Tensor) -> Any:
            if "fake" in sides:
                drawn[-1].append(sides["fake"].clone())
            return update(self, **sides)

        return updated

    monkeypatch.setattr(SampleSpectra, "update", spied(SampleSpectra.update))
    for measured in (lambda: assess(model, IMAGES, name="x", seed=3), lambda: prior_octaves(model, IMAGES, 3)):
        drawn.append([])
        measured()
    of_bands, of_gap = (torch.cat(batches) for batches in drawn)
    assert torch.equal(of_bands[: len(IMAGES)], of_gap)


def test_draws_leave_the_stream_alone_between_two_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("acutance.diagnose._samples.batch_size", lambda shape: 16)
    model = small_model("vae").eval()
    before = torch.random.get_rng_state()
    for batch in samples_for(model, IMAGES, 0):
        assert len(batch) <= 16 and torch.equal(before, torch.random.get_rng_state())


def test_weak_output_is_told_in_a_sentence_that_can_be_read() -> None:
    sick = CAUSES.load("decoder").controls().sick
    words = [one.words for one in _contrast(sick, gain=0.8).evidence if one.name == "averaging_slope"]
    assert len(words) == 1 and words[0].endswith("times stronger to match what it explains.")


def _contrast(sick: Any, gain: float) -> Any:
    subject = LinearSubject(power=field_images(60)[1], level=level_of(0.1), latents=256, gain=gain)
    images = sick.images.take(np.arange(60))
    return CAUSES.load("decoder").contrast(
        Bench(images, probe=Probe(subject, 0), fit_images=None, effort="fast", keep=Keep(None, ""))
    )
