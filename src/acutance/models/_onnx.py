"""A model as ONNX graphs, for every runtime that reads them."""

from __future__ import annotations

import warnings
from pathlib import Path

import torch

from acutance.errors import ConfigError
from acutance.models._base import Model
from acutance.models._parts import Part, parts_of
from acutance.models._whole_file import replace_file

__all__ = ["BOOKS", "export_onnx"]

BOOKS = "acutance.books"
"""Under this name an encoder's graph says how many entries each of its codebooks has, e.g. "512,512"."""


def export_onnx(model: Model, folder: Path) -> list[Path]:
    """Writes `encoder.onnx` and `decoder.onnx`, `generator.onnx`, noise (n, d) to images, `translator.onnx`; for any n.

    Images are float32 in [0, 1]. The encoder's outputs are called `latent`; or `mean` and `std` of a Gaussian; or
    `quantized`, `continuous`, `indices` of codes. The decoder takes what is called latent, mean or quantized there.

    A decoder that draws keeps the one field of noise that its `decode` shows, a translator one draw of its own.

    Args:
        model: what encodes and decodes, draws from a normal prior, or translates; it stays as it is.
        folder: made if it is missing; files of these names in it are replaced.

    Returns:
        What was written, as far as the model can do it.

    Raises:
        SubjectError: it does none of these.
        ConfigError: the package onnx is missing.
    """
    try:
        import onnx
    except ImportError as error:
        raise ConfigError("an export to ONNX needs the package onnx: pip install 'acutance[onnx]'") from error
    parts = parts_of(model)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for part in parts:
        file = folder / f"{part.name}.onnx"

        def write(temporary: Path, part: Part = part) -> None:
            _export(part, temporary)
            if part.books:
                graph = onnx.load(temporary)
                graph.metadata_props.add(key=BOOKS, value=",".join(map(str, part.books)))
                onnx.save(graph, temporary)

        replace_file(file, write)
        written.append(file)
    return written


def _export(part: Part, file: Path) -> None:
    """By the exporter that goes through TorchScript: the newer one needs a further package."""
    given = {"decoder": "latent", "generator": "noise"}.get(part.name, "images")
    free = {name: {0: "n"} for name in (given, *part.outputs)}
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # of that exporter, and of shapes, which tests look after
        torch.onnx.export(
            part.module,
            (part.example,),
            str(file),
            input_names=[given],
            output_names=list(part.outputs),
            dynamic_axes=free,
            dynamo=False,
        )
