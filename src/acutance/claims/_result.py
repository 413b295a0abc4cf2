"""From what cells found to claims.json: effects, verdicts, charts; and back."""

from __future__ import annotations

import math
import shlex
from dataclasses import dataclass
from typing import Any, final

from acutance.claims._cell import Found
from acutance.claims._claim import CLAIMS, Claim, Evidence, Part, Verdict, identifiers, module_of, verdict_of
from acutance.claims._scene import Scene
from acutance.claims._statistics import Decision, Effect, decide, effect_of
from acutance.claims._store import Store
from acutance.claims._strip import strip_png

__all__ = ["SCHEMA", "document_of", "evidence_of"]

SCHEMA = "acutance.claims/1"
_DIGITS = 6


@final
@dataclass(frozen=True)
class _Judged:
    claim: Claim
    evidence: Evidence
    effects: dict[str, Effect]


def evidence_of(claim: Claim, scene: Scene, store: Store) -> Evidence:
    """What the finished cells of a claim say."""
    seeds: list[dict[str, Found]] = [
        {name: store.read(cell) for name, cell in claim.cells(scene, seed).items()} for seed in scene.seeds
    ]
    return claim.judge(seeds)


def document_of(claims: dict[str, Claim], scene: Scene, store: Store, *, made: dict[str, Any]) -> dict[str, Any]:
    """claims.json of claims whose cells are all finished.

    Args:
        claims: by identifier.
        scene: how they were tested.
        store: what was found.
        made: how, for the record.
    """
    judged = {name: _judged(claim, scene, store) for name, claim in claims.items()}
    places = [(name, part) for name, one in judged.items() for part in one.claim.parts]
    decided: dict[tuple[str, str], Decision] = {}
    for family in ("claim", "exact", "beside"):  # what makes no verdict does not weaken those that do
        own = [(name, part) for name, part in places if part.role == family]
        found = decide([(judged[name].effects[part.name], part.bound) for name, part in own])
        decided |= {(name, part.name): decision for (name, part), decision in zip(own, found, strict=True)}
    return {
        "schema": SCHEMA,
        "claims": [_claim(name, one, decided, scene, store) for name, one in judged.items()],
        "not_run": [_not_run(name) for name in identifiers() if name not in judged],
        "seeds": len(scene.seeds),
        "statements_tested": sum(part.role == "claim" for _, part in places),
        "made": made,
    }


def _judged(claim: Claim, scene: Scene, store: Store) -> _Judged:
    evidence = evidence_of(claim, scene, store)
    return _Judged(claim, evidence, {part.name: effect_of(evidence.effects[part.name]) for part in claim.parts})


def _claim(
    name: str, one: _Judged, decided: dict[tuple[str, str], Decision], scene: Scene, store: Store
) -> dict[str, Any]:
    own = [part for part in one.claim.parts if part.role == "claim"]
    verdict: Verdict = verdict_of([decided[name, part.name].outcome for part in own])
    head = _effect(one.effects[own[0].name])
    return {
        "id": name,
        "claim": one.claim.says,
        "verdict": verdict,
        "effect": head["value"],
        "unit": own[0].unit,
        "low": head["low"],
        "high": head["high"],
        "seeds": len(scene.seeds),
        "prediction": one.claim.prediction,
        "expected": verdict_of(["undecided" if part.expected == "open" else part.expected for part in own]),
        "minutes": round(_minutes(one.claim, scene, store), 2),
        "sources": one.claim.sources(scene),
        "parts": [_part(part, one.effects[part.name], decided[name, part.name]) for part in one.claim.parts],
        "chart": _rounded(one.evidence.chart.to_json()),
        "pictures": {title: strip_png(rows) for title, rows in one.evidence.pictures.items()},
        "detail": {subject: _rounded([list(pair) for pair in bands]) for subject, bands in one.evidence.detail.items()},
        "command": _command(name, scene),
    }


def _command(name: str, scene: Scene) -> str:
    """What repeats it."""
    data = "" if scene.real == Scene.real else f" --data {shlex.quote(scene.real)}"
    return f"acutance claims {name} --seeds {len(scene.seeds)}{data} --out claims"


def _part(part: Part, effect: Effect, decision: Decision) -> dict[str, Any]:
    return {
        "name": part.name,
        "statement": part.statement,
        "data": part.data,
        "role": part.role,
        "bound": {"low": _number(part.bound.low), "high": _number(part.bound.high), "words": part.bound.words()},
        "unit": part.unit,
        "expected": part.expected,
        "outcome": decision.outcome,
        "p": _rounded(decision.p),
        **_effect(effect),
    }


def _effect(effect: Effect) -> dict[str, Any]:
    low, high = effect.interval()
    return {"value": _number(effect.value), "low": _number(low), "high": _number(high)}


def _not_run(name: str) -> dict[str, Any]:
    claim: Claim = CLAIMS.load(module_of(name))
    return {"id": name, "claim": claim.says, "prediction": claim.prediction}


def _minutes(claim: Claim, scene: Scene, store: Store) -> float:
    """Of all its cells, those shared with other claims included, one after the other."""
    seen: dict[str, float] = {}
    stack = [cell for seed in scene.seeds for cell in claim.cells(scene, seed).values()]
    while stack:
        cell = stack.pop()
        if cell.key not in seen:
            seen[cell.key] = store.seconds(cell)
            stack += cell.needs()
    return sum(seen.values()) / 60


def _number(value: float) -> float | None:
    return float(f"{value:.{_DIGITS}g}") if math.isfinite(value) else None


def _rounded(value: Any) -> Any:
    """Numbers at six digits, so that the file says no more than was measured."""
    if isinstance(value, dict):
        return {name: _rounded(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(item) for item in value]
    return _number(value) if isinstance(value, float) else value
