"""Makes tests/golden/measure.json: values of other libraries on inputs that anyone can make again.

The libraries are not needed to run the tests; one that is missing here keeps the values it had. To make all of them:

    python -m venv /tmp/golden && /tmp/golden/bin/pip install -c constraints.txt torch scikit-image prdc scikit-learn \
        torch-fidelity torchmetrics pytorch-msssim scipy
    /tmp/golden/bin/python benchmarks/golden_measure.py
"""

from __future__ import annotations

import datetime
import importlib
import importlib.abc
import importlib.machinery
import importlib.metadata
import json
import platform
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import MagicMock

import numpy as np

TARGET = Path(__file__).resolve().parents[1] / "tests" / "golden" / "measure.json"
COMMAND = "python benchmarks/golden_measure.py"


class Absent(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Stands in for torchvision, which two of the libraries import but need for none of what is asked of them here."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        return importlib.machinery.ModuleSpec(name, self, is_package=True) if name.startswith("torchvision") else None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        module = MagicMock(spec_set=None)
        module.__spec__, module.__path__, module.__version__ = spec, [], "0.0"
        return module  # type: ignore[no-any-return]

    def exec_module(self, module: ModuleType) -> None:
        """Nothing to run."""


def pictures(channels: int, side: int = 48, n: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """References and outputs (n, side, side, channels) in [0, 1], eight bits deep; uniform draws of PCG64(7) alone."""
    rng = np.random.Generator(np.random.PCG64(7))
    coarse = np.kron(rng.random((n, side // 8, side // 8, channels)), np.ones((1, 8, 8, 1)))
    ref = np.round(255 * (0.7 * coarse + 0.3 * rng.random((n, side, side, channels)))) / 255
    soft = (ref + np.roll(ref, 1, 1) + np.roll(ref, 1, 2)) / 3
    return ref, np.round(255 * (0.9 * soft + 0.1 * rng.random(ref.shape))) / 255


def features(n: int, m: int, d: int) -> tuple[np.ndarray, np.ndarray]:
    """Two populations of features (n, d), (m, d), skewed and correlated; uniform draws of PCG64(11) alone."""
    rng = np.random.Generator(np.random.PCG64(11))
    mix = rng.random((d, d)) - 0.3
    return rng.random((n, d)) ** 2 @ mix / d**0.5, (0.9 * rng.random((m, d)) ** 1.5 + 0.02) @ mix / d**0.5


SIZES = ((300, 280, 16), (60, 70, 128))


def by_skimage() -> dict[str, Any]:
    from skimage.metrics import peak_signal_noise_ratio, structural_similarity

    found = {}
    for channels in (1, 3):
        pairs = list(zip(*pictures(channels), strict=True))
        how = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 1.0}
        found[f"psnr/{channels}"] = [peak_signal_noise_ratio(a, b, data_range=1.0) for a, b in pairs]
        found[f"ssim/{channels}"] = [structural_similarity(a, b, channel_axis=2, **how) for a, b in pairs]
    return found


def by_msssim() -> dict[str, Any]:
    import torch
    from pytorch_msssim import ms_ssim

    found = {}
    for channels in (1, 3):
        a, b = (torch.from_numpy(p).permute(0, 3, 1, 2) for p in pictures(channels, 192, 2))
        found[f"ms_ssim/{channels}"] = ms_ssim(a, b, data_range=1.0, size_average=False).tolist()
    return found


def by_prdc() -> dict[str, Any]:
    from prdc import compute_prdc

    return {
        f"{name}/{n}/{m}/{d}/{k}": float(value)
        for n, m, d in SIZES
        for k in (3, 5)
        for name, value in compute_prdc(*features(n, m, d), nearest_k=k).items()
    }


def by_scipy() -> dict[str, Any]:
    from scipy.linalg import sqrtm

    found = {}
    for n, m, d in SIZES:
        a, b = features(n, m, d)
        apart = a.mean(0) - b.mean(0)
        ca, cb = np.cov(a.T), np.cov(b.T)
        value = apart @ apart + np.trace(ca) + np.trace(cb) - 2 * np.trace(np.real(sqrtm(ca @ cb)))
        found[f"frechet_distance/{n}/{m}/{d}"] = float(value)
    return found


def by_torch_fidelity() -> dict[str, Any]:
    metric_fid = importlib.import_module("torch_fidelity.metric_fid")
    metric_kid = importlib.import_module("torch_fidelity.metric_kid")
    found = {}
    for n, m, d in SIZES:
        a, b = features(n, m, d)
        stats = [{"mu": f.mean(0), "sigma": np.cov(f.T)} for f in (a, b)]
        fid = metric_fid.fid_statistics_to_metric(*stats, False)
        found[f"frechet_distance/{n}/{m}/{d}"] = float(fid["frechet_inception_distance"])
    a, b = features(300, 300, 16)
    poly = {
        "kid_kernel": "poly",
        "kid_kernel_poly_degree": 3,
        "kid_kernel_poly_gamma": None,
        "kid_kernel_poly_coef0": 1,
    }
    found["kernel_distance/300/300/16"] = float(metric_kid.kernel_mmd(a, b, **poly))
    return found


def by_torchmetrics() -> dict[str, Any]:
    import torch

    compute = importlib.import_module("torchmetrics.image.fid")._compute_fid
    found = {}
    for n, m, d in SIZES:
        a, b = (torch.from_numpy(f) for f in features(n, m, d))
        found[f"frechet_distance/{n}/{m}/{d}"] = float(compute(a.mean(0), a.T.cov(), b.mean(0), b.T.cov()))
    return found


REFERENCES: dict[str, Callable[[], dict[str, Any]]] = {
    "scikit-image": by_skimage,
    "pytorch-msssim": by_msssim,
    "prdc": by_prdc,
    "scipy": by_scipy,
    "torch-fidelity": by_torch_fidelity,
    "torchmetrics": by_torchmetrics,
}


def main() -> None:
    sys.meta_path.append(Absent())
    records = json.loads(TARGET.read_text()) if TARGET.exists() else {}
    for library, make in REFERENCES.items():
        try:
            values = make()
        except ImportError as error:
            print(f"{library}: not here ({error}); its values stay as they are")
            continue
        records[library] = {
            "version": importlib.metadata.version(library),
            "command": COMMAND,
            "date": datetime.date.today().isoformat(),
            "python": platform.python_version(),
            "numpy": np.__version__,
            "values": values,
        }
        print(f"{library} {records[library]['version']}: {len(values)} values")
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(json.dumps(records, indent=1) + "\n")


if __name__ == "__main__":
    main()
