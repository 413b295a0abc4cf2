"""The translator: what its loss is made of, what the critic is shown, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from ddp_parts import feed_for, stop_after
from small_models import batch_of, blob_set, differing, pair_set, small_config, small_model, small_recipe, weights
from torch import Tensor, nn

from acutance.diagnose import assess, compare
from acutance.diagnose._compare import Subject
from acutance.errors import ConfigError, SubjectError
from acutance.measure import noise_use
from acutance.models import Batch, Loss, Translates, translations
from acutance.models.pix2pix import Pix2Pix
from acutance.nn.critic import Critic
from acutance.nn.field_critic import FieldCritic
from acutance.objectives.diversity import error_of_the_mean, lacking_diversity, output_diversity
from acutance.train import Loop, RunConfig, train
from acutance.train._checkpoint import Checkpoint


def seed(n: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(n)


def pix2pix(**changes: Any) -> Pix2Pix:
    found = small_model("pix2pix", **changes)
    assert isinstance(found, Pix2Pix)
    return found


def loss_of(model: Pix2Pix, player: str, batch: Tensor | None = None, step: int = 1) -> Loss:
    objective = next(one.objective for one in model.players() if one.name == player)
    found: Loss = objective(Batch(batch_of(model) if batch is None else batch, step=step), seed())
    return found


TABLE_1 = {
    "L1": {"gan_weight": 0.0},
    "GAN": {"l1_weight": 0.0, "conditional": False},
    "cGAN": {"l1_weight": 0.0},
    "L1+GAN": {"conditional": False},
    "L1+cGAN": {},
    "L2": {"gan_weight": 0.0, "l1_weight": 0.0, "l2_weight": 1.0},
}


@pytest.mark.parametrize("name", TABLE_1)
def test_every_row_of_table_1_is_a_matter_of_flags(name: str) -> None:
    model = pix2pix(**TABLE_1[name])
    parts = {"l1"} if "L1" in name else {"l2"} if "L2" in name else set()
    adversarial = {"adversarial"} if "GAN" in name else set()
    found = loss_of(model, "generator")
    assert set(found.summands) == parts | adversarial
    torch.testing.assert_close(sum(found.summands.values()), found.total)
    assert [player.name for player in model.players()] == (["critic"] if adversarial else []) + ["generator"]


def test_the_pixel_losses_are_their_formulas_in_the_papers_range() -> None:
    model = pix2pix(l1_weight=100.0, l2_weight=7.0, noise="none")
    inputs, targets = batch_of(model).chunk(2, dim=1)
    apart = (2 * targets - 1) - (2 * model.unet(inputs) - 1)
    found = loss_of(model, "generator").summands
    torch.testing.assert_close(found["l1"], 100 * apart.abs().mean())
    torch.testing.assert_close(found["l2"], 7 * apart.square().mean())


class Seen(nn.Module):
    """Keeps what a critic is shown."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(()))
        self.shown: list[Tensor] = []

    def forward(self, images: Tensor) -> Tensor:
        self.shown.append(images.detach())
        return self.weight * images.flatten(1).mean(1)


@pytest.mark.parametrize("conditional", [True, False])
@pytest.mark.parametrize("player", ["critic", "generator"])
def test_the_critic_sees_the_input_only_where_it_is_conditional(conditional: bool, player: str) -> None:
    model = pix2pix(conditional=conditional, noise="none", penalty_every=1000)
    model.critic = Seen()
    batch = batch_of(model)
    inputs, targets = batch.chunk(2, dim=1)
    loss_of(model, player, batch)
    outputs = model.unet(inputs).detach()
    pair = [torch.cat([inputs, side], dim=1) if conditional else side for side in (targets, outputs)]
    shown = torch.cat(model.critic.shown)
    wanted = pair if player == "critic" else pair[::-1]
    torch.testing.assert_close(shown, torch.cat(wanted))


@pytest.mark.parametrize("step", [0, 1])
def test_the_critics_loss_has_no_way_back_into_the_generator(step: int) -> None:
    model = pix2pix()
    loss_of(model, "critic", step=step).total.backward()
    assert all(weight.grad is None for weight in model.unet.parameters())
    assert model.critic is not None
    assert any(weight.grad is not None for weight in model.critic.parameters())


@pytest.mark.parametrize(("noise", "diversity"), [("dropout", 0.0), ("latent", 0.0), ("latent", 2.0)])
def test_the_gradient_is_that_of_finite_differences(
    noise: str, diversity: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the yardstick of the diversity term held still, as no gradient passes it."""
    monkeypatch.setattr("acutance.models.pix2pix.error_of_the_mean", lambda *outputs: torch.tensor(0.05))
    model = pix2pix(noise=noise, l1_weight=1.0, l2_weight=1.0, diversity_weight=diversity)
    model.requires_grad_(True)
    batch = batch_of(model)
    mine = [weight for weight in model.unet.parameters() if weight.requires_grad]
    gradient = torch.autograd.grad(loss_of(model, "generator", batch).total, mine)
    length = torch.sqrt(sum((part.square().sum() for part in gradient), torch.zeros(())))
    ends = []
    for way in (1, -1):
        with torch.no_grad():
            for weight, part in zip(mine, gradient, strict=True):
                weight += way * 1e-3 * part / length
            ends.append(loss_of(model, "generator", batch).total.item())
            for weight, part in zip(mine, gradient, strict=True):
                weight -= way * 1e-3 * part / length
    assert (ends[0] - ends[1]) / 2e-3 == pytest.approx(length.item(), rel=0.02)


# The diversity term

DIVERSE = {"noise": "latent", "diversity_weight": 2.0, "l1_weight": 3.0}


@pytest.mark.parametrize("gan_weight", [0.0, 1.0])
def test_the_diversity_term_counts_what_two_outputs_lack(gan_weight: float) -> None:
    model = pix2pix(**DIVERSE, gan_weight=gan_weight)
    batch = batch_of(model)
    inputs, targets = batch.chunk(2, dim=1)
    noise = seed()
    first, second = model.unet(inputs, noise), model.unet(inputs, noise)
    lacking = lacking_diversity(output_diversity(first, second, error_of_the_mean(targets, first, second)))
    found, without = (
        loss_of(one, "generator", batch)
        for one in (model, pix2pix(**DIVERSE | {"diversity_weight": 0.0}, gan_weight=gan_weight))
    )
    assert 0.1 < lacking < 1
    torch.testing.assert_close(found.terms["lacking_diversity"], lacking.detach())
    torch.testing.assert_close(found.summands["diversity"], 2 * lacking)
    torch.testing.assert_close(found.total - without.total, 2 * lacking)


def test_the_diversity_term_trains_no_critic() -> None:
    model = pix2pix(**DIVERSE)
    assert model.critic is not None
    model.requires_grad_(True)
    loss_of(model, "generator").summands["diversity"].backward()
    assert all(weight.grad is None for weight in model.critic.parameters())
    assert all(weight.grad is not None for weight in model.unet.parameters())
    judged = [loss_of(pix2pix(**DIVERSE | {"diversity_weight": weight}), "critic").total for weight in (0.0, 2.0)]
    assert judged[0] == judged[1]


def test_with_the_diversity_term_a_run_in_parts_is_the_run_in_one_go(tmp_path: Path) -> None:
    whole, part, rest = (loop_of(pix2pix(**DIVERSE)) for _ in range(3))
    whole.run(lambda now: None, lambda: None)
    part.run(lambda now: None, lambda: None, stop_after(5))
    checkpoint_of(part).save(tmp_path / "state", part.state())
    rest.resume(checkpoint_of(rest).load(tmp_path / "state"))
    rest.run(lambda now: None, lambda: None)
    assert not differing(weights(rest.model), weights(whole.model))
    assert not differing(weights(rest.ema.average), weights(whole.ema.average))
    assert differing(weights(part.model), weights(whole.model))


def loop_of(model: Pix2Pix, **changes: Any) -> Loop:
    return Loop(model, small_recipe(**changes), feed_for(model), seed=3)


def checkpoint_of(loop: Loop) -> Checkpoint:
    modules = {"live": loop.model, "average": loop.ema.average}
    return Checkpoint(modules, {side.player.name: side.optimizer for side in loop.sides})


def test_the_diversity_term_makes_outputs_differ() -> None:
    used = []
    for weight in (0.0, 2.0):
        loop = loop_of(pix2pix(**DIVERSE | {"diversity_weight": weight}), images=480, learning_rate=2e-3)
        loop.run(lambda now: None, lambda: None)
        inputs, targets = batch_of(loop.ema.average, 40).chunk(2, dim=1)
        outputs = next(translations(loop.ema.average, [inputs], n=2, seed=0))
        used.append(noise_use(targets, outputs).reading("noise_use").value)
    assert used[1] > 3 * used[0]


@pytest.mark.parametrize(("field", "px"), [(1, 1), (16, 2), (70, 10), (200, 24)])
def test_the_field_is_scaled_to_the_image(field: int, px: int) -> None:
    critic = pix2pix_at_32(critic_field=field).critic
    assert isinstance(critic, FieldCritic)
    assert critic.field_px == px


@pytest.mark.parametrize("conditional", [True, False])
def test_a_field_of_the_whole_image_is_one_logit(conditional: bool) -> None:
    critic = pix2pix_at_32(critic_field=286, conditional=conditional).critic
    assert isinstance(critic, Critic)
    assert critic(torch.rand(3, 1 + conditional, 32, 32)).shape == (3,)


def pix2pix_at_32(**changes: Any) -> Pix2Pix:
    found = small_model("pix2pix", shape=(1, 32, 32), **changes)
    assert isinstance(found, Pix2Pix)
    return found


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"l1_weight": -1.0}, "l1_weight is a number from 0 on, got -1"),
        ({"gan_weight": float("inf")}, "gan_weight is a number"),
        ({"l1_weight": 0.0, "gan_weight": 0.0}, "are all 0"),
        ({"noise": "latent", "dropout": 0.2}, "dropout 0.2 means nothing to noise latent"),
        ({"latents": 4}, "latents 4 means nothing to noise dropout"),
        ({"noise": "none", "latents": 4}, "latents 4 means nothing to noise none"),
        ({"noise": "rain"}, "noise is one of dropout, latent, none, got 'rain'"),
        ({"dropout": 1.0}, "dropout is a share"),
        ({"critic_field": 0}, "critic_field is a whole number, at least 1"),
        ({"latents": 0}, "latents is a whole number"),
        ({"diversity_weight": -1.0}, "diversity_weight is a number from 0 on"),
        ({"diversity_weight": 1.0, "noise": "none"}, "give them noise to do so"),
        ({"diversity_weight": 1.0, "dropout": 0.0}, "give them noise to do so"),
    ],
)
def test_what_is_no_setting_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        small_config("pix2pix", **changes).build((1, 16, 16))


def test_pairs_and_images_are_not_mistaken_for_one_another(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"pix2pix learns from pairs .* gives single images"):
        train(RunConfig(model=small_config("pix2pix"), recipe=small_recipe()), blob_set(), tmp_path / "run")
    with pytest.raises(ConfigError, match=r"vae learns from single images, .* gives pairs"):
        train(RunConfig(model=small_config("vae"), recipe=small_recipe()), pair_set(), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_run_on_pairs_keeps_the_digests_of_both_sides(tmp_path: Path) -> None:
    pairs = pair_set()
    run = RunConfig(model=small_config("pix2pix"), recipe=small_recipe())
    model = train(run, pairs, tmp_path / "run", held_out=pairs.take([0, 1]))
    assert isinstance(model, Translates)
    from acutance.subjects import open_subject

    opened = open_subject(str(tmp_path / "run"))
    assert opened.trained_on is not None
    for side in (pairs.input, pairs.target):
        unseen = opened.trained_on.unseen(side)
        assert unseen is not None
        assert not unseen.any()


# Measured


class Known:
    """Knows every target, but for noise of a stated size."""

    family, device = "known", torch.device("cpu")
    shape: tuple[int, int, int] | None = None

    def __init__(self, noise: float) -> None:
        self.noise = noise

    def translate(self, images: Tensor, generator: torch.Generator) -> Tensor:
        drawn = torch.randn(images.shape, generator=generator)
        return (1 - images + self.noise * drawn).clamp(0, 1)

    def facts(self) -> dict[str, float]:
        return {}

    def configuration(self) -> dict[str, Any]:
        return {}

    def count_parameters(self) -> int | None:
        return None


def test_a_translator_is_measured_against_its_targets() -> None:
    exact, noisy = (assess(Known(noise), pair_set(), name="known") for noise in (0.0, 0.05))
    assert exact.bands.keys() == {"sample"}
    assert exact.given == "input"
    assert exact.samples is None
    assert exact.bands["sample"][-1].values["coherence"] == pytest.approx(1.0, abs=1e-6)
    assert exact.bands["sample"][-1].values["detail_ratio"] == pytest.approx(1.0, abs=1e-6)
    use = noisy.reading("noise_use")
    assert use is not None
    assert use.value > 0.5
    assert noisy.bands["sample"][-1].values["coherence"] < 0.99


def test_a_comparison_of_translators_shows_targets_and_says_input() -> None:
    found = compare([Subject(name="known", model=Known(0.05))], pair_set(20))
    assert "its input justifies" in found.answer or "of the finest detail" in found.answer
    targets = (pair_set(20).target.tensor() * 255).round().byte()
    assert found.originals.shape[0] == 16
    assert (found.originals[0] == targets[0].permute(1, 2, 0).numpy()).all()


def test_what_cannot_be_measured_is_said() -> None:
    with pytest.raises(SubjectError, match=r"known makes images of another kind.*measure it on pairs"):
        assess(Known(0.0), blob_set(), name="known")
    with pytest.raises(SubjectError, match="small does not translate"):
        assess(small_model("vae").eval(), pair_set(), name="small")
