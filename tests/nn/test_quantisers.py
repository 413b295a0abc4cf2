"""Quantisers: laws that all of them keep, exact answers for each, and values of another library."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from acutance.errors import ConfigError
from acutance.nn.code_use import CodeUse
from acutance.nn.codebook import Codebook, k_means, nearest
from acutance.nn.latents import Codes, digits
from acutance.nn.quantiser import Quantiser, as_tokens, rotated, straight_through
from acutance.nn.residual_codes import ResidualCodes
from acutance.nn.scalar_codes import ScalarCodes
from acutance.nn.sign_codes import SignCodes

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parents[1] / "golden" / "quantisers.json").read_text())

MAKE: dict[str, Callable[[], Quantiser]] = {
    "averages": lambda: Codebook(16, 4),
    "gradient": lambda: Codebook(16, 4, learnt_by="gradient"),
    "straight": lambda: Codebook(16, 4, path="straight_through"),
    "residual": lambda: ResidualCodes((Codebook(4, 4), Codebook(6, 4), Codebook(5, 4))),
    "scalar": lambda: ScalarCodes((5, 4, 3, 7)),
    "signs": lambda: SignCodes(4),
}
every_quantiser = pytest.mark.parametrize("kind", MAKE)


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def golden_latents(*shape: int) -> Tensor:
    """As benchmarks/golden_quantisers.py draws them."""
    return torch.from_numpy(4 * np.random.Generator(np.random.PCG64(5)).random(shape) - 2).float()


def made(kind: str, *, learnt: int = 3) -> Quantiser:
    """A quantiser that saw a few batches."""
    torch.manual_seed(0)
    quantiser = MAKE[kind]()
    for step in range(learnt):
        generator = torch.Generator().manual_seed(step)
        quantiser.learn(quantiser(draw(8, 4, 3, 3, seed=step)), generator)
    return quantiser


# Laws


@every_quantiser
@pytest.mark.parametrize("grid", [(3, 5), (2,), ()], ids=str)
def test_codes_have_the_shape_of_what_they_stand_for(kind: str, grid: tuple[int, ...]) -> None:
    quantiser = made(kind)
    latents = draw(6, 4, *grid)
    codes = quantiser(latents)
    assert codes.quantized.shape == codes.continuous.shape == latents.shape
    assert codes.indices.shape == (6, *grid)
    assert codes.indices.dtype == torch.int64
    assert codes.size == quantiser.size == math.prod(quantiser.levels)
    assert codes.indices.min() >= 0
    assert codes.indices.max() < codes.size


@every_quantiser
def test_one_index_is_one_entry(kind: str) -> None:
    codes = made(kind)(draw(40, 4, 3, 3))
    index, entries = codes.indices.flatten(), as_tokens(codes.quantized)
    for one in index.unique():
        same = entries[index == one]
        torch.testing.assert_close(same, same[:1].expand_as(same))
    assert len(index.unique()) == len(entries.mul(1e4).round().unique(dim=0)) > 1


@every_quantiser
def test_joining_and_taking_apart_are_inverse(kind: str) -> None:
    quantiser = made(kind)
    every = torch.arange(quantiser.size)
    taken = digits(every, quantiser.levels)
    assert taken.shape == (quantiser.size, len(quantiser.levels))
    assert torch.equal(quantiser.joined(taken), every)
    assert (taken < torch.tensor(quantiser.levels)).all()
    assert len(taken.unique(dim=0)) == quantiser.size


@every_quantiser
def test_quantising_draws_nothing_and_changes_nothing(kind: str) -> None:
    quantiser = made(kind).train()
    before = {name: value.clone() for name, value in quantiser.state_dict().items()}
    state = torch.random.get_rng_state()
    one, two = (quantiser(draw(4, 4, 2, 2)) for _ in range(2))
    assert torch.equal(torch.random.get_rng_state(), state)
    assert all(torch.equal(value, before[name]) for name, value in quantiser.state_dict().items())
    assert torch.equal(one.indices, two.indices)


@every_quantiser
def test_learning_follows_its_generator_alone(kind: str) -> None:
    first, second = made(kind), made(kind)
    torch.manual_seed(99)
    assert all(
        torch.equal(a, b) for a, b in zip(first.state_dict().values(), second.state_dict().values(), strict=True)
    )


@every_quantiser
def test_images_of_a_batch_do_not_touch_one_another(kind: str) -> None:
    quantiser = made(kind)
    latents = draw(9, 4, 2, 2)
    assert torch.equal(quantiser(latents).indices[2:5], quantiser(latents[2:5]).indices)


@every_quantiser
def test_the_decoders_gradient_reaches_the_encoder(kind: str) -> None:
    latents = draw(5, 4, 2, 2).requires_grad_()
    (gradient,) = torch.autograd.grad(made(kind)(latents).quantized.square().sum(), latents)
    assert gradient.isfinite().all()
    assert gradient.abs().sum() > 0


@every_quantiser
def test_the_penalty_is_a_finite_scalar_with_a_gradient_unless_it_is_nothing(kind: str) -> None:
    quantiser = made(kind)
    latents = draw(5, 4, 2, 2).requires_grad_()
    penalty = quantiser.penalty(quantiser(latents))
    assert penalty.shape == ()
    assert penalty.isfinite()
    if kind == "scalar":
        assert penalty == 0
        return
    (gradient,) = torch.autograd.grad(penalty, latents)
    assert gradient.abs().sum() > 0


@every_quantiser
def test_half_precision_changes_no_index(kind: str) -> None:
    quantiser = made(kind)
    latents = draw(30, 4, 3, 3).bfloat16()
    with torch.autocast("cpu", torch.bfloat16):
        inside = quantiser(latents)
        inside_penalty = quantiser.penalty(inside)
    outside = quantiser(latents.float())
    assert torch.equal(inside.indices, outside.indices)
    torch.testing.assert_close(inside.quantized, outside.quantized)
    torch.testing.assert_close(inside_penalty, quantiser.penalty(outside))


# A codebook


def test_the_nearest_entry_is_taken() -> None:
    tokens, entries = draw(200, 5), draw(30, 5, seed=1)
    apart = (tokens[:, None] - entries).double().square().sum(2)
    assert torch.equal(nearest(tokens, entries), apart.argmin(1))
    assert nearest(torch.zeros(1, 5), torch.ones(3, 5)).item() == 0


def test_planted_clusters_are_found_and_counted() -> None:
    centres = torch.tensor([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])
    tokens = (centres[:, None] + 0.1 * draw(3, 50, 2)).flatten(0, 1)
    starts = [k_means(tokens, 3, torch.Generator().manual_seed(seed)) for seed in range(8)]
    found = next(f for f, c in starts if c.tolist() == [50, 50, 50])  # not every start leads there
    torch.testing.assert_close(found[nearest(centres, found)], tokens.unflatten(0, (3, 50)).mean(1))


def test_fewer_tokens_than_entries_leave_entries_without_any() -> None:
    tokens = draw(3, 4)
    found, counts = k_means(tokens, 8, torch.Generator().manual_seed(0))
    assert sorted(counts.tolist()) == [0, 0, 0, 0, 0, 1, 1, 1]
    assert all((found == token).all(1).any() for token in tokens)


def started(**options: Any) -> Codebook:
    book = Codebook(2, 1, **options)
    book.learn(book(torch.tensor([[-1.0], [-1.0], [1.0], [1.0]])), torch.Generator().manual_seed(0))
    assert sorted(book.entries.flatten().tolist()) == [-1.0, 1.0]
    return book


def test_each_residual_book_starts_on_what_the_ones_before_it_leave() -> None:
    """And not on what their random entries would have left."""
    latents = 0.3 * torch.randn(64, 4, 4, 4, generator=torch.Generator().manual_seed(0))
    left = []
    for depth in (1, 2, 3):
        torch.manual_seed(depth)
        codes = ResidualCodes(tuple(Codebook(16, 4) for _ in range(depth)))
        codes.learn(codes(latents), torch.Generator().manual_seed(1))
        left.append(float((codes(latents).quantized - latents).square().mean()))
    assert left[1] < 0.6 * left[0] and left[2] < 0.6 * left[1]


def test_averages_are_those_of_a_hundred_batches() -> None:
    book = started(reset_below=0.0)
    high = int(book.entries.flatten().argmax())
    book.learn(book(torch.full((4, 1), 3.0)), torch.Generator().manual_seed(0))
    mean = (0.99 * 2 * 1.0 + 0.01 * 4 * 3.0) / (0.99 * 2 + 0.01 * 4)
    assert book.entries[high].item() == pytest.approx(mean)
    assert book.entries[1 - high].item() == -1.0
    assert book.counts[high].item() == pytest.approx(0.99 * 2 + 0.01 * 4)
    assert book.counts[1 - high].item() == pytest.approx(0.99 * 2)


def test_a_dead_entry_is_put_where_a_token_is() -> None:
    book = started(reset_below=0.5)
    dead = int(book.entries.flatten().argmin())
    tokens = torch.linspace(0.9, 1.1, 4)[:, None]
    for step in range(200):
        book.learn(book(tokens), torch.Generator().manual_seed(step))
        if book.entries[dead] > 0:
            break
    assert 60 < step < 80  # 0.99^69 is a half
    assert (tokens == book.entries[dead]).any()
    assert book.counts[dead] == 2.0


def test_without_reset_a_dead_entry_stays() -> None:
    book = started(reset_below=0.0)
    dead = int(book.entries.flatten().argmin())
    for step in range(200):
        book.learn(book(torch.ones(4, 1)), torch.Generator().manual_seed(step))
    assert book.entries[dead].item() == -1.0


def test_who_is_pulled_by_the_penalty() -> None:
    tokens = torch.tensor([[-2.0], [2.0]], requires_grad=True)
    for learnt_by, pulls in (("averages", False), ("gradient", True)):
        book = started(learnt_by=learnt_by, commitment=0.5)
        assert isinstance(book.entries, torch.nn.Parameter) is pulls
        codes = book(tokens)
        penalty = book.penalty(codes)
        assert penalty.item() == pytest.approx(0.5 * 1.0 + pulls * 1.0)
        (on_tokens,) = torch.autograd.grad(penalty, tokens, retain_graph=True)
        torch.testing.assert_close(on_tokens, torch.tensor([[-0.5], [0.5]]))
        if pulls:
            (on_entries,) = torch.autograd.grad(penalty, book.entries)
            assert sorted(on_entries.flatten().tolist()) == [-1.0, 1.0]


# How the gradient passes


def test_both_paths_give_the_entries_exactly() -> None:
    source, target = draw(50, 4), draw(50, 4, seed=1)
    torch.testing.assert_close(rotated(source, target), target, rtol=0, atol=1e-6)
    torch.testing.assert_close(straight_through(source, target), target, rtol=0, atol=1e-6)


def test_a_rotated_gradient_keeps_its_angle() -> None:
    """To the entry at the decoder's side, to the latent at the encoder's; its length is scaled as the latent is."""
    source, target = draw(50, 4).double().requires_grad_(), draw(50, 4, seed=1).double()
    above = draw(50, 4, seed=2).double()
    (below,) = torch.autograd.grad((rotated(source, target) * above).sum(), source)
    cosine = torch.nn.functional.cosine_similarity
    torch.testing.assert_close(cosine(below, source.detach()), cosine(above, target))
    ratio = target.norm(dim=1) / source.detach().norm(dim=1)
    torch.testing.assert_close(below.norm(dim=1), above.norm(dim=1) * ratio)


def test_a_latent_opposite_or_at_zero_does_no_harm() -> None:
    source = torch.tensor([[1.0, 0.0], [0.0, 0.0]], requires_grad=True)
    turned = rotated(source, torch.tensor([[-1.0, 0.0], [1.0, 0.0]]))
    (gradient,) = torch.autograd.grad(turned.sum(), source)
    assert turned.isfinite().all()
    assert gradient.isfinite().all()


# The others


def test_every_level_is_reached_and_zero_is_the_middle() -> None:
    for levels in ((3,), (4,), (5,), (8,)):
        codes = ScalarCodes(levels)(torch.linspace(-9, 9, 2001)[:, None])
        assert codes.indices.unique().tolist() == list(range(levels[0]))
        assert -1 <= codes.quantized.min() < codes.quantized.max() <= 1
        assert ScalarCodes(levels)(torch.zeros(1, 1)).quantized.item() == 0
        assert (codes.quantized - codes.continuous).abs().max() <= 0.51 / (levels[0] // 2)


def test_each_book_codes_what_was_left() -> None:
    quantiser = made("residual")
    assert isinstance(quantiser, ResidualCodes)
    latents = draw(20, 4, 2, 2)
    codes = quantiser(latents)
    total, left = torch.zeros(80, 4), as_tokens(latents)
    for book, digit in zip(quantiser.books, digits(codes.indices.flatten(), quantiser.levels).T, strict=True):
        assert torch.equal(nearest(left, book.entries), digit)
        total, left = total + book.entries[digit], left - book.entries[digit]
    torch.testing.assert_close(as_tokens(codes.quantized), total)


def test_residual_codes_pass_a_gradient_by_the_path_they_were_told() -> None:
    """Straight through it is the decoder's own; by rotation that of turning each latent onto the sum of its entries."""
    latents, above = draw(6, 4, 2, 2), draw(6, 4, 2, 2).flip(0)
    found = {}
    for path in ("straight_through", "rotation"):
        torch.manual_seed(0)
        quantiser = ResidualCodes(tuple(Codebook(6, 4, path=path) for _ in range(2)))  # type: ignore[arg-type]
        source = latents.clone().requires_grad_()
        total = quantiser(source).quantized
        (found[path],) = torch.autograd.grad((total * above).sum(), source)
    torch.testing.assert_close(found["straight_through"], above)
    tokens = as_tokens(latents).requires_grad_()
    (turned,) = torch.autograd.grad((rotated(tokens, as_tokens(total.detach())) * as_tokens(above)).sum(), tokens)
    torch.testing.assert_close(as_tokens(found["rotation"]), turned)
    assert not torch.allclose(turned, as_tokens(above), atol=0.1)


def test_more_books_leave_less() -> None:
    torch.manual_seed(0)
    errors = []
    for depth in (1, 2, 4):
        quantiser = ResidualCodes(tuple(Codebook(16, 4) for _ in range(depth)))
        latents = draw(64, 4, 4, 4)
        quantiser.learn(quantiser(latents), torch.Generator().manual_seed(0))
        errors.append((quantiser(latents).quantized - latents).square().mean().item())
    assert errors[0] > 1.5 * errors[1] > 2.25 * errors[2]


def test_signs_that_are_sure_and_even_have_the_least_penalty() -> None:
    quantiser = SignCodes(3, commitment=0.0, entropy=1.0)
    corners = digits(torch.arange(8), quantiser.levels).float() * 2 - 1

    def penalty(tokens: Tensor) -> float:
        return quantiser.penalty(quantiser(tokens)).item()

    assert penalty(9 * corners) == pytest.approx(-math.log(8), abs=1e-4)
    assert penalty(9 * corners[:1].repeat(8, 1)) == pytest.approx(0.0, abs=1e-4)
    assert penalty(torch.zeros(8, 3)) == pytest.approx(0.0, abs=1e-4)


# Use


def test_even_use_of_few_tokens_is_not_taken_for_uneven() -> None:
    """1,024 entries and 256 tokens a batch: one batch by itself could show a quarter of them at most."""
    use = CodeUse((1024,))
    for step in range(300):
        taken = torch.randint(1024, (4, 1, 64), generator=torch.Generator().manual_seed(step))
        terms = use.terms(taken)
        use.note(taken)
    assert terms["code_entropy"] == pytest.approx(1.0, abs=1e-3)
    assert terms["codebook_perplexity"] == pytest.approx(1024, rel=0.005)
    assert terms["codebook_usage"] == 1.0


def test_a_collapse_shows_and_old_use_is_forgotten() -> None:
    use = CodeUse((16, 4))
    even = torch.stack([torch.arange(64) % 16, torch.arange(64) % 4]).reshape(1, 2, 64)
    use.note(even)
    assert use.terms(even)["codebook_usage"] == 1.0
    for _ in range(1000):
        use.note(torch.zeros(1, 2, 64, dtype=torch.int64))
    terms = use.terms(torch.zeros(1, 2, 64, dtype=torch.int64))
    assert terms["codebook_usage"] == pytest.approx(2 / 20)
    assert terms["codebook_perplexity"] < 1.1
    assert terms["code_entropy"] < 0.05


# Another library


def test_scalar_codes_are_those_of_another_library() -> None:
    told = GOLDEN["scalar"]
    latents = golden_latents(2, 4, 3, 4).requires_grad_()
    codes = ScalarCodes((8, 5, 5, 5))(latents)
    torch.testing.assert_close(codes.quantized, torch.tensor(told["quantized"]))
    assert torch.equal(codes.indices, torch.tensor(told["indices"]))
    (gradient,) = torch.autograd.grad(codes.quantized.square().sum(), latents)
    torch.testing.assert_close(gradient, torch.tensor(told["gradient"]))


def test_signs_and_their_entropies_are_those_of_another_library() -> None:
    told = GOLDEN["signs"]
    latents = golden_latents(2, 6, 3, 4)
    codes = SignCodes(6)(latents)
    torch.testing.assert_close(codes.quantized, torch.tensor(told["quantized"]))
    penalty = SignCodes(6, commitment=0.0, entropy=1.0).penalty(codes)
    assert penalty.item() == pytest.approx(told["per_sample_entropy"] - told["batch_entropy"], abs=1e-4)


def test_the_rotation_is_that_of_another_library() -> None:
    told = GOLDEN["rotation"]
    source, target = golden_latents(2, 10, 4)
    source.requires_grad_()
    turned = rotated(source, target)
    torch.testing.assert_close(turned, torch.tensor(told["values"]), rtol=1e-4, atol=1e-5)
    (gradient,) = torch.autograd.grad((turned * torch.arange(1.0, 5.0)).sum(), source)
    torch.testing.assert_close(gradient, torch.tensor(told["gradient"]), rtol=1e-4, atol=1e-5)


# Requests that cannot be met


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Codebook(1, 4), "at least 2 entries of at least 1 number; got 1 of 4"),
        (lambda: Codebook(8, 0), "got 8 of 0"),
        (lambda: Codebook(8, 4, commitment=-1.0), "commitment is a number from 0 on, got -1.0"),
        (lambda: Codebook(8, 4, reset_below=1.0), "reset_below is a share of even use"),
        (lambda: ScalarCodes((8, 2)), r"at least 3 each; got \[8, 2\]"),
        (lambda: ScalarCodes(()), r"got \[\]"),
        (lambda: SignCodes(40), "1 to 14 bits at each place, got 40"),
        (lambda: SignCodes(4, entropy=-1.0), "weights are numbers from 0 on"),
        (lambda: ResidualCodes(()), "at least one codebook"),
        (lambda: ResidualCodes(tuple(Codebook(65536, 1) for _ in range(4))), "more combinations than an index"),
    ],
)
def test_wrong_numbers_are_refused_in_words(make: Callable[[], Quantiser], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        make()


def test_codes_say_what_they_cost() -> None:
    codes: Codes = made("residual")(draw(3, 4, 2, 2))
    torch.testing.assert_close(codes.cost(), torch.full((3,), 4 * math.log(4 * 6 * 5)))
