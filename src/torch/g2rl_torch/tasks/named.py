"""The task and the benchmarks that an experiment names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..experiment.schema import TaskSettings
from .countdown import BENCHMARKS, CountdownBenchmark, CountdownTask
from .judging import Judge
from .problems import ProblemsBenchmark, ProblemsTask
from .verdicts import Benchmark, Task


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
