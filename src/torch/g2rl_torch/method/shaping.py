"""Exploration scores and reward shaping of one group (arXiv 2512.15687).

Rewards and geometry of a group are float64: groups are small, and near a perfect overlap float32 is not enough.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .settings import ShapingSettings, UniformGroups
from .similarity import similarity_matrix

DEGENERATE_SPREAD = 1e-6
"""With less spread than this the exploration scores of a group are meaningless, and it stays unshaped."""


@dataclass(frozen=True)
class ShapedGroup:
    """The results from a group's features and rewards; float64, on the CPU."""

    similarity: Tensor
    """S: m × m, in [-1, 1]. All 0 when the group is invalid."""
    exploration: Tensor
    """ν: m values in [0, 1]. All 0 when the group is invalid."""
    scalers: Tensor
    """m: shaped reward / reward; the factor f where the reward is 0."""
    shaped: Tensor
    """m shaped rewards, the input of `advantages`."""
    clipped: int
    """How many shaped rewards were cut by the clip."""
    invalid: bool
    """True when a feature was NaN or infinite: the group has no geometry and its rewards are as they were."""


def is_uniform(values: Tensor) -> bool:
    """True when all values are equal, so that centering them leaves nothing to learn from."""
    return bool((values == values[0]).all())


def exploration_scores(similarity: Tensor, rewards: Tensor) -> Tensor:
    """ν_i = √max(1 − Σ_{j≠i} w_ij S_ij², 0), the others' rewards softmaxed as weights (paper eq. 10–11): m values.

    A response without peers (m = 1) has an empty sum: ν = 1.
    """
    size = rewards.numel()
    if size == 1:
        return torch.ones_like(similarity[0])
    alone = torch.eye(size, dtype=torch.bool, device=similarity.device)
    weights = rewards.to(similarity).expand(size, size).masked_fill(alone, -torch.inf).softmax(dim=1)
    return (1 - (weights * similarity * similarity).sum(dim=1)).clamp(min=0).sqrt()


def _reward_factors(exploration: Tensor, rewards: Tensor, settings: ShapingSettings) -> Tensor:
    """f: `signed` 1 + λ(2ν̄ − 1), `unit` 1 + λν̄, `eq12` 1 + λrν̄. All 1 where the scores are indistinguishable."""
    spread = exploration.max() - exploration.min()
    if exploration.numel() < 2 or spread < DEGENERATE_SPREAD:
        return torch.ones_like(exploration)
    normalized = (exploration - exploration.min()) / spread
    direction = {"signed": 2 * normalized - 1, "unit": normalized, "eq12": rewards * normalized}[settings.shaping]
    return 1 + settings.lambda_ * direction


def _leaves_uniform_group(rewards: Tensor, uniform_groups: UniformGroups) -> bool:
    """A group with all-equal rewards is correct as a whole when its reward is positive."""
    if uniform_groups == "all" or not is_uniform(rewards):
        return False
    return uniform_groups == "none" or bool(rewards[0] <= 0)


def shape_group(phi: Tensor, rewards: Tensor, settings: ShapingSettings) -> ShapedGroup:
    """Similarity, exploration and shaped rewards of one group of m responses to one prompt.

    phi: m × d features. rewards: m finite numbers, −1 wrong to +1 correct.
    Geometry is computed for every method, because it is worth watching; only `g2rl` with λ > 0 acts on it. Without
    shaping the rewards pass through untouched, the clip included, so that λ = 0 is plain GRPO to the last bit.
    Raises ValueError when lengths disagree or a reward is not finite.
    """
    if rewards.ndim != 1 or rewards.numel() == 0:
        raise ValueError("a group needs at least one response")
    if phi.ndim != 2 or phi.shape[0] != rewards.numel() or phi.shape[1] == 0:
        raise ValueError(f"features of shape {tuple(phi.shape)} for {rewards.numel()} rewards")
    rewards = rewards.detach().double().cpu()
    if not bool(torch.isfinite(rewards).all()):
        raise ValueError(f"rewards must be finite, got {rewards.tolist()}")
    size = rewards.numel()
    similarity = similarity_matrix(phi.detach().cpu())
    invalid = similarity is None
    if similarity is None:
        similarity = rewards.new_zeros(size, size)
        exploration = rewards.new_zeros(size)
    else:
        exploration = exploration_scores(similarity, rewards)
    scalers = torch.ones_like(rewards)
    if settings.method != "g2rl" or settings.lambda_ == 0:
        return ShapedGroup(similarity, exploration, scalers, rewards.clone(), 0, invalid)
    if not invalid and not _leaves_uniform_group(rewards, settings.uniform_groups):
        scalers = _reward_factors(exploration, rewards, settings)
    scaled = rewards * scalers
    shaped = scaled.clamp(-settings.clip, settings.clip)
    cut = shaped != scaled
    return ShapedGroup(
        similarity, exploration, torch.where(cut, shaped / rewards, scalers), shaped, int(cut.sum()), invalid
    )
