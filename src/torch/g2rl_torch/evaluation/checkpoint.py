"""`python -m g2rl_torch evaluate <json>`: scores a checkpoint. Progress goes to standard error, the record to standard
output.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import InputError, explain
from ..experiment.parse import parse
from ..experiment.schema import VllmSettings
from ..files import json_text
from ..gpus import keep_to_one
from ..redaction import without_credentials

_INTERRUPTED = 130
"""As shells report a process that a signal ended."""


@dataclass(frozen=True)
class AskedBenchmark:
    name: str
    samples: int
    temperature: float
    seed: int
    max_new_tokens: int
    limit: int | None = None


@dataclass(frozen=True)
class EvaluateRequest:
    """The argument, in JSON with the names of `src/engines/torch/run/evaluation.ts`."""

    folder: str
    """Of the policy."""
    step: int
    run: str
    """The run directory that the responses are kept in."""
    problems: str
    """A folder with the benchmark's problems, laid out as in a run directory."""
    benchmark: AskedBenchmark
    judge: str = "g2rl"
    """As in `task.judge`."""
    cpu: bool = False
    vllm: VllmSettings | None = None
    """The run's settings, if it has any."""
    embedding_model: str | None = None
    """As in `evaluation.embeddingModel`."""


def evaluate(argument: str) -> int:
    """Returns the exit code. A signal interrupts it; the responses so far are kept."""
    stopped = False

    def stop(_number: int, _frame: object) -> None:
        nonlocal stopped
        stopped = True

    signal.signal(signal.SIGTERM, stop)
    if "G2RL_PARENT" not in os.environ:
        signal.signal(signal.SIGINT, stop)

    def go_on(done: int, total: int) -> bool:
        _say(sys.stderr, {"done": done, "total": total})
        return not stopped

    try:
        record = _evaluate(parse_request(argument), go_on)
    except Exception as problem:
        if os.environ.get("G2RL_DEBUG") == "1":
            sys.stderr.write(without_credentials(traceback.format_exc()))
        message, hint = explain(problem)
        _say(sys.stdout, {"error": message, "hint": hint})
        return 1
    if record is None:
        return _INTERRUPTED
    _say(sys.stdout, record)
    return 0


def parse_request(argument: str) -> EvaluateRequest:
    """Raises InputError."""
    try:
        return parse(EvaluateRequest, json.loads(argument), "request")
    except ValueError as error:
        raise InputError(f"The request cannot be read: {error}", "Update G2RL Lab.") from error


def _say(stream: Any, content: dict[str, Any]) -> None:
    stream.write(json_text(content) + "\n")
    stream.flush()


def _evaluate(request: EvaluateRequest, go_on: Callable[[int, int], bool]) -> dict[str, Any] | None:
    keep_to_one()
    # Only here: these take seconds to import, and a broken environment is to be explained in a line.
    import torch
    from transformers import AutoModelForCausalLM

    from ..models.embedding import evaluation_embedder
    from ..models.policy import policy_checksum, policy_tokenizer, positions_of
    from ..sampling.by_transformers import PolicySampler
    from ..sampling.by_vllm import can_use_vllm, longest_sequence, sampler_beside
    from ..sampling.sampler import Sampler
    from ..tasks.named import benchmark_named, judge_named
    from ..tasks.readable import PromptCheck
    from ..tasks.verdicts import foreseen
    from .benchmark import Request, evaluate_policy

    folder, asked = Path(request.folder), request.benchmark
    cuda = torch.cuda.is_available() and not request.cpu
    tokenizer = policy_tokenizer(str(folder))
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16 if cuda else torch.float32)
    device = torch.device("cuda" if cuda else "cpu")
    model.to(device)
    embed = evaluation_embedder(request.embedding_model, not cuda)
    judge = judge_named(request.judge)
    benchmark = benchmark_named(asked.name, asked.limit, Path(request.problems), tokenizer, judge)
    try:
        PromptCheck(tokenizer, positions_of(str(folder)))(foreseen(benchmark), asked.max_new_tokens)
        if request.vllm is not None and can_use_vllm(cuda):
            prompts = [problem.prompt for problem in benchmark.problems]
            longest = longest_sequence(str(folder), tokenizer, [(prompts, asked.max_new_tokens)])
            share = request.vllm.gpu_memory_utilization
            sampler: Sampler = sampler_beside(model, tokenizer, device, share, longest)
        else:
            sampler = PolicySampler(lambda: nullcontext(model), tokenizer, device)
        return evaluate_policy(
            sampler,
            benchmark,
            Request(
                benchmark=asked.name,
                samples=asked.samples,
                temperature=asked.temperature,
                seed=asked.seed,
                max_new_tokens=asked.max_new_tokens,
                step=request.step,
                policy=policy_checksum(folder),
                embedding_model=request.embedding_model,
            ),
            Path(request.run),
            go_on,
            embed=embed,
        )
    finally:
        judge.close()
