"""The task, the judge and the benchmarks that an experiment names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..experiment.schema import TaskSettings
from .countdown import BENCHMARKS, CountdownBenchmark, CountdownTask
from .judging import Judge
from .problems import ProblemsBenchmark, ProblemsTask
from .verdicts import Benchmark, Task


def judge_named(name: str) -> Judge:
    """`g2rl`, that of the embedded engine, or `math-verify`."""
    # Only what is used is loaded: one brings a JavaScript engine, the other an algebra system.
    if name == "g2rl":
        from .own_judge import OwnJudge

        return OwnJudge()
    from .grader import Grader

    return Grader()


def training_task(
    settings: TaskSettings, seed: int, run: Path, tokenizer: Any, judge: Judge, first_step: int = 1
) -> Task:
    """run: the folder that holds the problems. first_step: the one that asks the first of a list."""
    if settings.name == "countdown":
        return CountdownTask(settings, seed, first_step)
    return ProblemsTask(run, tokenizer, seed, judge, first_step)


def benchmark_named(name: str, limit: int | None, run: Path, tokenizer: Any, judge: Judge) -> Benchmark:
    """The first `limit` problems of a benchmark, or all of them. run: the folder that holds the problems."""
    if name in BENCHMARKS:
        return CountdownBenchmark(name, limit)
    return ProblemsBenchmark(run, name, limit, tokenizer, judge)
