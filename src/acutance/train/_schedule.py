"""The learning rate as a pure function of the images seen: nothing to save, nothing to restore."""

from __future__ import annotations

import math

from acutance.models._recipe import Recipe

__all__ = ["learning_rate"]


def learning_rate(recipe: Recipe, images_seen: int) -> float:
    """Linear warm-up, then a cosine from the peak down to `final_rate` of it.

    Args:
        recipe: peak, warm-up and length.
        images_seen: before this step.
    """
    if images_seen < recipe.warmup_images:
        return recipe.learning_rate * (images_seen + recipe.batch_size) / (recipe.warmup_images + recipe.batch_size)
    span = max(1, recipe.images - recipe.warmup_images)
    progress = min(1.0, (images_seen - recipe.warmup_images) / span)
    fall = 0.5 * (1 + math.cos(math.pi * progress))
    return recipe.learning_rate * (recipe.final_rate + (1 - recipe.final_rate) * fall)
