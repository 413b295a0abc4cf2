"""What the processes of a data-parallel run tell one another."""

from __future__ import annotations

import torch
import torch.distributed as dist
from torch import Tensor

__all__ = ["mean_over_processes"]


@torch.no_grad()
def mean_over_processes(value: Tensor) -> Tensor:
    """The mean of a statistic over all processes, each of which saw an equal share of the batch; no gradient passes.

    An objective that is not a mean over images (a logarithm of a mean, say) needs the whole batch's statistic, or its
    averaged gradients are not those of one process.
    """
    total = value.detach().clone()
    if not (dist.is_available() and dist.is_initialized()):
        return total
    dist.all_reduce(total)
    return total / dist.get_world_size()
