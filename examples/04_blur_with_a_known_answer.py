"""A Gaussian blur has a gain and an MTF50 that are known exactly; measure one and see (theory O4).

python examples/04_blur_with_a_known_answer.py
"""

from __future__ import annotations

import math

import torch

from acutance.data import open_source
from acutance.measure import measure_pairs


def blur(images: torch.Tensor, sigma_px: float) -> torch.Tensor:
    """A circular Gaussian blur, through the Fourier domain."""
    down = torch.fft.fftfreq(images.shape[-2])[:, None]
    right = torch.fft.rfftfreq(images.shape[-1])[None, :]
    gain = torch.exp(-2 * math.pi**2 * sigma_px**2 * (down**2 + right**2))
    return torch.fft.irfft2(torch.fft.rfft2(images) * gain, s=images.shape[-2:]).clamp(0, 1)


def main(source: str = "builtin:icons", count: int = 500, sigma_px: float = 1.0) -> tuple[float, float]:
    images = open_source(source)
    sharp = images.tensor(range(min(count, len(images))))
    found = measure_pairs(sharp, blur(sharp, sigma_px))
    expected = math.sqrt(math.log(2) / 2) / (math.pi * sigma_px)
    measured = found.reading("mtf50").value
    print(f"MTF50 expected {expected:.4f}, measured {measured:.4f} cycles/px")
    print(f"blur   put in  {sigma_px:.4f}, measured {found.reading('blur_sigma_px').value:.4f} px")
    return expected, measured


if __name__ == "__main__":
    main()
