"""The same pictures at each stage of a diagnosed subject, and what each stage lacks in the octave that lost most."""

from __future__ import annotations

from dataclasses import dataclass

from acutance.diagnose._diagnosis import Diagnosis, StagePictures
from acutance.report._octave_pictures import Octave, lost_octave, octave_pictures
from acutance.report.pictures import Pixels, data_uri

__all__ = ["StageRow", "StageTable", "stage_table"]

_MOST = 10
_PIXELS_OF_A_PAGE = 2_000_000
_LEAST = 3


@dataclass(frozen=True, kw_only=True)
class StageRow:
    """A stage.

    Attributes:
        title: what it is.
        pictures: `data:` addresses.
        missing: what each picture lacks in the octave that lost most; for the real pictures, all that is in it; empty
            where the stage matches no image.
    """

    title: str
    pictures: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class StageTable:
    """All stages.

    Attributes:
        rows: one for each stage, real pictures first.
        detail: the octave that lost most as the size of what it holds, e.g. "2 to 4 px".
        native: the longer side of a picture in pixels.
    """

    rows: tuple[StageRow, ...]
    detail: str
    native: int


def stage_table(diagnosis: Diagnosis) -> StageTable | None:
    """Choose and encode the pictures; None where there is nothing to set beside the real ones.

    Args:
        diagnosis: with stages, `data` first.
    """
    matched = [stage for stage in diagnosis.stages if stage.stage != "prior"]
    if len(matched) < 2 or matched[0].stage != "data":
        return None
    height, width = matched[0].images.shape[1:3]
    count = max(_LEAST, min(_MOST, _PIXELS_OF_A_PAGE // (2 * height * width * len(diagnosis.stages))))
    originals = matched[0].images[:count]
    octave = lost_octave(originals, _as_used(matched).images[:count])
    rows = tuple(_row(stage, originals, octave, count) for stage in diagnosis.stages)
    longest = f"{1 / octave[0]:.3g}"
    return StageTable(rows=rows, detail=f"{1 / octave[1]:.3g} to {longest} px", native=max(height, width))


def _as_used(stages: list[StagePictures]) -> StagePictures:
    """What the subject puts out: a draw of its code if it draws, else the last of the stages."""
    return next((stage for stage in stages if stage.stage == "sample"), stages[-1])


def _row(stage: StagePictures, originals: Pixels, octave: Octave, count: int) -> StageRow:
    shown = stage.images[:count]
    if stage.stage == "prior":
        return StageRow(title=stage.title, pictures=_encoded(shown), missing=())
    fits = shown.shape == originals.shape
    outputs = None if stage.stage == "data" else shown
    missing = _encoded(octave_pictures(originals, outputs, octave)) if fits else ()
    return StageRow(title=stage.title, pictures=_encoded(shown), missing=missing)


def _encoded(pictures: Pixels) -> tuple[str, ...]:
    return tuple(data_uri(picture) for picture in pictures)
