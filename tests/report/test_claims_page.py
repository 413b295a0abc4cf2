"""The page about the explanations: from claims.json alone, complete, offline, readable."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from made_up import made_up
from playwright.sync_api import Browser

from acutance import report
from acutance.claims import Scene, Store, asked_claims
from acutance.claims import _result as result

ROOT = Path(__file__).resolve().parents[2]
COMMITTED = ROOT / "docs" / "claims"
SIZES = {"desktop": (1280, 800), "phone": (400, 800)}


def document(monkeypatch: pytest.MonkeyPatch, *names: str) -> dict[str, Any]:
    """claims.json of made-up findings."""
    scene = Scene(seeds=(0, 1, 2))
    monkeypatch.setattr(result, "evidence_of", lambda claim, scene, store: claim.judge(made_up(claim, scene)))
    monkeypatch.setattr(Store, "seconds", lambda self, cell: 1.5)
    return result.document_of(asked_claims(names), scene, Store(Path("nowhere")), made={"command": "acutance claims"})


@pytest.fixture
def twelve(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    return document(monkeypatch)


def test_the_promised_json(twelve: dict[str, Any]) -> None:
    assert twelve["schema"] == "acutance.claims/1"
    assert [claim["id"] for claim in twelve["claims"]] == [f"S{k}" for k in range(1, 13)]
    promised = {"id", "claim", "verdict", "effect", "unit", "low", "high", "seeds", "prediction", "minutes"}
    for claim in twelve["claims"]:
        assert promised <= claim.keys()
        assert claim["verdict"] in ("supported", "partly", "refuted", "undecided")
        assert claim["low"] <= claim["effect"] <= claim["high"]
        assert claim["seeds"] == 3
    json.dumps(twelve, allow_nan=False)


def test_the_same_json_gives_the_same_bytes(twelve: dict[str, Any], tmp_path: Path) -> None:
    paths = report.write_claims(twelve, tmp_path)
    again = report.render_claims(json.loads(paths["claims.json"].read_text("utf-8")))
    assert paths["report.html"].read_text("utf-8") == again


def test_every_number_of_a_claim_stands_on_the_page(twelve: dict[str, Any]) -> None:
    page = report.render_claims(twelve)
    for claim in twelve["claims"]:
        assert claim["prediction"].replace("'", "&#39;") in page
        assert f"acutance claims {claim['id']} --seeds 3" in page
        for part in claim["parts"]:
            assert part["statement"].replace("'", "&#39;") in page
    assert page.count('class="outcome ') == sum(len(claim["parts"]) for claim in twelve["claims"])


def test_what_was_not_run_is_shown_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    page = report.render_claims(document(monkeypatch, "S7"))
    assert page.count(">not run</span>") == 11
    assert "11 not run" in page


def test_the_answer_says_only_what_was_decided(twelve: dict[str, Any]) -> None:
    for claim in twelve["claims"]:
        for part in claim["parts"]:
            part["outcome"] = "undecided"
    assert "decides none" in report.render_claims(twelve)
    seven = next(claim for claim in twelve["claims"] if claim["id"] == "S7")
    next(part for part in seven["parts"] if part["name"] == "l2_slope")["outcome"] = "holds"
    page = report.render_claims(twelve)
    assert "the average is the blur" in page
    assert "decides none" not in page


def test_one_seed_is_said_to_decide_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    found = document(monkeypatch, "S7") | {"seeds": 1}
    assert "nothing is decided" in report.render_claims(found)


def test_the_committed_page_is_made_from_the_committed_json() -> None:
    found = json.loads((COMMITTED / "claims.json").read_text("utf-8"))
    assert (COMMITTED / "report.html").read_text("utf-8") == report.render_claims(found)


@pytest.mark.parametrize("size", SIZES)
def test_in_a_browser(browser: Browser, size: str, twelve: dict[str, Any], tmp_path: Path) -> None:
    path = report.write_claims(twelve, tmp_path)["report.html"]
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, offline=True)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    assert said == []
    assert [url for url in asked if not url.startswith(("data:", "file:"))] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("#answer").bounding_box()["y"] < height  # type: ignore[index]
    assert page.locator(".claim .figure").count() == 12
    small = page.evaluate(
        """() => [...document.querySelectorAll('.figure text')]
          .map(e => parseFloat(getComputedStyle(e).fontSize) * Math.hypot(e.getScreenCTM().a, e.getScreenCTM().b))
          .filter(size => size < 9)"""
    )
    assert small == []
    page.locator("#S7 .figure").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator(".tip").inner_text() != ""
    context.close()
