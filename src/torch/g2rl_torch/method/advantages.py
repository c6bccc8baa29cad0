"""Advantages of a batch of groups, from shaped rewards."""

from __future__ import annotations

import torch
from torch import Tensor

from .settings import RewardScale
from .shaping import present

DEVIATION_EPSILON = 1e-4
"""Added to the standard deviation, as TRL does."""


def advantages(shaped: Tensor, group_size: int, scale: RewardScale) -> Tensor:
    """A = (r − mean of the group) / (std + 1e-4), with the sample standard deviation of the group or the batch.

    shaped: groups · m rewards, group after group, NaN of a response that is left out: its advantage is 0, and the mean
    and deviation are those of the others. A uniform group has advantages of exactly 0.
    Raises ValueError when the rewards are not whole groups.
    """
    if group_size < 1 or shaped.numel() % group_size != 0:
        raise ValueError(f"{shaped.numel()} rewards are not whole groups of {group_size}")
    values = shaped.double().clone()
    batch_deviation = _deviation(present(values))
    result = torch.zeros_like(values)
    for group, signal in zip(values.view(-1, group_size), result.view(-1, group_size), strict=True):
        known = present(group)
        # Rounding of the mean must not become a signal of size 1e-12.
        if known.numel() == 0 or bool((known == known[0]).all()):
            continue
        centred = known - known.mean()
        if scale != "none":
            centred /= (_deviation(known) if scale == "group" else batch_deviation) + DEVIATION_EPSILON
        signal[~group.isnan()] = centred
    return result


def _deviation(values: Tensor) -> Tensor:
    """Sample standard deviation (n − 1); 0 for a single value."""
    return values.std() if values.numel() > 1 else torch.zeros((), dtype=values.dtype, device=values.device)
