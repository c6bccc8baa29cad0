"""DiRL (arXiv 2606.10346): novelty along a direction of reasoning is rewarded otherwise than novelty against it."""

from __future__ import annotations

import torch
from torch import Tensor

from .settings import ShapingSettings
from .shaping import (
    ShapedGroup,
    check_group,
    exploration_scores,
    leaves_uniform_group,
    normalized,
    scale_of,
    scaled_group,
)
from .similarity import similarity_matrix


def _factors(exploration: Tensor, reasons: Tensor, relative: Tensor, settings: ShapingSettings) -> Tensor:
    """f: in each part by its own min–max normalized exploration, 1 where that cannot be told."""
    factors = torch.ones_like(relative)
    there = ~relative.isnan()
    for part, members in ((True, reasons & there), (False, ~reasons & there)):
        novelty = normalized(exploration[members])
        if novelty is not None:
            sign = 1 if part or settings.memory_sign == "code" else -1
            factors[members] = 1 + sign * settings.lambda_ * relative[members] * novelty
    return factors


def shape_dirl(features: Tensor, alignment: Tensor, rewards: Tensor, settings: ShapingSettings) -> ShapedGroup:
    """Similarity, exploration and shaped rewards of one group of m responses.

    features: m × d, each response's feature, its tokens weighted by the direction. alignment: m values s, the mean
    hidden state's product with the direction. rewards: m finite numbers, such as −1 wrong and +1 correct, or NaN for a
    response that is left out.

    The group splits into R, the responses along the direction (s > 0), and M, those against it (s ≤ 0). ν compares a
    response of R with the others of R, and one of M with R alone, with the softmax of the rewards of those it is
    compared with as weights; without any it is 1. ν̄ is ν by min–max inside each part, 0 in a part of one or without
    spread (which M is when R is empty). f = 1 + λρν̄ in R; in M 1 − λρν̄ (`paper`) or 1 + λρν̄ (`code`). Groups of equal
    rewards and the clip are treated as by `shape_group`, and with λ = 0 the rewards are untouched. A group with a NaN
    or infinite feature or alignment is invalid.
    Raises ValueError when lengths disagree or a reward is infinite.
    """
    rewards = check_group(features, rewards)
    if alignment.shape != rewards.shape:
        raise ValueError(f"alignment of shape {tuple(alignment.shape)} for {rewards.numel()} rewards")
    s = alignment.detach().double().cpu()
    similarity = similarity_matrix(features.detach().cpu())
    if similarity is None or not bool(torch.isfinite(s).all()):
        size = rewards.numel()
        return ShapedGroup.unshaped(rewards.new_zeros(size, size), rewards.new_zeros(size), rewards, invalid=True)
    reasons = s > 0
    relative = rewards / scale_of(rewards)
    exploration = exploration_scores(similarity, relative, reasons.expand_as(similarity))
    group = ShapedGroup.unshaped(similarity, exploration, rewards)
    if settings.lambda_ == 0:
        return group
    shaped = not leaves_uniform_group(rewards, settings.uniform_groups)
    factors = _factors(exploration, reasons, relative, settings) if shaped else group.scalers
    return scaled_group(group, rewards, factors, settings.clip)
