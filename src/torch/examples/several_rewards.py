"""G2RL with three rewards: one that asks a service for each response, one of the form, one that not all responses have.

    python several_rewards.py [model] [run folder]

TRL sums them by their weights; shaping acts on the sum. Each has its own series in the run.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from datasets import Dataset
from trl import GRPOConfig

from g2rl_torch import G2RLTrainer, RunDirectoryCallback

QUESTIONS = ["Name a colour.", "Name a river.", "Name a metal.", "Name a planet."]


async def helpfulness(completions: list[str], **_: Any) -> list[float]:
    """Asked for all responses at once. In the place of the sum there would be a request to a model that judges."""

    async def asked(text: str) -> float:
        await asyncio.sleep(0)
        return sum(map(str.isalpha, text)) / max(1, len(text))

    return await asyncio.gather(*map(asked, completions))


def is_short(completions: list[str], log_metric: Any, **_: Any) -> list[float]:
    """`log_metric` puts a figure of one's own beside TRL's, and into the run."""
    words = [len(text.split()) for text in completions]
    log_metric("words", sum(words) / len(words))
    return [1.0 if count <= 5 else -1.0 for count in words]


def ends_well(completions: list[str], **_: Any) -> list[float | None]:
    """None: it has nothing to say of a response without letters. The other rewards still count."""
    return [float(text.rstrip().endswith(".")) if any(map(str.isalpha, text)) else None for text in completions]


def main(model: str = "Qwen/Qwen3-0.6B-Base", folder: str = ".g2rl/runs/names", **changes: Any) -> G2RLTrainer:
    """changes: of GRPOConfig."""
    settings = {
        "output_dir": "checkpoints/names",
        "reward_weights": [1.0, 0.5, 0.2],
        "num_generations": 8,
        "per_device_train_batch_size": 16,
        "max_completion_length": 24,
        "learning_rate": 1e-6,
        "max_steps": 200,
        "logging_steps": 1,
        "report_to": "none",
    }
    trainer = G2RLTrainer(
        model,
        [helpfulness, is_short, ends_well],
        GRPOConfig(**{**settings, **changes}),
        Dataset.from_dict({"prompt": QUESTIONS * 64}),
        callbacks=[RunDirectoryCallback(folder, name="names", keep=2)],
    )
    trainer.train()
    return trainer


if __name__ == "__main__":
    main(*sys.argv[1:3])
