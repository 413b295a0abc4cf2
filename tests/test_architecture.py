"""The house rules that no linter knows, read off the source."""

from __future__ import annotations

import abc
import ast
import importlib
import inspect
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "acutance"
FILES = sorted(PACKAGE.rglob("*.py"))
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def every(*kinds: type[ast.AST]) -> Iterator[tuple[str, Any]]:
    """Every node of these kinds in the package, and where it stands: `nn/blocks.py:12`."""
    for path in FILES:
        for node in ast.walk(tree(path)):
            if isinstance(node, kinds):
                yield f"{path.relative_to(PACKAGE)}:{node.lineno}", node


def calls() -> Iterator[tuple[str, str, dict[str | None, str]]]:
    """Every call: where, what is called as the source spells it (`torch.load`), the keyword arguments."""
    for where, node in every(ast.Call):
        yield where, ast.unparse(node.func), {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}


# Size and shape


def test_files_are_short() -> None:
    lines = {path.relative_to(PACKAGE): path.read_text(encoding="utf-8").count("\n") for path in FILES}
    assert len(lines) == len(FILES)
    assert not {str(path): count for path, count in lines.items() if count > 400}, "split by ideas"


def test_functions_are_short() -> None:
    sizes = {f"{where} {node.name}": node.end_lineno - node.lineno + 1 for where, node in every(*FUNCTION)}
    assert not {name: size for name, size in sizes.items() if size > 60}


def test_files_are_named_by_what_they_hold() -> None:
    assert not [
        path for path in FILES if path.stem.strip("_") in {"utils", "util", "helpers", "misc", "common", "tools"}
    ]


def test_annotations_are_not_evaluated_on_import() -> None:
    annotated = {where.split(":")[0] for where, _ in every(*FUNCTION, ast.AnnAssign)}
    postponed = {where.split(":")[0] for where, node in every(ast.ImportFrom) if node.module == "__future__"}
    assert not annotated - postponed, "from __future__ import annotations"


def test_every_module_says_what_it_is() -> None:
    assert not [path for path in FILES if tree(path).body and not ast.get_docstring(tree(path))]


def test_every_public_method_is_described_where_it_is_first_named() -> None:
    methods = [
        (f"{where} {parent.name}.{node.name}", node)
        for where, parent in every(ast.ClassDef)
        if not parent.name.startswith("_")
        for node in parent.body
        if isinstance(node, FUNCTION) and not node.name.startswith("_")
    ]
    described = {node.name for _, node in methods if ast.get_docstring(node)} | {"forward"}
    assert not [where for where, node in methods if not ast.get_docstring(node) and node.name not in described]


def test_classes_are_final_or_abstract() -> None:
    names = [
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts) for path in FILES if path.stem != "__main__"
    ]
    modules = [importlib.import_module(name.removesuffix(".__init__")) for name in names]
    classes = {thing for module in modules for thing in vars(module).values() if isinstance(thing, type)}
    ours = {kind for kind in classes if kind.__module__.startswith("acutance.") and not issubclass(kind, Exception)}
    wrong = {
        f"{kind.__module__} {kind.__name__} extends {base.__name__}"
        for kind in ours
        for base in kind.__bases__
        if base in ours and not (inspect.isabstract(base) or abc.ABC in base.__bases__ or Protocol in base.__bases__)
    }
    assert not wrong, "compose, or make the base abstract (abc.ABC named beside nn.Module)"


# Manners


def test_the_library_never_prints() -> None:
    printing = [where for where, name, _ in calls() if name == "print"]
    assert not [where for where in printing if not where.startswith("cli")], "logging.getLogger('acutance')"


def test_nothing_asks_an_object_what_it_has() -> None:
    assert not [where for where, name, _ in calls() if name == "hasattr"], "ask for a protocol"


def test_keyword_arguments_are_not_passed_through() -> None:
    wrong = [
        f"{where} {function.name}"
        for where, function in every(*FUNCTION)
        if function.args.kwarg
        for call in ast.walk(function)
        if isinstance(call, ast.Call)
        for keyword in call.keywords
        if keyword.arg is None and ast.unparse(keyword.value) == function.args.kwarg.arg
    ]
    assert not wrong


# What is never run


def test_no_import_that_may_not_be() -> None:
    """At the top of a file or inside a function."""
    named = [(where, alias.name) for where, node in every(ast.Import) for alias in node.names]
    named += [(where, node.module or "") for where, node in every(ast.ImportFrom)]
    forbidden = {"torchvision", "pickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}
    assert not [where for where, name in named if name.split(".")[0] in forbidden]


def test_nothing_loads_code_from_a_file() -> None:
    needed = {"torch.load": ("weights_only", "True"), "np.load": ("allow_pickle", "False")}
    wrong = [
        f"{where} {name}: say {needed[name][0]}={needed[name][1]}"
        for where, name, given in calls()
        if name in needed and given.get(needed[name][0]) != needed[name][1]
    ]
    assert not wrong
    assert not [where for where, name, _ in calls() if name in {"eval", "exec"}]


# Which room may enter which


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs the contract of pyproject.toml on the package in `folder`/src."""
    command = "import sys; sys.path.insert(0, 'src'); from importlinter.cli import lint_imports_command as c; c()"
    return subprocess.run(
        [sys.executable, "-c", command, "--no-cache", "--no-logo"], cwd=folder, capture_output=True, text=True
    )


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the package's modules that a test may spoil."""
    only_python = shutil.ignore_patterns("__pycache__", "*.npz", "*.html", "*.css", "*.js")
    shutil.copytree(PACKAGE, tmp_path / "src" / "acutance", ignore=only_python)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_house_as_it_stands_keeps_the_arrows(house: Path) -> None:
    done = lint_imports(house)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("room", "entered"),
    [
        pytest.param("errors.py", "acutance.rng", id="leaf-up"),
        pytest.param("catalog.py", "acutance.rng", id="leaf-beside"),
        pytest.param("nn/planted.py", "acutance.models", id="parts-up"),
        pytest.param("nn/planted.py", "acutance.objectives", id="parts-beside"),
        pytest.param("measure/planted.py", "acutance.data", id="measure-beside"),
        pytest.param("models/planted.py", "acutance.train", id="models-up"),
        pytest.param("subjects/planted.py", "acutance.train", id="subjects-beside"),
        pytest.param("diagnose/planted.py", "acutance.report", id="diagnose-up"),
        pytest.param("claims/planted.py", "acutance.report", id="claims-up"),
        pytest.param("diagnose/planted.py", "acutance.claims", id="diagnose-into-claims"),
    ],
)
def test_a_planted_violation_is_found(house: Path, room: str, entered: str) -> None:
    path = house / "src" / "acutance" / room
    path.write_text((path.read_text() if path.exists() else "") + f"\nimport {entered}\n")
    done = lint_imports(house)
    assert done.returncode == 1
    assert "BROKEN" in done.stdout
    assert entered in done.stdout


def test_a_room_that_the_plan_does_not_know_is_found(house: Path) -> None:
    (house / "src" / "acutance" / "attic.py").write_text("")
    done = lint_imports(house)
    assert done.returncode == 1
    assert "attic" in done.stdout


# Theory


def test_every_theory_number_cited_has_its_paragraph() -> None:
    page = (ROOT / "docs" / "theory.md").read_text(encoding="utf-8")
    known = set(re.findall(r"^(?:#+ |\| )([TOSCE]\d*)\b", page, flags=re.MULTILINE))
    assert {"T1", "T12", "O1", "O8", "C", "S1", "S12", "E"} <= known
    cited = {
        number
        for path in FILES
        for group in re.findall(r"\((?:theory )?([TOSCE]\d*(?:, [TOSCE]\d*)*)\)", path.read_text(encoding="utf-8"))
        for number in group.split(", ")
    }
    assert cited <= known


def test_the_theory_points_at_files_that_cite_it() -> None:
    page = (
        (ROOT / "docs" / "theory.md").read_text(encoding="utf-8").split("## In the code")[1].split("## References")[0]
    )
    rows = re.findall(r"^\| ([TOSCE]\d*) \| (.+) \|$", page, flags=re.MULTILINE)
    assert len(rows) >= 10
    for number, files in rows:
        for name in re.findall(r"`(.+?)`", files):
            assert re.search(rf"\b{number}\b", (PACKAGE / name).read_text(encoding="utf-8")), (
                f"{name} does not cite {number}"
            )
