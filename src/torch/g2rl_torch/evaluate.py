"""Benchmark scores of a policy, with the geometry of its responses: `benchmarks.jsonl` and `evaluations/`."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from accelerate.utils import broadcast_object_list, gather_object
from transformers import GenerationConfig

from .capture import SamplingCapture, end_tokens_of, whole_head
from .counter_random import stream_of
from .evaluations import EvaluationFile, evaluation_file
from .method import ShapingSettings, shape_group, upper_triangle
from .run_directory import SCHEMA
from .scoring import ScoredResponse, maj_at_k, pass_at_k, scores
from .verdicts import Benchmark

_MOST_ROWS = 256
_TOKENS_PER_BATCH = 131_072
"""Tokens whose keys and values are held at once: 14 GiB for a policy of 1.7 B parameters in bfloat16."""
_DEFAULT_K = 16
_FURTHER_K = (32, 64, 128, 256)
"""More k that are worth a pass@k when there are enough responses: the paper reports 32 too."""


@dataclass(frozen=True)
class Request:
    """A benchmark as it is asked for. temperature 0 is greedy."""

    benchmark: str
    samples: int
    temperature: float
    seed: int
    max_new_tokens: int
    step: int
    policy: str
    """SHA-256 of the weights: what is sampled depends on them."""


@dataclass(frozen=True)
class Place:
    rank: int = 0
    ranks: int = 1


@dataclass(frozen=True)
class Sampler:
    """A policy to sample from, which may be sharded over all ranks."""

    generating: Callable[[], AbstractContextManager[Any]]
    """The model, ready for `generate` while the context lasts. All ranks enter together."""
    tokenizer: Any
    device: torch.device


def evaluation_header(request: Request, benchmark: Benchmark) -> dict[str, Any]:
    problems = json.dumps([asdict(problem) for problem in benchmark.problems], ensure_ascii=False)
    digest = hashlib.sha256(problems.encode()).hexdigest()
    return {"schema": SCHEMA, **asdict(request), "problems": digest, "engine": "torch"}


def evaluate_policy(
    sampler: Sampler,
    benchmark: Benchmark,
    request: Request,
    run: Path | None,
    go_on: Callable[[int, int], bool],
    place: Place = Place(),
) -> dict[str, Any] | None:
    """Samples and scores; None when `go_on(problems done, of all)` said to give up. All ranks call it together.

    Batches of problems are shared out among the ranks; rank 0 appends what is done to the file in the run's folder, and
    what that already holds is not sampled again. What is sampled depends on the seed and the batch alone. Returns the
    record for `benchmarks.jsonl`.
    """
    start = time.time()
    count = len(benchmark.problems)
    rows = max(1, min(_MOST_ROWS, _TOKENS_PER_BATCH // request.max_new_tokens))
    size = max(1, rows // request.samples)
    relative = evaluation_file(request.step, request.benchmark)
    file = None
    if run is not None and place.rank == 0:
        file = EvaluationFile(run / relative, evaluation_header(request, benchmark))
    done: dict[str, dict[str, Any]] = broadcast_object_list([file.done if file is not None else {}])[0]
    done = dict(done)
    batches = [range(first, min(first + size, count)) for first in range(0, count, size)]
    open_batches = [batch for batch in batches if any(benchmark.problems[index].id not in done for index in batch)]
    if not go_on(len(done), count):
        return None
    for turn in range(0, len(open_batches), place.ranks):
        # Sharded models generate together: a rank without a batch of its own repeats the last one.
        own = open_batches[min(turn + place.rank, len(open_batches) - 1)]
        found = _answer(sampler, benchmark, request, own, rows)
        spare = turn + place.rank >= len(open_batches)
        together: list[dict[str, Any]] = gather_object([] if spare else found)
        fresh = [problem for problem in together if problem["id"] not in done]
        done.update((problem["id"], problem) for problem in fresh)
        if file is not None:
            file.append(fresh)
        if not go_on(len(done), count):
            return None
    in_order = [done[problem.id] for problem in benchmark.problems]
    record = _record(request, in_order, start)
    return record if run is None else {**record, "samples_file": relative.as_posix()}


@dataclass(frozen=True)
class _Sampled:
    tokens: list[int]
    finished: bool
    phi: torch.Tensor


def _answer(sampler: Sampler, benchmark: Benchmark, request: Request, batch: range, rows: int) -> list[dict[str, Any]]:
    prompts = [benchmark.problems[index].prompt for index in batch]
    answers: list[list[_Sampled]] = [[] for _ in batch]
    # One problem with more samples than a batch has rows is sampled in several passes.
    for first in range(0, request.samples, rows):
        samples = min(rows, request.samples - first)
        found = _sample(sampler, request, prompts, batch.start, first, samples)
        for position, answer in enumerate(answers):
            answer += found[position * samples : (position + 1) * samples]
    return [_problem(sampler.tokenizer, benchmark, index, answer) for index, answer in zip(batch, answers, strict=True)]


def _sample(
    sampler: Sampler, request: Request, prompts: list[str], first: int, sample: int, samples: int
) -> list[_Sampled]:
    """`samples` responses to each prompt, prompt after prompt."""
    tokenizer = sampler.tokenizer
    greedy = request.temperature == 0
    temperature = 1.0 if greedy else request.temperature
    encoded = tokenizer(prompts, return_tensors="pt", padding=True, padding_side="left")
    inputs = {name: encoded[name].to(sampler.device) for name in ("input_ids", "attention_mask")}
    inputs = {name: value.repeat_interleave(samples, dim=0) for name, value in inputs.items()}
    devices = [sampler.device] if sampler.device.type == "cuda" else []
    with sampler.generating() as model, torch.random.fork_rng(devices=devices), torch.no_grad():
        policy = model.get_base_model() if hasattr(model, "get_base_model") else model
        end_tokens = end_tokens_of(policy, tokenizer)
        config = GenerationConfig(
            do_sample=not greedy,
            max_new_tokens=request.max_new_tokens,
            pad_token_id=tokenizer.pad_token_id,
            eos_token_id=end_tokens,
            **({} if greedy else {"temperature": temperature, "top_k": 0, "top_p": 1.0}),
        )
        capture = SamplingCapture(policy, temperature, end_tokens)
        torch.manual_seed((request.seed << 32) + stream_of("evaluation", first * 4096 + sample))
        with capture.watching():
            output = model.generate(**inputs, generation_config=config)
    completions = []
    for tokens in output[:, inputs["input_ids"].shape[1] :].tolist():
        end = next((place for place, token in enumerate(tokens, start=1) if token in end_tokens), len(tokens))
        completions.append(tokens[:end])
    with whole_head(policy) as head:
        phi = capture.features(completions, head)
    finished = [bool(tokens) and tokens[-1] in end_tokens for tokens in completions]
    return [_Sampled(*one) for one in zip(completions, finished, phi.float().cpu(), strict=True)]


def _problem(tokenizer: Any, benchmark: Benchmark, index: int, sampled: list[_Sampled]) -> dict[str, Any]:
    """A line of the file: counts first, so that a list of problems is made without parsing responses."""
    problem = benchmark.problems[index]
    texts = tokenizer.batch_decode([one.tokens for one in sampled], skip_special_tokens=True)
    grades = benchmark.grade(index, texts)
    phi = torch.stack([one.phi for one in sampled])
    group = shape_group(phi, torch.zeros(len(texts)), ShapingSettings(method="grpo"))
    pairs = upper_triangle(group.similarity).tolist() if not group.invalid else []
    responses = [
        {
            "text": text,
            "answer": grade.answer,
            "class": grade.class_,
            "correct": grade.correct,
            "reason": grade.reason,
            "tokens": len(one.tokens),
            "finished": one.finished,
        }
        for text, grade, one in zip(texts, grades, sampled, strict=True)
    ]
    return {
        "id": problem.id,
        "n": len(responses),
        "correct": sum(grade.correct for grade in grades),
        "answers": len({grade.class_ for grade in grades if grade.class_ >= 0}),
        "majority": maj_at_k(_scored(responses), len(responses)),
        "problem": problem.statement,
        "gold": problem.gold,
        **({} if problem.choices is None else {"choices": problem.choices}),
        "responses": responses,
        "pairs": len(pairs),
        "similarity_mean": sum(pairs) / len(pairs) if pairs else None,
        "negative_pair_ratio": sum(value < 0 for value in pairs) / len(pairs) if pairs else None,
    }


def _scored(responses: list[dict[str, Any]]) -> list[ScoredResponse]:
    return [ScoredResponse(one["correct"], "" if one["class"] < 0 else str(one["class"])) for one in responses]


def _record(request: Request, problems: list[dict[str, Any]], start: float) -> dict[str, Any]:
    k = min(_DEFAULT_K, request.samples)
    responses = [one for problem in problems for one in problem["responses"]]
    lengths = [one["tokens"] for one in responses]
    pairs = sum(problem["pairs"] for problem in problems)

    def over_pairs(name: str) -> float | None:
        return sum((problem[name] or 0) * problem["pairs"] for problem in problems) / pairs if pairs else None

    further = {
        str(size): sum(pass_at_k(problem["n"], problem["correct"], size) for problem in problems) / len(problems)
        for size in _FURTHER_K
        if k < size <= request.samples
    }
    return {
        "step": request.step,
        "benchmark": request.benchmark,
        "problems": len(problems),
        "samples": request.samples,
        "k": k,
        **scores([_scored(problem["responses"]) for problem in problems], k),
        **({"pass_at": further} if further else {}),
        "similarity_mean": over_pairs("similarity_mean"),
        "negative_pair_ratio": over_pairs("negative_pair_ratio"),
        "mean_length": sum(lengths) / len(lengths),
        "max_length": max(lengths),
        "truncated": sum(not one["finished"] for one in responses) / len(responses),
        "unanswered": sum(one["answer"] is None for one in responses) / len(responses),
        "temperature": request.temperature,
        "seconds": time.time() - start,
        "time": time.time(),
    }
