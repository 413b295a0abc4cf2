"""Terms of a loss that reach the decoder, and terms that only look as if they did."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from foreign_models import Linear, state
from small_models import batch_of, images_of, small_model
from torch import Tensor, nn

from acutance.diagnose import audit_gradients, audit_losses
from acutance.errors import SubjectError
from acutance.models import HasLosses, families
from acutance.subjects.python import adapted

IMAGES = images_of(6)


class Trained(Linear):
    """Its losses, three of them wired wrongly in the ways that are met."""

    def losses(self, batch: Tensor) -> dict[str, Tensor]:
        latent = self.encode(batch)
        output = self.decode(latent)
        with torch.no_grad():
            perceptual = self.decode(latent).square().mean()
        return {
            "pixels": (output - batch).square().mean(),
            "pixels_twice": 2 * (output - batch).square().mean(),
            "rate": latent.square().mean(),
            "perceptual": perceptual,
            "on_detached_code": (self.decode(latent.detach()) - batch).square().mean(),
            "zero": 0 * output.sum(),
        }


def audited(thing: Any) -> Any:
    model = adapted(thing).model
    assert isinstance(model, HasLosses)
    return audit_losses(model, [IMAGES])


def test_each_term_at_each_part() -> None:
    found = audited(Trained())
    reach = {(r.term, r.part): r.reach for r in found.reaches}
    assert reach == {
        ("pixels", "encoder"): "reaches",
        ("pixels", "decoder"): "reaches",
        ("pixels_twice", "encoder"): "reaches",
        ("pixels_twice", "decoder"): "reaches",
        ("rate", "encoder"): "reaches",
        ("rate", "decoder"): "elsewhere",
        ("perceptual", "encoder"): "detached",
        ("perceptual", "decoder"): "detached",
        ("on_detached_code", "encoder"): "elsewhere",
        ("on_detached_code", "decoder"): "reaches",
        ("zero", "encoder"): "zero",
        ("zero", "decoder"): "zero",
    }
    assert found.detached == ("perceptual",)
    words = " / ".join(found.words())
    assert "perceptual is detached: it has no gradient at all" in words
    assert "rate does not reach the decoder" in words


def test_shares_are_those_of_the_gradients_norms() -> None:
    thing = Trained().eval()
    found = audited(thing)
    value = thing.losses(IMAGES)["pixels"]
    gradients = torch.autograd.grad(value, list(thing.decoder.parameters()))
    norm = math.sqrt(sum(float(g.square().sum()) for g in gradients))
    assert found.at("pixels", "decoder").norm == pytest.approx(norm, rel=1e-5)
    assert found.at("pixels_twice", "decoder").norm == pytest.approx(2 * norm, rel=1e-5)
    for part in ("encoder", "decoder"):
        shares = [reach.share for reach in found.reaches if reach.part == part]
        assert sum(shares) == pytest.approx(1)
    assert found.at("pixels_twice", "decoder").share == pytest.approx(2 * found.at("pixels", "decoder").share)
    assert found.at("pixels_twice", "decoder").last_layer == pytest.approx(0.5, abs=0.05), "of 1 + 2 + 1 parts"


def test_nothing_is_altered() -> None:
    """Weights, gradients, modes, and the statistics of a batch norm in training mode."""
    thing = Trained().train()
    before = state(thing)
    audited(thing)
    assert all(torch.equal(value, before[name]) for name, value in thing.state_dict().items())
    assert all(weight.grad is None for weight in thing.parameters())
    assert thing.training


def test_a_bare_function_has_its_weights_read_off_the_graph() -> None:
    weight, unused = nn.Parameter(torch.ones(3)), nn.Parameter(torch.ones(3))
    found = audit_gradients(lambda batch: {"a": (weight * 3).sum(), "b": torch.zeros(())}, [IMAGES])
    assert [(r.term, r.part, r.reach) for r in found.reaches] == [
        ("a", "all weights", "reaches"),
        ("b", "all weights", "detached"),
    ]
    assert found.at("a", "all weights").norm == pytest.approx(math.sqrt(27))
    assert unused.grad is None


def test_norms_are_root_mean_squares_over_batches_and_the_widest_reach_counts() -> None:
    weight = nn.Parameter(torch.ones(()))
    scales = iter((3.0, 4.0))
    terms = iter((lambda: weight * 1, lambda: torch.zeros(())))

    def losses(batch: Tensor) -> dict[str, Tensor]:
        return {"all": next(scales) * weight, "lazy": next(terms)()}

    found = audit_gradients(losses, [IMAGES, IMAGES], {"decoder": [weight]})
    assert found.batches == 2
    assert found.at("all", "decoder").norm == pytest.approx(math.sqrt(12.5))
    assert found.at("lazy", "decoder").reach == "reaches"


@pytest.mark.parametrize("family", families.names())
def test_every_term_of_our_own_families_reaches_something(family: str) -> None:
    model = small_model(family)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    assert isinstance(model, HasLosses)
    found = audit_losses(model, [batch_of(model)])
    assert not found.detached
    for term in {reach.term for reach in found.reaches}:
        assert "reaches" in {reach.reach for reach in found.reaches if reach.term == term}, term
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(weight.grad is None for weight in model.parameters())


def test_the_rate_of_a_vae_reaches_the_encoder_alone_and_its_summands_are_its_loss() -> None:
    model = small_model("vae")
    found = audit_losses(model, [IMAGES])
    assert found.at("autoencoder/distortion", "decoder").share == 1
    assert found.at("autoencoder/rate", "decoder").reach == "elsewhere"
    assert 0 < found.at("autoencoder/rate", "encoder").share < 1


@pytest.mark.parametrize(
    ("losses", "words"),
    [
        (lambda batch: {"a": 1.0}, "the term 'a' is float"),
        (lambda batch: {"a": torch.zeros(2)}, r"the term 'a' is a tensor \(2,\)"),
        (lambda batch: {}, "returned no term"),
    ],
)
def test_refusals(losses: Any, words: str) -> None:
    with pytest.raises(SubjectError, match=words):
        audit_gradients(losses, [IMAGES])
    with pytest.raises(SubjectError, match="at least one batch"):
        audit_gradients(losses, [])
