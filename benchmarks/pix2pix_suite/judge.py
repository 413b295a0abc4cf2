"""The judge in the place of the paper's FCN score, and its three scores.

The paper asks a network that was trained on real photographs to read the label map back out of a generated one. Here
the photograph is the filled icon, and the label map what its outline says of every pixel: outside, stroke or enclosed.
The network is trained on real filled icons of the training pairs and nothing else; a filled icon that looks like no
real one, or is filled in the wrong places, is read wrongly. In the other direction, as in the paper's control, no
network is needed: an output is read as a label map by the nearest label, ink or no ink.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from scipy.ndimage import label
from torch import Tensor, nn

from acutance.data import PairSet
from acutance.nn.blocks import SLOPE, conv, residual_stage
from acutance.rng import rng_for

OUTSIDE, STROKE, ENCLOSED = range(3)
CLASSES = 3
FEATURES, BATCH = 48, 32


def outline_labels(outlines: Tensor) -> Tensor:
    """(N, 1, H, W) outlines to the class of every pixel, (N, H, W): what no ink parts from the border is outside."""
    found = np.empty((len(outlines), *outlines.shape[2:]), np.int64)
    for i, ink in enumerate((outlines[:, 0] > 0.5).numpy()):
        pieces, _ = label(np.pad(~ink, 1, constant_values=True))
        outside = (pieces == pieces[0, 0])[1:-1, 1:-1]
        found[i] = np.where(ink, STROKE, np.where(outside, OUTSIDE, ENCLOSED))
    return torch.from_numpy(found)


def ink_labels(images: Tensor) -> Tensor:
    """The nearest of two labels, ink (1) or none (0), (N, H, W)."""
    return (images[:, 0] > 0.5).long()


class Reader(nn.Module):
    """Filled icons to a class for every pixel; each is decided from 44 pixels around it."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = conv(4, FEATURES)
        self.fine = residual_stage(FEATURES, 2)
        self.coarse = residual_stage(FEATURES, 2)
        self.head = conv(FEATURES, 4 * CLASSES)

    def forward(self, images: Tensor) -> Tensor:
        x = self.fine(self.stem(F.pixel_unshuffle(images * 2 - 1, 2)))
        around = self.coarse(F.avg_pool2d(x, 2))
        x = x + F.interpolate(around, scale_factor=2, mode="bilinear", align_corners=False)
        return F.pixel_shuffle(self.head(F.leaky_relu(x, SLOPE)), 2)


def trained_reader(pairs: PairSet, images: int, seed: int = 0) -> Reader:
    """A reader of real filled icons, the targets of the training pairs, mirrored or not."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        reader = Reader()
    filled, labels = pairs.target.tensor(), outline_labels(pairs.input.tensor())
    optimizer = torch.optim.Adam(reader.parameters(), lr=2e-3)
    steps = images // BATCH
    for step in range(steps):
        rng = rng_for(seed, step, "reader")
        rows = torch.randint(len(filled), (BATCH,), generator=rng)
        x, y = filled[rows], labels[rows]
        if torch.rand((), generator=rng) < 0.5:
            x, y = x.flip(3), y.flip(2)
        for group in optimizer.param_groups:
            group["lr"] = 2e-3 * (1 - step / steps)
        with torch.autocast("cpu", torch.bfloat16):
            logits = reader(x)
        optimizer.zero_grad(set_to_none=True)
        F.cross_entropy(logits.float(), y).backward()
        optimizer.step()
    return reader.eval()


@torch.no_grad()
def read(reader: Reader, images: Tensor) -> Tensor:
    """The class of every pixel, (N, H, W)."""
    return torch.cat([reader(part).argmax(1) for part in images.split(256)])


def scores(found: Tensor, wanted: Tensor, classes: int) -> dict[str, float]:
    """Accuracy per pixel, its mean over classes, and the mean of intersection over union, as in the paper's Table 1."""
    confusion = torch.bincount(wanted.flatten() * classes + found.flatten(), minlength=classes**2)
    table = confusion.view(classes, classes).double()
    right, real, read_as = table.diag(), table.sum(1), table.sum(0)
    return {
        "pixel_accuracy": float(right.sum() / table.sum()),
        "class_accuracy": float((right / real).mean()),
        "class_iou": float((right / (real + read_as - right)).mean()),
    }
