"""Any Python object as a subject: what it can do, in its range of values, unaltered; and every refusal."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from foreign_models import KEPT, Drawing, Gaussian, Linear, Piped, Rounded, state
from small_models import blob_set, images_of
from torch import Tensor, nn

from acutance.diagnose import assess
from acutance.errors import SubjectError
from acutance.models import (
    Encodes,
    Generates,
    HasLosses,
    HasPrior,
    Preprocesses,
    RefitsDecoder,
    Translates,
    interpolate,
    reconstruct,
)
from acutance.nn.latents import Codes, DiagonalNormal, Dirac
from acutance.subjects import open_subject
from acutance.subjects._check import check
from acutance.subjects._foreign import Foreign
from acutance.subjects.python import adapted

ABLE = {
    kind.__name__: kind for kind in (Encodes, Generates, HasLosses, HasPrior, Preprocesses, RefitsDecoder, Translates)
}


def able(thing: object) -> set[str]:
    model = adapted(thing).model
    return {name for name, kind in ABLE.items() if isinstance(model, kind)}


def encoded(thing: object, images: Tensor) -> Any:
    model = adapted(thing).model
    assert isinstance(model, Encodes)
    return model.encode(images)


def test_a_subject_can_do_what_its_object_can_and_no_more() -> None:
    assert able(Linear()) == {"Encodes", "RefitsDecoder"}
    assert able(Gaussian()) == {"Encodes", "RefitsDecoder", "HasPrior", "Generates"}
    assert able(Piped()) == {"Encodes", "RefitsDecoder", "Preprocesses"}
    assert able(Drawing()) == {"Generates", "Translates"}
    bare = Linear()
    assert able(SimpleNamespace(encode=bare.encode, decode=bare.decode)) == {"Encodes"}
    assert able(SimpleNamespace(encode=bare.encode, decode=bare.decode, losses=lambda batch: {})) >= {"HasLosses"}


def test_each_kind_of_latent() -> None:
    images = images_of(5)
    point, normal, codes = (encoded(kind(), images) for kind in (Linear, Gaussian, Rounded))
    assert isinstance(point, Dirac) and point.mode.shape == (5, KEPT)
    assert isinstance(normal, DiagonalNormal)
    torch.testing.assert_close(normal.mean, point.value)
    torch.testing.assert_close(normal.std, torch.full((5, KEPT), 0.1))
    assert isinstance(codes, Codes)
    assert (codes.mode * 4 + 16 == codes.indices).all()
    torch.testing.assert_close(codes.continuous, point.value)
    assert codes.size == codes.indices.max() + 1, "the largest met, where nobody says"
    stated = Rounded()
    stated.codebook_size = 33
    assert encoded(stated, images).size == 33


def test_a_posterior_without_width_is_a_point() -> None:
    thing = SimpleNamespace(encode=lambda x: SimpleNamespace(mean=x, std=torch.zeros_like(x)), decode=lambda z: z)
    assert isinstance(encoded(thing, images_of(2)), Dirac)


def test_the_range_of_values_is_turned_both_ways() -> None:
    images = images_of(20, seed=1)
    unit, signed = Linear(), Linear(-1, 1)
    signed.value_range = (-1, 1)
    made = []
    for thing in (unit, signed):
        model = adapted(thing).model
        assert isinstance(model, Encodes)
        made.append(reconstruct(model, images))
        line = interpolate(model, images[:1], images[1:2], 3)[0]
        torch.testing.assert_close(line[0], made[-1][0])
    torch.testing.assert_close(made[0], made[1], atol=1e-4, rtol=0)
    assert (made[0] - images).square().mean() < 0.2 * images.var()
    assert made[0].min() == 0, "and what lies outside is cut off"


def test_the_pipeline_is_part_of_a_reconstruction_and_not_of_the_encoder() -> None:
    images = images_of(4)
    piped, plain = adapted(Piped()).model, adapted(Linear()).model
    assert isinstance(piped, Encodes) and isinstance(plain, Encodes) and isinstance(piped, Preprocesses)
    torch.testing.assert_close(piped.encode(images).mode, plain.encode(images).mode)
    torch.testing.assert_close(reconstruct(piped, images), reconstruct(plain, piped.preprocess(images)))


def test_sigma_is_effective_and_in_units_of_unit_range() -> None:
    assert adapted(Gaussian()).model.facts() == {"decoder_sigma": pytest.approx(0.4)}
    signed = Gaussian(-1, 1)
    signed.value_range = (-1, 1)
    assert adapted(signed).model.facts() == {"decoder_sigma": pytest.approx(0.2)}
    assert adapted(signed).model.configuration() == {"decoder_sigma": 0.2, "kl_weight": 4.0}
    assert adapted(Linear()).model.facts() == {}


def test_an_object_is_left_as_it_was() -> None:
    """Weights, statistics, modes, flags and gradients, after all that a subject is put through."""
    thing = Gaussian()
    thing.train()
    thing.encoder.bias.requires_grad_(False)
    before = state(thing)
    found = adapted(thing)
    model = found.model
    assert isinstance(model, Encodes) and isinstance(model, RefitsDecoder)
    found.fit(blob_set(20))
    assess(model, blob_set(40), name="x")
    latents = model.encode(images_of(2)).mode.requires_grad_()
    model.decode(latents).sum().backward()
    assert latents.grad is not None and latents.grad.abs().sum() > 0
    copied = model.decoder_copy()
    torch.optim.SGD(copied.parameters(), lr=1.0)
    copied(latents.detach()).sum().backward()
    with torch.no_grad():
        for weight in copied.parameters():
            weight.add_(1.0)
    assert all(torch.equal(value, before[name]) for name, value in thing.state_dict().items())
    assert all(part.training for part in thing.modules())
    assert [name for name, weight in thing.named_parameters() if not weight.requires_grad] == ["encoder.bias"]
    assert all(weight.grad is None for weight in thing.parameters())


def test_a_copy_of_the_decoder_decodes_as_the_model_does_and_trains_the_decoder_alone() -> None:
    thing = Linear(-1, 1)
    thing.value_range = (-1, 1)
    model = adapted(thing).model
    assert isinstance(model, Encodes) and isinstance(model, RefitsDecoder)
    latents = model.encode(images_of(3)).mode
    copied = model.decoder_copy()
    assert copied.training and all(weight.requires_grad for weight in copied.parameters())
    assert {id(w) for w in copied.parameters()}.isdisjoint({id(w) for w in thing.parameters()})
    assert sum(w.numel() for w in copied.parameters()) == sum(w.numel() for w in thing.decoder.parameters())
    found = copied.eval()(latents)
    assert found.min() < 0, "not clamped"
    torch.testing.assert_close(found.clamp(0, 1), model.decode(latents))


class OwnParameters:
    """Neither a module nor with one, but with weights."""

    def __init__(self) -> None:
        self.scale = nn.Parameter(torch.ones(1))

    def parameters(self) -> list[nn.Parameter]:
        return [self.scale]

    def encode(self, images: Tensor) -> Tensor:
        return images

    def decode(self, latent: Tensor) -> Tensor:
        return latent * self.scale


def test_weights_that_are_only_listed_can_be_refitted_too() -> None:
    thing = OwnParameters()
    model = adapted(thing).model
    assert isinstance(model, RefitsDecoder)
    assert model.count_parameters() == 1
    copied = model.decoder_copy()
    copied(torch.rand(2, 1, 8, 8)).sum().backward()
    (weight,) = copied.parameters()
    assert weight.grad is not None and weight.grad > 0 and weight is not thing.scale


def test_what_draws_from_the_hidden_stream_repeats_with_its_seed() -> None:
    thing = SimpleNamespace(encode=lambda x: x + 0.01 * torch.randn_like(x), decode=lambda z: z)
    found = adapted(thing)
    (doubt,) = found.fit(blob_set(8))
    assert "draws at random where no posterior is stated" in doubt
    one, two, other = (assess(found.model, blob_set(20), name="x", seed=seed).readings for seed in (0, 0, 1))
    assert repr(one) == repr(two)
    assert repr(one) != repr(other)


def test_readings_of_codes() -> None:
    found = assess(adapted(Rounded()).model, blob_set(40), name="x")
    indices = encoded(Rounded(), blob_set(40).tensor()).indices
    shares = torch.bincount(indices.flatten()) / indices.numel()
    shares = shares[shares > 0].double()
    entropy = float(-(shares * shares.log2()).sum())
    rate, perplexity, usage = (found.reading(name) for name in ("rate_bits", "codebook_perplexity", "codebook_usage"))
    assert rate is not None and perplexity is not None and usage is not None
    assert rate.value == pytest.approx(KEPT * entropy, rel=0.02), "but for the number of images"
    assert perplexity.value == pytest.approx(2**entropy, rel=0.05)
    assert usage.value == pytest.approx(len(shares) / (int(indices.max()) + 1), rel=0.2)
    assert found.bands["mean"] == found.bands["sample"]


# From a user's words


SOURCE = """
import torch
class Half:
    value_range = (0, 1)
    def encode(self, images): return torch.nn.functional.avg_pool2d(images, 2)
    def decode(self, latent): return torch.nn.functional.interpolate(latent, scale_factor=2)
half = Half()
def make(): return Half()
def broken(): raise RuntimeError("no weights here")
nothing = 3
only_encodes = type("E", (), {"encode": lambda self, x: x})()
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "half_model.py").write_text(SOURCE)
    return tmp_path


@pytest.mark.parametrize("attribute", ["half", "make", "Half"])
def test_an_object_a_function_or_a_class_in_the_working_directory(here: Path, attribute: str) -> None:
    found = open_subject(f"python:half_model:{attribute}")
    assert (found.name, found.model.family, found.model.shape) == (attribute, "Half", None)
    assert found.fit(blob_set(10)) == ()


def test_each_working_directory_has_its_own(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "other_model.py").write_text(
        "def encode(x): return x\ndef decode(z): return z\nimport sys\nme = sys.modules[__name__]"
    )
    (here / "there").mkdir()
    (here / "there" / "other_model.py").write_text("def generate(n, g): ...\nimport sys\nme = sys.modules[__name__]")
    assert isinstance(open_subject("python:other_model:me").model, Encodes)
    monkeypatch.chdir(here / "there")
    assert isinstance(open_subject("python:other_model:me").model, Generates)


def test_what_is_installed_comes_first(here: Path) -> None:
    (here / "json.py").write_text("mine = 1")
    with pytest.raises(SubjectError, match="json has no 'mine'"):
        open_subject("python:json:mine")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("python:half_model", "write python:MODULE:ATTRIBUTE"),
        ("python::half", "write python:MODULE:ATTRIBUTE"),
        ("python:no_such_module:x", "no module 'no_such_module'.* put no_such_module.py there"),
        ("python:./half_model.py:half", "without .py or slashes"),
        ("python:half_model:halv", "has no 'halv'; did you mean 'half'"),
        ("python:half_model:nothing", "neither encode and decode, nor generate, nor translate"),
        ("python:half_model:only_encodes", "has encode but no decode"),
        ("python:half_model:broken", "calling it without arguments failed: RuntimeError: no weights here"),
        ("python:wrong_model:x", "importing wrong_model failed: ZeroDivisionError"),
        ("python:lacking_model:x", "No module named 'not_installed'; install what it needs"),
    ],
)
def test_refusals(here: Path, text: str, words: str) -> None:
    (here / "wrong_model.py").write_text("1 / 0")
    (here / "lacking_model.py").write_text("import not_installed")
    with pytest.raises(SubjectError, match=words):
        open_subject(text)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"value_range": (1, 0)}, "two numbers, the lower first"),
        ({"value_range": "unit"}, "two numbers, the lower first"),
        ({"decoder_sigma": 0}, "decoder_sigma is a positive number"),
        ({"kl_weight": "strong"}, "kl_weight is a positive number"),
        ({"image_shape": (16, 16)}, r"image_shape is \(channels, height, width\)"),
        ({"decode": 3}, "decode is int; it must be a function"),
    ],
)
def test_statements_that_cannot_be(changes: dict[str, Any], words: str) -> None:
    thing = SimpleNamespace(**{"encode": lambda x: x, "decode": lambda z: z, **changes})
    with pytest.raises(SubjectError, match=words):
        adapted(thing)


@pytest.mark.parametrize(
    ("encode", "words"),
    [
        (lambda x: (x, x), "encode returned tuple; return a tensor, an object with"),
        (lambda x: SimpleNamespace(mean=x, std=x[:, :, :8]), "of one shape"),
        (lambda x: SimpleNamespace(mean=x, std=-x - 1), "none of it negative"),
        (lambda x: SimpleNamespace(quantized=x, continuous=x, indices=x), "integers .indices"),
        (lambda x: SimpleNamespace(quantized=x), "NoneType"),
        (lambda x: x @ torch.rand(3, 3), r"encode\(\(.*1, 16, 16\)\) failed: RuntimeError"),
    ],
)
def test_encoders_that_return_something_else(encode: Any, words: str) -> None:
    thing = SimpleNamespace(encode=encode, decode=lambda z: z)
    with pytest.raises(SubjectError, match=words):
        adapted(thing).fit(blob_set(4))


class InPlace:
    """Changes whatever it is given."""

    def encode(self, images: Tensor) -> Tensor:
        return images.mul_(0.5)

    def decode(self, latent: Tensor) -> Tensor:
        return latent.mul_(2.0)

    def preprocess(self, images: Tensor) -> Tensor:
        return images.clamp_(0.25, 0.75)

    def translate(self, images: Tensor, generator: torch.Generator) -> Tensor:
        return images.neg_().add_(1.0)

    def losses(self, batch: Tensor) -> dict[str, Tensor]:
        return {"l": batch.zero_().sum()}


@pytest.mark.parametrize("what", ["encode", "decode", "preprocess", "translate", "losses"])
def test_what_a_model_does_in_place_leaves_what_it_was_given_as_it_was(what: str) -> None:
    given = images_of(3)
    before = given.clone()
    model: Any = adapted(InPlace()).model
    getattr(model, what)(given, *([torch.Generator()] if what == "translate" else []))
    assert torch.equal(given, before)


def test_a_trial_leaves_its_images_as_they_were() -> None:
    thing = SimpleNamespace(encode=InPlace().encode, decode=InPlace().decode)
    model = adapted(thing).model
    assert isinstance(model, Foreign)
    images = images_of(6)
    before = images.clone()
    assert check(model, images) == ()
    assert torch.equal(images, before)
