"""A run folder: who may use it, what stands in it, and how a run is stopped and gone on with."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from small_models import blob_set, differing, small_config, small_recipe, trained_base, weights
from torch import Tensor

from acutance.data import load_digests
from acutance.errors import ConfigError, InputError, NonFiniteLoss
from acutance.models import from_pretrained
from acutance.train import Feed, Interrupted, Listener, Loop, RunConfig, Tick, read_record, train


class Recorder(Listener):
    """Keeps what it is told, and does something at a step."""

    def __init__(self, at: int = -1, action: Any = None) -> None:
        self.ticks: list[Tick] = []
        self.opened_at: list[int] = []
        self.at, self.action = at, action

    @contextmanager
    def listening(self, loop: Loop) -> Iterator[None]:
        self.opened_at.append(loop.step)
        yield

    def tick(self, now: Tick) -> None:
        self.ticks.append(now)
        if now.step == self.at:
            self.action()


def config(family: str = "vae", **changes: Any) -> RunConfig:
    return RunConfig(model=small_config(family), recipe=small_recipe(**changes), seed=1)


def interrupt() -> None:
    signal.raise_signal(signal.SIGINT)


def spoil_batches(monkeypatch: pytest.MonkeyPatch, at: int, spoil: Any) -> None:
    """Has `spoil` change the batch of one step."""
    batch = Feed.batch

    def changed(self: Any, batch_size: int, seed: int, step: int) -> Tensor:
        images = batch(self, batch_size, seed, step)
        return spoil(images) if step == at else images

    monkeypatch.setattr(Feed, "batch", changed)


def log_of(folder: Path) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    return [{key: value for key, value in line.items() if key != "seconds"} for line in lines]


# What a run leaves


def test_a_run_leaves_model_record_log_and_checkpoint(tmp_path: Path) -> None:
    model = train(config(), blob_set(), tmp_path / "run")
    assert not model.training
    assert not differing(weights(model), weights(from_pretrained(tmp_path / "run")))
    record = read_record(tmp_path / "run")
    assert record["finished"] is True
    assert record["model"] == {"family": "vae", "config": json.loads(json.dumps(vars(small_config("vae"))))}
    assert record["recipe"] == vars(small_recipe())
    assert (record["seed"], record["precision"], record["processes"], record["warnings"]) == (1, "fp32", 1, [])
    assert record["data"]["images"] == 40
    assert record["data"]["shape"] == [1, 16, 16]
    assert len(record["data"]["fingerprint"]) == 32
    assert record["made_with"]["torch"].split("+")[0] == torch.__version__.split("+")[0]
    assert [line["step"] for line in log_of(tmp_path / "run")] == [3, 6, 9, 12]


def test_a_run_notes_a_digest_of_every_training_image(tmp_path: Path) -> None:
    images = blob_set()
    train(config("ae"), images, tmp_path / "run")
    kept = load_digests(tmp_path / "run" / "training_digests.npy")
    assert kept is not None
    assert np.array_equal(kept, images.digests)


def test_what_comes_back_is_the_average_and_not_the_last_weights(tmp_path: Path) -> None:
    from safetensors.torch import load_file

    model = train(config(), blob_set(), tmp_path / "run")
    kept = load_file(tmp_path / "run" / "checkpoint.safetensors")
    live, average = (
        {name.removeprefix(f"{role}/"): value for name, value in kept.items() if name.startswith(f"{role}/")}
        for role in ("live", "average")
    )
    assert not differing(average, weights(model))
    assert differing(live, weights(model))


def test_listeners_hear_every_tick(tmp_path: Path) -> None:
    recorder = Recorder()
    train(config(), blob_set(), tmp_path / "run", listeners=[recorder])
    assert recorder.opened_at == [0]
    assert [(tick.step, tick.images) for tick in recorder.ticks] == [(3, 24), (6, 48), (9, 72), (12, 96)]
    assert set(recorder.ticks[0].terms) == {
        f"autoencoder/{term}" for term in ("mse", "rate_nats", "active_units", "loss", "gradient_norm")
    }
    seconds = [tick.seconds for tick in recorder.ticks]
    assert seconds == sorted(seconds)
    assert seconds[0] > 0


def test_the_callers_random_state_is_left_alone(tmp_path: Path) -> None:
    torch.manual_seed(7)
    state = torch.random.get_rng_state()
    train(config(images=16), blob_set(), tmp_path / "run")
    assert torch.equal(torch.random.get_rng_state(), state)


def test_the_same_settings_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        train(config(), blob_set(), tmp_path / name)
    assert (tmp_path / "a" / "model.safetensors").read_bytes() == (tmp_path / "b" / "model.safetensors").read_bytes()
    assert log_of(tmp_path / "a") == log_of(tmp_path / "b")


def test_two_precisions_in_one_process(tmp_path: Path) -> None:
    models = [train(config(precision=p), blob_set(), tmp_path / p) for p in ("bf16", "fp32")]
    assert [read_record(tmp_path / p)["precision"] for p in ("bf16", "fp32")] == ["bf16", "fp32"]
    assert differing(*map(weights, models))
    for model in models:
        assert {value.dtype for value in weights(model).values()} == {torch.float32}


def test_the_frozen_encoder_is_that_of_the_base_bit_for_bit(tmp_path: Path) -> None:
    base = weights(from_pretrained(trained_base()))
    model = weights(train(config("adversarial_decoder"), blob_set(), tmp_path / "run"))
    encoder = {name: value for name, value in base.items() if name.startswith("encoder.")}
    assert encoder
    assert not differing(encoder, {name: model[f"base.{name}"] for name in encoder})
    decoder = {name: value for name, value in base.items() if name.startswith("decoder.")}
    assert set(differing(decoder, {name: model[name] for name in decoder})) == set(decoder)


# Stopping and going on


@pytest.mark.parametrize("step", [3, 9])
def test_ctrl_c_saves_says_how_to_go_on_and_loses_nothing(tmp_path: Path, step: int) -> None:
    train(config(), blob_set(), tmp_path / "whole")
    stopped = Recorder(at=step, action=interrupt)
    with pytest.raises(Interrupted, match=rf"{8 * step} of 96 images; .*parts: go on with --resume"):
        train(config(), blob_set(), tmp_path / "parts", listeners=[stopped])
    assert not read_record(tmp_path / "parts")["finished"]
    resumed = Recorder()
    train(config(), blob_set(), tmp_path / "parts", resume=True, listeners=[resumed])
    assert resumed.opened_at == [step]
    assert resumed.ticks[0].seconds > stopped.ticks[-1].seconds
    parts, whole = (tmp_path / name / "model.safetensors" for name in ("parts", "whole"))
    assert parts.read_bytes() == whole.read_bytes()
    assert log_of(tmp_path / "parts") == log_of(tmp_path / "whole")


def test_ctrl_c_between_two_log_lines_does_not_show_in_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train(config("gan"), blob_set(), tmp_path / "whole")

    def note(images: Tensor) -> Tensor:
        interrupt()
        return images

    with monkeypatch.context() as patch:
        spoil_batches(patch, 4, note)
        with pytest.raises(Interrupted, match="stopped after 40 of 96 images"):
            train(config("gan"), blob_set(), tmp_path / "parts")
    assert [line["step"] for line in log_of(tmp_path / "parts")] == [3]
    train(config("gan"), blob_set(), tmp_path / "parts", resume=True)
    assert log_of(tmp_path / "parts") == log_of(tmp_path / "whole")


@pytest.mark.parametrize(("first", "then"), [("bf16", "fp32"), ("fp32", "bf16")])
def test_a_run_goes_on_in_the_precision_that_it_began_in_on_another_processor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, first: str, then: str
) -> None:
    asked = config("ae", precision="auto")

    def processor(best: str) -> None:
        monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: best == "bf16")
        monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)

    processor(first)
    train(asked, blob_set(), tmp_path / "whole")
    with pytest.raises(Interrupted):
        train(asked, blob_set(), tmp_path / "parts", listeners=[Recorder(at=6, action=interrupt)])
    assert read_record(tmp_path / "parts")["precision"] == first
    assert not [record for record in caplog.records if "began in" in record.getMessage()]
    processor(then)
    train(asked, blob_set(), tmp_path / "parts", resume=True)
    assert f"began in {first} and goes on in it" in caplog.text
    assert read_record(tmp_path / "parts")["precision"] == first
    parts, whole = (tmp_path / name / "model.safetensors" for name in ("parts", "whole"))
    assert parts.read_bytes() == whole.read_bytes()


def test_ctrl_c_in_the_last_step_still_finishes(tmp_path: Path) -> None:
    train(config(), blob_set(), tmp_path / "run", listeners=[Recorder(at=12, action=interrupt)])
    assert read_record(tmp_path / "run")["finished"]


@pytest.fixture
def default_interrupt() -> Iterator[None]:
    """Python's own handler, which a process that was started in the background does not have."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("default_interrupt")
def test_a_second_ctrl_c_stops_at_once_and_the_last_checkpoint_is_good(tmp_path: Path) -> None:
    def twice() -> None:
        interrupt()
        interrupt()

    with pytest.raises(KeyboardInterrupt):
        train(config(), blob_set(), tmp_path / "parts", listeners=[Recorder(at=9, action=twice)])
    resumed = Recorder()
    train(config(), blob_set(), tmp_path / "parts", resume=True, listeners=[resumed])
    assert resumed.opened_at == [5]


def test_the_signal_handler_is_put_back(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT)
    train(config(images=16), blob_set(), tmp_path / "run")
    assert signal.getsignal(signal.SIGINT) is before


def test_a_finished_run_is_only_read(tmp_path: Path) -> None:
    first = train(config(), blob_set(), tmp_path / "run")
    files = {file: file.stat().st_mtime_ns for file in (tmp_path / "run").rglob("*")}
    recorder = Recorder()
    again = train(config(), blob_set(), tmp_path / "run", resume=True, listeners=[recorder])
    assert not differing(weights(first), weights(again))
    assert recorder.opened_at == []
    assert {file: file.stat().st_mtime_ns for file in (tmp_path / "run").rglob("*")} == files


def test_a_run_killed_before_its_record_was_closed_only_closes_it(tmp_path: Path) -> None:
    train(config(), blob_set(), tmp_path / "run")
    log = (tmp_path / "run" / "log.jsonl").read_bytes()
    record = {**read_record(tmp_path / "run"), "finished": False}
    (tmp_path / "run" / "run.json").write_text(json.dumps(record))
    (tmp_path / "run" / "model.safetensors").unlink()
    recorder = Recorder()
    train(config(), blob_set(), tmp_path / "run", resume=True, listeners=[recorder])
    assert (recorder.opened_at, recorder.ticks) == ([12], [])
    assert (tmp_path / "run" / "log.jsonl").read_bytes() == log
    assert read_record(tmp_path / "run")["finished"]


def test_resume_without_a_run_starts_one(tmp_path: Path) -> None:
    train(config(images=16), blob_set(), tmp_path / "run", resume=True)
    assert read_record(tmp_path / "run")["finished"]


def test_an_unfinished_run_is_no_model_yet(tmp_path: Path) -> None:
    with pytest.raises(Interrupted):
        train(config(), blob_set(), tmp_path / "run", listeners=[Recorder(at=3, action=interrupt)])
    with pytest.raises(InputError, match="not finished: go on with"):
        from_pretrained(tmp_path / "run")


# What is not finite


@pytest.mark.parametrize(("family", "player"), [("vae", "autoencoder"), ("gan", "critic")])
def test_a_loss_that_is_not_finite_stops_with_step_player_and_terms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, family: str, player: str
) -> None:
    train(config(family), blob_set(), tmp_path / "whole")
    with monkeypatch.context() as patch:
        spoil_batches(patch, 7, lambda images: images * torch.nan)
        with pytest.raises(NonFiniteLoss, match=rf"step 7: the {player}'s loss is not finite \(.*loss = nan"):
            train(config(family), blob_set(), tmp_path / "parts")
    assert [line["step"] for line in log_of(tmp_path / "parts")] == [3, 6]
    resumed = Recorder()
    train(config(family), blob_set(), tmp_path / "parts", resume=True, listeners=[resumed])
    assert resumed.opened_at == [5]
    parts, whole = (tmp_path / name / "model.safetensors" for name in ("parts", "whole"))
    assert parts.read_bytes() == whole.read_bytes()


def test_no_checkpoint_is_written_behind_a_loss_that_is_not_finite(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even where a checkpoint falls due before the next log line."""
    spoil_batches(monkeypatch, 4, lambda images: images * torch.nan)
    with pytest.raises(NonFiniteLoss, match="step 4"):
        train(config(log_images=96), blob_set(), tmp_path / "run")
    assert not (tmp_path / "run" / "checkpoint.safetensors").exists()


# Whose folder it is


def test_a_folder_that_holds_a_run_is_refused(tmp_path: Path) -> None:
    train(config(images=16), blob_set(), tmp_path / "run")
    with pytest.raises(ConfigError, match="already holds a run: go on with --resume"):
        train(config(images=16), blob_set(), tmp_path / "run")


def test_other_settings_are_refused_by_name(tmp_path: Path) -> None:
    first = config(images=16)
    train(first, blob_set(), tmp_path / "run")
    other = replace(first, recipe=replace(first.recipe, learning_rate=0.5), seed=2)
    with pytest.raises(ConfigError) as caught:
        train(other, blob_set(), tmp_path / "run", resume=True)
    assert "recipe.learning_rate was 0.002, now 0.5; seed was 1, now 2" in str(caught.value)
    with pytest.raises(ConfigError, match=r"model\.config\.widths was \[8, 8\], now \[8, 16\]"):
        train(replace(first, model=small_config("vae", widths=(8, 16))), blob_set(), tmp_path / "run", resume=True)


def test_a_setting_that_did_not_exist_counts_as_its_default(tmp_path: Path) -> None:
    done = config(images=16)
    train(done, blob_set(), tmp_path / "run")
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    del record["model"]["config"]["likelihood"], record["recipe"]["ema_half_life_images"]
    (tmp_path / "run" / "run.json").write_text(json.dumps(record))
    ema = next(f.default for f in fields(done.recipe) if f.name == "ema_half_life_images")
    other = replace(done, recipe=replace(done.recipe, ema_half_life_images=ema + 1))
    with pytest.raises(ConfigError, match=f"recipe.ema_half_life_images was {ema}.*, now {ema + 1}"):
        train(other, blob_set(), tmp_path / "run", resume=True)
    recorder = Recorder()
    train(
        replace(done, recipe=replace(done.recipe, ema_half_life_images=ema)),
        blob_set(),
        tmp_path / "run",
        resume=True,
        listeners=[recorder],
    )
    assert recorder.opened_at == [], "it is finished: nothing is trained"


def test_other_images_are_refused(tmp_path: Path) -> None:
    train(config(images=16), blob_set(), tmp_path / "run")
    with pytest.raises(ConfigError, match=r"data\.fingerprint was '\w{32}', now '\w{32}'"):
        train(config(images=16), blob_set(seed=9), tmp_path / "run", resume=True)
    with pytest.raises(ConfigError, match=r"data\.images was 40, now 41"):
        train(config(images=16), blob_set(41), tmp_path / "run", resume=True)


@pytest.mark.parametrize("name", ["config.json", "checkpoint.safetensors"])
def test_a_folder_with_something_else_in_it_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("{}")
    with pytest.raises(ConfigError, match=f"holds {name} but no run.json"):
        train(config(images=16), blob_set(), tmp_path, resume=True)
    assert [file.name for file in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("text", ["{", "[]", '{"schema": "something else"}'])
def test_a_record_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(ConfigError, match="choose another folder for --out"):
        train(config(images=16), blob_set(), tmp_path, resume=True)


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("")
    with pytest.raises(ConfigError, match="is a file: --out takes a folder"):
        train(config(images=16), blob_set(), tmp_path / "run")


def test_a_config_that_does_not_fit_the_images_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="multiples of"):
        train(config(images=16), blob_set(height=17), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_damaged_checkpoint_is_refused_and_kept(tmp_path: Path) -> None:
    with pytest.raises(Interrupted):
        train(config(), blob_set(), tmp_path / "run", listeners=[Recorder(at=6, action=interrupt)])
    file = tmp_path / "run" / "checkpoint.safetensors"
    file.write_bytes(file.read_bytes()[:-100])
    torn = file.read_bytes()
    with pytest.raises(InputError, match="is damaged or belongs to another model"):
        train(config(), blob_set(), tmp_path / "run", resume=True)
    assert file.read_bytes() == torn
    file.unlink()
    train(config(), blob_set(), tmp_path / "run", resume=True)


def test_there_is_no_record_where_there_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds no run"):
        read_record(tmp_path)


# Mirroring


def test_mirroring_turns_about_half_and_is_a_function_of_the_step() -> None:
    images = blob_set(64)
    plain, turned = Feed(images, False), Feed(images, True)
    flips = []
    for step in range(3):
        before, after = plain.batch(64, 0, step), turned.batch(64, 0, step)
        flips.append([bool(torch.equal(a, b.flip(-1))) for a, b in zip(after, before, strict=True)])
        kept = [bool(torch.equal(a, b)) for a, b in zip(after, before, strict=True)]
        assert all(a or b for a, b in zip(flips[-1], kept, strict=True))
        assert 16 <= sum(flips[-1]) <= 48
        assert torch.equal(after, turned.batch(64, 0, step))
    assert flips[0] != flips[1]


def test_a_mirrored_run_goes_on_bit_for_bit(tmp_path: Path) -> None:
    train(config(mirror=True), blob_set(), tmp_path / "whole")
    with pytest.raises(Interrupted):
        stopper = Recorder(at=6, action=interrupt)
        train(config(mirror=True), blob_set(), tmp_path / "parts", listeners=[stopper])
    train(config(mirror=True), blob_set(), tmp_path / "parts", resume=True)
    parts, whole = (tmp_path / name / "model.safetensors" for name in ("parts", "whole"))
    assert parts.read_bytes() == whole.read_bytes()


@pytest.mark.parametrize("seed", [-1, 2**63, 2**70])
def test_a_seed_that_no_generator_takes_is_refused(seed: int) -> None:
    with pytest.raises(ConfigError, match="0 to 2\\^63 - 1"):
        RunConfig(model=small_config("ae"), recipe=small_recipe(), seed=seed)


def test_what_a_killed_write_left_is_swept_up_on_resume(tmp_path: Path) -> None:
    config = RunConfig(model=small_config("ae"), recipe=small_recipe())
    train(config, blob_set(), tmp_path / "run")
    (tmp_path / "run" / "model.safetensors").unlink()
    for name in (".tmpa1B2c3", ".checkpoint.safetensors.77.tmp"):
        (tmp_path / "run" / name).write_bytes(b"half")
    record = json.loads((tmp_path / "run" / "run.json").read_text()) | {"finished": False}
    (tmp_path / "run" / "run.json").write_text(json.dumps(record))
    train(config, blob_set(), tmp_path / "run", resume=True)
    assert not [file.name for file in (tmp_path / "run").iterdir() if "tmp" in file.name]
