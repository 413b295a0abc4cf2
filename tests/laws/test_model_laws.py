"""What every family must do, whatever it is; a new family's file is covered without an edit here."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from small_models import (
    BY_HEART,
    SHAPE,
    batch_of,
    differing,
    images_of,
    small_config,
    small_model,
    small_recipe,
    training_set,
    weights,
)
from torch import Tensor

from acutance.data import TrainingSet, batch_indices
from acutance.errors import ConfigError, InputError, SubjectError
from acutance.models import (
    Autoencoder,
    Batch,
    Generator,
    ImageShape,
    Model,
    Recipe,
    Translator,
    families,
    from_pretrained,
    presets,
    translations,
)
from acutance.models._frozen_code import FrozenCode
from acutance.models._store import config_from_values
from acutance.nn.latents import DiagonalNormal, Latent
from acutance.train import Loop, Tick
from acutance.train._checkpoint import Checkpoint

every_family = pytest.mark.parametrize("family", families.names())
EIGHT = images_of(8)


class Feed:
    """Blobs, or pairs of them, as the loop wants them."""

    def __init__(self, images: TrainingSet) -> None:
        self.images = images

    def batch(self, batch_size: int, seed: int, step: int) -> Tensor:
        return self.images.tensor(batch_indices(len(self.images), batch_size, seed, step))


class StopAfter:
    """Asks to stop once it was looked at so many times."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def is_set(self) -> bool:
        self.left -= 1
        return self.left <= 0


def loop_of(model: Model, recipe: Recipe, images: int = 40, seed: int = 3) -> Loop:
    return Loop(model, recipe, Feed(training_set(model, images)), seed)


def checkpoint_of(loop: Loop) -> Checkpoint:
    modules = {"live": loop.model, "average": loop.ema.average}
    return Checkpoint(modules, {side.player.name: side.optimizer for side in loop.sides})


def run(loop: Loop, stop: StopAfter | None = None) -> list[Tick]:
    ticks: list[Tick] = []
    loop.run(ticks.append, lambda: None, stop)
    return ticks


def said(ticks: list[Tick]) -> list[tuple[int, int, dict[str, float], Any]]:
    """What a log would say, but for the time."""
    return [(tick.step, tick.images, tick.terms, tick.warnings) for tick in ticks]


def autoencoder(family: str) -> Autoencoder:
    model = small_model(family).eval()
    if not isinstance(model, Autoencoder):
        pytest.skip(f"{family} has no encoder")
    return model


def translator(family: str) -> Translator:
    model = small_model(family).eval()
    if not isinstance(model, Translator):
        pytest.skip(f"{family} does not translate")
    return model


def generator(family: str) -> Generator:
    model = small_model(family).eval()
    if not isinstance(model, Generator):
        pytest.skip(f"{family} has no prior")
    return model


# Training


@every_family
def test_no_parameter_has_two_players(family: str) -> None:
    players = small_model(family).players()
    owned = [id(parameter) for player in players for parameter in player.objective.parameters()]
    assert len(owned) == len(set(owned)) > 0
    assert len({player.name for player in players}) == len(players)


@every_family
def test_every_parameter_of_a_player_moves_and_only_its(family: str) -> None:
    for turn in range(len(small_model(family).players())):
        model = small_model(family)
        before = weights(model)
        loop = loop_of(model, small_recipe())
        loop.sides = [loop.sides[turn]]
        mine = {id(parameter) for parameter in loop.sides[0].parameters}
        names = {name for name, parameter in model.named_parameters() if id(parameter) in mine}
        run(loop)
        moved = set(differing(before, weights(model))) & {name for name, _ in model.named_parameters()}
        assert moved == names, f"{loop.sides[0].player.name}: {sorted(moved ^ names)}"


@every_family
def test_what_no_player_owns_stays_bit_for_bit(family: str) -> None:
    model = small_model(family)
    before = weights(model)
    owned = {id(parameter) for player in model.players() for parameter in player.objective.parameters()}
    frozen = {name for name, parameter in model.named_parameters() if id(parameter) not in owned}
    loop = loop_of(model, small_recipe())
    run(loop)
    assert not frozen & set(differing(before, weights(model)))
    assert not frozen & set(differing(before, weights(loop.ema.average)))


@every_family
def test_gradients_are_wanted_again_where_they_were_before(family: str) -> None:
    model = small_model(family)
    before = {name: parameter.requires_grad for name, parameter in model.named_parameters()}
    run(loop_of(model, small_recipe(images=16)))
    assert {name: parameter.requires_grad for name, parameter in model.named_parameters()} == before
    assert not any(parameter.requires_grad for parameter in loop_of(model, small_recipe()).ema.average.parameters())


@every_family
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_the_same_run_twice_is_the_same_run(family: str, precision: str) -> None:
    recipe = small_recipe(images=40, precision=precision)
    loops = [loop_of(small_model(family), recipe) for _ in range(2)]
    first, second = (said(run(loop)) for loop in loops)
    assert first == second
    assert not differing(weights(loops[0].model), weights(loops[1].model))
    assert not differing(weights(loops[0].ema.average), weights(loops[1].ema.average))


@every_family
def test_another_seed_is_another_run(family: str) -> None:
    loops = [loop_of(small_model(family), small_recipe(images=24), seed=seed) for seed in (0, 1)]
    for loop in loops:
        run(loop)
    assert differing(weights(loops[0].model), weights(loops[1].model))


@every_family
@pytest.mark.parametrize("stops", [(3,), (5, 4), (11,)], ids=str)
def test_training_in_parts_is_training_in_one_go(family: str, stops: tuple[int, ...], tmp_path: Path) -> None:
    whole = loop_of(small_model(family), small_recipe())
    expected = said(run(whole))
    ticks = []
    for part, steps in enumerate((*stops, 1000)):
        loop = loop_of(small_model(family, seed=part), small_recipe())
        if part:
            loop.resume(checkpoint_of(loop).load(tmp_path / "state"))
        ticks += run(loop, StopAfter(steps))
        checkpoint_of(loop).save(tmp_path / "state", loop.state())
    assert said(ticks) == expected
    assert not differing(weights(loop.model), weights(whole.model))
    assert not differing(weights(loop.ema.average), weights(whole.ema.average))


@every_family
def test_the_terms_are_finite_scalars_without_gradient(family: str) -> None:
    model = small_model(family)
    for player in model.players():
        loss = player.objective(Batch(batch_of(model)), torch.Generator().manual_seed(0))
        assert loss.total.shape == ()
        assert loss.total.requires_grad
        assert all(term.shape == () and term.isfinite() and not term.requires_grad for term in loss.terms.values())


@every_family
def test_a_loss_is_a_function_of_batch_and_generator_alone(family: str) -> None:
    model = small_model(family)
    for player in model.players():
        torch.manual_seed(0)
        first = player.objective(Batch(batch_of(model)), torch.Generator().manual_seed(5)).total
        torch.manual_seed(1)
        second = player.objective(Batch(batch_of(model)), torch.Generator().manual_seed(5)).total
        assert first.item() == second.item()


@every_family
def test_eight_images_are_learnt_by_heart(family: str) -> None:
    model = small_model(family)
    before = small_model(family)
    loop = loop_of(model, small_recipe(**BY_HEART), images=8)
    run(loop)
    learnt = loop.ema.average
    if isinstance(learnt, Autoencoder) and (learnt.mse >= 0 or isinstance(learnt, FrozenCode)):  # not so of ali
        spread = (EIGHT - EIGHT.mean(0)).square().mean()
        assert (learnt.reconstruct(EIGHT) - EIGHT).square().mean() < 0.1 * spread
    elif isinstance(learnt, Translator):
        inputs, targets = batch_of(learnt).chunk(2, dim=1)
        spread = (targets - targets.mean(0)).square().mean()
        translated = learnt.translate(inputs, torch.Generator().manual_seed(0))
        assert (translated - targets).square().mean() < 0.1 * spread
    else:
        assert isinstance(learnt, Generator)
        assert isinstance(before, Generator)
        assert distance_to_nearest(learnt) < 0.5 * distance_to_nearest(before)


def distance_to_nearest(model: Generator) -> float:
    """Squared distance of a sample to the nearest of the eight images, on average."""
    return torch.cdist(model.sample(64).flatten(1), EIGHT.flatten(1)).square().min(1).values.mean().item()


# On disk


@every_family
def test_what_is_saved_comes_back_bit_for_bit(family: str, tmp_path: Path) -> None:
    model = small_model(family)
    run(loop_of(model, small_recipe(images=16)))
    model.save_pretrained(tmp_path)
    again = from_pretrained(tmp_path)
    assert type(again) is type(model)
    assert again.config == model.config
    assert (again.family, again.shape, again.training) == (family, SHAPE, False)
    assert not differing(weights(again), weights(model))
    assert again.facts() == model.facts()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["config.json", "model.safetensors"]


@every_family
def test_a_saved_model_stands_alone_and_trains_on(family: str, tmp_path: Path) -> None:
    """Also where it was built on another model, whose folder may be gone."""
    model = small_model(family)
    run(loop_of(model, small_recipe(images=16)))
    model.save_pretrained(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    if "of" in config["config"]:
        config["config"]["of"] = "nowhere"
        (tmp_path / "config.json").write_text(json.dumps(config))
    again = from_pretrained(tmp_path)
    before = weights(again)
    run(loop_of(again, small_recipe(images=16)))
    assert differing(before, weights(again))


@every_family
def test_an_unknown_option_is_refused_with_the_nearest(family: str, tmp_path: Path) -> None:
    small_model(family).save_pretrained(tmp_path)
    description = json.loads((tmp_path / "config.json").read_text())
    option = next(iter(description["config"]))
    description["config"][option + "x"] = description["config"].pop(option)
    (tmp_path / "config.json").write_text(json.dumps(description))
    with pytest.raises(SubjectError, match=f"has no option '{option}x'; did you mean '{option}'"):
        from_pretrained(tmp_path)


@every_family
def test_configs_are_frozen_plain_values_that_json_keeps(family: str) -> None:
    config = small_config(family)
    again = config_from_values(type(config), json.loads(json.dumps(dataclasses.asdict(config))))
    assert again == config
    field = dataclasses.fields(config)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(config, field, None)


@every_family
def test_images_that_do_not_divide_are_a_config_error(family: str) -> None:
    config = small_config(family)
    with pytest.raises(ConfigError, match=r"17"):
        config.build((1, 16, 17))


@every_family
def test_it_has_a_preset_that_is_buildable(family: str) -> None:
    own = [preset for preset in presets().values() if type(preset.model) is families.load(family)]
    assert own
    for preset in own:
        assert preset.about
        assert isinstance(preset.recipe, Recipe)
        names = {field.name for field in dataclasses.fields(preset.model)}
        if "of" not in names:
            assert preset.model.build((1, 32, 32)).family == family


# Encoding and decoding


@every_family
def test_shapes_and_ranges(family: str) -> None:
    model = autoencoder(family)
    latent = model.encode(EIGHT)
    assert isinstance(latent, Latent)
    assert latent.mode.shape == (8, *model.latent_shape)
    assert latent.sample(torch.Generator().manual_seed(0)).shape == (8, *model.latent_shape)
    assert latent.cost().shape == (8,)
    assert latent.cost().ge(0).all()
    for images in (model.decode(latent.mode), model.reconstruct(EIGHT), model.decode(100 * latent.mode)):
        assert images.shape == EIGHT.shape
        assert images.dtype == torch.float32
        assert images.min() >= 0
        assert images.max() <= 1


@every_family
@pytest.mark.parametrize("shape", [(3, 16, 32), (1, 32, 16)], ids=str)
def test_other_shapes_of_images(family: str, shape: ImageShape) -> None:
    config = small_config(family)
    if "of" in {field.name for field in dataclasses.fields(config)}:
        with pytest.raises(ConfigError, match="an autoencoder for images"):
            config.build(shape)
        return
    model = config.build(shape).eval()
    if isinstance(model, Autoencoder):
        assert model.reconstruct(torch.rand(2, *shape)).shape == (2, *shape)
    if isinstance(model, Generator):
        assert model.sample(2).shape == (2, *shape)
    if isinstance(model, Translator):
        assert model.translate(torch.rand(2, *shape), torch.Generator().manual_seed(0)).shape == (2, *shape)


@every_family
def test_gradients_pass_through_encode_and_decode(family: str) -> None:
    model = autoencoder(family)
    images = EIGHT.clone().requires_grad_()
    code = model.encode(images).mode
    (through_the_encoder,) = torch.autograd.grad(code.square().sum(), images)
    latents = code.detach().requires_grad_()
    (through_the_decoder,) = torch.autograd.grad(model.decode(latents).sum(), latents)
    assert through_the_encoder.abs().sum() > 0
    assert through_the_decoder.abs().sum() > 0


@every_family
def test_a_reconstruction_draws_nothing_unless_asked(family: str) -> None:
    model = autoencoder(family)
    assert torch.equal(model.reconstruct(EIGHT), model.decode(model.encode(EIGHT).mode))
    state = torch.random.get_rng_state()
    model.reconstruct(EIGHT)
    model.reconstruct(EIGHT, latent="sample", generator=torch.Generator().manual_seed(0))
    assert torch.equal(torch.random.get_rng_state(), state)


@every_family
def test_a_draw_needs_a_generator_and_follows_it(family: str) -> None:
    model = autoencoder(family)
    with pytest.raises(InputError, match="pass generator="):
        model.reconstruct(EIGHT, latent="sample")
    seeds = (0, 0, 1)
    draws = [model.reconstruct(EIGHT, latent="sample", generator=torch.Generator().manual_seed(s)) for s in seeds]
    assert torch.equal(draws[0], draws[1])
    latent = model.encode(EIGHT)
    codes = [latent.sample(torch.Generator().manual_seed(s)) for s in seeds]
    noisy = not torch.equal(codes[0], codes[2])
    assert noisy == isinstance(latent, DiagonalNormal)
    assert torch.equal(draws[0], draws[2]) is not noisy


WRONG_IMAGES = pytest.mark.parametrize(
    ("images", "said"),
    [
        (torch.rand(2, 1, 16, 8), r"float images \(N, 1x16x16\), got \(2, 1, 16, 8\)"),
        (torch.rand(1, 16, 16), r"got \(1, 16, 16\)"),
        (torch.rand(2, 3, 16, 16), r"got \(2, 3, 16, 16\)"),
        (torch.zeros(2, 1, 16, 16, dtype=torch.uint8), r"torch\.uint8"),
        (torch.rand(2, 1, 16, 16) * 2 - 1, r"must lie in \[0, 1\]"),
        (torch.rand(2, 1, 16, 16) * 255, r"must lie in \[0, 1\]"),
        (torch.full((2, 1, 16, 16), torch.nan), r"must lie in \[0, 1\]"),
    ],
    ids=["narrow", "single", "colour", "bytes", "signed", "255", "nan"],
)


@every_family
@WRONG_IMAGES
def test_wrong_images_are_refused_in_words(family: str, images: Tensor, said: str) -> None:
    model = autoencoder(family)
    with pytest.raises(InputError, match=said):
        model.reconstruct(images)
    for ends in ((images, EIGHT[:2]), (EIGHT[:2], images)):
        with pytest.raises(InputError, match=said):
            model.interpolate(*ends, 3)


@every_family
def test_wrong_requests_are_refused_in_words(family: str) -> None:
    model = autoencoder(family)
    with pytest.raises(InputError, match="'mean' or 'sample', got 'mode'"):
        model.reconstruct(EIGHT, latent="mode")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="at least 2 steps"):
        model.interpolate(EIGHT, EIGHT, 1)
    with pytest.raises(InputError, match="8 starts and 1 ends"):
        model.interpolate(EIGHT, EIGHT[:1], 3)
    with pytest.raises(InputError, match=r"decodes latents \(N, .*got \(2, 3, 5\)"):
        model.decode(torch.zeros(2, 3, 5))


@every_family
def test_the_ends_of_a_line_are_the_reconstructions(family: str) -> None:
    model = autoencoder(family)
    start, end = EIGHT[:3], EIGHT[3:6]
    line = model.interpolate(start, end, 5)
    assert line.shape == (3, 5, *SHAPE)
    torch.testing.assert_close(line[:, 0], model.reconstruct(start))
    torch.testing.assert_close(line[:, -1], model.reconstruct(end))
    middle = model.decode((model.encode(start).mode + model.encode(end).mode) / 2)
    torch.testing.assert_close(line[:, 2], middle)
    torch.testing.assert_close(line.flip(1), model.interpolate(end, start, 5))


@every_family
def test_images_of_a_batch_do_not_touch_one_another(family: str) -> None:
    model = autoencoder(family)
    torch.testing.assert_close(model.reconstruct(EIGHT)[2:5], model.reconstruct(EIGHT[2:5]), rtol=1e-5, atol=1e-6)


# Generating


@every_family
def test_samples_are_images_and_follow_the_seed(family: str) -> None:
    model = generator(family)
    images = model.sample(5, seed=1)
    assert images.shape == (5, *SHAPE)
    assert images.dtype == torch.float32
    assert images.min() >= 0
    assert images.max() <= 1
    assert torch.equal(images, model.sample(5, seed=1))
    assert not torch.equal(images, model.sample(5, seed=2))
    assert torch.equal(images, model.sample(70, seed=1)[:5]), "more samples begin with the same ones"
    drawn = model.generate(5, torch.Generator().manual_seed(1))
    assert drawn.shape == images.shape
    assert torch.equal(drawn, model.generate(5, torch.Generator().manual_seed(1)))
    assert model.prior(5, torch.Generator().manual_seed(1)).shape[0] == 5


@every_family
@pytest.mark.parametrize("n", [0, -1])
def test_no_samples_is_no_request(family: str, n: int) -> None:
    with pytest.raises(InputError, match=f"got n = {n}"):
        generator(family).sample(n)


@every_family
def test_the_global_random_state_is_left_alone(family: str) -> None:
    model = generator(family)
    state = torch.random.get_rng_state()
    model.sample(2)
    run(loop_of(model, small_recipe(images=16)))
    assert torch.equal(torch.random.get_rng_state(), state)


# Translating


@every_family
def test_translations_are_images_and_follow_their_generator(family: str) -> None:
    model = translator(family)
    state = torch.random.get_rng_state()
    first, again, other = (model.translate(EIGHT, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2))
    assert first.shape == EIGHT.shape
    assert first.dtype == torch.float32
    assert first.min() >= 0
    assert first.max() <= 1
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(torch.random.get_rng_state(), state)


@every_family
def test_more_outputs_begin_with_the_same_ones(family: str) -> None:
    model = translator(family)
    batches = list(EIGHT.split(3))
    few, many = (torch.cat(list(translations(model, batches, n=n, seed=5)), dim=1) for n in (2, 4))
    assert few.shape == (2, *EIGHT.shape)
    assert torch.equal(few, many[:2])
    assert not torch.equal(few[0], few[1])
    with pytest.raises(InputError, match="got n = 0"):
        next(translations(model, batches, n=0))


@every_family
@WRONG_IMAGES
def test_wrong_inputs_are_refused_in_words(family: str, images: Tensor, said: str) -> None:
    with pytest.raises(InputError, match=said):
        translator(family).translate(images, torch.Generator())
