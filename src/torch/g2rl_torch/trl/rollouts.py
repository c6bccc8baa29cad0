"""A batch of rollouts, judged and shaped."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
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
    """Each group's m rewards before shaping, float64; NaN of one without any reward, which is left out."""
    groups: list[ShapedGroup]
    advantages: Tensor
    """Of all responses, float64."""
    rollout_seconds: float
    feature_seconds: float
    reference_seconds: float
    alignments: Tensor | None = None
    """s of each response, above 0 on the side of reasoning; only with DiRL."""
    components: dict[str, Tensor] = field(default_factory=dict)
    """Of each reward, under TRL's name for it, the unweighted value of every response; NaN where it has none."""
    reward_seconds: float | None = None
    """That the rewards of an experiment took; None without any."""
    observed: bool = True
    """False where no features were taken: the groups have no geometry."""


def text_of(completion: Any) -> str:
    """The text of a completion as TRL has it: a text, or the last message of a conversation."""
    content = completion if isinstance(completion, str) else completion[-1].get("content")
    if isinstance(content, list):
        return "".join(part.get("text", "") for part in content if isinstance(part, dict))
    return content or ""


def same_for_same(phi: Tensor, responses: list[Response]) -> Tensor:
    """The features of a group, with those of its first occurrence for a response that is repeated.

    Equal responses have equal gradients, but kernels may round them differently from row to row. In a group of only
    copies that noise would be the only difference, and normalizing would make it a signal.
    """
    first: dict[tuple[str, int], int] = {}
    places = [first.setdefault((one.text, one.length), place) for place, one in enumerate(responses)]
    return phi[places]


def correct_ones(responses: list[Response], rewards: Tensor) -> Tensor:
    """Whether the verdicts, or where there are none the sums of the rewards, are above 0."""
    judged = [getattr(one.verdict, "reward", None) for one in responses]
    return torch.tensor([a if b is None else b for a, b in zip(rewards.tolist(), judged, strict=True)]) > 0
