"""The README's words are about what there is."""

from __future__ import annotations

import ast
import builtins
import re
from pathlib import Path

import pytest

from acutance.models import families

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"

pytestmark = pytest.mark.skipif(not README.exists(), reason="the tests are away from the repository")


def test_every_family_is_listed() -> None:
    row = next(line for line in README.read_text().splitlines() if line.startswith("| families |"))
    assert {*re.findall(r"`([a-z0-9_]+)`", row)} == {*families.names()}


def test_the_first_python_example_says_where_all_that_it_uses_comes_from() -> None:
    first = ast.parse(README.read_text().split("```python\n")[1].split("```")[0])
    names = [node for node in ast.walk(first) if isinstance(node, ast.Name)]
    bound = {node.id for node in names if isinstance(node.ctx, ast.Store)}
    for node in ast.walk(first):
        if isinstance(node, ast.Import | ast.ImportFrom):
            bound |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    used = {node.id for node in names if isinstance(node.ctx, ast.Load)}
    assert used
    assert not used - bound - {*dir(builtins)}


def test_decisions_and_pages_that_it_links_to_are_there() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README.read_text())
    assert not [link for link in links if "://" not in link and not (ROOT / link).exists()]
