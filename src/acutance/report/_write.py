"""The files of a report, each written whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from acutance.diagnose._diagnosis import Diagnosis
from acutance.diagnose._record import Comparison
from acutance.errors import ConfigError
from acutance.report._claims import render_claims
from acutance.report._diagnosed import alone
from acutance.report._json import diagnosis_json, to_json
from acutance.report._page import render_html
from acutance.report.figures.standalone import standalone_map

__all__ = ["write", "write_claims", "write_diagnosis"]


def write(comparison: Comparison, out: Path, diagnoses: Sequence[Diagnosis] = ()) -> dict[str, Path]:
    """Write comparison.json, report.html and detail-map.svg.

    Args:
        comparison: what was found out.
        out: the folder; it is made if it is missing, and files of these names in it are replaced.
        diagnoses: of some of the subjects, by their names.

    Returns:
        The three paths, by file name.

    Raises:
        ConfigError: `out` is a file, or cannot be written to.
    """
    files = {
        "comparison.json": _text(to_json(comparison, diagnoses)),
        "report.html": render_html(comparison, diagnoses),
        "detail-map.svg": standalone_map(comparison),
    }
    return _written(files, out)


def write_diagnosis(diagnosis: Diagnosis, out: Path, *, made: dict[str, Any] | None = None) -> dict[str, Path]:
    """Write diagnosis.json and report.html.

    Args:
        diagnosis: what was found out.
        out: the folder, as for `write`.
        made: how it was made, for the page alone: the JSON of one diagnosis is always the same.

    Returns:
        The two paths, by file name.

    Raises:
        ConfigError: `out` is a file, or cannot be written to.
    """
    files = {
        "diagnosis.json": _text(diagnosis_json(diagnosis)),
        "report.html": render_html(alone(diagnosis, made), [diagnosis], numbers_file="diagnosis.json"),
    }
    return _written(files, out)


def write_claims(document: dict[str, Any], out: Path) -> dict[str, Path]:
    """Write claims.json and report.html.

    Args:
        document: what a test of claims came to.
        out: the folder, as for `write`.

    Returns:
        The two paths, by file name.

    Raises:
        ConfigError: `out` is a file, or cannot be written to.
    """
    text = _text(document)
    return _written({"claims.json": text, "report.html": render_claims(json.loads(text))}, out)


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _written(files: dict[str, str], out: Path) -> dict[str, Path]:
    try:
        out.mkdir(parents=True, exist_ok=True)
        return {name: _replace(out / name, content) for name, content in files.items()}
    except OSError as error:
        raise ConfigError(
            f"the report cannot be written to {str(out)!r}: {error.strerror}; give a folder that can be written to"
        ) from error


def _replace(path: Path, content: str) -> Path:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n", errors="backslashreplace") as file:
            file.write(content)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return path
