"""Logs that can be read, and that do not show where a run was stopped."""

from __future__ import annotations

import io
import json
import logging
import re
from pathlib import Path
from typing import Any

import pytest
import torch
from ddp_parts import feed
from rich.console import Console
from small_models import blob_set, images_of, small_config, small_model, small_recipe

from acutance.data import ImageSet
from acutance.train import JsonLog, Loop, ProgressBar, RunConfig, TensorBoard, Tick, Warned, train

WARNED = Warned(name="mode collapse", player="generator", step=5, value=0.1, advice="do something")


def tick(step: int, *, seconds: float = 1.0, warnings: tuple[Warned, ...] = (), **terms: float) -> Tick:
    return Tick(step=step, images=8 * step, seconds=seconds, terms=terms, warnings=warnings)


def loop_at(step: int) -> Loop:
    loop = Loop(small_model("vae"), small_recipe(), feed(), seed=0)
    loop.step = step
    return loop


def events(folder: Path) -> Any:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = EventAccumulator(str(folder / "tensorboard"), size_guidance={"scalars": 0, "images": 0})
    return found.Reload()


def log_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


# log.jsonl


def test_a_tick_is_a_line(tmp_path: Path) -> None:
    log = JsonLog(tmp_path)
    with log.listening(loop_at(0)):
        log.tick(tick(3, seconds=1.23456, **{"critic/loss": 0.5}))
        assert log_of(tmp_path) == [{"step": 3, "images": 24, "seconds": 1.235, "critic/loss": 0.5}]


def test_a_warning_is_written_down_and_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    log = JsonLog(tmp_path)
    with log.listening(loop_at(0)), caplog.at_level(logging.WARNING, logger="acutance"):
        log.tick(tick(9, warnings=(WARNED,)))
    assert log_of(tmp_path)[0]["warnings"] == ["mode collapse since step 5 (generator): do something"]
    assert caplog.messages == ["mode collapse since step 5 (generator): do something"]


def test_lines_behind_the_checkpoint_and_torn_ones_are_dropped(tmp_path: Path) -> None:
    text = '{"step": 3}\n{"step": 6}\n{"step": 9}\n[1]\n{"no": 1}\n{"step": 1'
    (tmp_path / "log.jsonl").write_text(text)
    log = JsonLog(tmp_path)
    with log.listening(loop_at(6)):
        log.tick(tick(9))
    assert [line["step"] for line in log_of(tmp_path)] == [3, 6, 9]
    assert [file.name for file in tmp_path.iterdir()] == ["log.jsonl"]


# TensorBoard


def test_scalars_and_pictures_stand_at_their_steps(tmp_path: Path) -> None:
    images = blob_set()
    train(RunConfig(model=small_config("vae"), recipe=small_recipe()), images, tmp_path, held_out=images)
    found = events(tmp_path)
    for name in ("autoencoder/loss", "autoencoder/mse"):
        scalars = found.Scalars(name)
        assert [scalar.step for scalar in scalars] == [3, 6, 9, 12]
        written = [line[name] for line in log_of(tmp_path)]
        assert [scalar.value for scalar in scalars] == pytest.approx(written, rel=1e-6)
    pictures = found.Images("pictures")
    assert [picture.step for picture in pictures] == [6, 12]
    assert (pictures[0].height, pictures[0].width) == (3 * 16, 16 * 16)


def test_a_stop_does_not_show_in_the_events(tmp_path: Path) -> None:
    """Events behind the checkpoint are purged, the one at the checkpoint is kept."""
    board = TensorBoard(tmp_path, small_recipe(picture_images=0), None)
    with board.listening(loop_at(0)):
        for step in (3, 6, 9):
            board.tick(tick(step, loss=float(step)))
    again = TensorBoard(tmp_path, small_recipe(picture_images=0), None)
    with again.listening(loop_at(6)):
        for step in (9, 12):
            again.tick(tick(step, loss=10.0 * step))
    found = [(scalar.step, scalar.value) for scalar in events(tmp_path).Scalars("loss")]
    assert found == [(3, 3.0), (6, 6.0), (9, 90.0), (12, 120.0)]


def test_a_restart_from_nothing_purges_everything(tmp_path: Path) -> None:
    for factor in (1.0, 10.0):
        board = TensorBoard(tmp_path, small_recipe(picture_images=0), None)
        with board.listening(loop_at(0)):
            board.tick(tick(3, loss=factor))
    assert [(scalar.step, scalar.value) for scalar in events(tmp_path).Scalars("loss")] == [(3, 10.0)]


@pytest.mark.parametrize(
    ("family", "held_out", "rows", "columns"),
    [
        ("vae", 40, 3, 16),
        ("vae", 5, 3, 5),
        ("vae", 0, 1, 16),
        ("ae", 40, 2, 16),
        ("ae", 0, 0, 0),
        ("gan", 40, 1, 16),
        ("adversarial_decoder", 40, 3, 16),
    ],
)
def test_pictures_show_what_the_family_can_do(
    tmp_path: Path, family: str, held_out: int, rows: int, columns: int
) -> None:
    images: ImageSet | None = blob_set(held_out) if held_out else None
    board = TensorBoard(tmp_path, small_recipe(), images)
    with board.listening(Loop(small_model(family), small_recipe(), feed(), seed=0)):
        board.tick(tick(6))
    found = events(tmp_path)
    shown = found.Images("pictures") if "pictures" in found.Tags()["images"] else []
    assert [(picture.height, picture.width) for picture in shown] == [(16 * rows, 16 * columns)] * bool(rows)


def test_the_originals_are_rounded_and_first(tmp_path: Path) -> None:
    from PIL import Image

    images = blob_set()
    board = TensorBoard(tmp_path, small_recipe(), images)
    with board.listening(loop_at(0)):
        board.tick(tick(6))
    (picture,) = events(tmp_path).Images("pictures")
    pixels = torch.frombuffer(
        bytearray(Image.open(io.BytesIO(picture.encoded_image_string)).convert("L").tobytes()), dtype=torch.uint8
    ).view(3 * 16, 16 * 16)
    first_row = torch.cat(list(images_of(40)[:16, 0]), dim=1)
    assert torch.equal(pixels[:16], (first_row * 255).round().byte())


# The bar


def bar(terminal: bool) -> tuple[ProgressBar, io.StringIO]:
    out = io.StringIO()
    return ProgressBar("VAE", Console(file=out, force_terminal=terminal, width=160)), out


def test_the_bar_says_how_far_how_fast_and_the_losses() -> None:
    shown, out = bar(terminal=True)
    loop = loop_at(0)
    with shown.listening(loop):
        shown.tick(tick(6, seconds=2.0, **{"autoencoder/loss": -1.25, "autoencoder/mse": 0.5}))
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", out.getvalue())
    assert "VAE" in text
    assert "48 / 96 images" in text
    assert "24 images/s" in text
    assert "autoencoder/loss -1.25" in text
    assert "mse" not in text


def test_the_bar_counts_only_what_this_process_did() -> None:
    shown, out = bar(terminal=True)
    loop = loop_at(0)
    loop.resume({**loop.state(), "step": 3, "seconds": 100.0})
    with shown.listening(loop):
        shown.tick(tick(6, seconds=102.0))
    assert "12 images/s" in out.getvalue()


def test_the_bar_is_silent_in_a_pipe() -> None:
    shown, out = bar(terminal=False)
    with shown.listening(loop_at(0)):
        shown.tick(tick(6))
    assert out.getvalue() == ""
