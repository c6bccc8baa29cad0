"""The feature of a response: the gradient of its log-probability
with respect to the last hidden states, from its tokens and the distributions they were sampled from.
"""

from __future__ import annotations

import torch
from torch import Tensor

_HEAD_ROWS = 16_384
"""Rows of a half-precision head that are converted at once."""


def feature_difference(tokens: Tensor, probability_sum: Tensor, weights: Tensor | None = None) -> Tensor:
    """mean_t onehot(y_t) − mean_t p_t of one response: V values that sum to 0 (paper eq. 5–8).

    tokens: L token ids, the end-of-sequence token counted, prompt and padding left out.
    probability_sum: V, the sum over the response's positions of the distribution sampled from.
    weights: L positive weights, with which the distributions were summed; the means are weighted by them, too.
    A response without tokens has a zero vector.
    """
    length = tokens.numel()
    if length == 0:
        return torch.zeros_like(probability_sum)
    vocabulary = probability_sum.numel()
    if int(tokens.min()) < 0 or int(tokens.max()) >= vocabulary:
        raise ValueError(f"a token is outside the vocabulary of {vocabulary}")
    counts = torch.zeros_like(probability_sum)
    if weights is None:
        weights = torch.ones_like(tokens, dtype=counts.dtype)
    counts.index_add_(0, tokens.to(counts.device), weights.to(counts))
    return (counts - probability_sum) / weights.sum().to(counts)


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
