"""Whole steps of TRL's GRPOTrainer on torch, one for each line read, for `npm run bench` to compare with ours: on the
processor unless `cuda` is asked for.

    python trl_step.py <policy folder> <prompts.json> <threads> [rows per pass] [cuda]

`prompts.json` is a list of prompt texts, used 16 a step in order. Prints `{"ready": {versions and settings}}`, then
for each line of standard input one step and `{"seconds": s, "responseTokens": n, "peakRssBytes": b}`. The seconds run
from the callback before a step to the callback after its update: reading data and logging are not counted.

What is the same as in the embedded engine's step: the policy's weights and float32, 16 prompts x 16 responses of
exactly 32 new tokens (`min_new_tokens` keeps the end-of-sequence token from being drawn) at temperature 1, a pass of
the frozen reference for the KL term (0.001), one on-policy update of the token-level GRPO loss with clipped gradients
and AdamW, the threads.

What TRL is given for speed, as far as it helps on a CPU:
- no gradient checkpointing, no bfloat16 (TRL's defaults; both slow down a CPU), no dropout, no logging, no top-k;
- scaled dot-product attention, the fused AdamW, TRL's fused head, a dynamic key-value cache;
- as many rows per pass as measured fastest here (all 256: 64 and 128 take longer);
- a reward that costs nothing (the parity of a text's digits) in place of the verifier, and no gradient features;
- full batches: every response has the same length, and only the shorter prompts are padded, by a few tokens.
Not used: vLLM and the Hub's kernels (CUDA), padding-free batches (FlashAttention, CUDA), torch.compile (generation
grows a tensor each token; TRL itself switches compilation off for it).
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import torch
import transformers
import trl
from datasets import Dataset
from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback

PROMPTS_PER_STEP = 16
GROUP_SIZE = 16
NEW_TOKENS = 32

# Libraries print what they like on standard output; the answers go to the real one.
answers = sys.stdout
sys.stdout = sys.stderr


def answer(content: dict[str, Any]) -> None:
    print(json.dumps(content), file=answers, flush=True)


def digit_parity(completions: list[str], **_: object) -> list[float]:
    """Rewards that differ inside a group and cost nothing, so that every group has a gradient."""
    return [1.0 if sum(map(str.isdigit, text)) % 2 == 0 else -1.0 for text in completions]


class EndOfInput(Exception):
    """Nobody asks for another step."""


class Stepper(TrainerCallback):
    """Holds the trainer before each step until a line comes; the end of the input ends the training."""

    def __init__(self) -> None:
        self.start = 0.0
        self.trainer: Any = None

    def on_step_begin(self, _args: object, _state: object, _control: object, **_: object) -> None:
        if not sys.stdin.readline():
            raise EndOfInput
        self.start = time.perf_counter()

    def on_step_end(self, _args: object, _state: object, _control: object, **_: object) -> None:
        seconds = time.perf_counter() - self.start
        length = self.trainer._metrics["train"]["completions/mean_length"][-1]
        answer(
            {
                "seconds": seconds,
                "responseTokens": length * PROMPTS_PER_STEP * GROUP_SIZE,
                "peakRssBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
            }
        )


def main(policy: Path, prompts: list[str], threads: int, rows: int, *, on_gpu: bool) -> None:
    torch.set_num_threads(threads)
    model = AutoModelForCausalLM.from_pretrained(policy, dtype=torch.float32, attn_implementation="sdpa")
    tokenizer = AutoTokenizer.from_pretrained(policy, padding_side="left")
    total = PROMPTS_PER_STEP * GROUP_SIZE
    stepper = Stepper()
    with tempfile.TemporaryDirectory() as output:
        config = trl.GRPOConfig(
            output_dir=output,
            use_cpu=not on_gpu,
            bf16=False,
            gradient_checkpointing=False,
            disable_dropout=True,
            per_device_train_batch_size=rows,
            gradient_accumulation_steps=total // rows,
            num_generations=GROUP_SIZE,
            max_completion_length=NEW_TOKENS,
            generation_kwargs={"min_new_tokens": NEW_TOKENS},
            temperature=1.0,
            top_k=0,
            top_p=1.0,
            beta=0.001,
            loss_type="grpo",
            importance_sampling_level="token",
            scale_rewards="group",
            epsilon=0.2,
            use_bias_correction_kl=False,
            learning_rate=1e-4,
            lr_scheduler_type="constant",
            max_grad_norm=1.0,
            optim="adamw_torch_fused",
            max_steps=len(prompts) // PROMPTS_PER_STEP,
            shuffle_dataset=False,
            logging_strategy="no",
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            dataloader_pin_memory=False,
            seed=0,
        )
        stepper.trainer = trl.GRPOTrainer(
            model=model,
            reward_funcs=digit_parity,
            args=config,
            train_dataset=Dataset.from_dict({"prompt": prompts}),
            processing_class=tokenizer,
            callbacks=[stepper],
        )
        versions = {module.__name__: module.__version__ for module in (torch, transformers, trl)}
        device = torch.cuda.get_device_name() if on_gpu else "CPU"
        shown = {"threads": torch.get_num_threads(), "rowsPerPass": rows, "device": device}
        answer({"ready": {**versions, **shown}})
        with contextlib.suppress(EndOfInput):
            stepper.trainer.train()


if __name__ == "__main__":
    main(
        Path(sys.argv[1]),
        json.loads(Path(sys.argv[2]).read_text(encoding="utf-8")),
        int(sys.argv[3]),
        int(sys.argv[4]) if len(sys.argv) > 4 else PROMPTS_PER_STEP * GROUP_SIZE,
        on_gpu=sys.argv[5:] == ["cuda"],
    )
