"""What cells measure by themselves: labels read off, modes told, rows of pictures."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from acutance.claims import Scene, Store
from acutance.claims._bench import EDGES, STACKS
from acutance.claims._cells._measured import as_pictures
from acutance.claims._cells.drawn import away, edge_modes
from acutance.claims._cells.field_residual import FieldResidual
from acutance.claims._cells.translated import ink_iou
from acutance.claims._strip import strip_png
from acutance.data.synthetic import EdgeAnswers
from acutance.measure import mode_count


def test_a_picture_read_as_it_is_has_all_its_ink_and_its_negative_none() -> None:
    targets = torch.rand(40, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    assert ink_iou(targets, targets) == pytest.approx(1.0)
    assert ink_iou(1 - targets, targets) == pytest.approx(0.0)
    half = targets.clone()
    half[:, :, :4] = 1 - half[:, :, :4]
    assert ink_iou(half, targets)[0] == pytest.approx(1 / 3, abs=0.01)


@pytest.mark.parametrize(("source", "channels", "count"), [(EDGES, 1, 32), (STACKS, 3, 125)])
def test_real_edges_are_edges_and_reach_all_modes_evenly(source: str, channels: int, count: int) -> None:
    images = Scene(seeds=(0,)).images(source, channels=channels).split()[0]
    assert isinstance(images.answers, EdgeAnswers)
    modes = edge_modes(images.answers, channels)
    reached, divergence = mode_count(modes.label(images.tensor()), modes.count, hits=modes.hits)
    assert reached.value == modes.count == count and divergence.value < 0.01
    assert float(away(images.tensor(), images.answers).max()) < 0.01
    assert float(away(images.tensor()[:9].flip(3), images.answers).min()) > 0.3


def test_a_residual_of_known_power_gains_what_t7_says(tmp_path: Path) -> None:
    found = FieldResidual(seed=3, exponent=2.0).run(Store(tmp_path))
    assert found.value("gained") == pytest.approx(found.value("exact"), rel=0.05)
    assert found.value("exact") == pytest.approx(0.48, abs=0.02)


def test_pictures_in_colour_stay_in_colour() -> None:
    red = torch.zeros(2, 3, 4, 4)
    red[:, 0] = 1
    strip = np.asarray(Image.open(io.BytesIO(base64.b64decode(strip_png(as_pictures(red))))))
    assert strip.shape == (4, 9, 3)
    assert strip[0, 0].tolist() == [255, 0, 0] and strip[0, 4].tolist() == [128, 128, 128]
