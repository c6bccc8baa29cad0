"""A batch of rollouts, judged and shaped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import Tensor

from ..method.shaping import ShapedGroup


@dataclass(frozen=True)
class Response:
    """A sampled response, as all ranks know it."""

    row: dict[str, Any]
    """The columns of its prompt in the dataset."""
    text: str
    length: int
    """Tokens, the end-of-sequence token counted."""
    finished: bool
    """False when the length limit cut it off."""
    verdict: Any
    """From `judge`; None without one."""


@dataclass(frozen=True)
class Generation:
    """One batch of rollouts, group after group, the same on all ranks."""

    responses: list[Response]
    rewards: list[Tensor]
    """Each group's m rewards before shaping, float64."""
    groups: list[ShapedGroup]
    advantages: Tensor
    """Of all responses, float64."""
    rollout_seconds: float
    feature_seconds: float
    reference_seconds: float


def same_for_same(phi: Tensor, responses: list[Response]) -> Tensor:
    """The features of a group, with those of its first occurrence for a response that is repeated.

    Equal responses have equal gradients, but kernels may round them differently from row to row. In a group of only
    copies that noise would be the only difference, and normalizing would make it a signal.
    """
    first: dict[tuple[str, int], int] = {}
    places = [first.setdefault((one.text, one.length), place) for place, one in enumerate(responses)]
    return phi[places]
