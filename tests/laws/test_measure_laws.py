"""Laws that every measure in the catalog obeys; a new measure is covered by being there."""

from __future__ import annotations

import math
import re
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from torch import Tensor

from acutance.errors import MeasureError, NoDataError
from acutance.measure import MEASURES, Measure, PairMeasure, Reading, mode_count, noise_use
from acutance.report._words import term

NAMES = MEASURES.names()
SHARP_PAIRED = (
    "mtf50", "mtf50p", "mtf_area", "faithful_acutance", "apparent_acutance", "detail_ratio_top_octave",
    "coherence_top_octave", "psnr", "ssim", "ms_ssim",
)  # fmt: skip
HEADLINES = ("mtf50", "mtf50p", "mtf_area", "faithful_acutance", "coherence_top_octave", "psnr", "ssim", "ms_ssim")

every_measure = pytest.mark.parametrize("name", NAMES)


def field(n: int, height: int, width: int, channels: int = 1, seed: int = 0) -> Tensor:
    """Random pictures with a 1/f amplitude, as photographs have, in [0, 1]."""
    rng = torch.Generator().manual_seed(seed)
    fy, fx = torch.fft.fftfreq(height)[:, None], torch.fft.rfftfreq(width)[None, :]
    white = torch.fft.rfft2(torch.randn(n, channels, height, width, generator=rng))
    rough = torch.fft.irfft2(white / torch.hypot(fy, fx).clamp(min=1 / max(height, width)), s=(height, width))
    return (0.5 + 0.15 * rough / rough.std()).clamp(0, 1)


def blur(images: Tensor, sigma: float) -> Tensor:
    """Gaussian blur with periodic borders."""
    height, width = images.shape[-2:]
    fy, fx = torch.fft.fftfreq(height)[:, None], torch.fft.rfftfreq(width)[None, :]
    gain = torch.exp(-2 * math.pi**2 * sigma**2 * (fy**2 + fx**2))
    return torch.fft.irfft2(torch.fft.rfft2(images) * gain, s=(height, width)).clamp(0, 1)


def noisy(images: Tensor, sigma: float, seed: int = 9) -> Tensor:
    rng = torch.Generator().manual_seed(seed)
    return (images + sigma * torch.randn(images.shape, generator=rng)).clamp(0, 1)


class Stream:
    """A measure of one kind together with data that it can eat in any portions."""

    def __init__(self, name: str, n: int = 40) -> None:
        self.make: Callable[[], Measure] = MEASURES.load(name)
        if issubclass(MEASURES.load(name), PairMeasure):
            self.first, self.second = (noisy(blur(field(n, 32, 32), 1.0), 0.05), field(n, 32, 32))
        elif MEASURES.load(name).takes == "images":
            self.first, self.second = field(n, 32, 32, seed=1), field(n, 32, 32, seed=2)
        else:
            rng = torch.Generator().manual_seed(3)
            self.first, self.second = torch.randn(n, 6, generator=rng), 0.2 + torch.randn(n, 6, generator=rng)

    def feed(self, measure: Measure, rows: Tensor) -> Measure:
        if isinstance(measure, PairMeasure):
            measure.update(self.first[rows], self.second[rows])
        else:
            measure.update(real=self.first[rows], fake=self.second[rows])  # type: ignore[attr-defined]
        return measure

    def fed(self, *portions: Tensor) -> Measure:
        measure = self.make()
        for rows in portions:
            self.feed(measure, rows)
        return measure


def same(a: tuple[Reading, ...], b: tuple[Reading, ...]) -> None:
    """Whole readings agree: value, interval, n, unit, preconditions."""
    assert [r.name for r in a] == [r.name for r in b]
    for one, other in zip(a, b, strict=True):
        near = {"rel": 1e-5, "abs": 1e-7, "nan_ok": True}
        assert one.value == pytest.approx(other.value, **near), one.name
        assert (one.low, one.high) == pytest.approx((other.low, other.high), **near), one.name
        assert (one.n, one.unit, one.better, one.version, one.preconditions) == (
            other.n, other.unit, other.better, other.version, other.preconditions,
        )  # fmt: skip


@every_measure
def test_any_split_and_order_gives_the_same_reading(name: str) -> None:
    stream = Stream(name)
    n = len(stream.first)
    rng = torch.Generator().manual_seed(4)
    whole = stream.fed(torch.arange(n)).compute()
    shuffled = torch.randperm(n, generator=rng)
    same(whole, stream.fed(*shuffled.split([1, 7, 20, n - 28])).compute())
    same(whole, stream.fed(*torch.arange(n).split(1)).compute())


@every_measure
def test_merging_is_associative_and_empty_is_its_identity(name: str) -> None:
    stream = Stream(name)
    a, b, c = torch.arange(len(stream.first)).split([5, 15, 20])
    whole = stream.fed(a, b, c).compute()
    left = stream.fed(a).merge(stream.fed(b)).merge(stream.fed(c))
    right = stream.fed(a).merge(stream.fed(b).merge(stream.fed(c)))
    same(whole, left.compute())
    same(whole, right.compute())
    same(whole, stream.make().merge(left).compute())
    same(whole, left.merge(stream.make()).compute())


@every_measure
def test_state_travels(name: str) -> None:
    stream = Stream(name)
    measure = stream.fed(torch.arange(20))
    state = {key: value.clone() for key, value in measure.state().items()}
    assert all(isinstance(value, Tensor) for value in state.values())
    copy = stream.make().load_state(state)
    same(measure.compute(), copy.compute())
    stream.feed(copy, torch.arange(20, 40))
    same(stream.fed(torch.arange(40)).compute(), copy.compute())
    same(measure.compute(), stream.make().load_state(state).compute())


ELSEWHERE = """
import sys, torch
sys.path.insert(0, sys.argv[1])
from test_measure_laws import NAMES, Stream
torch.save({name: Stream(name).fed(torch.arange(20, 40)).state() for name in NAMES}, sys.argv[2])
"""


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Tensor]]:
    """The state of every measure that saw the second half of its data in another process."""
    path = tmp_path_factory.mktemp("elsewhere") / "states.pt"
    subprocess.run([sys.executable, "-c", ELSEWHERE, str(Path(__file__).parent), str(path)], check=True)
    states: dict[str, dict[str, Tensor]] = torch.load(path, weights_only=True)
    return states


@every_measure
def test_processes_give_the_reading_of_all_images(name: str, elsewhere: dict[str, dict[str, Tensor]]) -> None:
    stream = Stream(name)
    here, there = stream.fed(torch.arange(20)), stream.make().load_state(elsewhere[name])
    same(stream.fed(torch.arange(40)).compute(), here.merge(there).compute())


@every_measure
def test_compute_does_not_disturb(name: str) -> None:
    stream = Stream(name)
    measure = stream.fed(torch.arange(20))
    measure.compute()
    same(stream.fed(torch.arange(40)).compute(), stream.feed(measure, torch.arange(20, 40)).compute())


@every_measure
def test_empty_raises(name: str) -> None:
    with pytest.raises(NoDataError):
        MEASURES.load(name)().compute()
    stream = Stream(name)
    with pytest.raises(NoDataError):
        stream.fed(torch.arange(0)).compute()


@every_measure
def test_intervals_hold_the_value_and_readings_are_complete(name: str) -> None:
    stream = Stream(name)
    for reading in stream.fed(torch.arange(40)).compute():
        assert reading.unit and reading.n == (20 if reading.name.endswith("_floor") else 40)
        assert math.isfinite(reading.value) or reading.preconditions, reading
        explained = reading.preconditions or math.isfinite(reading.low)
        assert explained, f"{reading.name} has no interval and does not say why"
        if math.isfinite(reading.low):
            assert reading.low <= reading.value <= reading.high, reading


@every_measure
@pytest.mark.parametrize("bad", ["nan", "infinite", "range", "shape", "integer"])
def test_bad_input_is_refused_in_words(name: str, bad: str) -> None:
    stream = Stream(name)
    if bad == "range" and stream.first.ndim == 2:
        pytest.skip("features may have any value")
    broken = {
        "nan": stream.first.clone().index_fill_(0, torch.tensor([0]), math.nan),
        "infinite": stream.first.clone().index_fill_(0, torch.tensor([0]), math.inf),
        "range": stream.first * 2.0 - 1.0,
        "shape": stream.first.flatten(),
        "integer": (stream.first * 255).long(),
    }[bad]
    for first, second in ((broken, stream.second), (stream.second, broken)):
        measure = stream.make()
        with pytest.raises(MeasureError, match=r".{20,}"):
            if isinstance(measure, PairMeasure):
                measure.update(first, second)
            else:
                measure.update(real=first, fake=second)  # type: ignore[attr-defined]
        with pytest.raises(NoDataError):
            measure.compute()
        rows = torch.arange(len(stream.first))
        same(stream.fed(rows).compute(), stream.feed(measure, rows).compute())


@every_measure
def test_a_batch_of_another_size_is_refused_and_changes_nothing(name: str) -> None:
    stream = Stream(name)
    measure = stream.fed(torch.arange(20))
    before = measure.compute()
    first, second = stream.first[20:, ..., :-2], stream.second[20:, ..., :-2]
    with pytest.raises(MeasureError, match=r"as before"):
        if isinstance(measure, PairMeasure):
            measure.update(first, second)
        else:
            measure.update(real=first, fake=second)  # type: ignore[attr-defined]
    if not isinstance(measure, PairMeasure):
        with pytest.raises(MeasureError):
            measure.update(real=stream.first[20:], fake=second)  # type: ignore[attr-defined]
    same(before, measure.compute())
    same(stream.fed(torch.arange(40)).compute(), stream.feed(measure, torch.arange(20, 40)).compute())


@every_measure
@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 8, 8), (1, 33, 47), (3, 31, 16)], ids=str)
def test_any_shape_gives_a_number_or_a_clear_error(name: str, shape: tuple[int, int, int]) -> None:
    if MEASURES.load(name).takes == "features":
        pytest.skip("takes features, not images")
    channels, height, width = shape
    x, ref = (field(12, height, width, channels, seed) for seed in (5, 6))
    measure = MEASURES.load(name)()
    try:
        if isinstance(measure, PairMeasure):
            measure.update(x, ref)
        else:
            measure.update(real=ref, fake=x)
    except MeasureError as error:
        assert "px" in str(error)
        return
    assert all(math.isfinite(r.value) or r.preconditions for r in measure.compute())


@every_measure
@pytest.mark.parametrize("sets", ["two", "both constant", "second constant", "first constant", "one differs"])
def test_sets_that_hardly_vary_give_a_number_or_a_clear_error(name: str, sets: str) -> None:
    stream = Stream(name)
    constant = torch.full_like(stream.first, 0.25)
    one_differs = torch.cat([stream.first[:1], constant[1:]])
    first, second = {
        "two": (stream.first[:2], stream.second[:2]),
        "both constant": (constant[:6], constant[:6]),
        "second constant": (stream.first, constant),
        "first constant": (constant, stream.second),
        "one differs": (one_differs, one_differs.flip(0)),
    }[sets]
    measure = stream.make()
    try:
        if isinstance(measure, PairMeasure):
            measure.update(first, second)
        else:
            measure.update(real=first, fake=second)  # type: ignore[attr-defined]
        readings = measure.compute()
    except MeasureError as error:
        assert len(str(error)) > 30
        return
    for reading in readings:
        assert math.isfinite(reading.value) or reading.preconditions, reading
        assert math.isfinite(reading.low) or reading.preconditions, f"{reading.name}: why is there no interval?"
        assert not abs(reading.low) > 1e9 and not (1e9 < reading.high < math.inf), reading


def test_every_reading_is_defined_in_the_documents_and_has_words_for_a_page() -> None:
    measured = [*(reading for name in NAMES for reading in Stream(name).fed(torch.arange(40)).compute())]
    ref, outputs = field(8, 16, 16), field(16, 16, 16, seed=1)
    measured += [*noise_use(ref, torch.stack(outputs.split(8))).readings, *mode_count(torch.arange(9), 9)]
    documents = (Path(__file__).resolve().parents[2] / "docs" / "precision.md").read_text()
    for name in {re.sub(r"_(k\d+|real|floor|middle)$", "", reading.name) for reading in measured}:
        assert f"`{name}`" in documents, name
    for reading in measured:
        assert term(reading.name).meaning, reading.name


def paired_readings(x: Tensor, ref: Tensor) -> dict[str, Reading]:
    found: dict[str, Reading] = {}
    for name in NAMES:
        measure = MEASURES.load(name)()
        if isinstance(measure, PairMeasure):
            measure.update(x, ref)
            found |= {r.name: r for r in measure.compute()}
    return found


def test_blur_lowers_every_sharpness_measure_strictly() -> None:
    ref = field(24, 64, 64)
    series = [paired_readings(blur(ref, sigma), ref) for sigma in (0.4, 0.8, 1.2, 2.0)]
    checked = [name for name in SHARP_PAIRED if name in series[0]]
    assert len(checked) >= 9
    for name in checked:
        if name != "coherence_top_octave":  # a linear filter keeps it but for the 8-bit floor and the window
            assert all(b[name].value < a[name].value for a, b in pairwise(series)), name
    assert all(b["blur_sigma_px"].value > a["blur_sigma_px"].value for a, b in pairwise(series))


def test_noise_raises_no_headline() -> None:
    ref = field(24, 64, 64)
    soft = blur(ref, 1.0)
    series = [paired_readings(noisy(soft, sigma), ref) for sigma in (0.0, 0.05, 0.1, 0.2)]
    for name in HEADLINES:
        if name in series[0]:  # the gain itself is blind to independent noise: it may move within its interval
            assert all(b[name].low <= a[name].value for a, b in pairwise(series)), name


def test_blur_is_seen_without_pairs() -> None:
    """Detail ratio and blur effect of samples, blurred more and more, against the images themselves."""
    real = field(24, 32, 32)
    series = [population_readings(real, blur(real, sigma)) for sigma in (0.0, 0.5, 1.0, 1.5)]
    for sharp, soft in pairwise(series):
        assert soft["detail_ratio_top_octave"].value < sharp["detail_ratio_top_octave"].value
        assert soft["blur_effect"].value > sharp["blur_effect"].value
        assert soft["spectrum_gap_db"].value > sharp["spectrum_gap_db"].value


def test_noise_with_the_right_spectrum_does_not_pass_as_detail() -> None:
    """Phases of noise under the spectra of pictures with edges: no spectrum tells, gradient kurtosis does."""
    at = torch.arange(32.0)
    rng = torch.Generator().manual_seed(7)
    low, size = (4 + 8 * torch.rand(2, 60, 2, generator=rng)).unbind()
    inside = [(at >= low[:, k, None]) & (at < (low + size)[:, k, None]) for k in (0, 1)]
    real = 0.3 + 0.3 * (inside[0][:, :, None] & inside[1][:, None, :]).float()[:, None]
    phase = torch.fft.rfft2(torch.randn(real.shape, generator=rng)).angle()
    fake = torch.fft.irfft2(torch.fft.rfft2(real - 0.4).abs() * torch.exp(1j * phase), s=(32, 32))
    found = population_readings(real, (0.5 + fake - fake.mean((2, 3), keepdim=True)).clamp(0, 1))
    assert found["spectrum_test_p"].value > 0.01
    assert found["spectrum_gap_db"].value < 1.0
    assert found["gradient_kurtosis_ratio"].high < 0.7


def population_readings(real: Tensor, fake: Tensor) -> dict[str, Reading]:
    found: dict[str, Reading] = {}
    for name in ("sample_spectra", "blur_effect", "spectrum_test", "gradient_kurtosis"):
        measure = MEASURES.load(name)()
        measure.update(real=real, fake=fake)
        found |= {r.name: r for r in measure.compute()}
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in NAMES if MEASURES.load(name).takes == "images"])
def test_a_thousand_pixels_a_side_are_as_good_as_few(name: str) -> None:
    ref = field(3, 1024, 1024)
    measure = MEASURES.load(name)()
    if isinstance(measure, PairMeasure):
        measure.update(blur(ref, 1.0), ref)
    else:
        measure.update(real=ref, fake=blur(ref, 1.0))
    found = {reading.name: reading for reading in measure.compute()}
    assert all(math.isfinite(r.value) or r.preconditions for r in found.values())
    if "mtf50" in found:
        assert found["mtf50"].value == pytest.approx(math.sqrt(math.log(2) / 2) / math.pi, rel=0.02)


def test_collapse_is_precise_and_does_not_recall() -> None:
    rng = torch.Generator().manual_seed(0)
    real = torch.randn(400, 8, generator=rng)
    collapsed = 0.15 * torch.randn(400, 8, generator=rng)
    measure = MEASURES.load("neighbours")()
    measure.update(real=real, fake=collapsed)
    found = {r.name: r.value for r in measure.compute()}
    assert found["precision"] > 0.95
    assert found["recall"] < 0.1
    assert found["coverage"] < 0.5


def test_populations_cannot_be_passed_by_position() -> None:
    for name in NAMES:
        measure = MEASURES.load(name)()
        if not isinstance(measure, PairMeasure):
            with pytest.raises(TypeError):
                measure.update(torch.rand(4, 1, 16, 16), torch.rand(4, 1, 16, 16))
