"""A short real learning run of the shipped Countdown policy with each method: does it learn, and how fast.

    python learning.py                                   # 100 steps of 16 prompts x 16 responses, all four methods
    python learning.py --cpu --steps 2 --prompts 2       # the same code without a card

All methods see the same prompts in the same order. Prints a table, then one JSON line with every step's figures.

EVOL-RL needs an embedding of texts; here it is a hashed count of character trigrams, which needs no download. A run
that is to be compared with the published one needs a sentence-embedding model.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import statistics
import sys
import tempfile
import time
import zlib
from typing import Any

import torch
from card import COUNTDOWN, configuration, machine, print_table
from datasets import Dataset
from g2rl_torch.experiment.schema import TaskSettings
from g2rl_torch.method.metrics import group_metrics
from g2rl_torch.method.settings import MethodName, ShapingSettings
from g2rl_torch.tasks.countdown import CountdownTask, Prompt, verify
from g2rl_torch.trl.rollouts import Generation
from g2rl_torch.trl.trainer import G2RLTrainer
from torch import Tensor
from transformers import AutoTokenizer, TrainerCallback

METHODS: tuple[MethodName, ...] = ("grpo", "entropy", "evol-rl", "g2rl")
TASK = TaskSettings("countdown", number_counts=(3, 4), max_number=20, max_target=100)
ENTROPY_COEFFICIENT = 0.01
EMBEDDING_SIZE = 256


def trigrams(texts: list[str]) -> Tensor:
    """Counts of character trigrams, hashed: n x 256."""
    counts = torch.zeros(len(texts), EMBEDDING_SIZE)
    for row, text in enumerate(texts):
        padded = f"  {text} "
        for start in range(len(padded) - 2):
            counts[row, zlib.crc32(padded[start : start + 3].encode()) % EMBEDDING_SIZE] += 1
    return counts


class Record(TrainerCallback):  # type: ignore[misc]
    """The figures of every step."""

    def __init__(self, cpu: bool) -> None:
        self.steps: list[dict[str, float]] = []
        self._cpu = cpu
        self._start = 0.0

    def take_generation(self, generation: Generation) -> None:
        geometry = group_metrics(generation.groups, generation.rewards, generation.advantages)
        rewards = torch.stack(generation.rewards)
        self.steps.append(
            {
                "accuracy": (rewards > 0).double().mean().item(),
                "solved": (rewards > 0).any(dim=1).double().mean().item(),
                "length": statistics.mean(response.length for response in generation.responses),
                **{name: geometry[f"g2rl/{name}"] for name in ("similarity_mean", "negative_pair_ratio")},
            }
        )

    def on_step_begin(self, _args: object, _state: object, _control: object, **_: object) -> None:
        self._start = time.perf_counter()

    def on_step_end(self, _args: object, _state: object, _control: object, **_: object) -> None:
        if not self._cpu:
            torch.cuda.synchronize()
        self.steps[-1]["seconds"] = time.perf_counter() - self._start


def learn(method: MethodName, options: argparse.Namespace) -> list[dict[str, float]]:
    task = CountdownTask(TASK, options.seed)
    per_step = options.prompts
    prompts = [prompt for step in range(options.steps) for prompt in task.prompts_for_step(step + 1, per_step)]
    known: dict[str, Prompt] = {prompt.text: prompt for prompt in prompts}

    def accuracy(prompts: list[str], completions: list[str], **_: object) -> list[float]:
        return [float(verify(known[text], answer).reward) for text, answer in zip(prompts, completions, strict=True)]

    rows = per_step * options.rollouts
    record = Record(options.cpu)
    with tempfile.TemporaryDirectory() as output:
        trainer = G2RLTrainer(
            str(COUNTDOWN),
            [accuracy],
            configuration(
                output,
                options.cpu,
                per_device_train_batch_size=rows,
                num_generations=options.rollouts,
                max_completion_length=32,
                max_steps=options.steps,
                learning_rate=options.learning_rate,
                warmup_steps=5,
                entropy_coef=ENTROPY_COEFFICIENT if method == "entropy" else 0.0,
                logging_strategy="no",
                model_init_kwargs={"dtype": "float32"},
            ),
            settings=ShapingSettings(method=method),
            embed=trigrams,
            on_generation=record.take_generation,
            train_dataset=Dataset.from_dict({"prompt": [prompt.text for prompt in prompts]}),
            processing_class=AutoTokenizer.from_pretrained(COUNTDOWN, padding_side="left"),
            callbacks=[record],
        )
        trainer.train()
    return record.steps


def arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Learning runs of the shipped Countdown policy.")
    parser.add_argument("--cpu", action="store_true", help="keep off the GPU")
    parser.add_argument("--methods", choices=METHODS, nargs="+", default=list(METHODS))
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--prompts", type=int, default=16, help="prompts of a step")
    parser.add_argument("--rollouts", type=int, default=16, help="responses to a prompt")
    parser.add_argument("--learning-rate", type=float, default=1e-4)
    parser.add_argument("--seed", type=int, default=0, help="of the prompts")
    parser.add_argument("--window", type=int, default=10, help="steps at either end that figures are means of")
    options = parser.parse_args(argv)
    if min(options.steps, options.prompts, options.window) < 1 or options.rollouts < 2:
        parser.error("counts must be positive, and a group needs 2 rollouts")
    return options


def main(argv: list[str]) -> dict[str, Any]:
    options = arguments(argv)
    found = machine(options.cpu)
    # What libraries print is not part of the answer.
    with contextlib.redirect_stdout(sys.stderr):
        results = {method: learn(method, options) for method in options.methods}

    def change(steps: list[dict[str, float]], name: str) -> str:
        first, last = steps[: options.window], steps[-options.window :]
        return " -> ".join(f"{statistics.mean(step[name] for step in part):.3f}" for part in (first, last))

    names = ["accuracy", "solved", "similarity_mean", "negative_pair_ratio", "length"]
    print_table(
        ["method", *names, "s/step"],
        [
            [method, *(change(steps, name) for name in names), f"{statistics.median(s['seconds'] for s in steps):.3f}"]
            for method, steps in results.items()
        ],
    )
    report = {"benchmark": "learning", **found, "settings": vars(options), "results": results}
    print(json.dumps(report))
    return report


if __name__ == "__main__":
    main(sys.argv[1:])
