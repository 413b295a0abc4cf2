"""The trainings that several claims share, so that all of them ask for the same cells."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from acutance.claims._cells.edge_answer import EdgeAnswer, EdgeLoss
from acutance.claims._cells.trained import FrozenCode, Trained
from acutance.claims._cells.translated import Translated
from acutance.claims._scene import WIDTHS, Images, Scene
from acutance.models.adversarial_decoder import Config as AdversarialConfig
from acutance.models.ae import Config as AutoencoderConfig
from acutance.models.flow_decoder import Config as FlowConfig
from acutance.models.gan import Config as GanConfig
from acutance.models.pix2pix import Config as TranslatorConfig
from acutance.models.refit_decoder import Config as RefitConfig
from acutance.models.refit_decoder import LikelihoodName
from acutance.models.vae import Config as VaeConfig
from acutance.models.vqvae import Config as VqConfig

__all__ = [
    "EDGES",
    "FIELD",
    "LATENTS",
    "STACKS",
    "adversarial",
    "autoencoder",
    "codebook",
    "codes",
    "edge",
    "flow",
    "gan",
    "refit",
    "translator",
    "vae",
]

EDGES = "synthetic:edges?n=6000&s=2"
FIELD = "synthetic:gaussian-field?n=6000"
STACKS = "synthetic:edges?n=20000&s=2&stacked=3"

LATENTS = 16
"""Numbers in the code of the subjects that claims compare."""

_SEEN, _PAIRS_SEEN = 30_000, 20_000
_EDGE_STEPS: dict[EdgeLoss, int] = {"l2": 1_200, "l1": 1_200, "energy": 10_000}
Game = Literal["relativistic", "non_saturating", "hinge", "wasserstein"]


def edge(scene: Scene, seed: int, loss: EdgeLoss) -> EdgeAnswer:
    """A decoder that knows nothing, on jittered edges."""
    return EdgeAnswer(seed=seed, loss=loss, steps=scene.fewer(_EDGE_STEPS[loss], least=8))


def vae(
    scene: Scene,
    seed: int,
    images: Images,
    *,
    latents: int = LATENTS,
    sigma: Literal["calibrated"] | float = "calibrated",
    likelihood: Literal["gaussian", "laplace"] = "gaussian",
) -> Trained:
    """A VAE with a latent vector."""
    config = VaeConfig(latents=latents, widths=WIDTHS, sigma=sigma, likelihood=likelihood)
    return Trained(seed=seed, images=images, model=config, recipe=scene.recipe(_SEEN))


def autoencoder(scene: Scene, seed: int, images: Images, *, latents: int = LATENTS) -> Trained:
    """A deterministic autoencoder under squared error."""
    config = AutoencoderConfig(latents=latents, widths=WIDTHS)
    return Trained(seed=seed, images=images, model=config, recipe=scene.recipe(_SEEN))


def codes(scene: Scene, seed: int, images: Images, *, levels: tuple[int, ...]) -> Trained:
    """An autoencoder with scalar codes (FSQ) at 4 x 4 places."""
    config = VqConfig(quantiser="scalar", levels=levels, widths=WIDTHS)
    return Trained(seed=seed, images=images, model=config, recipe=scene.recipe(_SEEN))


def codebook(scene: Scene, seed: int, images: Images, *, entries: int) -> Trained:
    """A VQ-VAE with a learnt codebook, a token at each of 4 x 4 places."""
    config = VqConfig(entries=entries, widths=WIDTHS)
    return Trained(seed=seed, images=images, model=config, recipe=scene.recipe(_SEEN))


def gan(
    scene: Scene,
    seed: int,
    images: Images,
    *,
    latents: int = LATENTS,
    game: Game = "relativistic",
) -> Trained:
    """A GAN with the same decoder; each game with the penalty that it is played with."""
    slope = 10.0 if game == "wasserstein" else 0.0
    penalty = 0.2 if game == "relativistic" else 0.0
    config = GanConfig(
        latents=latents, widths=WIDTHS, critic_widths=WIDTHS, game=game, penalty=penalty, unit_slope_penalty=slope
    )
    return Trained(seed=seed, images=images, model=config, recipe=scene.recipe(_SEEN))


def adversarial(scene: Scene, base: Trained, *, pixel_weight: float = 0.6) -> FrozenCode:
    """A model's frozen code, its decoder trained on by a critic."""
    config = AdversarialConfig(critic_widths=WIDTHS, penalty=0.1, pixel_weight=pixel_weight)
    return FrozenCode(seed=base.seed, base=base, model=config, recipe=scene.recipe(_SEEN))


def flow(scene: Scene, base: Trained) -> FrozenCode:
    """A model's frozen code, decoded by flow matching."""
    config = FlowConfig(velocity_widths=WIDTHS)
    return FrozenCode(seed=base.seed, base=base, model=config, recipe=scene.recipe(_SEEN))


def refit(scene: Scene, base: Trained, likelihood: LikelihoodName) -> FrozenCode:
    """A model's frozen code, its decoder trained on under a likelihood of the pixels."""
    recipe = scene.recipe(_SEEN, rate=1e-3)
    return FrozenCode(seed=base.seed, base=base, model=RefitConfig(likelihood=likelihood), recipe=recipe)


def translator(scene: Scene, seed: int, pairs: str, l1: float, adversarial: float, conditional: bool) -> Translated:
    """pix2pix by the weights of its losses, and whether its critic sees the input."""
    config = TranslatorConfig(
        widths=WIDTHS, l1_weight=l1, gan_weight=adversarial, conditional=conditional, penalty=0.02, critic_features=48
    )
    recipe = replace(scene.recipe(_PAIRS_SEEN, rate=1e-3), mirror=True)
    return Translated(seed=seed, pairs=scene.images(pairs), model=config, recipe=recipe)
