"""What the GPU benchmarks share: the machine they run on, the shapes of policies, TRL's settings, tables."""

from __future__ import annotations

import contextlib
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("TRL_EXPERIMENTAL_SILENCE", "1")
sys.path.insert(0, str(Path(__file__).parents[3] / "src" / "torch"))

import torch
import transformers
import trl
from trl import GRPOConfig

COUNTDOWN = Path(__file__).parents[3] / "media" / "policies" / "countdown"

SHAPES: dict[str, dict[str, Any]] = {
    "qwen3-1.7b": {
        "vocab_size": 151_936,
        "hidden_size": 2048,
        "num_hidden_layers": 28,
        "num_attention_heads": 16,
        "num_key_value_heads": 8,
        "head_dim": 128,
        "intermediate_size": 6144,
        "max_position_embeddings": 40_960,
        "rope_parameters": {"rope_type": "default", "rope_theta": 1_000_000},
    },
    # The same code in seconds on a processor; its figures mean nothing.
    "tiny": {
        "vocab_size": 64,
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "head_dim": 16,
        "intermediate_size": 64,
        "max_position_embeddings": 512,
    },
}
"""By name; all have a tied head."""


def driver_version() -> str | None:
    query = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    with contextlib.suppress(OSError, subprocess.CalledProcessError):
        return subprocess.run(query, capture_output=True, text=True, check=True).stdout.split("\n")[0].strip() or None
    return None


def machine(cpu: bool) -> dict[str, Any]:
    """Card, driver and versions. Raises SystemExit unless there is one card, or none is wanted."""
    if not cpu and not torch.cuda.is_available():
        raise SystemExit("There is no CUDA card. --cpu runs the same code on the processor.")
    if not cpu and torch.cuda.device_count() > 1:
        raise SystemExit("There are several cards: name one by CUDA_VISIBLE_DEVICES. One is measured at a time.")
    return {
        "device": (platform.processor() or platform.machine()) if cpu else torch.cuda.get_device_name(),
        "memoryBytes": None if cpu else torch.cuda.get_device_properties(0).total_memory,
        "driver": None if cpu else driver_version(),
        "cuda": None if cpu else torch.version.cuda,
        "versions": {module.__name__: module.__version__ for module in (torch, transformers, trl)},
    }


def configuration(output: str, cpu: bool, **settings: Any) -> GRPOConfig:  # noqa: ANN401
    """TRL's settings that all benchmarks share: what the torch engine sets, and nothing that is not measured."""
    return GRPOConfig(
        output_dir=output,
        use_cpu=cpu,
        bf16=not cpu,
        disable_dropout=True,
        temperature=1.0,
        top_k=0,
        top_p=1.0,
        beta=0.001,
        use_bias_correction_kl=False,
        loss_type="grpo",
        scale_rewards="group",
        lr_scheduler_type="constant_with_warmup",
        optim="adamw_torch_fused",
        shuffle_dataset=False,
        remove_unused_columns=False,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=not cpu,
        seed=0,
        **settings,
    )


def print_table(header: list[str], rows: list[list[str]]) -> None:
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]
    for row in [header, ["-" * width for width in widths], *rows]:
        print("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)))
