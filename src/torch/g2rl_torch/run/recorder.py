"""Writes a run's steps into its directory, from each batch of rollouts and the log of each update."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from ..errors import InputError
from ..experiment.schema import Experiment
from ..files import log
from ..gpus import GpuMonitor
from ..method.metrics import group_metrics
from ..method.similarity import upper_triangle
from ..tasks.verdicts import Row, Task, Verdict
from ..trl.configuration import lambda_at
from ..trl.rollouts import Generation
from .directory import RunDirectory
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


def _rounded(values: Tensor) -> list[float]:
    """Six significant digits: plenty to see, half the bytes."""
    return [float(f"{value:.6g}") for value in values.tolist()]


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


@dataclass
class _CurrentStep:
    start: float = 0.0
    generation: Generation | None = None
    logs: list[dict[str, float]] = field(default_factory=list)


class Recorder:
    """One for each run, on rank 0."""

    def __init__(
        self, directory: RunDirectory, status: Status, experiment: Experiment, task: Task, tokens: int
    ) -> None:
        self._directory = directory
        self._status = status
        self._experiment = experiment
        self._task = task
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
        self._step.generation = generation

    def take_update(self, logs: dict[str, float]) -> None:
        """The trainer's log of one optimizer update."""
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
        generation = self._step.generation
        assert generation is not None
        m = self._experiment.rollout.group_size
        prompts = [response.row for response in generation.responses[::m]]
        verdicts = [response.verdict for response in generation.responses]
        metrics = self._metrics(step, generation, verdicts)
        self._directory.write_step(
            metrics,
            self._groups(step, generation, prompts, verdicts),
            self._rollouts(step, generation, prompts, verdicts),
        )
        seconds = metrics["step_time"]
        previous = self._seconds_per_step if self._seconds_per_step is not None else seconds
        self._seconds_per_step = previous + _RATE_SMOOTHING * (seconds - previous)
        self._status.change(state="running", step=step, tokens=self.tokens, secondsPerStep=self._seconds_per_step)
        log(
            f"step {step} reward {metrics['reward']:.3f} accuracy {metrics['rewards/accuracy']:.3f} "
            f"similarity {metrics['g2rl/similarity_mean']:.3f} {seconds:.2f} s"
        )

    def saved(self, step: int) -> None:
        """There is a checkpoint of a step."""
        self._status.change(checkpointStep=step)

    def _metrics(self, step: int, generation: Generation, verdicts: list[Verdict]) -> dict[str, Any]:
        lengths = [response.length for response in generation.responses]
        rewards = torch.cat(generation.rewards)
        deviations = [one.std().item() if one.numel() > 1 else 0.0 for one in generation.rewards]
        geometry = group_metrics(generation.groups, generation.rewards, generation.advantages)
        updates = {name: _mean([log.get(name, 0.0) for log in self._step.logs]) for name in _AVERAGED}
        mismatch = {name: log[name] for log in self._step.logs for name in SAMPLED_ELSEWHERE if name in log}
        seconds = time.perf_counter() - self._step.start
        self.tokens += sum(lengths)
        before_update = generation.rollout_seconds + generation.feature_seconds + generation.reference_seconds
        return {
            "step": step,
            "time": time.time(),
            "reward": rewards.mean().item(),
            "reward_std": _mean(deviations),
            "rewards/accuracy": _mean([float(verdict.correct) for verdict in verdicts]),
            "frac_reward_zero_std": geometry["g2rl/no_signal_before"],
            **geometry,
            **updates,
            **mismatch,
            "completions/mean_length": _mean([float(length) for length in lengths]),
            "completions/min_length": min(lengths),
            "completions/max_length": max(lengths),
            "completions/clipped_ratio": _mean([float(not one.finished) for one in generation.responses]),
            **self._strength(step),
            "num_tokens": self.tokens,
            "step_time": seconds,
            "tokens_per_second": sum(lengths) / seconds,
            "time/rollout": generation.rollout_seconds,
            "time/reference": generation.reference_seconds,
            "time/update": max(0.0, seconds - before_update),
            "g2rl/feature_seconds": generation.feature_seconds,
            **(self._gpus.take() if self._gpus is not None else {}),
        }

    def _strength(self, step: int) -> dict[str, float]:
        scales = self._experiment.method.name in ("g2rl", "dirl")
        return {"g2rl/lambda": lambda_at(step, self._experiment)} if scales else {}

    def _groups(
        self, step: int, generation: Generation, prompts: list[Row], verdicts: list[Verdict]
    ) -> list[dict[str, Any]]:
        m = self._experiment.rollout.group_size
        signal = generation.advantages.view(-1, m)
        records = []
        for index, group in enumerate(generation.groups):
            own = slice(index * m, (index + 1) * m)
            record = {
                "step": step,
                "group": index,
                "prompt_id": prompts[index]["prompt_id"],
                "prompt": prompts[index]["prompt"],
                "m": m,
                "rewards": generation.rewards[index].tolist(),
                "shaped": _rounded(group.shaped),
                "scalers": _rounded(group.scalers),
                "exploration": _rounded(group.exploration),
                "advantages": _rounded(signal[index]),
                "lengths": [response.length for response in generation.responses[own]],
                "answers": self._task.shown_answers([prompts[index]] * m, verdicts[own]),
                "similarity": _rounded(upper_triangle(group.similarity)),
            }
            records.append({**record, "invalid": True} if group.invalid else record)
        return records

    def _rollouts(
        self, step: int, generation: Generation, prompts: list[Row], verdicts: list[Verdict]
    ) -> list[dict[str, Any]]:
        m = self._experiment.rollout.group_size
        keep = self._experiment.rollout.keep
        kept = {"all": len(prompts), "none": 0}[keep] if isinstance(keep, str) else keep
        records = []
        for group, prompt in enumerate(prompts[:kept]):
            rows = range(group * m, (group + 1) * m)
            responses = [
                {
                    "text": generation.responses[row].text,
                    "answer": verdicts[row].answer,
                    "reward": verdicts[row].reward,
                    "finished": generation.responses[row].finished,
                    "reason": verdicts[row].reason,
                }
                for row in rows
            ]
            records.append(
                {
                    "step": step,
                    "group": group,
                    "prompt_id": prompt["prompt_id"],
                    "prompt": prompt["prompt"],
                    "responses": responses,
                }
            )
        return records
