"""The package as others get it: its names, its wheel, its pinned versions, its words."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import jaxtyping
import pytest
import torch

import acutance

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src"
PACKAGE = SOURCE / "acutance"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

OPTIONAL = ("datasets", "webdataset", "ray", "pythae", "diffusers", "onnxruntime", "timm", "torchvision")
DEVELOPMENT = ("beartype", "hypothesis", "playwright", "pytest")

IMPORT_ALL = f"""
import importlib, pkgutil, sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {OPTIONAL + DEVELOPMENT}:
            raise ModuleNotFoundError(f"not installed: {{name}}", name=name)

sys.meta_path.insert(0, Absent())
import acutance
for module in pkgutil.walk_packages(acutance.__path__, "acutance."):
    importlib.import_module(module.name)
print(acutance.__file__)
"""


def module_names() -> list[str]:
    """Every module's dotted name, nothing imported."""
    parts = (path.relative_to(SOURCE).with_suffix("").parts for path in sorted(PACKAGE.rglob("*.py")))
    return [".".join(names).removesuffix(".__init__") for names in parts]


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    done = subprocess.run(command, cwd=cwd, env=os.environ | environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


# Names


@pytest.mark.parametrize("name", module_names())
def test_every_public_name_exists(name: str) -> None:
    module = importlib.import_module(name)
    names = vars(module).get("__all__", [])
    assert len(names) == len(set(names))
    assert not [public for public in names if getattr(module, public, None) is None]


def test_the_package_itself_is_light() -> None:
    code = "import sys, acutance; print('torch' in sys.modules)"
    assert run(sys.executable, "-c", code, cwd=ROOT) == "False\n"


def test_every_module_imports_without_the_optional_libraries(tmp_path: Path) -> None:
    assert Path(run(sys.executable, "-c", IMPORT_ALL, cwd=tmp_path).strip()).parent == PACKAGE


# Shapes


def test_shapes_of_the_numeric_rooms_are_checked_in_tests() -> None:
    from acutance.objectives.gaussian import squared_error

    with pytest.raises(jaxtyping.TypeCheckError):
        squared_error(torch.zeros(2, 3), torch.zeros(3, 3))


@pytest.mark.parametrize("room", ["nn", "objectives", "measure"])
def test_the_hook_reached_every_module(room: str) -> None:
    for name in [name for name in module_names() if name.startswith(f"acutance.{room}.")]:
        loader = type(importlib.import_module(name).__loader__)
        assert "jaxtyping" in loader.__module__, f"{name} was imported before tests/conftest.py installed the hook"


def test_users_pay_nothing_for_the_shape_checks() -> None:
    code = "import sys, acutance.objectives; print('beartype' in sys.modules)"
    assert run(sys.executable, "-c", code, cwd=ROOT) == "False\n"


# The wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(out), cwd=ROOT)
    return next(out.glob("*.whl"))


def test_the_wheel_carries_every_file_of_the_package(wheel: Path) -> None:
    there = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("acutance/")}
    here = {str(path.relative_to(SOURCE)) for path in PACKAGE.rglob("*") if path.is_file()}
    assert there == {name for name in here if "__pycache__" not in name}
    assert "acutance/py.typed" in there


def test_the_wheel_carries_licence_and_command(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    info = f"acutance-{acutance.__version__}.dist-info"
    assert b"Apache License" in archive.read(f"{info}/licenses/LICENSE")
    assert b"acutance = acutance.cli:main" in archive.read(f"{info}/entry_points.txt")


@pytest.fixture(scope="module")
def fresh(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment with the wheel in it, and behind it the libraries that are installed here."""
    folder = tmp_path_factory.mktemp("fresh")
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index", "--quiet"]
    run(*pip, str(wheel), cwd=folder)
    site = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip()
    (Path(site) / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder


def test_the_installed_package_imports_away_from_the_checkout(fresh: Path, tmp_path: Path) -> None:
    where = run(fresh / "bin" / "python", "-c", IMPORT_ALL, cwd=tmp_path, PYTHONPATH="").strip()
    assert Path(where).is_relative_to(fresh)


def test_the_installed_command_answers(fresh: Path, tmp_path: Path) -> None:
    assert "demo" in run(fresh / "bin" / "acutance", "--help", cwd=tmp_path, PYTHONPATH="")


# Pinned versions


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


def test_every_version_is_pinned_exactly() -> None:
    for name, version in pins().items():
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name), name
        assert re.fullmatch(r"\d+(\.\d+)*([abr]c?\d+|\.post\d+)?", version), f"{name} {version}: no build tag, no range"


def test_every_dependency_is_pinned() -> None:
    extras = PROJECT["optional-dependencies"].values()
    wanted = PROJECT["dependencies"] + [requirement for extra in extras for requirement in extra]
    assert not {re.split(r"[<>=\[ ]", requirement)[0] for requirement in wanted} - set(pins())


def test_no_pin_brings_a_gpu_build() -> None:
    assert not [name for name in pins() if name.startswith(("nvidia-", "cuda-", "triton"))]


# Words


def test_make_alone_lists_its_words() -> None:
    said = run("make", cwd=ROOT)
    for word in ["setup", "check", "test", "test-all", "newest", "demo", "bench", "golden", "fix", "clean"]:
        assert re.search(rf"^  make {word} +\S", said, flags=re.MULTILINE), word


def test_the_changelog_has_its_own_heading_for_readings() -> None:
    assert "### Readings changed" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
