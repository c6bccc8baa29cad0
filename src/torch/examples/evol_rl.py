"""EVOL-RL: rewards by how new the text of a response is, under an embedding of one's own. For comparison with G2RL.

    python evol_rl.py [model] [run folder] [embedding model]

`on_generation` is given each batch of rollouts after shaping: its rewards, groups and responses.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import torch
from datasets import Dataset
from transformers import AutoModel, AutoTokenizer
from trl import GRPOConfig

from g2rl_torch import G2RLTrainer, RunDirectoryCallback, ShapingSettings

CONVERSATIONS = [[{"role": "user", "content": f"Write the number {number} in words."}] for number in range(64)]


def embedder(name: str) -> Callable[[list[str]], torch.Tensor]:
    """Texts → the mean of the last hidden states of each, one row a text."""
    tokenizer, model = AutoTokenizer.from_pretrained(name), AutoModel.from_pretrained(name).eval()

    def embed(texts: list[str]) -> torch.Tensor:
        rows = []
        for text in texts:
            # An empty text has no tokens.
            tokens = tokenizer(text or "-", return_tensors="pt", truncation=True, max_length=256)
            with torch.no_grad():
                rows.append(model(**tokens).last_hidden_state[0].mean(dim=0))
        return torch.stack(rows)

    return embed


def says_a_number(completions: list[list[dict[str, str]]], **_: Any) -> list[float]:
    words = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "zero", "ty")
    texts = [completion[-1]["content"].lower() for completion in completions]
    return [1.0 if any(word in text for word in words) else -1.0 for text in texts]


def report(generation: Any) -> None:
    spread = sum(float(group.shaped.std()) for group in generation.groups) / len(generation.groups)
    print(f"{len(generation.responses)} responses, shaped rewards spread by {spread:.2f} in a group")


def main(
    model: str = "Qwen/Qwen3-0.6B",
    folder: str = ".g2rl/runs/numbers",
    embedding_model: str = "sentence-transformers/all-MiniLM-L6-v2",
    **changes: Any,
) -> G2RLTrainer:
    """changes: of GRPOConfig."""
    settings = {
        "output_dir": "checkpoints/numbers",
        "num_generations": 8,
        "per_device_train_batch_size": 16,
        "max_completion_length": 32,
        "learning_rate": 1e-6,
        "max_steps": 200,
        "logging_steps": 1,
        "report_to": "none",
    }
    trainer = G2RLTrainer(
        model,
        says_a_number,
        GRPOConfig(**{**settings, **changes}),
        Dataset.from_dict({"prompt": CONVERSATIONS}),
        callbacks=[RunDirectoryCallback(folder, name="numbers")],
        settings=ShapingSettings(method="evol-rl"),
        embed=embedder(embedding_model),
        on_generation=report,
    )
    trainer.train()
    return trainer


if __name__ == "__main__":
    main(*sys.argv[1:4])
