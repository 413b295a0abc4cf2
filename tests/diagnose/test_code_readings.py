"""Readings of codes: exact where the answer is known, corrected where there are few images."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from acutance.diagnose._code import code_readings, code_use
from acutance.nn.latents import Codes


def draws(n: int, tokens: int, chances: Any, seed: int = 0) -> np.ndarray[Any, Any]:
    return np.random.default_rng(seed).choice(len(chances), (n, tokens), p=chances)


def entropy(shares: Any) -> float:
    kept = np.asarray(shares)[np.asarray(shares) > 0]
    return float(-(kept * np.log(kept)).sum())


def plug_in(indices: np.ndarray[Any, Any]) -> float:
    return entropy(np.bincount(indices.ravel()) / indices.size)


def codes(indices: np.ndarray[Any, Any], size: int) -> tuple[Codes, list[torch.Tensor]]:
    index = torch.from_numpy(indices)
    values = torch.zeros(len(index), 1, index.shape[1])
    return Codes(values, values, index, size), [torch.rand(len(index), 1, 4, 4)]


def test_leaving_an_image_out_is_done_right() -> None:
    indices = draws(12, 5, np.full(8, 1 / 8))
    entropies, seen = code_use(indices)
    for i in range(12):
        rest = np.delete(indices, i, axis=0)
        assert entropies[i] == pytest.approx(12 * plug_in(indices) - 11 * plug_in(rest))
        assert seen[i] == pytest.approx(12 * len(np.unique(indices)) - 11 * len(np.unique(rest)))


@pytest.mark.parametrize("shape", ["even", "uneven"])
def test_few_images_are_corrected_for(shape: str) -> None:
    chances = np.full(64, 1 / 64) if shape == "even" else 0.9 ** np.arange(64) / np.sum(0.9 ** np.arange(64))
    told = [code_use(draws(40, 4, chances, seed))[0].mean() for seed in range(30)]
    naive = [plug_in(draws(40, 4, chances, seed)) for seed in range(30)]
    assert abs(np.mean(told) - entropy(chances)) < 0.3 * abs(np.mean(naive) - entropy(chances))


def test_the_intervals_hold() -> None:
    chances = 0.9 ** np.arange(32) / np.sum(0.9 ** np.arange(32))
    held = 0
    for seed in range(100):
        found = {reading.name: reading for reading in code_readings(*codes(draws(60, 8, chances, seed), 32))}
        held += found["codebook_perplexity"].low <= math.exp(entropy(chances)) <= found["codebook_perplexity"].high
    assert held >= 88


def test_a_code_of_one_entry_and_a_code_of_all() -> None:
    told = {r.name: r for r in code_readings(*codes(np.zeros((20, 6), int), 16))}
    assert told["codebook_perplexity"].value == pytest.approx(1)
    assert told["rate_bits"].value == pytest.approx(0, abs=1e-9)
    assert told["codebook_usage"].value == 1 / 16
    told = {r.name: r for r in code_readings(*codes(np.tile(np.arange(16), (20, 1)), 16))}
    assert told["codebook_perplexity"].value == pytest.approx(16)
    assert told["rate_bits"].value == pytest.approx(16 * 4)
    assert told["codebook_usage"].value == 1.0
    assert not told["rate_bits"].preconditions


def test_a_codebook_too_large_to_count_is_no_trouble() -> None:
    indices = draws(10, 4, np.full(5, 0.2)).astype(np.int64) * 2**40
    told = {r.name: r for r in code_readings(*codes(indices, 2**48))}
    assert 3 < told["codebook_perplexity"].value < 8
    assert "too few to know" in told["codebook_usage"].preconditions[0]


def test_a_single_image_has_no_interval() -> None:
    told = code_readings(*codes(np.array([[0, 1, 2, 3]]), 8))
    assert told[1].value == pytest.approx(4)
    assert math.isnan(told[1].low)


def test_books_with_too_few_tokens_for_their_product_are_counted_apart() -> None:
    books = (32, 32, 32)
    parts = draws(200, 12, np.full(32, 1 / 32)).reshape(200, 3, 4)
    indices = parts[:, 0] + 32 * parts[:, 1] + 1024 * parts[:, 2]
    values = torch.zeros(200, 1, 4)
    latent = Codes(values, values, torch.from_numpy(indices), 32**3, books)
    assert torch.equal(latent.per_book(), torch.from_numpy(parts))
    told = {r.name: r for r in code_readings(latent, [torch.rand(200, 1, 4, 4)])}
    assert told["codebook_perplexity"].value == pytest.approx(32, rel=0.02)
    assert told["codebook_perplexity"].unit == "of 32"
    assert told["rate_bits"].value == pytest.approx(4 * 15, rel=0.01)
    assert told["codebook_usage"].value == pytest.approx(1)
    assert "counted apart" in told["rate_bits"].preconditions[0]


def test_books_with_tokens_enough_are_counted_together() -> None:
    """Two books that always take the same entry: together they say no more than one."""
    one = draws(400, 4, np.full(4, 0.25))
    values = torch.zeros(400, 1, 4)
    latent = Codes(values, values, torch.from_numpy(one + 4 * one), 16, (4, 4))
    told = {r.name: r for r in code_readings(latent, [torch.rand(400, 1, 4, 4)])}
    assert told["codebook_perplexity"].value == pytest.approx(4, rel=0.02)
    assert told["rate_bits"].value == pytest.approx(8, rel=0.01)
    assert not told["rate_bits"].preconditions
