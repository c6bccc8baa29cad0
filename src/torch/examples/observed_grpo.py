"""TRL's own GRPOTrainer with adapters, watched: nothing of the training changes, and the run shows its geometry.

    python observed_grpo.py [model] [run folder]

Started again after a stop, it goes on after its newest checkpoint, in the same folder.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from datasets import Dataset
from peft import LoraConfig
from trl import GRPOConfig, GRPOTrainer

from g2rl_torch import RunDirectoryCallback

SUBJECTS = ["rain", "bread", "the sea", "a train", "night", "salt", "a door", "snow"]


def rhymes(completions: list[str], **_: Any) -> list[float]:
    """The last letters of the first two lines agree."""
    pairs = [text.strip().split("\n")[:2] for text in completions]
    return [1.0 if len(pair) == 2 and pair[0][-2:] == pair[1][-2:] else -1.0 for pair in pairs]


def main(model: str = "Qwen/Qwen3-0.6B-Base", folder: str = ".g2rl/runs/rhymes", **changes: Any) -> GRPOTrainer:
    """changes: of GRPOConfig."""
    settings = {
        "output_dir": "checkpoints/rhymes",
        "num_generations": 8,
        "per_device_train_batch_size": 16,
        "max_completion_length": 32,
        "learning_rate": 1e-5,
        "max_steps": 200,
        "logging_steps": 1,
        "save_steps": 20,
        "report_to": "none",
    }
    args = GRPOConfig(**{**settings, **changes})
    trainer = GRPOTrainer(
        model=model,
        reward_funcs=rhymes,
        args=args,
        train_dataset=Dataset.from_dict({"prompt": [f"Two lines about {subject}:\n" for subject in SUBJECTS * 32]}),
        peft_config=LoraConfig(r=16, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM"),
        callbacks=[RunDirectoryCallback(folder, name="rhymes", observe=True)],
    )
    trainer.train(resume_from_checkpoint=any(Path(args.output_dir).glob("checkpoint-*")))
    return trainer


if __name__ == "__main__":
    main(*sys.argv[1:3])
