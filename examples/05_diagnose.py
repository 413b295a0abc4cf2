"""Train a VAE whose assumed noise is far too large, and ask where it lost the detail and what to change (theory C).

python examples/05_diagnose.py
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from acutance import report
from acutance.data import open_source
from acutance.diagnose import Diagnosis, diagnose
from acutance.models import presets
from acutance.models.vae import Config
from acutance.train import ProgressBar, RunConfig, train


def main(
    source: str = "builtin:icons", out: str = "out/05", images: int = 30_000, model: Config | None = None
) -> Diagnosis:
    training, held_out = open_source(source).split()
    preset = presets()["vae"]
    config = RunConfig(model=model or replace(preset.model, sigma=0.5), recipe=replace(preset.recipe, images=images))
    vae = train(config, training, Path(out, "vae"), listeners=[ProgressBar("vae")])

    found = diagnose(vae, held_out, name="VAE, sigma 0.5", fit_images=training, cache=Path(out, "cache"))
    report.write_diagnosis(found, Path(out))
    print(found.answer)
    for place in found.locations:
        print(f"{place.location:14} {place.share:4.0%} ({place.low:.0%} to {place.high:.0%})  {place.verdict}")
    for fix in found.prescriptions:
        print(
            f"change: {fix.change}\n  finest octave: coherence {fix.coherence:.2f}, detail ratio {fix.detail_ratio:.2f}"
        )
        print(f"  it will not: {fix.will_not}")
    return found


if __name__ == "__main__":
    main()
