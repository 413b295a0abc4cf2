"""Distances of feature populations: null levels O5, swapped arguments O7, exactness, intervals."""

from __future__ import annotations

import functools
import math

import pytest
import torch
from torch import Tensor

from acutance.errors import MeasureError
from acutance.measure import MEASURES, Reading, SqueezeNet, measure_samples, memorisation, neighbours
from acutance.measure._frechet import frechet, frechet_value
from acutance.measure._losses import loss_variance
from acutance.measure._neighbours import balls_around, mutual_hits
from acutance.measure.kernel_distance import kernel_distance
from acutance.measure.neighbours import Neighbours, neighbour_shares


def normal(n: int, d: int, seed: int, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def readings(name: str, real: Tensor, fake: Tensor) -> dict[str, Reading]:
    measure = MEASURES.load(name)()
    measure.update(real=real, fake=fake)
    return {r.name: r for r in measure.compute()}


def brute(real: Tensor, fake: Tensor, k: int) -> dict[str, float]:
    """The definitions, written down with whole matrices."""

    def radius(points: Tensor) -> Tensor:
        apart = torch.cdist(points, points, compute_mode="donot_use_mm_for_euclid_dist")
        return apart.fill_diagonal_(math.inf).kthvalue(k, dim=1).values

    cross = torch.cdist(real, fake, compute_mode="donot_use_mm_for_euclid_dist")
    in_real, in_fake = cross <= radius(real)[:, None], cross <= radius(fake)[None, :]
    return {
        "precision": float(in_real.any(0).double().mean()),
        "recall": float(in_fake.any(1).double().mean()),
        "coverage": float(in_real.any(1).double().mean()),
        "density": float(in_real.sum(0).double().mean()) / k,
    }


@pytest.mark.parametrize(("n", "m", "d"), [(1500, 1200, 12), (40, 1100, 3), (1025, 30, 40)])
def test_neighbour_shares_equal_the_definitions_across_blocks(n: int, m: int, d: int) -> None:
    real, fake = normal(n, d, 0), 0.9 * normal(m, d, 1) + 0.1
    shares = neighbour_shares(real, fake, (3, 5))
    for k in (3, 5):
        for name, value in brute(real, fake, k).items():
            assert shares[name, k][0] == pytest.approx(value, rel=1e-12)


def test_ties_are_decided_exactly() -> None:
    """On a grid half of all distances tie with a radius; far from the origin float32 alone would get them wrong."""
    axis = torch.arange(12, dtype=torch.float64)
    real = torch.cartesian_prod(axis, axis) + 1000.0
    fake = real + torch.tensor([1.0, 0.0], dtype=torch.float64)
    for k in (3, 5):
        shares = neighbour_shares(real, fake, (k,))
        for name, value in brute(real, fake, k).items():
            assert shares[name, k][0] == pytest.approx(value, rel=1e-12)


def test_identical_constant_sets_score_one() -> None:
    """O7: `<=`, not `<`."""
    same = torch.ones(20, 4)
    found = readings("neighbours", same, same.clone())
    assert [found[name].value for name in ("precision", "recall", "coverage")] == [1.0, 1.0, 1.0]


def test_null_levels_of_coverage_and_density() -> None:
    """O5: coverage 1 - 2^-k and density 1 for two sets of one population."""
    real, fake = normal(2500, 6, 2), normal(2500, 6, 3)
    found = readings("neighbours", real, fake)
    for name, exact in (("coverage", 1 - 2**-5), ("coverage_k3", 1 - 2**-3), ("density", 1.0)):
        assert found[name].low <= exact <= found[name].high, found[name]
        assert found[name].value == pytest.approx(exact, abs=0.03)


def test_swapped_arguments_swap_precision_and_recall() -> None:
    real, fake = normal(500, 5, 4), 0.3 * normal(500, 5, 5)
    one, other = readings("neighbours", real, fake), readings("neighbours", fake, real)
    assert one["precision"].value == other["recall"].value > 0.95
    assert one["recall"].value == other["precision"].value < 0.4


def test_missing_modes_cost_recall_and_coverage_in_proportion() -> None:
    centres = 20 * normal(10, 6, 6)
    real = centres[torch.arange(600) % 10] + normal(600, 6, 7)
    fake = centres[torch.arange(600) % 4] + normal(600, 6, 8)
    found = readings("neighbours", real, fake)
    assert found["precision"].value > 0.8
    assert found["recall"].value == pytest.approx(0.4, abs=0.08)
    assert found["coverage"].value == pytest.approx(0.4, abs=0.05)


@pytest.mark.parametrize("d", [8, 24])
def test_frechet_distance_of_two_samples_of_one_gaussian(d: int) -> None:
    """O5: (D^2 + D) / 2N + 2 D / N, and 0 in the limit."""
    n = 1500
    values = [frechet(normal(n, d, 2 * s), normal(n, d, 2 * s + 1)).value for s in range(6)]
    assert sum(values) / 6 == pytest.approx((d * d + d) / (2 * n) + 2 * d / n, rel=0.1)


def test_frechet_distance_of_known_gaussians() -> None:
    n, d = 200_000, 3
    scale, shift = torch.tensor([2.0, 1.0, 0.5], dtype=torch.float64), torch.tensor([1.0, 0.0, -1.0]).double()
    value = frechet(normal(n, d, 9), normal(n, d, 10) * scale + shift).value
    assert value == pytest.approx(float(shift.square().sum() + (scale - 1).square().sum()), rel=0.02)


@pytest.mark.parametrize(("n", "m", "d"), [(50, 60, 12), (20, 300, 32), (300, 20, 32), (20, 24, 32)])
def test_every_route_of_the_frechet_distance_agrees(n: int, m: int, d: int) -> None:
    """Cholesky, the data itself, and either mixed, against eigenvalues of the dense product; a dead feature too."""
    real, fake = normal(n, d, 11), normal(m, d, 12) * torch.linspace(0.2, 2, d).double() + 0.1
    for dead in (False, True):
        if dead:
            real[:, 3] = fake[:, 3] = 0.0
        ca, cb = real.T.cov(), fake.T.cov()
        values, vectors = torch.linalg.eigh(ca)
        root = (vectors * values.clamp(min=0).sqrt()) @ vectors.T
        trace = float(torch.linalg.eigvalsh(root @ cb @ root).clamp(min=0).sqrt().sum())
        exact = float((real.mean(0) - fake.mean(0)).square().sum() + ca.trace() + cb.trace()) - 2 * trace
        assert frechet(real, fake).value == pytest.approx(exact, rel=1e-6)
        assert frechet_value(real, fake) == pytest.approx(exact, rel=1e-6)


@pytest.mark.parametrize(("n", "d", "scale", "near"), [(60, 8, 1.5, 0.05), (60, 8, 0.7, 0.05), (100, 30, 1.3, 0.1)])
def test_what_an_image_adds_to_the_frechet_distance(n: int, d: int, scale: float, near: float) -> None:
    """T14, against leaving out each image in turn, and its variance against that jackknife's."""
    spread = torch.linspace(0.3, 1.5, d, dtype=torch.float64)
    real, fake = spread * normal(n, d, 13), scale * spread * normal(n + 5, d, 14) + 0.3
    found = frechet(real, fake)
    others = [torch.arange(n) != i for i in range(n)]
    falls = torch.tensor([(n - 1) * (found.value - frechet_value(real[rest], fake)) for rest in others])
    falls = falls.double() - falls.double().mean()
    assert float((found.real - falls).square().mean().sqrt() / falls.std()) < near
    assert float(found.real.var() / falls.var()) == pytest.approx(1.0, abs=0.03)


def test_offsets_do_not_spoil_the_frechet_distance() -> None:
    """Features with a mean 10,000 times their spread: raw float32 moments would be lost (theory E)."""
    real, fake = normal(400, 10, 15), 1.2 * normal(400, 10, 16)
    assert frechet(real + 1e4, fake + 1e4).value == pytest.approx(frechet(real, fake).value, rel=1e-6)


def test_kernel_distance_is_unbiased_and_exact() -> None:
    values = [kernel_distance(normal(60, 4, s), normal(50, 4, 100 + s)).value for s in range(40)]
    mean = sum(values) / 40
    error = (sum((v - mean) ** 2 for v in values) / 39 / 40) ** 0.5
    assert abs(mean) < 3 * error
    a, b = normal(2100, 4, 1), normal(1030, 4, 2)
    k = lambda x, y: (x @ y.T / 4 + 1) ** 3  # noqa: E731
    aa, bb = k(a, a), k(b, b)
    exact = (aa.sum() - aa.trace()) / (2100 * 2099) + (bb.sum() - bb.trace()) / (1030 * 1029) - 2 * k(a, b).mean()
    assert kernel_distance(a, b).value == pytest.approx(float(exact), rel=1e-9)


@functools.cache
def repeats(module: str) -> list[dict[str, Reading]]:
    pairs = ((normal(100, 6, 2 * s), 0.85 * normal(100, 6, 2 * s + 1) + 0.3) for s in range(40))
    return [readings(module, real, fake) for real, fake in pairs]


@pytest.mark.parametrize("name", ["frechet_distance", "kernel_distance", "precision", "recall", "density", "coverage"])
def test_intervals_cover_what_repeats_give(name: str) -> None:
    """A quick look; the long one stands in docs/precision.md."""
    found = [repeat[name] for repeat in repeats(name if name.endswith("distance") else "neighbours")]
    truth = sum(r.value for r in found) / len(found)
    covered = sum(r.low <= truth <= r.high for r in found) / len(found)
    assert covered >= 0.87
    spread = (sum((r.value - truth) ** 2 for r in found) / 39) ** 0.5
    width = sum(r.high - r.low for r in found) / len(found) / 3.92
    assert 0.7 * spread < width < 1.9 * spread


def test_too_few_images_for_k() -> None:
    with pytest.raises(MeasureError, match="at least 7"):
        readings("neighbours", normal(6, 3, 0), normal(50, 3, 1))
    with pytest.raises(MeasureError, match="1 or more"):
        Neighbours(ks=(0, 3))


def test_unequal_sets_are_noted() -> None:
    found = readings("neighbours", normal(100, 3, 0), normal(50, 3, 1))
    assert any("differ in size" in text for text in found["precision"].preconditions)


def test_balls_know_their_neighbours() -> None:
    points = torch.tensor([[0.0], [1.0], [3.0], [7.0], [15.0]])
    balls = balls_around(points, (1, 2))
    assert balls.square.tolist() == [[1, 9], [1, 4], [4, 9], [16, 36], [64, 144]]
    assert balls.nearest[:, 0].tolist() == [1, 0, 1, 2, 3]
    one, other = mutual_hits(balls, balls_around(points + 0.5, (1, 2)))
    assert one.per_point[:, 0].tolist() == [2, 2, 2, 2, 1]
    assert int(one.per_ball.sum()) == int(one.per_point.sum())
    assert int(other.per_ball.sum()) == int(other.per_point.sum())


def test_features_do_not_depend_on_the_batch_and_see_blur_and_modes() -> None:
    rng = torch.Generator().manual_seed(0)
    images = torch.rand(6, 1, 40, 28, generator=rng)
    net = SqueezeNet()
    whole = net(images)
    assert {k: tuple(v.shape) for k, v in whole.items()} == {"last": (6, 512), "middle": (6, 256)}
    one = torch.cat([net(images[i : i + 1])["last"] for i in range(6)])
    assert torch.allclose(whole["last"], one, atol=1e-3, rtol=1e-4)
    assert torch.equal(net(images.expand(-1, 3, -1, -1))["last"], whole["last"])
    with pytest.raises(MeasureError, match="drop alpha"):
        net(torch.rand(2, 4, 32, 32))


def test_shared_images_are_noticed() -> None:
    real = torch.rand(30, 1, 16, 16, generator=torch.Generator().manual_seed(1))
    fake = torch.rand(30, 1, 16, 16, generator=torch.Generator().manual_seed(2))
    fake[:6] = real[:6]
    features = lambda images: images.flatten(1)[:, :6]  # noqa: E731
    found = measure_samples(real=real, fake=fake, features=features)
    assert any("20 % of the smaller set" in text for text in found.reading("precision").preconditions)
    clean = measure_samples(real=real, fake=1 - fake, features=features)
    assert not any("also in the other" in text for r in clean.readings for text in r.preconditions)


def test_measure_samples_reads_batches_and_names_its_readings() -> None:
    rng = torch.Generator().manual_seed(3)
    real, fake = torch.rand(24, 1, 32, 32, generator=rng), torch.rand(24, 1, 32, 32, generator=rng)
    whole = measure_samples(real=real, fake=fake)
    parts = measure_samples(real=real.split(5), fake=iter(fake.split(11)))
    names = {r.name for r in whole.readings}
    assert names >= {
        "detail_ratio_top_octave", "frechet_distance", "kernel_distance", "precision", "recall", "density", "coverage",
        "frechet_distance_middle", "frechet_distance_floor", "frechet_distance_middle_floor",
    }  # fmt: skip
    for a, b in zip(whole.readings, parts.readings, strict=True):
        rel = 1e-3 if a.name.endswith("infinity") else 1e-4  # the line carries rounding of the features on
        assert a.value == pytest.approx(b.value, rel=rel, abs=1e-5, nan_ok=True), a.name
    assert whole.features == "squeezenet11" and (whole.n_real, whole.n_fake) == (24, 24)


def without(points: Tensor, i: int) -> Tensor:
    return torch.cat([points[:i], points[i + 1 :]])


@pytest.mark.parametrize("cloud", ["normal", "ties"])
def test_what_the_loss_of_an_image_changes_is_exact(cloud: str) -> None:
    """The jackknife of precision, coverage and density against measuring anew without each image."""
    real, fake = normal(45, 2, 20), 0.8 * normal(40, 2, 21) + 0.4
    if cloud == "ties":
        real, fake = (2 * real).round(), (2 * fake).round()
    n, k = len(real), 3
    whole, (balls, other) = brute(real, fake, k), (balls_around(points, (k, k + 1)) for points in (real, fake))
    hits, _ = mutual_hits(balls, other)
    less = [brute(without(real, i), fake, k) for i in range(n)]

    gone = torch.tensor([some["precision"] - whole["precision"] for some in less]) * len(fake)
    gains, kept = (neighbours._caught(balls, hits, 0, k, holders) for holders in (0, 1))
    found = gains + kept - hits.only_ball[:, 0]
    held, next_held = hits.per_ball.T.double()
    density = torch.tensor([some["density"] - whole["density"] for some in less]) * len(fake) * k
    found_density = neighbours._among_nearest(balls, k, next_held - held) - held
    if cloud == "normal":
        assert torch.allclose(found.float(), gone, atol=1e-4)
        assert torch.allclose(found_density.float(), density, atol=1e-3)
    else:  # of equally near neighbours one is taken away: on average the same
        assert float((found.float() - gone).abs().mean()) < 0.5
    fewer = torch.tensor([brute(real, without(fake, i), k)["coverage"] - whole["coverage"] for i in range(len(fake))])
    assert torch.allclose(-hits.only_point[:, 0] / n, fewer, atol=1e-5)


@pytest.mark.parametrize("d", [2, 12])
def test_what_the_loss_of_a_real_image_changes_in_the_memorised_share(d: int) -> None:
    real, fake = normal(40, d, 22), normal(50, d, 23)

    def copied(images: Tensor) -> Tensor:
        exact = "donot_use_mm_for_euclid_dist"
        near = torch.cdist(fake, images, compute_mode=exact).min(1)
        own = torch.cdist(images, images, compute_mode=exact).fill_diagonal_(torch.inf).amin(1)
        return (near.values < own[near.indices]).long()

    changes = torch.stack([copied(without(real, i)) - copied(real) for i in range(40)])
    gains, losses = (changes > 0).sum(1), (changes < 0).sum(1)
    found = memorisation._memorised(real, fake)
    assert found.value == pytest.approx(float(copied(real).double().mean()))
    assert found.others == pytest.approx(loss_variance(gains, losses, 50), rel=1e-6) and found.others > 0


def test_a_jackknife_less_its_counting_noise_is_the_variance_of_a_count() -> None:
    """T17: cells of random probability count cases; the loss of a cell loses its cases and nothing else."""
    cells, cases = 60, 200
    rng = torch.Generator().manual_seed(31)
    shares, found, plain = [], [], []
    for _ in range(400):
        mass = torch.rand(cells, generator=rng, dtype=torch.float64) ** 2 / cells
        where = torch.cat([mass, 1.0 - mass.sum(0, keepdim=True)]).multinomial(cases, replacement=True, generator=rng)
        counts = torch.bincount(where, minlength=cells + 1)[:cells]
        shares.append(float(mass.sum()))
        found.append(loss_variance(torch.zeros(cells), counts, cases))
        plain.append(float(counts.double().var()) * cells / cases**2)
    truth = float(torch.tensor(shares).var())
    assert sum(found) / 400 == pytest.approx(truth, rel=0.25)
    assert sum(plain) / 400 > 2 * truth


def test_intervals_of_shares_hold_with_few_samples_against_many() -> None:
    """400 images against 100, where the spread of the 100 is most of it."""
    found: dict[tuple[str, int], list[tuple[float, float, float]]] = {}
    for s in range(60):
        for key, row in neighbour_shares(normal(400, 6, 2 * s), 0.8 * normal(100, 6, 2 * s + 1), (3, 5)).items():
            found.setdefault(key, []).append(row)
    for key, rows in found.items():
        value, low, high = torch.tensor(rows, dtype=torch.float64).T
        assert float(((low <= value.mean()) & (value.mean() <= high)).double().mean()) > 0.87, key


def test_second_order_of_the_frechet_distance_is_its_variance_where_nothing_differs() -> None:
    """T14, against the spread of repeats."""
    n, d = 400, 8
    found = [frechet(normal(n, d, 2 * s), normal(n, d, 2 * s + 1)) for s in range(200)]
    values = torch.tensor([f.value for f in found])
    assert sum(f.second for f in found) / 200 == pytest.approx(float(values.var()), rel=0.25)
    assert abs(sum(f.first for f in found) / 200) < 0.2 * float(values.var())
    assert sum(f.base for f in found) / 200 == pytest.approx(float(values.mean()), rel=0.05)
