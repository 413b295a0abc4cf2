"""What the processes of a data-parallel run tell one another."""

from __future__ import annotations

import torch
import torch.distributed as dist
from torch import Tensor

__all__ = ["mean_over_processes", "of_all_processes", "over_processes"]


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


def over_processes(own: Tensor) -> Tensor:
    """The same mean, with the gradient of this process's share: for a statistic that is minimised through a function.

    Of `f(whole)` each process then has the gradient `f'(whole) d own`, and their average is that of one process.
    """
    return own + (mean_over_processes(own) - own.detach())


@torch.no_grad()
def of_all_processes(share: Tensor) -> Tensor:
    """The shares (n, ...) of all processes behind one another, the same on every process; no gradient passes."""
    share = share.detach().contiguous()
    if not (dist.is_available() and dist.is_initialized()):
        return share
    shares = [torch.empty_like(share) for _ in range(dist.get_world_size())]
    dist.all_gather(shares, share)
    return torch.cat(shares)
