"""A diagnosis leaves the subject alone, gives the same twice, takes up what was kept, and says what it could not do."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from small_models import SHAPE, blob_set, differing, small_model, weights
from torch import Tensor

from acutance.diagnose import Diagnosis, Effort, Response, diagnose
from acutance.diagnose._bench import INTERVENTIONS, Bench
from acutance.diagnose._keep import Keep, fingerprint
from acutance.diagnose._linear_subject import LinearSubject, field_images, level_of
from acutance.diagnose._probe import Probe
from acutance.diagnose.causes import averaging
from acutance.diagnose.interventions import adversarial_refit, best_codes, best_point, best_posterior, refit
from acutance.errors import SubjectError
from acutance.models import Encodes, Model
from acutance.nn.latents import Codes, Dirac

IMAGES = blob_set(40)
FIT = blob_set(80, seed=1)


def plain(found: Any) -> Any:
    """A diagnosis as what JSON can hold, arrays as lists."""
    if dataclasses.is_dataclass(found):
        return {field.name: plain(getattr(found, field.name)) for field in dataclasses.fields(found)}
    if isinstance(found, np.ndarray):
        return found.tolist()
    if isinstance(found, dict):
        return {key: plain(value) for key, value in found.items()}
    return [plain(value) for value in found] if isinstance(found, list | tuple) else found


def text(found: Diagnosis) -> str:
    return json.dumps(plain(found))


def vae() -> Model:
    return small_model("vae")


@pytest.mark.parametrize("family", ["vae", "ae", "gan"])
def test_the_subject_is_left_as_it_was(family: str) -> None:
    model = small_model(family).train()
    model.requires_grad_(True)
    frozen = next(model.parameters()).requires_grad_(False)
    before, random = weights(model), torch.random.get_rng_state()
    diagnose(model, IMAGES, name=family, fit_images=FIT)
    assert not differing(before, weights(model))
    assert all(module.training for module in model.modules())
    assert [p.requires_grad for p in model.parameters()] == [p is not frozen for p in model.parameters()]
    assert all(p.grad is None for p in model.parameters())
    assert torch.equal(random, torch.random.get_rng_state())


def test_the_same_seed_gives_the_same_and_another_seed_another() -> None:
    first, second, other = (text(diagnose(vae(), IMAGES, name="x", fit_images=FIT, seed=s)) for s in (0, 0, 1))
    assert first == second
    assert first != other


def test_what_was_kept_is_taken_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = diagnose(vae(), IMAGES, name="x", fit_images=FIT, cache=tmp_path)
    kept = sorted(path.name for path in tmp_path.rglob("*.safetensors"))
    assert kept == ["best_point.safetensors", "best_posterior.safetensors", "calibrated.safetensors"]
    monkeypatch.setattr("acutance.diagnose.interventions.best_point._search", _never)
    monkeypatch.setattr("acutance.diagnose.interventions.best_posterior._search", _never)
    assert text(diagnose(vae(), IMAGES, name="x", fit_images=FIT, cache=tmp_path)) == text(first)
    with pytest.raises(AssertionError, match="searched anew"):
        diagnose(vae(), blob_set(41), name="x", fit_images=FIT, cache=tmp_path)
    with pytest.raises(AssertionError, match="searched anew"):
        diagnose(small_model("vae", seed=5), IMAGES, name="x", fit_images=FIT, cache=tmp_path)


def _never(*given: object) -> dict[str, Tensor]:
    raise AssertionError("searched anew")


def test_a_damaged_file_is_made_anew(tmp_path: Path) -> None:
    first = diagnose(vae(), IMAGES, name="x", cache=tmp_path)
    file = next(tmp_path.rglob("best_point.safetensors"))
    file.write_bytes(file.read_bytes()[:100])
    assert text(diagnose(vae(), IMAGES, name="x", cache=tmp_path)) == text(first)


def test_a_stop_keeps_what_was_finished(tmp_path: Path) -> None:
    def stop(doing: str, share: float) -> None:
        if doing == "best posterior":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        diagnose(vae(), IMAGES, name="x", cache=tmp_path, progress=stop)
    assert [path.name for path in tmp_path.rglob("*.safetensors")] == ["best_point.safetensors"]


def test_progress_rises_and_names_what_is_done() -> None:
    told: list[tuple[str, float]] = []
    diagnose(vae(), IMAGES, name="x", progress=lambda doing, share: told.append((doing, share)))
    assert [share for _, share in told] == sorted(share for _, share in told)
    assert 0 <= told[0][1] <= told[-1][1] < 1
    assert {"measuring", "best point", "best posterior"} <= {doing for doing, _ in told}


def test_images_of_another_shape_are_refused() -> None:
    with pytest.raises(SubjectError, match="--size and --channels"):
        diagnose(vae(), blob_set(8, height=24, width=24), name="x")


def test_few_images_are_warned_of() -> None:
    assert any("only 40 images" in warning for warning in diagnose(vae(), IMAGES, name="x").warnings)


def test_a_generator_has_samples_and_no_locations() -> None:
    found = diagnose(small_model("gan"), IMAGES, name="x")
    assert found.locations == () and found.budget_db == () and found.explained is None and found.price is None
    assert [stage.stage for stage in found.stages] == ["data", "prior"]
    assert {sample.cause for sample in found.samples} == {"mode_dropping"}
    assert found.answer


def test_stages_show_the_same_images() -> None:
    found = diagnose(vae(), IMAGES, name="x")
    assert [stage.stage for stage in found.stages] == [
        "data",
        "best_latent",
        "mean",
        "average_of_draws",
        "sample",
        "prior",
    ]
    data, *others = (stage.images for stage in found.stages)
    assert data.dtype == np.uint8 and all(images.shape == data.shape for images in others)


def test_locations_are_those_that_apply() -> None:
    assert {found.location for found in diagnose(small_model("ae"), IMAGES, name="x").locations} == {
        "bottleneck",
        "encoder",
        "decoder",
    }
    assert {found.location for found in diagnose(vae(), IMAGES, name="x").locations} == {
        "bottleneck",
        "encoder",
        "decoder",
        "rate",
        "encoder_noise",
    }


def bench(subject: Any, *, images: Any = None, fit: Any = None) -> Bench:
    images = field_images(40)[0] if images is None else images
    keep = Keep(None, "")
    return Bench(images, probe=Probe(subject, 0), fit_images=fit, effort="fast", keep=keep)


@pytest.mark.parametrize("name", INTERVENTIONS.names())
def test_every_intervention_measures_the_images_it_says(name: str) -> None:
    _, power = field_images(40)
    subject = LinearSubject(power=power, level=level_of(0.5), latents=100)
    on = bench(subject, fit=field_images(60, 1)[0])
    found = on.outcome(name)
    assert found.octaves.n == len(on.at(found.on))
    assert np.isfinite(found.octaves.lost).all()


def test_the_best_point_of_a_linear_decoder_is_its_projection() -> None:
    images, power = field_images(40)
    subject = LinearSubject(power=power, level=level_of(0.3), latents=90)
    on = bench(subject)
    outputs = on.outcome("best_point")
    kept = subject.basis[subject.active]
    flat = images.tensor().flatten(1)[on.some] - 0.5
    projected = ((flat @ kept.T) @ kept).reshape(-1, 1, 16, 16).add(0.5).clamp(0, 1)
    exact = on.compared([projected], on.input, "some")
    assert outputs.octaves.lost[0].sum() == pytest.approx(exact.octaves.lost[0].sum(), abs=2e-3)
    assert outputs.warnings == ()


@pytest.mark.parametrize("width", [1.0, 2.0])
def test_the_average_of_draws_lacks_what_is_the_noises_own(width: float) -> None:
    """Of a direction of variance l, `l - s` is shown and `(l - s) s / l` of it is the noise's (T8)."""
    _, power = field_images(40)
    subject = LinearSubject(power=power, level=level_of(0.5), latents=256, width=width)
    on = bench(subject)
    own = (subject.level * (1 - subject.level / subject.variance)).clamp(min=0).sqrt()
    noise = width * torch.where(subject.active, own, 0.0) * on.noise("some")
    shown = on.compared([(0.5 + (noise @ subject.basis).reshape(-1, 1, 16, 16)).clamp(0, 1)], on.input, "some").octaves
    one = on.outcome("some_used").octaves
    found = on.outcome("average_of_draws")
    assert found.numbers["noise_share"] == pytest.approx(float(shown.detail[0] / one.detail[0]), abs=0.01)
    assert found.octaves.coherence[0] > one.coherence[0]


def test_a_code_without_noise_has_one_output() -> None:
    on = bench(LinearSubject(power=field_images(40)[1], level=1e-12, latents=40))
    assert on.outcome("average_of_draws").numbers == {"noise_share": 0.0}


@pytest.mark.parametrize(("below", "halved"), [(0.9, False), (0.05, True)])
def test_the_best_codes_under_a_calibrated_sigma_are_the_exact_ones(below: float, halved: bool) -> None:
    """A linear decoder w under noise s': gain `g = w^2 / (w^2 + s')`, power of the noise `g s'`."""
    _, power = field_images(40)
    on = bench(LinearSubject(power=power, level=level_of(below), latents=256))
    subject, found = on.subject, on.outcome("calibrated")
    assert isinstance(subject, LinearSubject)
    level = found.numbers["sigma"] ** 2
    mse = on.error / 256
    assert level == pytest.approx(0.25 * subject.level if halved else mse, rel=1e-6)
    squares = torch.where(subject.active, (subject.variance - subject.level).clamp(min=0), 0.0)
    gain = squares / (squares + level)
    flat = on.input[on.some].flatten(1) - 0.5
    noise = on.noise("some") * (gain * level).sqrt()
    shown = ((flat @ subject.basis.T * gain + noise) @ subject.basis).reshape(-1, 1, 16, 16)
    exact = on.compared([(shown + 0.5).clamp(0, 1)], on.input, "some").octaves
    assert found.octaves.coherence[0] == pytest.approx(exact.coherence[0], abs=0.02)
    assert found.octaves.detail[0] == pytest.approx(exact.detail[0], abs=0.02)
    assert found.octaves.finest == pytest.approx(exact.finest, abs=0.03)


@pytest.mark.parametrize("width", [0.5, 1.0])
def test_a_mixture_of_gaussians_stands_for_a_prior_that_is_off(width: float) -> None:
    """It is fitted to the codes, so that its samples have the power of reconstructions (T8)."""
    images, power = field_images(240)
    subject = LinearSubject(power=power, level=level_of(0.5), latents=60, prior_width=width)
    found = diagnose(subject, images, name="x", fit_images=field_images(480, 1)[0])
    (gap,) = (one for one in found.samples if one.cause == "prior_gap")
    numbers = {name: value for evidence in gap.evidence for name, value in evidence.numbers.items()}
    assert ("mixture" in numbers) == (width < 1)
    if width < 1:
        assert gap.verdict == "present"
        assert numbers["prior"] < 0.5 * numbers["mixture"]
        assert numbers["mixture"] == pytest.approx(numbers["reconstructions"], rel=0.05)


def test_nothing_is_decoded_twice_while_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    images, power = field_images(40)
    asked: list[bytes] = []
    decode = LinearSubject.decode

    def counted(self: LinearSubject, latents: Tensor) -> Tensor:
        if not torch.is_grad_enabled() and len(latents) == len(images):
            asked.append(latents.numpy().tobytes())
        return decode(self, latents)

    def told() -> str:
        asked.clear()
        return text(diagnose(LinearSubject(power=power, level=level_of(0.3), latents=90), images, name="x"))

    monkeypatch.setattr(LinearSubject, "decode", counted)
    first, before = told(), [*asked]
    counts = sorted(before.count(latents) for latents in {*before})
    assert counts[-3:] == [1, 2, 3]  # all once; samples for their bands and for the prior gap; the first: does it draw?
    monkeypatch.setattr("acutance.diagnose._memory.ROOM", 0)
    assert told() == first
    assert len(asked) > 1.5 * len(before)


@pytest.mark.parametrize("n", [2, 5])
def test_very_few_images_are_diagnosed_too(n: int) -> None:
    found = diagnose(small_model("ae"), blob_set(n), name="x")
    assert math.fsum(location.share for location in found.locations) == pytest.approx(1)
    assert any(f"only {n} images" in warning for warning in found.warnings)


def test_a_search_cut_short_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(best_point._STEPS, "fast", 6)
    _, power = field_images(40)
    subject = LinearSubject(power=power, level=level_of(0.3), latents=200, sent=0.0)
    assert any("not converged" in warning for warning in bench(subject).outcome("best_point").warnings)


def test_a_subject_too_large_to_search_is_not_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    images, power = field_images(40)
    subject = LinearSubject(power=power, level=level_of(0.3), latents=90)
    monkeypatch.setattr(LinearSubject, "count_parameters", lambda self: 10**12)
    found = diagnose(subject, images, name="x")
    verdicts = {location.location: location.verdict for location in found.locations}
    assert [verdicts[name] for name in ("encoder", "rate", "bottleneck")] == ["undecided"] * 3
    assert any("too large" in warning for warning in found.warnings)
    assert "best_latent" not in [stage.stage for stage in found.stages]


def test_fingerprints_tell_subjects_apart() -> None:
    first, same, other = (fingerprint(small_model("vae", seed=s), IMAGES) for s in (0, 0, 1))
    assert first == same != other
    assert fingerprint(small_model("vae"), blob_set(41)) != first


class Nearest:
    """A codebook of two entries that is searched: the encoder always takes the first, the second is right."""

    family, shape, device = "nearest", SHAPE, torch.device("cpu")

    def facts(self) -> dict[str, float]:
        return {}

    def configuration(self) -> dict[str, Any]:
        return {}

    def count_parameters(self) -> int:
        return 2

    def encode(self, images: Tensor) -> Codes:
        bright = images.mean((2, 3))
        index = (torch.arange(len(images)) % 2)[:, None]
        book = torch.tensor([[0.1], [0.9]])
        return Codes(book[index[:, 0]], bright, index, 2)

    def decode(self, latents: Tensor) -> Tensor:
        return latents[:, :, None, None].expand(-1, 1, *SHAPE[1:]).clamp(0, 1)


def test_better_entries_of_a_codebook_are_found() -> None:
    images = blob_set(40)
    subject = Nearest()
    assert isinstance(subject, Encodes)
    on = bench(subject, images=images)
    latents = best_codes._search(on, torch.tensor([[0.1], [0.9]]))["latents"]
    targets = on.input[on.some].mean((1, 2, 3))
    dark = (targets - 0.1).abs() < (targets - 0.9).abs()
    assert torch.equal(latents.flatten() < 0.5, dark)


def test_points_have_no_noise_to_switch_off() -> None:
    _, power = field_images(40)
    subject = LinearSubject(power=power, level=1e-12, latents=40)
    assert isinstance(subject.encode(field_images(40)[0].tensor()), Dirac)
    on = bench(subject)
    assert math.isclose(on.outcome("trained_noise").numbers["scale"], 0.0)
    assert on.outcome("best_posterior") is on.outcome("best_point")


def test_a_wider_posterior_has_a_fingerprint_of_its_own() -> None:
    images, power = field_images(40)
    first, other = (LinearSubject(power=power, level=level_of(0.3), latents=90, width=w) for w in (1.0, 2.0))
    assert fingerprint(first, images) != fingerprint(other, images)


def test_full_refits_a_copy_of_the_decoder_and_keeps_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refit, "_MOST", 4_000)
    monkeypatch.setitem(best_point._STEPS, "full", 20)
    monkeypatch.setitem(best_posterior._STEPS, "full", 20)
    model = small_model("vae")
    before = weights(model)
    found = diagnose(model, IMAGES, name="x", fit_images=FIT, effort="full", cache=tmp_path)
    assert not differing(before, weights(model))
    assert {path.stem for path in tmp_path.rglob("*.safetensors")} >= {"best_point", "best_posterior", "refit"}
    assert found.effort == "full"
    keep = Keep(tmp_path, next(tmp_path.iterdir()).name)
    assert isinstance(model, Encodes)
    model.eval()
    on = Bench(IMAGES, probe=Probe(model, 0), fit_images=FIT, effort="full", keep=keep)
    own, refitted = (on.outcome(name).octaves.lost[0].sum() for name in ("trained_noise", "refit"))
    assert refitted < own
    monkeypatch.setattr(adversarial_refit, "_MOST", 800)
    crisp = on.outcome("adversarial_refit")
    assert crisp.numbers["images"] == 800
    assert crisp.numbers["loss_ratio"] == pytest.approx(crisp.octaves.lost[0].sum() / refitted)
    assert not differing(before, weights(model))


@pytest.mark.parametrize(
    ("effort", "invented", "loss_ratio", "told"),
    [("full", 1.0, 1.6, True), ("full", 1.0, 2.1, False), ("full", 0.0, 1.0, False), ("fast", 1.0, 1.6, False)],
)
def test_a_critic_is_advised_where_it_was_seen_to_help(
    effort: Effort, invented: float, loss_ratio: float, told: bool
) -> None:
    """Not where its game did not settle (T6), nor where it changed nothing."""
    _, power = field_images(40)
    on = bench(LinearSubject(power=power, level=level_of(0.5), latents=256))
    other = bench(LinearSubject(power=power, level=level_of(0.5), latents=256, invented=invented))
    on.effort = effort
    numbers = {"images": 40_000.0, "loss_ratio": loss_ratio}
    on._outcomes["adversarial_refit"] = dataclasses.replace(other.outcome("sample"), numbers=numbers)
    index = on.outcome("trained_noise").readings["response_index"]
    response = Response(index=index.value, low=index.low, high=index.high, verdict="averaged")
    advised = averaging.CAUSE.prescription(on, response)
    assert (advised is not None) == told
    if advised is not None:
        assert advised.detail_ratio == other.outcome("sample").octaves.finest[1] > 0.9
        assert advised.basis == "measured" and "1.60 times" in advised.because


def test_a_decoder_that_cannot_be_copied_is_not_refitted() -> None:
    images, power = field_images(40)
    subject = LinearSubject(power=power, level=level_of(0.3), latents=90)
    for fit, words in ((field_images(80, 1)[0], "cannot be copied"), (None, "too few images")):
        on = Bench(images, probe=Probe(subject, 0), fit_images=fit, effort="full", keep=Keep(None, ""))
        assert any(words in warning for warning in on.outcome("refit").warnings)
        assert refit.refit_decoder(on) is None


def test_the_price_of_inventing_is_in_no_share() -> None:
    images, power = field_images(240)
    subject = LinearSubject(power=power, level=level_of(0.5), latents=256, drawn=1.0)
    quiet = LinearSubject(power=power, level=level_of(0.5), latents=256)
    invents, averages = (diagnose(s, images, name="x") for s in (subject, quiet))
    assert averages.price is None and invents.price is not None
    assert invents.explained is not None and averages.explained is not None
    gap = averages.explained.value - invents.explained.value
    assert invents.price.value == pytest.approx(gap, abs=0.03)
    for name in ("rate", "bottleneck", "decoder", "encoder"):
        with_price, without = invents.location(name), averages.location(name)
        assert with_price is not None and without is not None
        assert with_price.explained.value == pytest.approx(without.explained.value, abs=0.05), name
