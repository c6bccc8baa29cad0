"""G2RL in pure torch: features, similarity, exploration, reward shaping, advantages (arXiv 2512.15687).

Free of TRL and of any trainer. Held, with the implementation of the embedded engine, to `test/vectors`.
Rewards and geometry of a group are float64: groups are small, and near a perfect overlap float32 is not enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor

MethodName = Literal["g2rl", "grpo", "entropy", "evol-rl"]
Shaping = Literal["signed", "unit", "eq12"]
UniformGroups = Literal["correct", "all", "none"]
RewardScale = Literal["group", "batch", "none"]

NORM_EPSILON = 1e-8
"""Added to every norm, so that the quotient exists (paper eq. 9)."""
ZERO_NORM = 1e-8
"""A feature shorter than this has no direction: its similarity to everyone, itself included, is 0."""
DEGENERATE_SPREAD = 1e-6
"""With less spread than this the exploration scores of a group say nothing, and it stays unshaped."""
DEVIATION_EPSILON = 1e-4
"""Added to the standard deviation, as TRL does."""


@dataclass(frozen=True)
class ShapingSettings:
    """Which method shapes rewards, and how. The defaults are those of an experiment file.

    Raises ValueError for a value that is not known or not in its range.
    """

    method: MethodName = "g2rl"
    lambda_: float = 0.5
    """Strength λ, 0 to 1. 0 is exactly GRPO."""
    shaping: Shaping = "signed"
    uniform_groups: UniformGroups = "correct"
    """Which groups with all-equal rewards are shaped."""
    clip: float = 3.0
    """Shaped rewards are clipped to [-clip, clip]."""

    def __post_init__(self) -> None:
        for name, value, known in (
            ("method", self.method, get_args(MethodName)),
            ("shaping", self.shaping, get_args(Shaping)),
            ("uniformGroups", self.uniform_groups, get_args(UniformGroups)),
        ):
            if value not in known:
                raise ValueError(f"{name}: {value!r} is not known; known: {', '.join(known)}")
        if not 0 <= self.lambda_ <= 1:
            raise ValueError(f"lambda: must be from 0 to 1, got {self.lambda_}")
        if not self.clip > 0:
            raise ValueError(f"clip: must be above 0, got {self.clip}")


@dataclass(frozen=True)
class ShapedGroup:
    """What a group's features and rewards became; float64, on the CPU."""

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


def feature_difference(tokens: Tensor, probability_sum: Tensor) -> Tensor:
    """mean_t onehot(y_t) − mean_t p_t of one response: V values that sum to 0 (paper eq. 5–8).

    tokens: L token ids, the end-of-sequence token counted, prompt and padding left out.
    probability_sum: V, the sum over the response's positions of the distribution sampled from.
    A response without tokens has a zero vector.
    """
    length = tokens.numel()
    if length == 0:
        return torch.zeros_like(probability_sum)
    vocabulary = probability_sum.numel()
    if int(tokens.min()) < 0 or int(tokens.max()) >= vocabulary:
        raise ValueError(f"a token is outside the vocabulary of {vocabulary}")
    counts = torch.zeros_like(probability_sum)
    counts.index_add_(0, tokens.to(counts.device), torch.ones_like(tokens, dtype=counts.dtype, device=counts.device))
    return (counts - probability_sum) / length


def features(differences: Tensor, weights: Tensor) -> Tensor:
    """Φ = difference · W: n × d from n × V and the LM head V × d, in the type of the differences.

    One product for each response, whatever its length. Rows of the head beyond the vocabulary that was sampled from
    do not exist: V must agree. The head is converted in slices, so that a half-precision one is never held whole in
    float32.
    """
    if differences.shape[-1] != weights.shape[0]:
        raise ValueError(f"differences of {differences.shape[-1]} values, but the head has {weights.shape[0]} rows")
    if weights.dtype == differences.dtype:
        return differences @ weights
    result = differences.new_zeros(differences.shape[0], weights.shape[1])
    for start in range(0, weights.shape[0], _HEAD_ROWS):
        rows = weights[start : start + _HEAD_ROWS]
        result += differences[:, start : start + _HEAD_ROWS] @ rows.to(differences.dtype)
    return result


_HEAD_ROWS = 16_384


def is_uniform(values: Tensor) -> bool:
    """True when all values are equal, so that centring them leaves nothing to learn from."""
    return bool((values == values[0]).all())


def similarity_matrix(phi: Tensor) -> Tensor | None:
    """Cosine similarities S of a group's features (paper eq. 9), m × m; None when one is NaN or infinite."""
    phi = phi.double()
    squares = (phi * phi).sum(dim=1)
    if not bool(torch.isfinite(squares).all()):
        return None
    norms = squares.sqrt()
    scale = torch.where(norms < ZERO_NORM, torch.zeros_like(norms), 1 / (norms + NORM_EPSILON))
    unit = phi * scale[:, None]
    product = (unit @ unit.T).clamp(-1, 1)
    upper = torch.triu(product)
    return upper + torch.triu(product, diagonal=1).T


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
    """f: `signed` 1 + λ(2ν̄ − 1), `unit` 1 + λν̄, `eq12` 1 + λrν̄. All 1 where the scores cannot be told apart."""
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


def evol_rl_rewards(embeddings: Tensor, rewards: Tensor) -> Tensor:
    """Rewards of EVOL-RL (arXiv 2509.15194) with the verifier's labels: m values, float64.

    embeddings: m × e, one text embedding a response; scaled to unit length here. For response i, a is the mean cosine
    to the responses of the same correctness (to all others when there is none), b the largest cosine to any other,
    novelty 1 − (a + b)/2, min–max normalized among the correct and among the wrong ones separately (0.5 for a class
    of one, or without spread). Correct: 0.5 + 0.5·novelty; wrong: −1 + 0.5·novelty.
    """
    rewards = rewards.detach().double().cpu()
    size = rewards.numel()
    if embeddings.ndim != 2 or embeddings.shape[0] != size:
        raise ValueError(f"embeddings of shape {tuple(embeddings.shape)} for {size} rewards")
    cosine = similarity_matrix(embeddings.detach().cpu())
    if cosine is None:
        raise ValueError("an embedding is NaN or infinite")
    correct = rewards > 0
    others = ~torch.eye(size, dtype=torch.bool)
    novelty = torch.zeros_like(rewards)
    for i in range(size):
        if size == 1:
            break
        peers = others[i] & (correct == correct[i])
        mean = cosine[i][peers if bool(peers.any()) else others[i]].mean()
        novelty[i] = 1 - (mean + cosine[i][others[i]].max()) / 2
    for members in (correct, ~correct):
        values = novelty[members]
        if values.numel() == 0:
            continue
        spread = values.max() - values.min()
        normalized = (values - values.min()) / spread if spread >= DEGENERATE_SPREAD else torch.full_like(values, 0.5)
        novelty[members] = normalized
    return torch.where(correct, 0.5, -1.0) + 0.5 * novelty


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


def upper_triangle(similarity: Tensor) -> Tensor:
    """The part of S that says something: above the diagonal, row by row, m(m−1)/2 values."""
    rows, columns = torch.triu_indices(similarity.shape[0], similarity.shape[0], offset=1)
    return similarity[rows, columns]


def group_metrics(groups: list[ShapedGroup], rewards: list[Tensor]) -> dict[str, float]:
    """The `g2rl/…` numbers of a step's groups. What has no value (no pairs, no valid group) is 0.

    Similarity and exploration are taken over the valid groups, the rest over all.
    """
    valid = [group for group in groups if not group.invalid]
    empty = torch.zeros(0, dtype=torch.float64)
    pairs = torch.cat([empty, *(upper_triangle(group.similarity) for group in valid)])
    exploration = torch.cat([empty, *(group.exploration for group in valid)])
    scalers = torch.cat([empty, *(group.scalers for group in groups)])

    def spread(name: str, values: Tensor) -> dict[str, float]:
        has = values.numel() > 0
        return {
            f"g2rl/{name}_mean": values.mean().item() if has else 0.0,
            f"g2rl/{name}_min": values.min().item() if has else 0.0,
            f"g2rl/{name}_max": values.max().item() if has else 0.0,
        }

    count = max(1, len(groups))
    return {
        "g2rl/similarity_mean": pairs.mean().item() if pairs.numel() else 0.0,
        "g2rl/negative_pair_ratio": (pairs < 0).double().mean().item() if pairs.numel() else 0.0,
        **spread("exploration", exploration),
        **spread("scaler", scalers),
        "g2rl/clip_fraction": sum(group.clipped for group in groups) / max(1, scalers.numel()),
        "g2rl/no_signal_before": sum(is_uniform(one) for one in rewards) / count,
        "g2rl/no_signal_after": sum(is_uniform(group.shaped) for group in groups) / count,
        "g2rl/invalid_groups": float(len(groups) - len(valid)),
    }
