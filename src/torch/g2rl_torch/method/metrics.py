"""The `g2rl/…` numbers of a step."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from .shaping import ShapedGroup, is_uniform, present
from .similarity import log_determinant, upper_triangle


def group_metrics(groups: list[ShapedGroup], rewards: list[Tensor], advantages: Tensor) -> dict[str, float]:
    """The `g2rl/…` numbers of a step's groups. What has no value (no pairs, no valid group) is 0.

    rewards: of each group, before shaping. advantages: of all responses, group after group. Similarity, log det(I + S)
    and exploration are taken over the valid groups, the rest over all; scalers and the share of clipped rewards over
    the responses that are not left out.
    """
    valid = [group for group in groups if not group.invalid]
    empty = torch.zeros(0, dtype=torch.float64)
    pairs = torch.cat([empty, *(upper_triangle(group.similarity) for group in valid)])
    exploration = torch.cat([empty, *(group.exploration for group in valid)])
    scalers = torch.cat([empty, *(group.scalers[~group.shaped.isnan()] for group in groups)])

    def spread(name: str, values: Tensor) -> dict[str, float]:
        has = values.numel() > 0
        return {
            f"g2rl/{name}_mean": values.mean().item() if has else 0.0,
            f"g2rl/{name}_min": values.min().item() if has else 0.0,
            f"g2rl/{name}_max": values.max().item() if has else 0.0,
        }

    count = max(1, len(groups))
    signals = torch.split(advantages, [group.shaped.numel() for group in groups])
    return {
        "g2rl/similarity_mean": pairs.mean().item() if pairs.numel() else 0.0,
        "g2rl/negative_pair_ratio": (pairs < 0).double().mean().item() if pairs.numel() else 0.0,
        "g2rl/logdet_mean": sum(log_determinant(group.similarity) for group in valid) / max(1, len(valid)),
        **spread("exploration", exploration),
        **spread("scaler", scalers),
        "g2rl/clip_fraction": sum(group.clipped for group in groups) / max(1, scalers.numel()),
        "g2rl/no_signal_before": sum(is_uniform(one) for one in rewards) / count,
        "g2rl/no_signal_after": sum(not bool(one.any()) for one in signals) / count,
        "g2rl/invalid_groups": float(len(groups) - len(valid)),
    }


Idle = Literal["none", "zero", "clipped"]
"""Why shaping cannot act, as `idle_shaping` finds it."""


def idle_shaping(groups: list[ShapedGroup], rewards: list[Tensor]) -> Idle | None:
    """Why shaping cannot act on a step's rewards; None where it can.

    none: no response has one. zero: each is 0, and a factor of 0 is 0. clipped: each was cut by the clip, so that what
    is left of it is its sign.
    """
    known = present(torch.cat(rewards)) if rewards else torch.zeros(0)
    if known.numel() == 0:
        return "none"
    if not bool(known.any()):
        return "zero"
    return "clipped" if sum(group.clipped for group in groups) == known.numel() else None
