"""Advantages of a batch of groups, from shaped rewards."""

from __future__ import annotations

import torch
from torch import Tensor

from .settings import RewardScale

DEVIATION_EPSILON = 1e-4
"""Added to the standard deviation, as TRL does."""


def advantages(shaped: Tensor, group_size: int, scale: RewardScale) -> Tensor:
    """A = (r − mean of the group) / (std + 1e-4), with the sample standard deviation of the group or the batch.

    shaped: groups · m rewards, group after group. A uniform group has advantages of exactly 0.
    Raises ValueError when the rewards are not whole groups.
    """
    if group_size < 1 or shaped.numel() % group_size != 0:
        raise ValueError(f"{shaped.numel()} rewards are not whole groups of {group_size}")
    groups = shaped.double().view(-1, group_size)
    centred = groups - groups.mean(dim=1, keepdim=True)
    # Rounding of the mean must not become a signal of size 1e-12.
    centred[(groups == groups[:, :1]).all(dim=1)] = 0
    if scale == "none":
        return centred.flatten()
    if scale == "group":
        deviation = groups.std(dim=1, keepdim=True) if group_size > 1 else torch.zeros_like(groups)
    else:
        deviation = shaped.double().std() if shaped.numel() > 1 else torch.zeros_like(groups)
    return (centred / (deviation + DEVIATION_EPSILON)).flatten()
