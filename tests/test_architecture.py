"""The house rules that no linter knows, read off the source."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "acutance"
FILES = sorted(PACKAGE.rglob("*.py"))
Function = ast.FunctionDef | ast.AsyncFunctionDef

every_file = pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def walk(path: Path, *kinds: type[ast.AST]) -> Iterator[ast.AST]:
    return (node for node in ast.walk(tree(path)) if isinstance(node, kinds))


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Every call, with what is called spelt as in the source: `torch.load`, `print`."""
    return ((ast.unparse(node.func), node) for node in walk(path, ast.Call))


def imports(path: Path) -> set[str]:
    """The top-level names of everything a file imports, at the top or inside a function."""
    names = [alias.name for node in walk(path, ast.Import) for alias in node.names]
    names += [node.module or "" for node in walk(path, ast.ImportFrom) if node.level == 0]
    return {name.split(".")[0] for name in names}


# Size and shape


@every_file
def test_files_are_short(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= 400, f"{lines} lines: split it by ideas"


@every_file
def test_functions_are_short(path: Path) -> None:
    sizes = {node.name: node.end_lineno - node.lineno + 1 for node in walk(path, *Function.__args__)}
    assert not {name: size for name, size in sizes.items() if size > 60}


@every_file
def test_files_are_named_by_what_they_hold(path: Path) -> None:
    assert path.stem not in {"utils", "util", "helpers", "misc", "common", "tools"}


@every_file
def test_annotations_are_not_evaluated_on_import(path: Path) -> None:
    code = [node for node in tree(path).body if not isinstance(node, ast.Expr)]
    needs = any(walk(path, *Function.__args__, ast.AnnAssign))
    assert not needs or "from __future__ import annotations" in map(ast.unparse, code)


@every_file
def test_every_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(tree(path)) or not tree(path).body


def test_every_public_method_is_described_where_it_is_first_named() -> None:
    methods = [
        (f"{path.relative_to(PACKAGE)}:{node.lineno} {parent.name}.{node.name}", node)
        for path in FILES
        for parent in walk(path, ast.ClassDef)
        if not parent.name.startswith("_")
        for node in parent.body
        if isinstance(node, Function) and not node.name.startswith("_")
    ]
    described = {node.name for _, node in methods if ast.get_docstring(node)} | {"forward"}
    assert not [where for where, node in methods if not ast.get_docstring(node) and node.name not in described]


# Manners


@every_file
def test_the_library_never_prints(path: Path) -> None:
    if path.relative_to(PACKAGE).parts[0] in {"cli.py", "cli"}:
        return
    assert "print" not in {name for name, _ in calls(path)}, "use logging.getLogger('acutance')"


@every_file
def test_nothing_asks_an_object_what_it_has(path: Path) -> None:
    assert "hasattr" not in {name for name, _ in calls(path)}, "ask for a protocol instead"


@every_file
def test_keyword_arguments_are_not_passed_through(path: Path) -> None:
    for function in walk(path, *Function.__args__):
        if function.args.kwarg is None:
            continue
        passed = [keyword for node in ast.walk(function) if isinstance(node, ast.Call) for keyword in node.keywords]
        names = {ast.unparse(keyword.value) for keyword in passed if keyword.arg is None}
        assert function.args.kwarg.arg not in names, f"{function.name} passes **{function.args.kwarg.arg} through"


def test_classes_are_final_or_abstract() -> None:
    classes = [node for path in FILES if path.name != "errors.py" for node in walk(path, ast.ClassDef)]
    concrete = {node.name for node in classes} - {node.name for node in classes if is_abstract(node)}
    wrong = [f"{node.name} extends {base}" for node in classes for base in base_names(node) if base in concrete]
    assert not wrong, "compose, or make the base abstract (abc.ABC named beside nn.Module)"


def base_names(node: ast.ClassDef) -> set[str]:
    return {ast.unparse(base).split("[")[0].split(".")[-1] for base in node.bases}


def is_abstract(node: ast.ClassDef) -> bool:
    return bool(base_names(node) & {"ABC", "Protocol", "Enum", "NamedTuple", "TypedDict"})


# What is never run


@every_file
def test_no_import_that_may_not_be(path: Path) -> None:
    assert not imports(path) & {"torchvision", "pickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}


@every_file
def test_nothing_loads_code_from_a_file(path: Path) -> None:
    for name, call in calls(path):
        given = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
        if name == "torch.load":
            assert given.get("weights_only") == "True", f"line {call.lineno}"
        if name in {"np.load", "numpy.load"}:
            assert given.get("allow_pickle") == "False", f"line {call.lineno}: say allow_pickle=False"
        assert name not in {"eval", "exec"}, f"line {call.lineno}"


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
