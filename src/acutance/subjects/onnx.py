"""ONNX graphs: `onnx:FILE`, or an encoder and a decoder: `onnx:FOLDER`, `onnx:ENCODER.onnx,DECODER.onnx`.

One graph makes images of images, or of normal noise. In a folder the two are called encoder.onnx and decoder.onnx.
Loading runs nothing. No gradient passes, so what is found by descending through a decoder cannot be told.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from acutance.errors import SubjectError
from acutance.subjects._foreign import Parts
from acutance.subjects._found import autoencoder, network
from acutance.subjects._graph import Graph
from acutance.subjects._opened import Opened
from acutance.subjects._stated import Stated, split
from acutance.subjects._trial import noise_shapes

__all__ = ["opened"]

_NAMES = ("{}.onnx", "vae_{}.onnx", "{}/model.onnx", "vae_{}/model.onnx")
_PLACES = 3


def opened(argument: str) -> Opened:
    """The network in one ONNX file, or in two.

    Raises:
        SubjectError: there is no such file, it is no ONNX, or nothing that was tried works.
    """
    where, stated = split("onnx", argument)
    text = f"onnx:{argument}"
    files = _files(where, text)
    graphs = [Graph(file, text) for file in files]
    stated = _with_shape(stated, graphs[0])
    parts = Parts(text=text, family="ONNX")
    if len(graphs) == 2:
        name = Path(where).expanduser().name if len(where.split(",")) == 1 else files[0].parent.resolve().name
        return autoencoder(replace(parts, encode=graphs[0], decode=graphs[1]), stated, name)
    declared = graphs[0].shape
    shapes = noise_shapes(()) if declared is None else [declared]
    return network(parts, graphs[0], stated, files[0].stem, shapes)


def _files(where: str, text: str) -> list[Path]:
    """One file, or the encoder's and the decoder's."""
    whole = Path(where).expanduser()
    if not whole.is_dir():
        named = [Path(part).expanduser() for part in where.split(",")]
        if len(named) > 2:
            raise SubjectError(f"{text}: write onnx:FILE, onnx:FOLDER or onnx:ENCODER.onnx,DECODER.onnx")
        return [whole] if whole.is_file() else named
    found = [_first(whole, part) for part in ("encoder", "decoder")]
    if None in found:
        raise SubjectError(
            f"{text}: {whole} has no encoder.onnx and decoder.onnx; name the files: onnx:ENCODER,DECODER"
        )
    return [file for file in found if file is not None]


def _first(folder: Path, part: str) -> Path | None:
    places = (folder / name.format(part) for name in _NAMES)
    return next((place for place in places if place.is_file()), None)


def _with_shape(stated: Stated, graph: Graph) -> Stated:
    """The shape that the graph declares counts as said, where it is that of images and nothing else was said."""
    declared = graph.shape
    if stated.shape is not None or declared is None or len(declared) != _PLACES or declared[0] not in (1, 3):
        return stated
    return replace(stated, shape=(declared[0], declared[1], declared[2]))
