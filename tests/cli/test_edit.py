"""edit: an attribute added in a code, written as sheets of pictures."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image


def test_edit_writes_sheets_and_says_what_was_added(call: Callable[[str], Any], house: Path) -> None:
    done = call("edit runs/vae --data pics --attribute a --strengths -1 0 1 --pictures 3 --out edits")
    assert done.code == 0
    assert "3 images with -1, 0, 1 times 'a' added" in done.out
    assert "30 images with 'a', 30 without" in done.err
    assert sorted(path.name for path in (house / "edits").glob("*.png")) == [f"edit-{i:03d}.png" for i in range(3)]
    made = json.loads((house / "edits" / "made.json").read_text())
    assert (made["command"], made["attribute"], made["strengths"]) == ("edit", "a", [-1.0, 0.0, 1.0])
    with (
        Image.open(house / "edits" / "edit-000.png") as sheet,
        Image.open(house / "pics" / "b" / "ash13.png") as first,
    ):
        scale, gap = 96 // 16, 4
        shown = np.asarray(sheet)[..., 0][-16 * scale - gap : -gap : scale, gap : gap + 16 * scale : scale]
        assert np.array_equal(shown, np.asarray(first))


def test_edit_reads_labels(call: Callable[[str], Any], house: Path) -> None:
    names = sorted(path.relative_to(house / "pics").as_posix() for path in (house / "pics").rglob("*.png"))
    (house / "labels.csv").write_text(
        "name,big\n" + "".join(f"{name},{i % 3 == 0:d}\n" for i, name in enumerate(names))
    )
    done = call("edit runs/ae --data pics --labels labels.csv --attribute big --out big --quiet")
    assert done.code == 0
    assert len(list((house / "big").glob("*.png"))) == 8


def test_edit_refuses_what_cannot_be_done(refused: Callable[[str], str]) -> None:
    assert "none has the word 'blue'" in refused("edit runs/vae --data pics --attribute blue --out e1")
    assert "labels none.csv cannot be read" in refused(
        "edit runs/vae --data pics --labels none.csv --attribute x --out e2"
    )
    assert "runs/gan" in refused("edit runs/gan --data pics --attribute a --out e3")
    assert "--pictures is how many images to edit" in refused(
        "edit runs/vae --data pics --attribute a --pictures 0 --out e4"
    )
