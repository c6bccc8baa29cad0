"""Advantages of Pass@k Training (arXiv 2508.10751): what a response adds to the pass@k of its group."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def _all_wrong(wrong: int, n: int, k: int) -> float:
    """C(wrong, k) / C(n, k): the chance that k of n responses are all among `wrong` given ones."""
    chance = 1.0
    for i in range(k):
        chance *= max(0, wrong - i) / (n - i)
    return chance


def pass_at_k_advantages(rewards: Tensor, group_size: int, k: int) -> Tensor:
    """Mean advantage of each response over all sets of k of its group: as many values as rewards, float64, on the CPU.

    rewards: groups · m values, group after group; above 0 is correct. A response whose reward is NaN is left out: it is
    in no set, and where fewer than k are there, a set is all of them. A set is worth 1 when one of it is correct, else
    0, and its advantage is (worth − R̄) / σ. With c correct of m, R̄ = 1 − C(m−c, k)/C(m, k) and σ = √(R̄(1 − R̄)):
    (1 − R̄)/σ for a correct response, (1 − R̄ − C(m−c−1, k−1)/C(m−1, k−1))/σ for a wrong one. All 0 where σ = 0: no
    response is correct, or no set of k can miss a correct one. k = 1 is GRPO with the population's standard deviation.
    Raises ValueError when the rewards are not whole groups, or k is not from 1 to m.
    """
    if group_size < 1 or rewards.numel() % group_size != 0:
        raise ValueError(f"{rewards.numel()} rewards are not whole groups of {group_size}")
    if not 1 <= k <= group_size:
        raise ValueError(f"k must be from 1 to the group size {group_size}, got {k}")
    groups = rewards.detach().double().cpu().view(-1, group_size)
    result = torch.zeros(groups.shape, dtype=torch.float64)
    for group, values in enumerate(groups):
        correct, there = values > 0, ~values.isnan()
        size, wrong = int(there.sum()), int((there & ~correct).sum())
        of_set = min(k, size)
        missed = _all_wrong(wrong, size, of_set)
        deviation = math.sqrt(missed * (1 - missed))
        if deviation > 0:
            of_wrong = missed - _all_wrong(wrong - 1, size - 1, of_set - 1)
            result[group, there] = of_wrong / deviation
            result[group, correct] = missed / deviation
    return result.flatten()
