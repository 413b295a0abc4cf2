"""The files of a report, each written whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

from acutance.diagnose._record import Comparison
from acutance.errors import ConfigError
from acutance.report._json import to_json
from acutance.report._page import render_html
from acutance.report.figures.standalone import standalone_map

__all__ = ["write"]


def write(comparison: Comparison, out: Path) -> dict[str, Path]:
    """Write comparison.json, report.html and detail-map.svg.

    Args:
        comparison: what was found out.
        out: the folder; it is made if it is missing, and files of these names in it are replaced.

    Returns:
        The three paths, by file name.

    Raises:
        ConfigError: `out` is a file, or cannot be written to.
    """
    files = {
        "comparison.json": json.dumps(to_json(comparison), indent=1, ensure_ascii=False, allow_nan=False) + "\n",
        "report.html": render_html(comparison),
        "detail-map.svg": standalone_map(comparison),
    }
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
