"""The page in a real browser: complete, offline, without an error, readable, and its tools at work."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import comparisons
import diagnoses
import pytest
from playwright.sync_api import Browser, Page

from acutance import report
from acutance.diagnose._record import Comparison

PATIENCE_MS = 120_000  # a busy machine is no fault of the page
SIZES = {"desktop": (1280, 800), "phone": (400, 800)}
LENSES = "() => [...document.querySelectorAll('.lens div')].map(e => getComputedStyle(e)[PROPERTY])"


@dataclass
class View:
    """An open page, and what it complained about or asked for."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def lenses(self, style: str) -> list[str]:
        return list(self.page.evaluate(LENSES.replace("PROPERTY", repr(style))))


def opened(browser: Browser, path: Path, size: tuple[int, int], scheme: str = "light") -> View:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, offline=True, reduced_motion="reduce"
    )
    context.set_default_timeout(PATIENCE_MS)
    view = View(context.new_page())
    view.page.on("console", lambda m: view.complaints.append(m.text) if m.type in ("error", "warning") else None)
    view.page.on("pageerror", lambda error: view.complaints.append(str(error)))
    view.page.on("requestfailed", lambda request: view.complaints.append(request.url[:80]))
    view.page.on("request", lambda request: view.requests.append(request.url[:80]))
    view.page.goto(path.as_uri())
    return view


def six() -> Comparison:
    makers = (comparisons.vae, comparisons.adversarial, comparisons.gan)
    names = ("VAE", "Same code, adversarial decoder", "GAN", "A" * 60, "Spatial VAE, 4 x 4 x 8, calibrated", "<script>")
    subjects = [makers[k % 3](name) for k, name in enumerate(names)]
    moved = ((0.95, 0.96), (0.9, 0.9), (0.62, 0.61), (0.2, 0.15)), ((0.9, 1.1), (0.8, 1.2), (0.6, 1.3), (0.48, 1.48))
    for k, numbers in zip((3, 4), moved, strict=True):
        subjects[k] = dataclasses.replace(subjects[k], bands=subjects[k].bands | {"sample": comparisons.bands(numbers)})
    return comparisons.comparison(*subjects)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory, comparison: Comparison) -> Path:
    """The page of the main job's three subjects."""
    return report.write(comparison, tmp_path_factory.mktemp("three"))["report.html"]


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of six subjects, some with hard names."""
    return report.write(six(), tmp_path_factory.mktemp("six"))["report.html"]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of one diagnosed subject."""
    return report.write_diagnosis(diagnoses.diagnosis(), tmp_path_factory.mktemp("one"))["report.html"]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, comparison: Comparison) -> Path:
    """The main job's page: three subjects, the VAE diagnosed."""
    return report.write(comparison, tmp_path_factory.mktemp("demo"), [diagnoses.diagnosis()])["report.html"]


PAGES = ("path", "crowded", "alone", "demo")


@pytest.fixture(scope="module", params=[(page, size) for page in PAGES for size in SIZES], ids="-".join)
def seen(request: pytest.FixtureRequest, browser: Browser) -> Iterator[View]:
    """A page to look at only, opened once for all tests."""
    page, size = request.param
    found = opened(browser, request.getfixturevalue(page), SIZES[size])
    found.page.wait_for_load_state("networkidle")
    yield found
    found.page.context.close()


@pytest.fixture(params=list(SIZES))
def view(request: pytest.FixtureRequest, browser: Browser, path: Path) -> Iterator[View]:
    """A fresh page to work with."""
    found = opened(browser, path, SIZES[request.param])
    yield found
    found.page.context.close()


def test_opens_offline_without_a_complaint_or_a_request(seen: View) -> None:
    assert seen.complaints == []
    outgoing = [url for url in seen.requests if not url.startswith(("data:", "file:"))]
    assert outgoing == []
    assert sum(url.startswith("file:") for url in seen.requests) == 1


def test_every_picture_is_there(seen: View) -> None:
    widths = seen.page.evaluate("() => [...document.images].map(i => i.complete ? i.naturalWidth : 0)")
    assert len(widths) >= 60
    assert set(widths) == {32}


def test_nothing_sticks_out_sideways(seen: View) -> None:
    seen.page.evaluate("() => document.querySelectorAll('details').forEach(e => { e.open = true })")
    width, inner = seen.page.evaluate("() => [document.documentElement.scrollWidth, innerWidth]")
    assert width <= inner
    sticking = seen.page.evaluate(
        """() => [...document.querySelectorAll('main *')]
          .filter(e => !e.closest('.strips, .scroll, .hidden, svg') && e.getBoundingClientRect().right > innerWidth + 1)
          .map(e => e.tagName + '.' + e.className)"""
    )
    assert sticking == []


def test_the_answer_and_a_picture_are_on_the_first_screen(seen: View) -> None:
    height = seen.page.viewport_size["height"]
    for selector in ("h1", "#answer", ".card img"):
        box = seen.page.locator(selector).first.bounding_box()
        assert box is not None and box["y"] + box["height"] <= height, selector


def test_words_are_large_enough_and_the_right_map_shows(seen: View) -> None:
    small = seen.page.evaluate(
        """() => [...document.querySelectorAll('.figure text')]
          .filter(e => e.getBoundingClientRect().width > 0)
          .map(e => parseFloat(getComputedStyle(e).fontSize) * Math.hypot(e.getScreenCTM().a, e.getScreenCTM().b))
          .filter(size => size < 10)"""
    )
    assert small == []
    figures = "() => [...document.querySelectorAll('#map .figure')].filter(e => e.checkVisibility()).length"
    assert seen.page.evaluate(figures) == 1


COVERED = """() => {
  const boxes = s => [...document.querySelectorAll('#map .figure ' + s)]
    .map(e => e.getBoundingClientRect()).filter(b => b.width > 0);
  const meet = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
  const names = boxes('.name');
  return {
    names: names.length,
    points: names.flatMap(n => boxes('.mark').filter(m => meet(n, m))).length,
    names_on_names: names.flatMap((n, i) => names.slice(i + 1).filter(o => meet(n, o))).length,
  };
}"""


def test_names_on_the_map_cover_no_point_and_not_one_another(seen: View) -> None:
    found = seen.page.evaluate(COVERED)
    assert found["names"] >= 1
    assert found["points"] == found["names_on_names"] == 0


def test_the_magnifier_follows_the_pointer_in_every_row(view: View) -> None:
    cell = view.page.locator(".strip").nth(1).locator(".cell").nth(2)
    cell.scroll_into_view_if_needed()
    box = cell.bounding_box()
    assert box is not None
    view.page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + 0.75 * box["height"])
    pictures = view.lenses("backgroundImage")
    wanted = [view.page.locator(".strip").nth(row).locator("img").nth(2).get_attribute("src") for row in (0, 1, 2)]
    assert pictures[:3] == [f'url("{src}")' for src in wanted]
    assert len(set(view.lenses("backgroundPosition"))) == 1
    assert view.lenses("backgroundSize")[0] == "200% 200%"
    assert view.lenses("imageRendering")[0] == "pixelated"
    across, down = (float(part.rstrip("%")) for part in view.lenses("backgroundPosition")[0].split())
    assert 80 < across <= 100 and 80 < down <= 100
    assert view.page.locator(".cell.on").count() >= 3


def test_the_magnifier_obeys_the_keyboard(view: View) -> None:
    view.page.locator(".strips").focus()
    before = view.lenses("backgroundImage")
    for _ in range(6):
        view.page.keyboard.press("ArrowRight")
    assert all(a != b for a, b in zip(before, view.lenses("backgroundImage"), strict=True))
    place = view.lenses("backgroundPosition")
    view.page.keyboard.press("ArrowDown")
    assert view.lenses("backgroundPosition") != place
    assert "enlarged in every row" in (view.page.locator("[aria-live]").text_content() or "")
    view.page.keyboard.press("+")
    assert view.lenses("backgroundSize")[0] == "300% 300%"
    view.page.keyboard.press("Escape")
    assert view.lenses("backgroundSize")[0] == "100% 100%"


def test_a_tap_moves_the_magnifier(browser: Browser, path: Path) -> None:
    context = browser.new_context(viewport={"width": 400, "height": 800}, has_touch=True, offline=True)
    page = context.new_page()
    page.goto(path.as_uri())
    page.locator(".strip").nth(1).locator(".cell").nth(1).tap()
    found = View(page).lenses("backgroundImage")[0]
    assert found == f'url("{page.locator(".strip").first.locator("img").nth(1).get_attribute("src")}")'
    context.close()


def visible(view: View, selector: str) -> int:
    """The place of the first matching element that is shown."""
    return int(
        view.page.evaluate(f"() => [...document.querySelectorAll('{selector}')].findIndex(e => e.checkVisibility())")
    )


def test_points_explain_themselves_to_pointer_and_keyboard(view: View) -> None:
    tip = view.page.locator(".tip")
    assert tip.is_hidden()
    point = view.page.locator("#map .figure .pt").nth(visible(view, "#map .figure .pt") + 3)
    point.scroll_into_view_if_needed()
    point.hover()
    assert tip.is_visible()
    assert "VAE, reconstructions" in tip.inner_text() and "coherence 0.590 (0.575 to 0.605)" in tip.inner_text()
    view.page.mouse.move(1, 1)
    assert tip.is_hidden()
    view.page.locator("#spectra .figure").first.focus()
    view.page.keyboard.press("ArrowRight")
    assert "cycles/px" in tip.inner_text()
    box = tip.bounding_box()
    assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= view.page.viewport_size["width"]
    view.page.keyboard.press("Escape")
    assert tip.is_hidden()


def test_a_legend_lets_the_others_fade(view: View) -> None:
    view.page.locator("#map .legend button").nth(1).click()
    view.page.mouse.move(1, 1)
    opacity = "(e) => getComputedStyle(e).opacity"
    first = visible(view, "#map .figure .name")
    names = view.page.locator("#map .figure .name")
    assert float(names.nth(first).evaluate(opacity)) < 0.5
    assert float(names.nth(first + 1).evaluate(opacity)) == 1
    view.page.locator("#map .legend button").nth(1).click()
    view.page.mouse.move(1, 1)
    assert float(names.nth(first).evaluate(opacity)) == 1


def test_a_term_explains_itself(view: View) -> None:
    summary = view.page.locator("#readings summary").first
    summary.focus()
    view.page.keyboard.press("Enter")
    assert "real pictures score 1" in view.page.locator("#readings details[open] p").first.inner_text()


def luminance(colour: str) -> float:
    parts = [float(part) for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), parts, strict=True))


def test_follows_the_dark_mode(browser: Browser, path: Path) -> None:
    shades = {}
    for scheme in ("light", "dark"):
        found = opened(browser, path, SIZES["desktop"], scheme)
        colours = found.page.evaluate(
            "() => [getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color,"
            " getComputedStyle(document.querySelector('.figure .tick')).fill]"
        )
        shades[scheme] = [luminance(colour) for colour in colours]
        assert found.complaints == []
        found.page.context.close()
    paper, ink, tick = shades["light"]
    assert paper > 230 and ink < 60 and tick < 140
    paper, ink, tick = shades["dark"]
    assert paper < 40 and ink > 200 and tick > 140


def test_the_map_stands_alone(browser: Browser, path: Path) -> None:
    view = opened(browser, path.with_name("detail-map.svg"), (900, 900))
    assert view.complaints == []
    assert view.page.locator(".mark").count() > 8
    assert view.page.evaluate("() => getComputedStyle(document.querySelector('.mark')).fill") == "rgb(31, 111, 178)"
    view.page.context.close()


def test_the_diagnosis_and_the_change_are_on_the_first_screen(browser: Browser, alone: Path, demo: Path) -> None:
    for path in (alone, demo):
        view = opened(browser, path, SIZES["desktop"])
        for selector in ("#answer", ".summary .shares", ".summary .change", ".summary .predicted", ".card img"):
            box = view.page.locator(selector).first.bounding_box()
            assert box is not None and box["y"] + box["height"] <= 800, (path, selector)
        view.page.context.close()


def test_bars_of_the_waterfall_begin_where_the_one_before_ended(browser: Browser, alone: Path) -> None:
    view = opened(browser, alone, SIZES["desktop"])
    bars = view.page.evaluate(
        """() => [...document.querySelectorAll('[aria-labelledby="losses-0-wide-title"] .bar')]
          .map(e => { const b = e.getBoundingClientRect(); return [b.left, b.right]; })"""
    )
    assert len(bars) == 7
    for (left, _), (_, right) in itertools.pairwise(bars[1:-1]):
        assert abs(left - right) < 1.5, "the least bar is 2 px wide"
    assert bars[0][1] == pytest.approx(bars[1][1], abs=0.6), "the first begins at all"
    assert bars[-1][1] == pytest.approx(bars[-2][0], abs=2), "the last ends at what is left"
    view.page.context.close()


def test_evidence_unfolds_by_keyboard(browser: Browser, alone: Path) -> None:
    view = opened(browser, alone, SIZES["phone"])
    summaries = view.page.locator(".cause summary")
    assert summaries.count() == 7
    assert view.page.locator(".cause[open]").count() == 2
    assert view.page.get_by_text("PCA with 48 numbers explains .69.").is_hidden()
    summaries.nth(1).focus()
    view.page.keyboard.press("Enter")
    assert view.page.get_by_text("PCA with 48 numbers explains .69.").is_visible()
    view.page.context.close()


def test_each_viewer_has_its_own_magnifier(browser: Browser, demo: Path) -> None:
    view = opened(browser, demo, SIZES["desktop"])
    first, second = "#stages-0", "#pictures"
    glass = "(s) => getComputedStyle(document.querySelector(s + ' .lens div')).backgroundImage"
    before = view.page.evaluate(glass, second)
    cell = view.page.locator(f"{first} .strip[data-kind=missing]").nth(2).locator(".cell").nth(3)
    cell.scroll_into_view_if_needed()
    cell.hover()
    shown = view.page.locator(f"{first} .strip[data-kind=missing]").first.locator("img").nth(3).get_attribute("src")
    assert view.page.evaluate(glass, first) == f'url("{shown}")', "what is missing is shown beside what is missing"
    assert view.page.evaluate(glass, second) == before
    view.page.context.close()
