"""One code, two losses: a VAE, and its frozen code's decoder trained on by a critic, on one detail map.

The rate decides how far along the diagonal a model comes; only the loss lifts it off the diagonal (theory T3).

python examples/03_detail_map.py
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from acutance import report
from acutance.data import open_source
from acutance.diagnose import Subject, compare
from acutance.models import ModelConfig, presets
from acutance.train import ProgressBar, RunConfig, train


def main(
    source: str = "builtin:icons",
    out: str = "out/03",
    images: int = 60_000,
    vae: ModelConfig | None = None,
    crisp: ModelConfig | None = None,
) -> None:
    training, held_out = open_source(source).split()
    known, subjects = presets(), []
    of = str(Path(out, "vae"))
    families = {"vae": vae or known["vae"].model, "crisp": replace(crisp or known["adversarial_decoder"].model, of=of)}
    for name, model in families.items():
        config = RunConfig(model=model, recipe=replace(known["vae"].recipe, images=images))
        trained = train(config, training, Path(out, name), listeners=[ProgressBar(name)])
        subjects.append(Subject(name=name, model=trained))
    found = compare(subjects, held_out)
    report.write(found, Path(out))
    print(report.summary_table(found))


if __name__ == "__main__":
    main()
