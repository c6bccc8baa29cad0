"""Policies for tests: the shipped one, and a tiny random one with the same tokenizer."""

from __future__ import annotations

import shutil
from pathlib import Path

import torch
from save_policy import random_model

COUNTDOWN = Path(__file__).parents[2] / "media" / "policies" / "countdown"


def write_policy(folder: Path) -> Path:
    """A random policy of a few thousand parameters whose texts differ from prompt to prompt."""
    torch.manual_seed(7)
    random_model(21, tied=True).save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json", "generation_config.json"):
        shutil.copy(COUNTDOWN / name, folder / name)
    return folder
