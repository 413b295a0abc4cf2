"""What a notebook shows: a page in a frame, a grid of pictures."""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from typing import final

from torch import Tensor

from acutance.diagnose._diagnosis import Diagnosis
from acutance.diagnose._record import Comparison
from acutance.errors import MeasureError
from acutance.report._diagnosed import alone
from acutance.report._page import render_html
from acutance.report.pictures import contact_sheet

__all__ = ["Grid", "Shown", "grid", "show"]

_COLUMNS = 16


@final
@dataclass(frozen=True)
class Shown:
    """A page that a notebook shows in a frame; `print` gives its text.

    Attributes:
        page: the whole page as text.
        height: of the frame, in px.
    """

    page: str = field(repr=False)
    height: int = 900

    def _repr_html_(self) -> str:
        frame = f'<iframe style="width:100%;height:{self.height}px;border:0"'
        return f'{frame} srcdoc="{html.escape(self.page)}"></iframe>'


@final
@dataclass(frozen=True)
class Grid:
    """A picture that a notebook shows.

    Attributes:
        png: the bytes of a PNG file.
    """

    png: bytes = field(repr=False)

    def _repr_png_(self) -> bytes:
        return self.png


def show(found: Diagnosis | Comparison, *, height: int = 900) -> Shown:
    """The page of a diagnosis or a comparison, for the last line of a notebook's cell.

    Args:
        found: what was found out.
        height: of the frame, in px.
    """
    if isinstance(found, Diagnosis):
        page = render_html(alone(found), [found], numbers_file="diagnosis.json")
    else:
        page = render_html(found)
    return Shown(page, height)


def grid(*rows: Tensor, titles: tuple[str, ...] = (), scale: int = 2) -> Grid:
    """Rows of pictures, the k-th of all rows under one another, for the last line of a notebook's cell.

    Args:
        rows: images (N, C, H, W), float in [0, 1]; the first 16 of each are shown.
        titles: one a row; none for no titles.
        scale: every pixel becomes a square of this many pixels.

    Raises:
        MeasureError: no row, titles of another number, or images of another shape.
    """
    if len(titles) not in (0, len(rows)) or any(row.ndim != 4 for row in rows):
        raise MeasureError(
            f"a grid takes images (N, C, H, W) and a title for each row or none, got {len(titles)} titles and rows of "
            f"shape {[tuple(row.shape) for row in rows]}; give one image as image[None]"
        )
    pictures = [
        row[:_COLUMNS].detach().float().clamp(0, 1).mul(255).round().byte().permute(0, 2, 3, 1).cpu().numpy()
        for row in rows
    ]
    return Grid(contact_sheet(list(zip(titles or [""] * len(rows), pictures, strict=True)), scale))
