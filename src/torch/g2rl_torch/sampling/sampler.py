"""The sampler of responses to a benchmark's problems: its input and its output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from torch import Tensor


@dataclass(frozen=True)
class Draw:
    """Responses to be sampled: `samples` to each prompt. What they are depends on nothing else."""

    prompts: list[str]
    first: int
    """Place of the first prompt in its benchmark; the others follow it there."""
    offset: int
    """Responses that were drawn for each of them before."""
    samples: int
    temperature: float
    """0 is greedy."""
    seed: int
    max_new_tokens: int

    @property
    def scale(self) -> float:
        """The temperature T that logits are divided by. Greedy responses have the features of T = 1."""
        return self.temperature or 1.0


@dataclass(frozen=True)
class Sampled:
    tokens: list[int]
    """With the token that ended it."""
    finished: bool
    """False when the length limit cut it off."""
    phi: Tensor
    """Φ: d values, float32, on the CPU."""


class Sampler(Protocol):
    """A policy to sample from, which may be sharded over all ranks: they call it together."""

    name: str
    """What the responses depend on besides a draw and the policy."""

    @property
    def tokenizer(self) -> Any: ...

    def portion(self, problems: int, samples: int, max_new_tokens: int, ranks: int) -> tuple[int, int]:
        """Problems, and responses to each of them, that a rank is best asked for at once."""

    def sample(self, draw: Draw) -> list[Sampled]:
        """The responses, prompt after prompt."""


def sampled(completions: list[list[int]], end_tokens: list[int], phi: Tensor) -> list[Sampled]:
    features = phi.float().cpu()
    return [
        Sampled(tokens, bool(tokens) and tokens[-1] in end_tokens, own)
        for tokens, own in zip(completions, features, strict=True)
    ]
