"""Benchmark scores of a policy, with the geometry of its responses: the lines of `benchmarks.jsonl`."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from accelerate.utils import gather_object
from transformers import GenerationConfig

from .capture import SamplingCapture, whole_head
from .counter_random import stream_of
from .method import ShapingSettings, shape_group, upper_triangle
from .scoring import ScoredResponse, scores
from .task_countdown import Prompt, Verdict, benchmark_prompts, verify

_ROWS_PER_BATCH = 256
_DEFAULT_K = 16


@dataclass(frozen=True)
class Request:
    """A benchmark as the experiment asks for it. temperature 0 is greedy."""

    benchmark: str
    samples: int
    limit: int
    temperature: float
    seed: int
    max_new_tokens: int
    step: int


@dataclass(frozen=True)
class _Answered:
    index: int
    verdicts: list[Verdict]
    lengths: list[int]
    finished: list[bool]
    similarities: list[float]


def evaluate_policy(
    model: Any,
    tokenizer: Any,
    request: Request,
    go_on: Callable[[int, int], bool],
    rank: int = 0,
    ranks: int = 1,
) -> dict[str, Any] | None:
    """Samples and scores; None when `go_on(problems done, of all)` said to give up. All ranks call it together.

    Batches of problems are shared out among the ranks. What is sampled depends on the seed and the batch alone.
    """
    start = time.time()
    problems = benchmark_prompts(request.benchmark, request.limit)
    size = max(1, _ROWS_PER_BATCH // request.samples)
    starts = range(0, len(problems), size)
    answered: list[_Answered] = []
    was_training = model.training
    model.eval()
    try:
        for turn in range(0, len(starts), ranks):
            # Sharded models generate together: a rank without a batch of its own repeats the last one.
            own = min(turn + rank, len(starts) - 1)
            batch = problems[starts[own] : starts[own] + size]
            found = _answer(model, tokenizer, request, batch, starts[own])
            answered.extend(found if turn + rank < len(starts) else [])
            if not go_on(min(starts[min(turn + ranks, len(starts)) - 1] + size, len(problems)), len(problems)):
                return None
    finally:
        model.train(was_training)
    everything: list[_Answered] = sorted(gather_object(answered), key=lambda one: one.index)
    return _record(request, everything, start)


def _answer(model: Any, tokenizer: Any, request: Request, batch: list[Prompt], first: int) -> list[_Answered]:
    greedy = request.temperature == 0
    temperature = 1.0 if greedy else request.temperature
    encoded = tokenizer([prompt.text for prompt in batch], return_tensors="pt", padding=True, padding_side="left")
    rows = {name: encoded[name].to(model.device) for name in ("input_ids", "attention_mask")}
    rows = {name: value.repeat_interleave(request.samples, dim=0) for name, value in rows.items()}
    config = GenerationConfig(
        do_sample=not greedy,
        max_new_tokens=request.max_new_tokens,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        **({} if greedy else {"temperature": temperature, "top_k": 0, "top_p": 1.0}),
    )
    capture = SamplingCapture(model, temperature, [tokenizer.eos_token_id])
    devices = [model.device] if model.device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices), torch.no_grad(), capture.watching():
        torch.manual_seed((request.seed << 32) + stream_of("evaluation", first))
        output = model.generate(**rows, generation_config=config)
    completions = []
    for tokens in output[:, rows["input_ids"].shape[1] :].tolist():
        end = tokens.index(tokenizer.eos_token_id) + 1 if tokenizer.eos_token_id in tokens else len(tokens)
        completions.append(tokens[:end])
    with whole_head(model) as head:
        phi = capture.features(completions, head)
    texts = tokenizer.batch_decode(completions, skip_special_tokens=True)
    answered = []
    for index, prompt in enumerate(batch):
        own = slice(index * request.samples, (index + 1) * request.samples)
        verdicts = [verify(prompt, text) for text in texts[own]]
        rewards = torch.tensor([verdict.reward for verdict in verdicts], dtype=torch.float64)
        group = shape_group(phi[own], rewards, ShapingSettings(method="grpo"))
        answered.append(
            _Answered(
                index=first + index,
                verdicts=verdicts,
                lengths=[len(tokens) for tokens in completions[own]],
                finished=[tokens[-1] == tokenizer.eos_token_id for tokens in completions[own]],
                similarities=[] if group.invalid else upper_triangle(group.similarity).tolist(),
            )
        )
    return answered


def _record(request: Request, answered: list[_Answered], start: float) -> dict[str, Any]:
    k = min(_DEFAULT_K, request.samples)
    verdicts = [[ScoredResponse(one.correct, one.answer) for one in problem.verdicts] for problem in answered]
    lengths = [length for problem in answered for length in problem.lengths]
    finished = [one for problem in answered for one in problem.finished]
    pairs = [value for problem in answered for value in problem.similarities]
    return {
        "step": request.step,
        "benchmark": request.benchmark,
        "problems": len(answered),
        "samples": request.samples,
        "k": k,
        "temperature": request.temperature,
        **scores(verdicts, k),
        "similarity_mean": sum(pairs) / len(pairs) if pairs else None,
        "negative_pair_ratio": sum(value < 0 for value in pairs) / len(pairs) if pairs else None,
        "mean_length": sum(lengths) / len(lengths),
        "truncated": finished.count(False) / len(finished),
        "max_length": max(lengths),
        "unanswered": sum(not one.answer for problem in verdicts for one in problem) / len(lengths),
        "seconds": time.time() - start,
        "time": time.time(),
    }
