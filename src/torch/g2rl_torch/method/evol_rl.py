"""EVOL-RL (arXiv 2509.15194): rewards by how new a response's text is."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from .shaping import ShapedGroup, normalized
from .similarity import similarity_matrix


def evol_rl_rewards(embeddings: Tensor, rewards: Tensor, correct: Tensor | None = None) -> Tensor:
    """Rewards of EVOL-RL (arXiv 2509.15194) with the verifier's labels: m values, float64.

    rewards: m, NaN of a response that is left out, whose value is NaN. correct: the verdicts; without them a reward
    above 0 is correct.

    embeddings: m × e, one text embedding per response; scaled to unit length here. For response i, a is the mean cosine
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
    correct = rewards > 0 if correct is None else correct.detach().cpu()
    there = ~rewards.isnan()
    others = ~torch.eye(size, dtype=torch.bool) & there
    novelty = torch.zeros_like(rewards)
    for i in range(size):
        if not bool(others[i].any()):
            continue
        peers = others[i] & (correct == correct[i])
        mean = cosine[i][peers if bool(peers.any()) else others[i]].mean()
        novelty[i] = 1 - (mean + cosine[i][others[i]].max()) / 2
    for members in (correct & there, ~correct & there):
        relative = normalized(novelty[members])
        novelty[members] = torch.full_like(novelty[members], 0.5) if relative is None else relative
    return (torch.where(correct, 0.5, -1.0) + 0.5 * novelty).masked_fill(~there, torch.nan)


def shape_evol_rl(
    group: ShapedGroup, embeddings: Tensor, rewards: Tensor, correct: Tensor | None = None
) -> ShapedGroup:
    """The group with the rewards of EVOL-RL; scalers are these over the rewards, 1 where that is 0."""
    shaped = evol_rl_rewards(embeddings, rewards, correct)
    scalers = torch.where((rewards == 0) | rewards.isnan(), torch.ones_like(shaped), shaped / rewards)
    return replace(group, scalers=scalers, shaped=shaped, clipped=0)
