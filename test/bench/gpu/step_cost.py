"""What G2RL adds to a GRPO step on a GPU: time and peak memory, at the shape of Qwen3-1.7B with random weights.

    python step_cost.py                            # 16 rollouts of 512, 2,048 and 8,192 tokens
    python step_cost.py --source scoring           # without sampling: the training process beside a vLLM server
    python step_cost.py --shape tiny --cpu         # the same code without a card

One process, one policy, one optimizer: steps of TRL's own GRPOTrainer and of G2RLTrainer take turns, by exchanging the
class of the trainer between steps. Every response has exactly the length asked for. Prints a table, then one JSON line.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from card import COUNTDOWN, SHAPES, configuration, machine, print_table
from datasets import Dataset
from g2rl_torch.method.settings import ShapingSettings
from g2rl_torch.trl.trainer import G2RLTrainer
from transformers import AutoTokenizer, Qwen3Config, Qwen3ForCausalLM, TrainerCallback
from trl import GRPOTrainer

TIME_GOAL = 0.02
MEMORY_GOAL = 0.03
METHODS = ("grpo", "g2rl")


def write_policy(folder: Path, shape: str, dtype: torch.dtype, device: str) -> None:
    """A policy of random weights: TRL loads the policy and its reference from a folder."""
    config = Qwen3Config(
        **SHAPES[shape], tie_word_embeddings=True, pad_token_id=0, eos_token_id=1, bos_token_id=None, dtype=dtype
    )
    torch.manual_seed(0)
    with torch.device(device):
        model = Qwen3ForCausalLM(config)
    model.to(dtype).save_pretrained(folder)
    del model


class Clock(TrainerCallback):  # type: ignore[misc]
    """Decides whose step the next one is, and measures it between two points where the device has nothing to do."""

    def __init__(self, warmup: int, repeats: int, updates: int, cpu: bool) -> None:
        pairs = [METHODS if pair % 2 == 0 else METHODS[::-1] for pair in range(warmup + repeats)]
        self._turns = [method for pair in pairs for method in pair]
        self._counted = 2 * warmup
        self._updates = updates
        self._cpu = cpu
        self._start = 0.0
        self.trainer: Any = None
        self.seconds: dict[str, list[float]] = {method: [] for method in METHODS}
        self.peaks: dict[str, list[int]] = {method: [] for method in METHODS}

    @property
    def total_updates(self) -> int:
        return len(self._turns) * self._updates

    def _wait(self) -> None:
        if not self._cpu:
            torch.cuda.synchronize()

    def on_step_begin(self, _args: object, state: Any, _control: object, **_: object) -> None:  # noqa: ANN401
        step, update = divmod(state.global_step, self._updates)
        if update != 0:
            return
        self.trainer.__class__ = G2RLTrainer if self._turns[step] == "g2rl" else GRPOTrainer
        self._wait()
        if not self._cpu:
            torch.cuda.reset_peak_memory_stats()
        self._start = time.perf_counter()

    def on_step_end(self, _args: object, state: Any, _control: object, **_: object) -> None:  # noqa: ANN401
        step, update = divmod(state.global_step, self._updates)
        if update != 0:
            return
        self._wait()
        seconds = time.perf_counter() - self._start
        if step <= self._counted:
            return
        method = self._turns[step - 1]
        self.seconds[method].append(seconds)
        if not self._cpu:
            self.peaks[method].append(torch.cuda.max_memory_allocated())


def overhead(values: dict[str, list[float]] | dict[str, list[int]]) -> float | None:
    """Median over the pairs of g2rl / grpo − 1: a machine that slows down meanwhile slows both of a pair."""
    ratios = [ours / plain - 1 for ours, plain in zip(values["g2rl"], values["grpo"], strict=True)]
    return statistics.median(ratios) if ratios else None


def measure(policy: Path, length: int, options: argparse.Namespace) -> dict[str, Any]:
    rows = options.prompts * options.rollouts
    per_pass = options.rows_per_pass
    samples = options.source == "sampling"
    # TRL scores rollouts that it has not sampled itself when a step makes more than one update of them.
    updates = 1 if samples else 2
    clock = Clock(options.warmup, options.repeats, updates, options.cpu)
    tokenizer = AutoTokenizer.from_pretrained(COUNTDOWN, padding_side="left")
    # A character is a token.
    prompts = [str(place % 10) * options.prompt_tokens for place in range(options.prompts)]
    generator = torch.Generator().manual_seed(1)
    vocabulary = SHAPES[options.shape]["vocab_size"]

    def parity(completion_ids: list[list[int]], **_: object) -> list[float]:
        """Rewards that differ inside a group and cost nothing."""
        if any(len(ids) != length for ids in completion_ids):
            raise RuntimeError(f"a response does not have {length} tokens")
        return [1.0 if ids[0] % 2 == 0 else -1.0 for ids in completion_ids]

    def given_rollout(texts: list[str], _trainer: object) -> dict[str, Any]:
        # From 2: neither padding nor end.
        tokens = torch.randint(2, vocabulary, (len(texts), length), generator=generator)
        ids = [tokenizer(text)["input_ids"] for text in texts]
        return {"prompt_ids": ids, "completion_ids": tokens.tolist(), "logprobs": None}

    with tempfile.TemporaryDirectory() as output:
        trainer = G2RLTrainer(
            str(policy),
            [parity],
            configuration(
                output,
                options.cpu,
                gradient_checkpointing=True,
                per_device_train_batch_size=per_pass,
                gradient_accumulation_steps=rows // per_pass,
                steps_per_generation=rows // per_pass,
                num_iterations=updates,
                max_steps=clock.total_updates,
                num_generations=options.rollouts,
                max_completion_length=length,
                learning_rate=1e-6,
                logging_strategy="no",
                model_init_kwargs={"dtype": options.dtype},
            ),
            settings=ShapingSettings(uniform_groups="all"),
            train_dataset=Dataset.from_dict({"prompt": prompts}),
            processing_class=tokenizer,
            callbacks=[clock],
        )
        # What the trainer refuses of people: of no response must the end be drawn, and others must have sampled it.
        trainer.generation_config.min_new_tokens = length
        trainer.rollout_func = None if samples else given_rollout
        clock.trainer = trainer
        trainer.train()
    clock.trainer = None
    del trainer
    gc.collect()
    if not options.cpu:
        torch.cuda.empty_cache()
    medians = {method: statistics.median(clock.seconds[method]) for method in METHODS}
    return {
        "length": length,
        "seconds": clock.seconds,
        "medianSeconds": medians,
        "tokensPerSecond": {method: rows * length / medians[method] for method in METHODS},
        "timeOverhead": overhead(clock.seconds),
        "peakBytes": {method: max(clock.peaks[method], default=None) for method in METHODS},
        "memoryOverhead": overhead(clock.peaks),
    }


def percent(value: float | None, goal: float) -> str:
    return "-" if value is None else f"{100 * value:+.2f} % {'ok' if value <= goal else 'over'}"


def gibibytes(value: int | None) -> str:
    return "-" if value is None else f"{value / 2**30:.2f}"


def arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Time and memory that G2RL adds to a GRPO step.")
    parser.add_argument("--shape", choices=sorted(SHAPES), default="qwen3-1.7b", help="of the policy")
    parser.add_argument("--cpu", action="store_true", help="keep off the GPU; there is no figure of memory then")
    parser.add_argument("--source", choices=["sampling", "scoring"], default="sampling", help="pass of the features")
    parser.add_argument("--lengths", type=int, nargs="+", default=[512, 2048, 8192], help="response tokens")
    parser.add_argument("--prompts", type=int, default=1, help="prompts of a step")
    parser.add_argument("--rollouts", type=int, default=16, help="responses to a prompt")
    parser.add_argument("--prompt-tokens", type=int, default=128, help="length of a prompt")
    parser.add_argument("--rows-per-pass", type=int, default=2, help="responses of one forward and backward pass")
    parser.add_argument("--dtype", choices=["bfloat16", "float32"], default=None, help="of the weights")
    parser.add_argument("--warmup", type=int, default=1, help="pairs of steps that are not counted")
    parser.add_argument("--repeats", type=int, default=5, help="pairs of steps that are")
    options = parser.parse_args(argv)
    options.dtype = options.dtype or ("float32" if options.cpu else "bfloat16")
    rows = options.prompts * options.rollouts
    if min(options.rows_per_pass, options.repeats, *options.lengths) < 1 or options.rollouts < 2:
        parser.error("counts must be positive, and a group needs 2 rollouts")
    if rows % options.rows_per_pass != 0:
        parser.error(f"--rows-per-pass {options.rows_per_pass} does not divide {rows} responses")
    return options


def main(argv: list[str]) -> dict[str, Any]:
    options = arguments(argv)
    found = machine(options.cpu)
    results = []
    with tempfile.TemporaryDirectory() as folder:
        policy = Path(folder)
        # What libraries print is not part of the answer.
        with contextlib.redirect_stdout(sys.stderr):
            write_policy(policy, options.shape, getattr(torch, options.dtype), "cpu" if options.cpu else "cuda")
            for length in options.lengths:
                results.append(measure(policy, length, options))
    print_table(
        ["tokens", "grpo s", "g2rl s", "time", "grpo GiB", "g2rl GiB", "memory", "grpo tokens/s", "g2rl tokens/s"],
        [
            [
                str(one["length"]),
                *(f"{one['medianSeconds'][method]:.3f}" for method in METHODS),
                percent(one["timeOverhead"], TIME_GOAL),
                *(gibibytes(one["peakBytes"][method]) for method in METHODS),
                percent(one["memoryOverhead"], MEMORY_GOAL),
                *(f"{one['tokensPerSecond'][method]:.0f}" for method in METHODS),
            ]
            for one in results
        ],
    )
    report = {"benchmark": "step-cost", **found, "settings": vars(options), "results": results}
    print(json.dumps(report))
    return report


if __name__ == "__main__":
    main(sys.argv[1:])
