"""One benchmark of one policy: samples, judges and scores its responses, and keeps them in `evaluations/`."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from accelerate.utils import broadcast_object_list, gather_object

from ..files import SCHEMA
from ..method.settings import ShapingSettings
from ..method.shaping import shape_group
from ..method.similarity import log_determinant, similarity_histogram, similarity_matrix, upper_triangle
from ..models.embedding import Embed
from ..sampling.sampler import Draw, Sampled, Sampler
from ..tasks.thoughts import opened_thoughts
from ..tasks.verdicts import Benchmark
from .responses import EvaluationFile, evaluation_file
from .scores import ScoredResponse, maj_at_k, pass_at_k, scores

_DEFAULT_K = 16
_FURTHER_K = (32, 64, 128, 256)
# Responses to a problem whose pairs are kept.
_MOST_KEPT = 64
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
    embedding_model: str | None = None
    """By which the texts of responses are compared."""


@dataclass(frozen=True)
class Place:
    """Which share of the batches is this process's."""

    rank: int = 0
    ranks: int = 1
    reports: bool = True
    """False for a process that only helps another with the same batches."""


def evaluation_header(request: Request, benchmark: Benchmark, sampler: str) -> dict[str, Any]:
    # Where a problem stands decides nothing.
    asked = [{**asdict(problem), "where": None} for problem in benchmark.problems]
    problems = json.dumps(asked, ensure_ascii=False)
    digest = hashlib.sha256(problems.encode()).hexdigest()
    judge = {} if benchmark.judge is None else {"judge": benchmark.judge, "answer_kind": benchmark.answer_kind}
    # Of evaluations that compare no texts the header is as it has been.
    asked_for = {name: value for name, value in asdict(request).items() if value is not None}
    return {"schema": SCHEMA, **asked_for, "problems": digest, **judge, "engine": "torch", "sampler": sampler}


def evaluate_policy(
    sampler: Sampler,
    benchmark: Benchmark,
    request: Request,
    run: Path | None,
    go_on: Callable[[int, int], bool],
    place: Place = Place(),
    embed: Embed | None = None,
) -> dict[str, Any] | None:
    """Samples and scores; None when `go_on(problems done, of all)` returned False. All ranks call it together.

    Batches of problems are distributed over the ranks; rank 0 appends what is done to the file in the run's folder, and
    what that already holds is not sampled again. What is sampled depends on the seed and the batch alone. With `embed`
    the texts of responses are compared, too. Returns the record for `benchmarks.jsonl`.
    """
    start = time.time()
    count = len(benchmark.problems)
    size, samples = sampler.portion(count, request.samples, request.max_new_tokens, place.ranks)
    relative = evaluation_file(request.step, request.benchmark)
    file = None
    if run is not None and place.rank == 0 and place.reports:
        file = EvaluationFile(run / relative, evaluation_header(request, benchmark, sampler.name))
    done: dict[str, dict[str, Any]] = broadcast_object_list([file.done if file is not None else {}])[0]
    done = dict(done)
    batches = [range(first, min(first + size, count)) for first in range(0, count, size)]
    open_batches = [batch for batch in batches if any(benchmark.problems[index].id not in done for index in batch)]
    if not go_on(len(done), count):
        return None
    for turn in range(0, len(open_batches), place.ranks):
        # Sharded models generate together: a rank without its own batch repeats the last one.
        own = open_batches[min(turn + place.rank, len(open_batches) - 1)]
        found = _answer(sampler, benchmark, request, own, samples, embed)
        spare = turn + place.rank >= len(open_batches) or not place.reports
        together: list[dict[str, Any]] = gather_object([] if spare else found)
        fresh = [problem for problem in together if problem["id"] not in done]
        done.update((problem["id"], problem) for problem in fresh)
        if file is not None:
            file.append(fresh)
        if not go_on(len(done), count):
            return None
    in_order = [done[problem.id] for problem in benchmark.problems]
    record = _record(request, benchmark, in_order, start)
    return record if run is None else {**record, "samples_file": relative.as_posix()}


def _answer(
    sampler: Sampler, benchmark: Benchmark, request: Request, batch: range, samples: int, embed: Embed | None
) -> list[dict[str, Any]]:
    """samples: responses to each problem that are drawn at once."""
    answers: list[list[Sampled]] = [[] for _ in batch]
    for offset in range(0, request.samples, samples):
        draw = Draw(
            prompts=[benchmark.problems[index].prompt for index in batch],
            first=batch.start,
            offset=offset,
            samples=min(samples, request.samples - offset),
            temperature=request.temperature,
            seed=request.seed,
            max_new_tokens=request.max_new_tokens,
        )
        found = sampler.sample(draw)
        for position, answer in enumerate(answers):
            answer += found[position * draw.samples : (position + 1) * draw.samples]
    return [
        _problem(sampler.tokenizer, benchmark, index, answer, embed)
        for index, answer in zip(batch, answers, strict=True)
    ]


def _problem(
    tokenizer: Any, benchmark: Benchmark, index: int, sampled: list[Sampled], embed: Embed | None
) -> dict[str, Any]:
    """A line of the file: counts first, so that a list of problems is made without parsing responses."""
    problem = benchmark.problems[index]
    texts = tokenizer.batch_decode([one.tokens for one in sampled], skip_special_tokens=True)
    grades = benchmark.grade(index, texts)
    phi = torch.stack([one.phi for one in sampled])
    group = shape_group(phi, torch.zeros(len(texts)), ShapingSettings(method="grpo"))
    values = upper_triangle(group.similarity)
    pairs = values.tolist() if not group.invalid else []
    responses = [
        {
            "text": text,
            "answer": grade.answer,
            "class": grade.class_,
            "correct": grade.correct,
            "reason": grade.reason,
            **({} if grade.read is None else {"read": grade.read}),
            **({} if grade.why is None else {"why": grade.why}),
            "tokens": len(one.tokens),
            "finished": one.finished,
        }
        for text, grade, one in zip(texts, grades, sampled, strict=True)
    ]
    opened = None if benchmark.judge is None else opened_thoughts(problem.prompt)
    return {
        "id": problem.id,
        "n": len(responses),
        "correct": sum(grade.correct for grade in grades),
        "answers": len({grade.class_ for grade in grades if grade.class_ >= 0}),
        "majority": maj_at_k(_scored(responses), len(responses)),
        "problem": problem.statement,
        "gold": problem.gold,
        **({} if problem.choices is None else {"choices": problem.choices}),
        **({} if opened is None else {"thoughts": opened}),
        "responses": responses,
        "pairs": len(pairs),
        "similarity_mean": sum(pairs) / len(pairs) if pairs else None,
        "negative_pair_ratio": sum(value < 0 for value in pairs) / len(pairs) if pairs else None,
        **(
            {
                "similarity_histogram": similarity_histogram(values),
                "logdet": log_determinant(group.similarity),
                "similarity": _kept_pairs(group.similarity),
            }
            if pairs
            else {}
        ),
        **({} if embed is None else {"text_similarity_mean": _mean_cosine(embed(texts))}),
    }


def _kept_pairs(similarity: torch.Tensor) -> list[float]:
    """similarity: [n, n]. Of more responses the pairs are not kept: they would outgrow the texts."""
    return [round(value, 4) for value in upper_triangle(similarity[:_MOST_KEPT, :_MOST_KEPT]).tolist()]


def _mean_cosine(embeddings: torch.Tensor) -> float | None:
    """embeddings: [n, e]. None for a single text."""
    similarity = similarity_matrix(embeddings.cpu())
    if similarity is None or len(embeddings) < 2:
        return None
    return float(upper_triangle(similarity).mean())


def _scored(responses: list[dict[str, Any]]) -> list[ScoredResponse]:
    return [ScoredResponse(one["correct"], "" if one["class"] < 0 else str(one["class"])) for one in responses]


def _record(request: Request, benchmark: Benchmark, problems: list[dict[str, Any]], start: float) -> dict[str, Any]:
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
        **_distribution(problems),
        **_text_similarity(problems),
        "mean_length": sum(lengths) / len(lengths),
        "max_length": max(lengths),
        "truncated": sum(not one["finished"] for one in responses) / len(responses),
        "unanswered": sum(one["answer"] is None for one in responses) / len(responses),
        "temperature": request.temperature,
        **({} if benchmark.judge is None else {"judge": benchmark.judge}),
        "seconds": time.time() - start,
        "time": time.time(),
    }


def _distribution(problems: list[dict[str, Any]]) -> dict[str, Any]:
    """Of the problems with pairs; null where one of them was recorded without."""
    paired = [problem for problem in problems if problem["pairs"]]
    complete = paired and all(problem.get("logdet") is not None for problem in paired)
    if not complete:
        return {"similarity_histogram": None, "logdet_mean": None}
    bins = zip(*(problem["similarity_histogram"] for problem in paired), strict=True)
    return {
        "similarity_histogram": [sum(counts) for counts in bins],
        "logdet_mean": sum(problem["logdet"] for problem in paired) / len(paired),
    }


def _text_similarity(problems: list[dict[str, Any]]) -> dict[str, Any]:
    """Nothing where a problem has no cosine."""
    found = [problem.get("text_similarity_mean") for problem in problems]
    known = [one for one in found if one is not None]
    return {"text_similarity_mean": sum(known) / len(known)} if known and len(known) == len(found) else {}
