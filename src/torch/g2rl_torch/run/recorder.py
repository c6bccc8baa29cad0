"""Writes a run's steps into its directory, from each batch of rollouts and the log of each update."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import torch

from ..errors import InputError
from ..files import log
from ..gpus import GpuMonitor
from ..trl.rollouts import Generation
from .directory import RunDirectory
from .records import Shown, generation_metrics, group_records, mean, rollout_records
from .status import Status

_RATE_SMOOTHING = 0.2
"""Weight of the newest step in the running mean of seconds per step."""
_AVERAGED = ("loss", "grad_norm", "learning_rate", "kl", "entropy", "clip_ratio/low_mean", "clip_ratio/high_mean")
SAMPLED_ELSEWHERE = (
    "sampling/sampling_logp_difference/mean",
    "sampling/sampling_logp_difference/max",
    "sampling/importance_sampling_ratio/min",
    "sampling/importance_sampling_ratio/mean",
    "sampling/importance_sampling_ratio/max",
)
"""How far vLLM's log-probabilities are from the policy's own. TRL logs it once for each batch of rollouts."""
_NOT_OF_A_STEP = ("epoch", "num_tokens", "step_time", "frac_reward_zero_std")


@dataclass
class _CurrentStep:
    start: float = 0.0
    generations: list[Generation] = field(default_factory=list)
    logs: list[dict[str, float]] = field(default_factory=list)


class Recorder:
    """One for each run, on rank 0.

    strength: step → λ, of methods that have one. own: whether the trainer was set up here, so that an update whose loss
    is not finite ends the run; of any other trainer whatever it logs is recorded. say: takes a line for people.
    """

    def __init__(
        self,
        directory: RunDirectory,
        status: Status,
        shown: Shown,
        tokens: int,
        strength: Callable[[int], float] | None = None,
        *,
        own: bool = True,
        say: Callable[[str], None] = log,
    ) -> None:
        self._directory = directory
        self._status = status
        self._shown = shown
        self._strength = strength
        self._own = own
        self._say = say
        self.tokens = tokens
        """Response tokens sampled so far."""
        self._gpus = GpuMonitor() if torch.cuda.is_available() else None
        self._seconds_per_step: float | None = None
        self._step = _CurrentStep()

    def begin_step(self, done: int) -> None:
        """done: steps before it."""
        self._status.change(state="running", step=done)
        self._step = _CurrentStep(start=time.perf_counter())

    def take_generation(self, generation: Generation) -> None:
        self._step.generations.append(generation)

    def take_update(self, logs: dict[str, float]) -> None:
        """The trainer's log of one optimizer update, or of several."""
        if self._own:
            for name in ("loss", "grad_norm"):
                if not math.isfinite(logs[name]):
                    raise InputError(
                        f"The {name} is {logs[name]}.",
                        "Start a new run with a lower optimization.learningRate, or lower it in the run's run.json and "
                        "resume the run.",
                    )
        self._step.logs.append(logs)

    def end_step(self, step: int) -> None:
        """Writes the step."""
        if not self._step.generations:
            # Of another trainer, which updates again on what it has sampled before.
            if self._step.logs:
                self._directory.append_metrics({"step": step, "time": time.time(), **self._updates()})
            self._status.change(state="running", step=step)
            return
        generation = _joined(self._step.generations)
        metrics = self._metrics(step, generation)
        self._directory.write_step(
            metrics,
            group_records(step, generation, self._shown),
            rollout_records(step, generation, self._shown),
        )
        seconds = metrics["step_time"]
        previous = self._seconds_per_step if self._seconds_per_step is not None else seconds
        self._seconds_per_step = previous + _RATE_SMOOTHING * (seconds - previous)
        self._status.change(state="running", step=step, tokens=self.tokens, secondsPerStep=self._seconds_per_step)
        figures = {
            "reward": metrics["reward"],
            "accuracy": metrics.get("rewards/accuracy"),
            "similarity": metrics.get("g2rl/similarity_mean"),
        }
        shown = " ".join(f"{name} {value:.3f}" for name, value in figures.items() if value is not None)
        self._say(f"step {step} {shown} {seconds:.2f} s")

    def saved(self, step: int) -> None:
        """There is a checkpoint of a step."""
        self._status.change(checkpointStep=step)

    def _updates(self) -> dict[str, float]:
        logs = self._step.logs
        if self._own:
            return {
                **{name: mean([log.get(name, 0.0) for log in logs]) for name in _AVERAGED},
                **{name: log[name] for log in logs for name in SAMPLED_ELSEWHERE if name in log},
            }
        found: dict[str, list[float]] = {}
        for one in logs:
            for name, value in one.items():
                if isinstance(value, (int, float)) and math.isfinite(value) and name not in _NOT_OF_A_STEP:
                    found.setdefault(name, []).append(value)
        return {name: mean(values) for name, values in found.items()}

    def _metrics(self, step: int, generation: Generation) -> dict[str, Any]:
        sampled = sum(response.length for response in generation.responses)
        seconds = time.perf_counter() - self._step.start
        self.tokens += sampled
        rewards = generation.reward_seconds
        before_update = generation.rollout_seconds + generation.feature_seconds + generation.reference_seconds
        return {
            "step": step,
            "time": time.time(),
            **self._updates(),
            **generation_metrics(generation, self._shown),
            **({} if self._strength is None else {"g2rl/lambda": self._strength(step)}),
            "num_tokens": self.tokens,
            "step_time": seconds,
            "tokens_per_second": sampled / seconds,
            "time/rollout": generation.rollout_seconds,
            "time/reference": generation.reference_seconds,
            "time/update": max(0.0, seconds - before_update - (rewards or 0.0)),
            **({} if rewards is None else {"time/rewards": rewards}),
            **({"g2rl/feature_seconds": generation.feature_seconds} if generation.observed else {}),
            **(self._gpus.take() if self._gpus is not None else {}),
        }


def _joined(parts: list[Generation]) -> Generation:
    """The batches of rollouts of one step as one."""
    first, *others = parts
    if not others:
        return first
    names = first.components
    return replace(
        first,
        responses=[response for one in parts for response in one.responses],
        rewards=[rewards for one in parts for rewards in one.rewards],
        groups=[group for one in parts for group in one.groups],
        advantages=torch.cat([one.advantages for one in parts]),
        rollout_seconds=sum(one.rollout_seconds for one in parts),
        feature_seconds=sum(one.feature_seconds for one in parts),
        reference_seconds=sum(one.reference_seconds for one in parts),
        alignments=None if first.alignments is None else torch.cat([one.alignments for one in parts]),  # type: ignore[misc]
        components={name: torch.cat([one.components[name] for one in parts]) for name in names},
    )
