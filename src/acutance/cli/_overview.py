"""What `acutance` alone says: the commands, and where to begin."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path

from acutance.catalog import Catalog

__all__ = ["COMMANDS", "about", "overview"]

COMMANDS = Catalog("acutance.cli.commands", noun="command", attribute="run")

_ORDER = (
    *("demo", "train", "reconstruct", "translate", "sample", "interpolate", "edit", "diagnose", "compare", "measure"),
    *("claims", "zoo", "export", "push"),
)
_TEXT = """\
acutance: why are a VAE's images blurred and a GAN's crisp? Train both, measure the detail, find the cause.

  acutance COMMAND ...         acutance COMMAND --help for its options and examples

{commands}

SOURCE, for images:  builtin:icons  builtin:photos  builtin:glyphs  synthetic:edges  a folder  a .zip .npz .npy file
                     hf:NAME[:SPLIT]  wds:GLOB
PAIRS, to translate: builtin:icon-pairs  pairs:INPUTS:TARGETS  ab:SOURCE (side by side)  edges:SOURCE  reversed:PAIRS
SUBJECT, for models: the folder that `acutance train` wrote  diffusers:FOLDER_OR_ID  pythae:FOLDER  torchscript:FILE
                     onnx:FILE  python:MODULE:ATTRIBUTE  zoo:NAME  hub:OWNER/NAME
                     pairs:ORIGINALS:RECONSTRUCTIONS  samples:FOLDER

Begin with the answer:           acutance demo --out demo
or with images of your own:      acutance train vae --data photos/ --size 32 --out runs/vae
                                 acutance diagnose runs/vae --data photos/ --out diagnosis
or a model made elsewhere:       acutance diagnose diffusers:FOLDER --data photos/ --out diagnosis
or with what another tool made:  acutance measure --pairs originals/ reconstructions/
"""


def overview() -> str:
    """The text; nothing is imported for it."""
    names = sorted(COMMANDS.names(), key=lambda name: (_ORDER.index(name) if name in _ORDER else len(_ORDER), name))
    lines = [f"  {name:<12} {about(name)}" for name in names]
    return _TEXT.format(commands="\n".join(lines)).rstrip()


def about(name: str) -> str:
    """The first line of a command's file."""
    spec = importlib.util.find_spec(f"{COMMANDS.package}.{name}")
    assert spec is not None and spec.origin is not None, name
    tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
    return (ast.get_docstring(tree) or "").splitlines()[0]
