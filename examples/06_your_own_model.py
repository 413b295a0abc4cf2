"""A model of your own: encode and decode are enough; what else it has is used.

Here a PCA of image patches that stands for your network, with one term of its loss computed without gradient.

python examples/06_your_own_model.py
(or, for a model in mymodel.py here: acutance diagnose python:mymodel:model --data photos/ --out diagnosis)
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import fold, unfold

from acutance.data import ImageSet, open_source
from acutance.diagnose import diagnose
from acutance.subjects.python import adapted

SIDE = 8


class PatchPCA(nn.Module):
    """The first components of 8 x 8 patches of grey images in [0, 1]; takes any size that 8 divides."""

    # value_range = (-1, 1)      where it works in another range than [0, 1]
    # decoder_sigma, kl_weight   where it is a VAE; encode then returns an object with .mean and .std

    def __init__(self, images: ImageSet, components: int) -> None:
        super().__init__()
        patches = unfold(images.tensor(), SIDE, stride=SIDE).transpose(1, 2).reshape(-1, SIDE**2)
        mean = patches.mean(0)
        directions = torch.linalg.svd(patches - mean, full_matrices=False).Vh[:components]
        self.mean, self.decoder = nn.Parameter(mean), nn.Conv1d(components, SIDE**2, 1, bias=False)
        self.decoder.weight = nn.Parameter(directions.T[:, :, None].contiguous())

    def encode(self, images: Tensor) -> Tensor:
        self.grid = images.shape[2:]
        return self.decoder.weight[:, :, 0].T @ (unfold(images, SIDE, stride=SIDE) - self.mean[:, None])

    def decode(self, latent: Tensor) -> Tensor:
        return fold(self.decoder(latent) + self.mean[:, None], self.grid, SIDE, stride=SIDE)

    def losses(self, batch: Tensor) -> dict[str, Tensor]:
        output = self.decode(self.encode(batch))
        with torch.no_grad():
            edges = (output - batch).diff(dim=3).square().mean()
        return {"pixels": (output - batch).square().mean(), "edges": edges}


def main(source: str = "builtin:icons", components: int = 6):
    training, held_out = open_source(source, channels=1).split()
    opened = adapted(PatchPCA(training, components), text="patch PCA")
    print("doubts:", opened.fit(held_out) or "none")
    found = diagnose(opened.model, held_out.take(range(min(200, len(held_out)))), name="patch PCA", fit_images=training)
    print(found.answer, *found.audit.words(), sep="\n")
    return found


if __name__ == "__main__":
    main()
