"""Cosine similarities of a group's features."""

from __future__ import annotations

import torch
from torch import Tensor

NORM_EPSILON = 1e-8
"""Added to every norm, so that the quotient exists (paper eq. 9)."""
ZERO_NORM = 1e-8
"""A feature shorter than this has no direction: its similarity to everyone, itself included, is 0."""
HISTOGRAM_BINS = 20
"""Of the distribution of S from −1 to 1 that is kept of an evaluation."""


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


def upper_triangle(similarity: Tensor) -> Tensor:
    """The part of S that says something: above the diagonal, row by row, m(m−1)/2 values."""
    rows, columns = torch.triu_indices(similarity.shape[0], similarity.shape[0], offset=1)
    return similarity[rows, columns]


def similarity_histogram(values: Tensor) -> list[int]:
    """Counts of values of S in equal bins from −1 to 1, each with its lower edge, the last with both.

    S < 0 is the lower half, to the last bit.
    """
    half = HISTOGRAM_BINS // 2
    bins = ((values * half).floor().long() + half).clamp(0, HISTOGRAM_BINS - 1)
    counts: list[int] = torch.bincount(bins, minlength=HISTOGRAM_BINS).tolist()
    return counts


def log_determinant(similarity: Tensor) -> float:
    """log det(I + S): how many directions a group has, in [0, m ln 2].

    It is m ln 2 when all are orthogonal, ln(1 + m) when all are the same, and 0 for zero features. I + S is positive
    definite, for S is a Gram matrix: by Cholesky. similarity: m × m.
    """
    identity = torch.eye(similarity.shape[0], dtype=similarity.dtype)
    return float(2 * torch.linalg.cholesky(identity + similarity).diagonal().log().sum())
