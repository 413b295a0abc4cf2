"""TorchMetrics wrappers: the same numbers as the measures, as Lightning uses them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torchmetrics import Metric, MetricCollection

from acutance.errors import ConfigError
from acutance.measure import measure_pairs, measure_samples, pair_metric, sample_metric


def pictures(n: int, seed: int) -> Tensor:
    return torch.rand(n, 1, 32, 32, generator=torch.Generator().manual_seed(seed))


def few(images: Tensor) -> Tensor:
    return images.flatten(1)[:, :6]


def test_pairs_seen_in_batches_are_measured_as_one() -> None:
    ref, x = pictures(24, 0), pictures(24, 1)
    whole = measure_pairs(ref, x)
    metric = pair_metric("paired_spectra")
    psnr = pair_metric("psnr", "psnr")
    assert isinstance(metric, Metric)
    for part in torch.arange(24).split(7):
        metric.update(x[part], ref[part])
        of_batch = psnr(x[part], ref[part])
        assert float(of_batch) == pytest.approx(measure_pairs(ref[part], x[part]).reading("psnr").value, rel=1e-5)
    values = metric.compute()
    assert isinstance(values, dict)
    for name in ("mtf50", "coherence_top_octave"):
        assert float(values[name]) == pytest.approx(whole.reading(name).value, rel=1e-5)
    assert float(psnr.compute()) == pytest.approx(whole.reading("psnr").value, rel=1e-5)
    psnr.reset()
    psnr.update(x[:5], ref[:5])
    assert float(psnr.compute()) == pytest.approx(measure_pairs(ref[:5], x[:5]).reading("psnr").value, rel=1e-5)


def test_samples_and_a_real_set_that_stays() -> None:
    real, fake, other = pictures(40, 2), pictures(40, 3), pictures(40, 4) ** 2
    metric = sample_metric("frechet_distance", features=few, reset_real_features=False)
    for part in real.split(9):
        metric.update(part, real=True)
    for samples in (fake, other):
        metric.reset()
        assert metric(samples, real=False) is None
        exact = measure_samples(real=real, fake=samples, features=few).reading("frechet_distance").value
        assert float(metric.compute()) == pytest.approx(exact, rel=1e-5)
    everything = sample_metric(features=few)
    everything.update(real, real=True)
    everything.update(fake, real=False)
    assert {"precision", "recall", "detail_ratio_top_octave"} <= {*everything.compute()}


def ramps(n: int) -> Tensor:
    """Pictures below 64 px that reach their border, which have a window; white noise has none."""
    return torch.linspace(0, 1, 32).expand(n, 1, 32, 32) * 0.5 + 0.5 * pictures(n, 9) * 0.1


@pytest.mark.parametrize("real_first", [True, False])
def test_both_populations_are_seen_through_the_window_of_the_real_set(real_first: bool) -> None:
    """Samples may be of another kind, as of a model that has not learnt yet."""
    real, fake = ramps(20), pictures(20, 10)
    metric = sample_metric("detail_ratio_top_octave", features=few)
    for batch in (True, False) if real_first else (False, True):
        metric.update(real if batch else fake, real=batch)
    exact = measure_samples(real=real, fake=fake, features=few, window="hann").reading("detail_ratio_top_octave")
    assert float(metric.compute()) == pytest.approx(exact.value, rel=1e-5)


def test_batches_of_pairs_are_seen_through_one_window() -> None:
    ref = torch.cat([pictures(8, 10), ramps(24)])
    metric = pair_metric("paired_spectra", "detail_ratio_top_octave")
    for part in ref.split(8):
        metric.update(0.9 * part, part)
    exact = measure_pairs(ref, 0.9 * ref).reading("detail_ratio_top_octave").value
    assert float(metric.compute()) == pytest.approx(exact, rel=1e-5)


def test_in_a_collection_and_copied() -> None:
    ref, x = pictures(12, 5), pictures(12, 6)
    both = MetricCollection({"psnr": pair_metric("psnr", "psnr"), "ssim": pair_metric("ssim", "ssim")})
    both.update(x, ref)
    whole = measure_pairs(ref, x)
    values = both.clone().compute()
    assert float(values["ssim"]) == pytest.approx(whole.reading("ssim").value, rel=1e-5)
    assert float(values["psnr"]) == pytest.approx(whole.reading("psnr").value, rel=1e-5)


def test_refusals(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="compares populations"):
        pair_metric("neighbours")
    metric = pair_metric("psnr", "mtf50")
    metric.update(pictures(4, 7), pictures(4, 8))
    with pytest.raises(ConfigError, match="there are: psnr"):
        metric.compute()
    monkeypatch.setitem(sys.modules, "acutance.measure._torchmetrics", None)
    for make in (lambda: pair_metric("psnr"), sample_metric):
        with pytest.raises(ConfigError, match=r"acutance\[metrics\]"):
            make()


WORKER = """
import sys
import torch
import torch.distributed as dist
from acutance.measure import pair_metric, sample_metric

rank = int(sys.argv[1])
dist.init_process_group("gloo", init_method="file://" + sys.argv[2], rank=rank, world_size=2)
images = torch.rand(2, 40, 1, 32, 32, generator=torch.Generator().manual_seed(0))
mine = slice(0, 13) if rank == 0 else slice(13, 40)
pairs, sets = pair_metric("psnr", "psnr"), sample_metric("recall", features=lambda x: x.flatten(1)[:, :4])
pairs.update(images[0, mine], images[1, mine])
sets.update(images[0, mine], real=True)
sets.update(images[1, mine], real=False)
print(float(pairs.compute()), float(sets.compute()))
"""


def test_processes_give_the_value_of_all_images(tmp_path: Path) -> None:
    images = torch.rand(2, 40, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    words = [[sys.executable, "-c", WORKER, str(rank), str(tmp_path / "store")] for rank in (0, 1)]
    workers = [subprocess.Popen(some, stdout=subprocess.PIPE, text=True) for some in words]
    said = [[float(word) for word in worker.communicate(timeout=120)[0].split()] for worker in workers]
    recall = measure_samples(real=images[0], fake=images[1], features=lambda x: x.flatten(1)[:, :4]).reading("recall")
    psnr = measure_pairs(images[1], images[0]).reading("psnr")
    assert said == [pytest.approx([psnr.value, recall.value], rel=1e-5)] * 2
