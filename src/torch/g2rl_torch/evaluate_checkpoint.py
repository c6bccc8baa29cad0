"""`python -m g2rl_torch evaluate <json>`: scores a checkpoint. Progress goes to standard error, then the record out."""

from __future__ import annotations

import json
import signal
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from .gpus import keep_to_one

_INTERRUPTED = 130
"""As shells report a process that a signal ended."""


def evaluate(argument: str) -> int:
    """The request: `folder` of the policy, `step`, `run` (where responses go), `problems` (folder with those of the
    benchmark, as in a run), `benchmark` (name, samples, limit, temperature, seed, maxNewTokens), `cpu`, `vllm` (the
    run's settings, if it has any). A signal gives it up; what is done is kept.
    """
    from .errors import explain

    stopped = False

    def stop(_number: int, _frame: object) -> None:
        nonlocal stopped
        stopped = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)

    def go_on(done: int, total: int) -> bool:
        _say(sys.stderr, {"done": done, "total": total})
        return not stopped

    try:
        record = _evaluate(json.loads(argument), go_on)
    except Exception as problem:
        message, hint = explain(problem)
        _say(sys.stdout, {"error": message, "hint": hint})
        return 1
    if record is None:
        return _INTERRUPTED
    _say(sys.stdout, record)
    return 0


def _say(stream: Any, content: dict[str, Any]) -> None:
    stream.write(json.dumps(content, ensure_ascii=False) + "\n")
    stream.flush()


def _evaluate(request: dict[str, Any], go_on: Any) -> dict[str, Any] | None:
    keep_to_one()
    # Only here: these take seconds to import, and a broken environment is to be told of in a line.
    import torch
    from transformers import AutoModelForCausalLM

    from .checkpoints import policy_checksum
    from .configuration import can_use_vllm
    from .evaluate import Request, evaluate_policy
    from .grader import Grader
    from .policy import policy_tokenizer
    from .sampling import PolicySampler, Sampler
    from .train import benchmark_of
    from .vllm_sampling import longest_sequence, sampler_beside

    folder, run = Path(request["folder"]), Path(request["run"])
    benchmark = request["benchmark"]
    cuda = torch.cuda.is_available() and not request.get("cpu", False)
    tokenizer = policy_tokenizer(str(folder))
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16 if cuda else torch.float32)
    device = torch.device("cuda" if cuda else "cpu")
    model.to(device)
    grader = Grader()
    problems = benchmark_of(benchmark, Path(request["problems"]), tokenizer, grader)
    vllm = request.get("vllm")
    try:
        if vllm is not None and can_use_vllm(cuda):
            prompts = [problem.prompt for problem in problems.problems]
            longest = longest_sequence(str(folder), tokenizer, [(prompts, benchmark["maxNewTokens"])])
            sampler: Sampler = sampler_beside(model, tokenizer, device, vllm["gpuMemoryUtilization"], longest)
        else:
            sampler = PolicySampler(lambda: nullcontext(model), tokenizer, device)
        return evaluate_policy(
            sampler,
            problems,
            Request(
                benchmark=benchmark["name"],
                samples=benchmark["samples"],
                temperature=benchmark["temperature"],
                seed=benchmark["seed"],
                max_new_tokens=benchmark["maxNewTokens"],
                step=request["step"],
                policy=policy_checksum(folder),
            ),
            run,
            go_on,
        )
    finally:
        grader.close()
