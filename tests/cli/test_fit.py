"""Presets and data that do not fit stop before anything is trained or written, each with one message that says why."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SMALL = "--widths 16 8"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("train vae --data pics --size 18", "multiples of 8, got 18 x 18: choose another --size"),
        ("train vae --data pics --channels 4", "channels is 1 (grey) or 3 (colour), got 4"),
        ("train gan --data pics --critic-widths 64 64 64 64 64", "multiples of 32, got 16 x 16"),
        (f"train vqvae --data pics --entries 5000 {SMALL}", "a codebook of 5,000 entries is larger than the training"),
        (
            f"train vqvae --data pics --quantiser residual --entries 5000 {SMALL}",
            "a codebook of 5,000 entries is larger than the training",
        ),
        (f"train vaegan --data pics --latent codes --entries 5000 {SMALL}", "a codebook of 5,000 entries is larger"),
        ("train vaegan --data pics --entries 16", "entries 16 means nothing to a Gaussian latent"),
        ("train vqgan --data pics --kl-weight 2", "kl_weight 2.0 means nothing to codes"),
        ("train vqvae --data pics --quantiser fsq", "--quantiser fsq is called scalar here: write --quantiser scalar"),
        ("train vqvae --data pics --quantiser lfq", "--quantiser lfq is called signs here: write --quantiser signs"),
        (
            "train vqvae --data pics --quantiser vq",
            "--quantiser vq is called codebook here: write --quantiser codebook",
        ),
        (
            "train vaegan --data pics --quantiser=RVQ",
            "--quantiser RVQ is called residual here: write --quantiser residual",
        ),
        ("train vqvae --data pics --quantiser lattice", "invalid choice 'lattice' for argument '--quantiser'"),
        ("train vae --data pics --quantiser fsq", "there is no option --quantiser"),
        ("train vqvae-scalar --data pics --entries 16", "entries 16 means nothing to a scalar quantiser"),
        ("train vqvae --data pics --levels 8 5", "levels (8, 5) means nothing to a codebook quantiser"),
        (f"train gan --data pics --latents 65 --latent-grid {SMALL}", "65 latents do not fill a 4 x 4 grid evenly"),
        ("train adversarial_decoder --of runs/vae --data pics --channels 3", "--size 16 --channels 1"),
        ("train adversarial_decoder --of runs/gan --data pics", "is a gan for images (1, 16, 16), which has no code"),
        ("train adversarial_decoder --data pics", "pass --of RUN"),
        ("train vae --data builtin:icon-pairs", "vae learns from single images"),
        ("train pix2pix --data pics", "pix2pix learns from pairs"),
        ("reconstruct runs/vae --data pics --size 32", "works on images of 16 x 16 px, grey"),
        ("edit runs/vae --data pics --attribute wings", "none has the word 'wings'"),
    ],
)
def test_what_does_not_fit_is_refused(line: str, said: str, refused: Callable[[str], str], house: Path) -> None:
    assert said in refused(f"{line} --out unfit")
    assert not (house / "unfit").exists()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("train gan --data pics --out runs/vae", "already holds a run"),
        ("train gan --data pics --out runs/vae --resume", "holds a run of vae, not of gan"),
        ("train vae --data pics --out runs/vae --resume --seed 5", "other settings: seed was 0, now 5"),
        ("train vae --data pics --out runs/vae --resume --latents 9", "latents was 8, now 9"),
        ("train vae --data pics/a --out runs/vae --resume", "data.source was 'pics', now 'pics/a'"),
        ("train vae --data pics --out pics", "has files in it that are no run"),
    ],
)
def test_a_folder_that_holds_something_else_is_left_alone(
    line: str, said: str, refused: Callable[[str], str], house: Path
) -> None:
    def kept() -> dict[str, bytes]:
        places = (house / "runs" / "vae", house / "pics")
        return {str(file): file.read_bytes() for place in places for file in place.rglob("*") if file.is_file()}

    before = kept()
    assert said in refused(line)
    assert kept() == before


@pytest.mark.parametrize(("options", "warned"), [("", True), ("--size 64 --channels 3", False)])
def test_a_preset_of_another_size_says_what_it_was_made_for(options: str, warned: bool, call: Any) -> None:
    done = call(f"train gan_64 --data pics {options} --widths 16 8 --critic-widths 16 8 --images 8 --out r --dry-run")
    assert done.code == 0, done
    assert ("gan_64 was made for images of 64 x 64 px, colour" in done.err) is warned
