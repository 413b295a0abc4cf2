"""Networks saved as TorchScript: `torchscript:FILE`; what each is, is found out by trying.

A module with the methods `encode` and `decode` is an autoencoder. One that makes images of images in their own shape is
one too, whose code cannot be seen. One that makes images of normal noise is a generator. Loading runs nothing: the
format holds a program, but it starts only when it is called.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from acutance.errors import SubjectError
from acutance.subjects._configuration import counted
from acutance.subjects._decoder_copy import decoder_copier
from acutance.subjects._foreign import Parts
from acutance.subjects._found import autoencoder, network
from acutance.subjects._opened import Opened
from acutance.subjects._stated import split
from acutance.subjects._trial import noise_shapes

__all__ = ["opened"]


def opened(argument: str) -> Opened:
    """The network in a TorchScript file.

    Raises:
        SubjectError: there is no such file, it is no TorchScript, or nothing that was tried works.
    """
    where, stated = split("torchscript", argument)
    text, file = f"torchscript:{argument}", Path(where).expanduser()
    module = _loaded(file, text)
    name = str(getattr(module, "original_name", "TorchScript"))
    parts = Parts(text=text, family=name, modules=(module,), parameters=counted((module,)))
    encode, decode = (getattr(module, method, None) for method in ("encode", "decode"))
    if encode is None or decode is None:
        return network(parts, module, stated, file.stem, noise_shapes(module.parameters()))
    parts = replace(parts, encode=encode, decode=decode, decoder_copy=decoder_copier(module, text))
    return autoencoder(parts, stated, file.stem)


def _loaded(file: Path, text: str) -> Any:
    if not file.is_file():
        raise SubjectError(f"{text}: there is no file {str(file)!r}; give what torch.jit.save wrote")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of the format itself
            module = torch.jit.load(str(file), map_location="cpu")  # type: ignore[no-untyped-call]
    except (RuntimeError, ValueError, OSError) as error:
        raise SubjectError(
            f"{text} is no TorchScript: save the module with torch.jit.save(torch.jit.script(module), FILE), or open "
            "it as python:MODULE:ATTRIBUTE; weights alone do not say what to compute"
        ) from error
    for weight in module.parameters():
        weight.requires_grad_(False)
    return module.eval()
