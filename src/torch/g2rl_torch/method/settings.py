"""Which method shapes rewards, and how; free of torch, so that a file of settings is read without it."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral, Real
from typing import Literal, get_args

MethodName = Literal["g2rl", "grpo", "entropy", "evol-rl", "pass-at-k", "dirl"]
Shaping = Literal["signed", "unit", "eq12"]
UniformGroups = Literal["correct", "all", "none"]
MemorySign = Literal["paper", "code"]
LambdaSchedule = Literal["constant", "linear", "warm-up"]
RewardScale = Literal["group", "batch", "none"]
Preset = Literal["text", "authors"]

PRESETS: dict[Preset, dict[str, str | float]] = {
    "text": {"shaping": "signed", "uniformGroups": "correct", "lambda": 0.5},
    "authors": {"shaping": "eq12", "uniformGroups": "all", "lambda": 0.5, "clip": 3},
}
"""What a preset stands for, by the names in JSON."""


def lambda_of_step(step: int, steps: int, strength: float, schedule: LambdaSchedule, warmup_steps: int) -> float:
    """λ of a step (1-based) of a run, from the step alone, so that a resumed run follows it.

    linear: falls evenly to 0 at the last step. warm-up: rises evenly over the first `warmup_steps`.
    """
    if schedule == "linear":
        return strength * (1 - step / steps)
    if schedule == "warm-up" and step < warmup_steps:
        return strength * step / warmup_steps
    return strength


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
    k: int = 4
    """Responses of which one must be correct; read by pass-at-k."""
    memory_sign: MemorySign = "paper"
    """Sign of novelty in the factor of responses against the direction; read by dirl."""

    def __post_init__(self) -> None:
        for name, value, known in (
            ("method", self.method, get_args(MethodName)),
            ("shaping", self.shaping, get_args(Shaping)),
            ("uniformGroups", self.uniform_groups, get_args(UniformGroups)),
            ("memorySign", self.memory_sign, get_args(MemorySign)),
        ):
            if value not in known:
                raise ValueError(f"{name}: {value!r} is not known; known: {', '.join(known)}")
        for name, number in (("lambda", self.lambda_), ("clip", self.clip)):
            if not isinstance(number, Real):
                raise ValueError(f"{name}: must be a number, got {number!r}")
        if not isinstance(self.k, Integral):
            raise ValueError(f"k: must be a whole number, got {self.k!r}")
        if not 0 <= self.lambda_ <= 1:
            raise ValueError(f"lambda: must be from 0 to 1, got {self.lambda_}")
        if not self.clip > 0:
            raise ValueError(f"clip: must be above 0, got {self.clip}")
        if self.k < 1:
            raise ValueError(f"k: must be at least 1, got {self.k}")
