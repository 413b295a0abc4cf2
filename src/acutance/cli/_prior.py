"""A prior for `acutance sample`: found where it was kept, or fitted to the codes of images."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import final

import numpy as np
from torch import Tensor

from acutance.cli._images import batches, fitted
from acutance.cli._options import Data
from acutance.cli._terminal import Terminal
from acutance.data import ImageSet
from acutance.errors import ConfigError, SubjectError
from acutance.models import Autoencoder, LatentPrior, WithPrior, codes_of, fit_prior, load_prior, save_prior
from acutance.subjects import Opened

__all__ = ["Source", "with_prior"]


@final
@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a prior is had from.

    Attributes:
        data: images to fit it to; None for those of the run.
        file: where it is kept; None for the run's folder.
        components: of a mixture; None for the default.
    """

    data: str | None
    file: Path | None
    components: int | None


def with_prior(subject: Opened, kind: str, source: Source, terminal: Terminal) -> WithPrior:
    """The subject with a prior of this kind, which is kept if there is a place for it.

    Raises:
        SubjectError: it has no code, or the prior that is kept is not for its codes.
        ConfigError: there is nothing to fit a prior to, or no place to keep it.
        InputError: the codes are none that a prior could be fitted to.
    """
    model = subject.autoencoder("draw samples from a fitted prior")
    file = source.file or _place(subject, kind)
    if file is not None and (file.is_dir() or not file.parent.is_dir()):
        raise ConfigError(f"--prior-file {file} is a folder, or in none: name a file in a folder that there is")
    if file is not None and file.is_file() and source.data is None and source.components is None:
        prior = load_prior(file)
        terminal.step(f"prior: {file}")
    else:
        images = _images(subject, source, terminal)
        codes = codes_of(subject.model, _told(images, terminal))  # type: ignore[arg-type]
        terminal.step(f"fitting a {kind.replace('_', ' ')} to the codes of {len(images):,} images")
        prior = fit_prior(codes, kind, components=source.components)
        if file is not None:
            save_prior(prior, file)
            terminal.say(f"prior kept: {file}")
    _check(subject, model, prior, kind)
    return WithPrior(subject.model, prior)  # type: ignore[arg-type]


def _place(subject: Opened, kind: str) -> Path | None:
    folder = Path(subject.text).expanduser()
    return folder / f"prior-{kind.replace('_', '-')}.safetensors" if folder.is_dir() else None


def _images(subject: Opened, source: Source, terminal: Terminal) -> ImageSet:
    """Those that were named, or the run's; only those that the subject was trained on, where that is known."""
    trained_on = subject.trained_on
    text = source.data or (trained_on.source if trained_on is not None else None)
    if text is None:
        raise ConfigError(f"{subject.text} does not say what it was trained on: give --data SOURCE to fit a prior to")
    images = fitted(Data(data=text), subject, terminal)
    unseen = None if trained_on is None else trained_on.unseen(images)
    if unseen is None or unseen.all():
        return images
    return images.take(np.flatnonzero(~unseen))


def _told(images: ImageSet, terminal: Terminal) -> Iterator[Tensor]:
    done = 0
    with terminal.progress("Encoding") as advance:
        for batch in batches(images):
            yield batch
            done += len(batch)
            advance(done, len(images))


def _check(subject: Opened, model: object, prior: LatentPrior, kind: str) -> None:
    if isinstance(model, Autoencoder) and tuple(prior.latent) != tuple(model.latent_shape):
        raise SubjectError(
            f"the prior is for codes of shape {tuple(prior.latent)}, {subject.text} has {tuple(model.latent_shape)}: "
            "give another --prior-file, or --data to fit one"
        )
    if type(prior).__module__.rpartition(".")[2] != kind:
        raise SubjectError(f"the file holds a prior of another kind than {kind}: give another --prior-file")
