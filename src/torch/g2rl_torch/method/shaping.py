"""Exploration scores and reward shaping of one group (arXiv 2512.15687).

Rewards and geometry of a group are float64: groups are small, and near a perfect overlap float32 is not enough.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from .settings import ShapingSettings, UniformGroups
from .similarity import similarity_matrix

DEGENERATE_SPREAD = 1e-6
"""With less spread than this the exploration scores of a group are meaningless, and it stays unshaped."""


@dataclass(frozen=True)
class ShapedGroup:
    """The results from a group's features and rewards; float64, on the CPU.

    A response whose reward is NaN is left out: nothing of the others depends on it.
    """

    similarity: Tensor
    """S: m × m, in [-1, 1]. All 0 when the group is invalid."""
    exploration: Tensor
    """ν: m values in [0, 1]. All 0 when the group is invalid."""
    scalers: Tensor
    """m: shaped reward / reward; the factor f where the reward is 0, 1 of a response that is left out."""
    shaped: Tensor
    """m shaped rewards, the input of `advantages`; NaN of a response that is left out."""
    clipped: int
    """How many shaped rewards were cut by the clip."""
    invalid: bool
    """True when a feature was NaN or infinite: the group has no geometry and its rewards are as they were."""

    @staticmethod
    def unshaped(similarity: Tensor, exploration: Tensor, rewards: Tensor, *, invalid: bool = False) -> ShapedGroup:
        """A group whose rewards are as they were."""
        return ShapedGroup(similarity, exploration, torch.ones_like(rewards), rewards.clone(), 0, invalid)


def present(rewards: Tensor) -> Tensor:
    """Rewards of those responses that have one."""
    return rewards[~rewards.isnan()]


def is_uniform(values: Tensor) -> bool:
    """True when all values that are there are equal, so that centering them leaves nothing to learn from."""
    known = present(values)
    return bool((known == known[:1]).all())


def scale_of(rewards: Tensor) -> Tensor:
    """s = max(1, max|r|): shaping acts on ρ = r / s, which is r for the rewards of the paper.

    Rewards of any scale so have the weights, factors and clip of rewards from −1 to 1, and larger ones are shaped alike
    whatever their unit.
    """
    return torch.cat([present(rewards).abs(), torch.ones(1, dtype=rewards.dtype)]).max()


def exploration_scores(similarity: Tensor, rewards: Tensor, peers: Tensor | None = None) -> Tensor:
    """ν_i = √max(1 − Σ_j w_ij S_ij², 0) over the peers j of i, their rewards softmaxed as weights (paper eq. 10–11).

    similarity: m × m. rewards: m, NaN for a response without one, with which nobody is compared. peers: m × m, which
    others (row) a response is compared with; all of them without it. A response without peers has an empty sum: ν = 1.
    """
    alone = torch.eye(rewards.numel(), dtype=torch.bool, device=similarity.device)
    left_out = (alone if peers is None else alone | ~peers) | rewards.isnan().to(alone.device)
    without = left_out.all(dim=1)
    weights = rewards.to(similarity).expand_as(similarity).masked_fill(left_out, -torch.inf)
    overlap = (weights.softmax(dim=1) * similarity * similarity).sum(dim=1).masked_fill(without, 0)
    return (1 - overlap).clamp(min=0).sqrt()


def normalized(values: Tensor) -> Tensor | None:
    """Values moved to [0, 1] by their smallest and largest; None where they can hardly be told apart."""
    if values.numel() < 2 or values.max() - values.min() < DEGENERATE_SPREAD:
        return None
    return (values - values.min()) / (values.max() - values.min())


def _reward_factors(exploration: Tensor, relative: Tensor, settings: ShapingSettings) -> Tensor:
    """f: `signed` 1 + λ(2ν̄ − 1), `unit` 1 + λν̄, `eq12` 1 + λρν̄. All 1 where the scores are indistinguishable."""
    factors = torch.ones_like(exploration)
    members = ~relative.isnan()
    novelty = normalized(exploration[members])
    if novelty is None:
        return factors
    direction = {"signed": 2 * novelty - 1, "unit": novelty, "eq12": relative[members] * novelty}[settings.shaping]
    factors[members] = 1 + settings.lambda_ * direction
    return factors


def leaves_uniform_group(rewards: Tensor, uniform_groups: UniformGroups) -> bool:
    """A group with all-equal rewards is correct as a whole when its reward is positive."""
    if uniform_groups == "all" or not is_uniform(rewards):
        return False
    return uniform_groups == "none" or not bool((present(rewards)[:1] > 0).any())


def check_group(phi: Tensor, rewards: Tensor) -> Tensor:
    """The rewards in float64, on the CPU. Raises ValueError when lengths disagree or a reward is infinite."""
    if rewards.ndim != 1 or rewards.numel() == 0:
        raise ValueError("a group needs at least one response")
    if phi.ndim != 2 or phi.shape[0] != rewards.numel() or phi.shape[1] == 0:
        raise ValueError(f"features of shape {tuple(phi.shape)} for {rewards.numel()} rewards")
    rewards = rewards.detach().double().cpu()
    if bool(rewards.isinf().any()):
        raise ValueError(f"rewards must be finite, got {rewards.tolist()}")
    return rewards


def scaled_group(group: ShapedGroup, rewards: Tensor, factors: Tensor, clip: float) -> ShapedGroup:
    """The group with its rewards multiplied by factors f and clipped to [-clip, clip], in units of their scale s."""
    scale = scale_of(rewards)
    relative = rewards / scale * factors
    cut = relative.abs() > clip
    shaped = torch.where(cut, relative.sign() * clip * scale, rewards * factors)
    scalers = torch.where(cut, shaped / rewards, factors)
    return replace(group, scalers=scalers, shaped=shaped, clipped=int(cut.sum()))


def shape_group(phi: Tensor, rewards: Tensor, settings: ShapingSettings) -> ShapedGroup:
    """Similarity, exploration and shaped rewards of one group of m responses to one prompt.

    phi: m × d features. rewards: m finite numbers, such as −1 wrong and +1 correct, or NaN for a response that is left
    out.
    Geometry is computed for every method, because it is worth watching; only `g2rl` with λ > 0 acts on it. Without
    shaping the rewards pass through untouched, the clip included, so that λ = 0 is plain GRPO to the last bit.
    Raises ValueError when lengths disagree or a reward is infinite.
    """
    rewards = check_group(phi, rewards)
    relative = rewards / scale_of(rewards)
    size = rewards.numel()
    similarity = similarity_matrix(phi.detach().cpu())
    if similarity is None:
        group = ShapedGroup.unshaped(rewards.new_zeros(size, size), rewards.new_zeros(size), rewards, invalid=True)
    else:
        group = ShapedGroup.unshaped(similarity, exploration_scores(similarity, relative), rewards)
    if settings.method != "g2rl" or settings.lambda_ == 0:
        return group
    shaped = not group.invalid and not leaves_uniform_group(rewards, settings.uniform_groups)
    factors = _reward_factors(group.exploration, relative, settings) if shaped else group.scalers
    return scaled_group(group, rewards, factors, settings.clip)
