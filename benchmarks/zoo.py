"""Trains the models of the zoo by their presets and puts them where the package has them, in half precision.

What is trained stays in `runs/zoo`, and a training that was stopped goes on. Each model is measured on the held-out
icons in full and in half precision; where a reading moves by more than a tenth of its interval the script stops.
With `--cards` nothing is trained: the models that the package has are measured anew, by the code as it is now.

    python benchmarks/zoo.py [--only NAME ...] [--cards]
"""

from __future__ import annotations

import argparse
import math
import shutil
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from acutance.cli import main as acutance
from acutance.cli._made_by import training_command
from acutance.data import ImageSet, open_source
from acutance.diagnose import SubjectRecord, assess
from acutance.diagnose._assess import data_record
from acutance.models._whole_file import replace_file
from acutance.report import Provenance, model_card
from acutance.subjects import open_subject, zoo

RUNS = Path(__file__).parents[1] / "runs" / "zoo"
KEPT = ("config.json", "run.json", "options.json", "training_digests.npy")
LARGEST_MOVE = 0.1
HALVED = "Weights kept in half precision: "


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A model of the zoo.

    Attributes:
        name: behind `zoo:`.
        preset: that it is trained by, at its own length.
        of: the entry whose code it decodes.
    """

    name: str
    preset: str
    of: str = ""

    def train(self) -> None:
        """Trains, or goes on."""
        base = ["--of", str(RUNS / self.of)] if self.of else []
        words = ["train", self.preset, *base, "--data", "builtin:icons", "--out", str(RUNS / self.name)]
        if acutance([*words, "--threads", "1", "--quiet", "--resume"]) != 0:
            raise SystemExit(f"{self.name} was not trained")


ENTRIES = (
    Entry(name="icons-vae", preset="spatial_vae"),
    Entry(name="icons-adversarial", preset="adversarial_decoder", of="icons-vae"),
    Entry(name="icons-gan", preset="gan_grid"),
    Entry(name="icons-vqvae", preset="vqvae"),
    Entry(name="icons-vaegan", preset="vaegan"),
)


def kept_in_half(run: Path, folder: Path) -> None:
    """A run's model, its weights in half precision; single numbers stay as they are."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in KEPT:
        shutil.copyfile(run / name, folder / name)
    weights = load_file(run / "model.safetensors")
    half = {n: w.half() if w.is_floating_point() and w.numel() > 1 else w for n, w in weights.items()}
    replace_file(folder / "model.safetensors", lambda temporary: save_file(half, temporary))


def measured(text: str, name: str, held_out: ImageSet) -> SubjectRecord:
    """All readings of a subject."""
    subject = open_subject(text)
    return assess(subject.model, held_out, name=name, made=subject.made, warnings=subject.warnings)


def largest_move(full: SubjectRecord, half: SubjectRecord) -> tuple[float, str]:
    """By what share of its interval's width a reading differs between the two, at most, and which one."""
    moves = []
    for reading in full.readings:
        other, width = half.reading(reading.name), reading.high - reading.low
        if other is not None and math.isfinite(width) and width > 0:
            moves.append((abs(other.value - reading.value) / width, reading.name))
    return max(moves)


def put(entry: Entry, held_out: ImageSet) -> None:
    """Trains, halves, measures, and writes the card."""
    entry.train()
    run, folder = RUNS / entry.name, zoo.FOLDER / entry.name
    kept_in_half(run, folder)
    full, half = measured(str(run), entry.name, held_out), measured(f"zoo:{entry.name}", entry.name, held_out)
    move, which = largest_move(full, half)
    print(f"{entry.name}: half precision moves {which} by {move:.3f} of its interval", flush=True)
    if move > LARGEST_MOVE:
        raise SystemExit(f"{entry.name}: half precision changes {which}")
    note = f"{HALVED}no reading moved by more than {move:.3f} of its interval's width by that."
    write_card(entry, half, held_out, note)


def put_card(entry: Entry, held_out: ImageSet) -> None:
    """Measures what the package has, and writes the card; what it says of half precision stays."""
    lines = (zoo.FOLDER / entry.name / "README.md").read_text(encoding="utf-8").splitlines()
    note = next(line for line in lines if line.startswith(HALVED))
    write_card(entry, measured(f"zoo:{entry.name}", entry.name, held_out), held_out, note)
    print(f"{entry.name}: measured", flush=True)


def write_card(entry: Entry, found: SubjectRecord, held_out: ImageSet, note: str) -> None:
    """Puts the model's card beside it."""
    folder = zoo.FOLDER / entry.name
    made = Provenance(
        subject=f"zoo:{entry.name}",
        python=f'from acutance.subjects import open_subject\n\nmodel = open_subject("zoo:{entry.name}").model',
        command=training_command(folder),
        notes=("One of those that `make zoo` makes.", note),
    )
    card = model_card(found, data_record(held_out), made)
    replace_file(folder / "README.md", lambda temporary: temporary.write_text(card, encoding="utf-8"))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", nargs="*", default=[], help="names")
    parser.add_argument("--cards", action="store_true", help="only measure and write the cards")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    _, held_out = open_source("builtin:icons").split()
    for entry in ENTRIES:
        if not asked.only or entry.name in asked.only:
            (put_card if asked.cards else put)(entry, held_out)


if __name__ == "__main__":
    main()
