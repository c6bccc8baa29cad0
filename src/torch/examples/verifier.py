"""G2RL with a verifier: +1 for a right sum, −1 for any other answer.

    python verifier.py [model] [run folder]

Open the folder above `.g2rl` in the editor, and G2RL Lab shows the run while it trains.
"""

from __future__ import annotations

import random
import re
import sys
from typing import Any

from datasets import Dataset
from trl import GRPOConfig

from g2rl_torch import G2RLTrainer, RunDirectoryCallback, ShapingSettings


def sums(count: int) -> Dataset:
    """Prompts, each with the answer that the reward below is given as `answer`."""
    draw = random.Random(0)
    pairs = [(draw.randint(10, 99), draw.randint(10, 99)) for _ in range(count)]
    return Dataset.from_list([{"prompt": f"{a} + {b} =", "answer": str(a + b)} for a, b in pairs])


def is_right(completions: list[str], answer: list[str], **_: Any) -> list[float]:
    """Gradient novelty scales rewards: with −1 a wrong answer can be shaped too, which 0 cannot."""
    numbers = [re.search(r"\d+", text) for text in completions]
    return [1.0 if found and found.group() == right else -1.0 for found, right in zip(numbers, answer, strict=True)]


def main(model: str = "Qwen/Qwen3-0.6B-Base", folder: str = ".g2rl/runs/sums", **changes: Any) -> G2RLTrainer:
    """changes: of GRPOConfig."""
    settings = {
        "output_dir": "checkpoints/sums",
        "num_generations": 8,
        "per_device_train_batch_size": 16,
        "max_completion_length": 16,
        "learning_rate": 1e-6,
        "max_steps": 200,
        "logging_steps": 1,
        "save_steps": 50,
        "report_to": "none",
    }
    trainer = G2RLTrainer(
        model,
        is_right,
        GRPOConfig(**{**settings, **changes}),
        sums(512),
        callbacks=[RunDirectoryCallback(folder, name="sums")],
        settings=ShapingSettings(lambda_=0.5),
    )
    trainer.train()
    return trainer


if __name__ == "__main__":
    main(*sys.argv[1:3])
