"""What DiRL (arXiv 2606.10346) reads from hidden states with its direction k̂: the weight of a token in its response's
feature, and how far a response is on the side of reasoning.
"""

from __future__ import annotations

import torch
from torch import Tensor

TEMPERATURE = 1.0
"""τ of the weights, as in the paper."""
_LEAST = -60.0
"""Below it a sigmoid times a probability leaves the range of float32."""


def projections(hidden: Tensor, direction: Tensor) -> Tensor:
    """⟨h_t, k̂⟩ in float32, whatever autocast is on: … values from … × d states and a vector of d."""
    return (hidden.float() * direction).sum(dim=-1)


def token_weights(projected: Tensor) -> Tensor:
    """σ(⟨h_t, k̂⟩ / τ), above 0; normalized over a response's tokens they are α_t, in the place of 1/L."""
    return (projected / TEMPERATURE).clamp(min=_LEAST).sigmoid()


def alignments(projected: Tensor, lengths: list[int]) -> Tensor:
    """s_i = ⟨mean h, k̂⟩ of each response, B values; 0 for one without tokens.

    projected: B × C, of which the first L_i of a row count.
    """
    return torch.stack(
        [row[:length].mean() if length else row.new_zeros(()) for row, length in zip(projected, lengths, strict=True)]
    )
