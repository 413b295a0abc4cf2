"""The examples in the docstrings do what they say."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "acutance"


def modules_with_examples() -> list[str]:
    """Found by text, so that nothing is imported (and no optional library needed) for a module without examples."""
    paths = [path for path in sorted(PACKAGE.rglob("*.py")) if _runs_an_example(path.read_text(encoding="utf-8"))]
    names = (".".join(("acutance", *path.relative_to(PACKAGE).with_suffix("").parts)) for path in paths)
    return [name.removesuffix(".__init__") for name in names]


def _runs_an_example(text: str) -> bool:
    return any(">>> " in line and "doctest: +SKIP" not in line for line in text.splitlines())


@pytest.mark.parametrize("name", modules_with_examples())
def test_examples(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    failed, tried = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert tried > 0
    assert failed == 0


def test_there_are_examples_to_run() -> None:
    assert "acutance.rng" in modules_with_examples()
