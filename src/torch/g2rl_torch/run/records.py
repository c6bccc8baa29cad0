"""The records of a step, from its batch of rollouts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from ..method.metrics import group_metrics
from ..method.shaping import present
from ..method.similarity import upper_triangle
from ..tasks.verdicts import Row
from ..trl.rollouts import Generation, Response


@dataclass(frozen=True)
class Shown:
    """What a run's records show."""

    group_size: int
    keep: Literal["all", "none"] | int
    """Groups of a step whose texts are kept, the first ones."""
    answers: Callable[[list[Row], list[Any]], list[str]]
    """Rows and verdicts of one group → its answers, equivalent ones by the same text."""
    rewards: bool = False
    """Whether the values of single rewards are recorded."""

    def kept(self, groups: int) -> int:
        return {"all": groups, "none": 0}[self.keep] if isinstance(self.keep, str) else self.keep


def _rounded(values: Tensor) -> list[float]:
    """Six significant digits: plenty to see, half the bytes. What a response that is left out has not is 0."""
    return [float(f"{value:.6g}") for value in values.nan_to_num(0.0).tolist()]


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _value(value: float) -> float | None:
    return None if value != value else float(f"{value:.6g}")


def _deviation(values: Tensor) -> float:
    return values.std().item() if values.numel() > 1 else 0.0


def reward_metrics(components: dict[str, Tensor]) -> dict[str, float]:
    """`rewards/<name>/…` of each reward, over the responses that have a value."""
    metrics = {}
    for name, values in components.items():
        known = present(values)
        if known.numel():
            metrics[f"rewards/{name}/mean"] = known.mean().item()
            metrics[f"rewards/{name}/std"] = _deviation(known)
        if known.numel() < values.numel():
            metrics[f"rewards/{name}/null"] = 1 - known.numel() / values.numel()
    return metrics


def generation_metrics(generation: Generation, shown: Shown) -> dict[str, float]:
    """What follows from the rollouts of a step alone."""
    lengths = [response.length for response in generation.responses]
    verdicts = [response.verdict for response in generation.responses]
    known = present(torch.cat(generation.rewards))
    geometry = group_metrics(generation.groups, generation.rewards, generation.advantages)
    if not generation.observed:
        geometry = {name: geometry[name] for name in ("g2rl/no_signal_before", "g2rl/no_signal_after")}
    alignments = generation.alignments
    judged = all(hasattr(verdict, "correct") for verdict in verdicts)
    return {
        "reward": known.mean().item() if known.numel() else 0.0,
        "reward_std": _deviation(known),
        **({"rewards/accuracy": mean([float(verdict.correct) for verdict in verdicts])} if judged else {}),
        **(reward_metrics(generation.components) if shown.rewards else {}),
        "frac_reward_zero_std": geometry["g2rl/no_signal_before"],
        **geometry,
        **({} if alignments is None else {"dirl/reasoning_share": (alignments > 0).double().mean().item()}),
        "completions/mean_length": mean([float(length) for length in lengths]),
        "completions/min_length": min(lengths),
        "completions/max_length": max(lengths),
        "completions/clipped_ratio": mean([float(not one.finished) for one in generation.responses]),
    }


def group_records(step: int, generation: Generation, shown: Shown) -> list[dict[str, Any]]:
    """Lines of `groups.jsonl`."""
    m = shown.group_size
    records = []
    for index, group in enumerate(generation.groups):
        own = slice(index * m, (index + 1) * m)
        responses = generation.responses[own]
        rewards = generation.rewards[index]
        row = responses[0].row
        record = {
            "step": step,
            "group": index,
            "prompt_id": row["prompt_id"],
            "prompt": row["prompt"],
            "m": m,
            "rewards": _rounded(rewards),
            "shaped": _rounded(group.shaped),
            "scalers": _rounded(group.scalers),
            "exploration": _rounded(group.exploration) if generation.observed else [],
            "advantages": _rounded(generation.advantages[own]),
            "lengths": [response.length for response in responses],
            "answers": shown.answers([row] * m, [response.verdict for response in responses]),
            "similarity": _rounded(upper_triangle(group.similarity)) if generation.observed else [],
        }
        if shown.rewards:
            components = generation.components.items()
            record["components"] = {name: [_value(one) for one in values[own].tolist()] for name, values in components}
        if bool(rewards.isnan().any()):
            record["left_out"] = rewards.isnan().nonzero().flatten().tolist()
        if group.invalid and generation.observed:
            record["invalid"] = True
        records.append(record)
    return records


def rollout_records(step: int, generation: Generation, shown: Shown) -> list[dict[str, Any]]:
    """Lines of the step's file in `rollouts/`."""
    m = shown.group_size
    records = []
    for group, rewards in enumerate(generation.rewards[: shown.kept(len(generation.groups))]):
        first = group * m
        responses = []
        for place, reward in enumerate(_rounded(rewards)):
            record = _response(generation.responses[first + place], reward)
            if shown.rewards:
                values = generation.components.items()
                record["rewards"] = {name: _value(of[first + place].item()) for name, of in values}
            responses.append(record)
        row = generation.responses[first].row
        records.append(
            {
                "step": step,
                "group": group,
                "prompt_id": row["prompt_id"],
                "prompt": row["prompt"],
                "responses": responses,
            }
        )
    return records


def _response(response: Response, reward: float) -> dict[str, Any]:
    notes = getattr(response.verdict, "notes", None)
    return {
        "text": response.text,
        "answer": getattr(response.verdict, "answer", ""),
        "reward": reward,
        "finished": response.finished,
        "reason": getattr(response.verdict, "reason", ""),
        **({"notes": notes} if notes else {}),
    }
