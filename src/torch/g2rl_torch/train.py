"""A training run from its run directory: the task, the policy, the trainer, and how they end."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState
from accelerate.utils import broadcast_object_list
from datasets import Dataset
from transformers import PrinterCallback

from .callback import RunCallback
from .checkpoints import (
    Checkpoint,
    clear_leftovers,
    lay_out,
    newest_checkpoint,
    policy_checksum,
    writing_folder,
)
from .configuration import adapters, configuration, learning_rate_factor, response_limit, shaping_settings
from .embedding import embedder
from .errors import AllStepsDone, InputError
from .grader import Grader
from .policy import policy_tokenizer
from .run_directory import RunDirectory, Status, log, read_manifest
from .stopping import StopFlag
from .task_countdown import BENCHMARKS, CountdownBenchmark, CountdownTask
from .task_problems import ProblemsBenchmark, ProblemsTask
from .trainer import G2RLTrainer
from .verdicts import Benchmark, Row, Task
from .vllm_sampling import longest_sequence


def prompt_dataset(task: Task, steps: int, per_step: int) -> Dataset:
    """The prompts of all steps, one after another, made when they are asked for."""

    @lru_cache(maxsize=4)
    def prompts(step: int) -> list[Row]:
        return task.rows_for_step(step, per_step)

    def rows(batch: dict[str, list[int]]) -> dict[str, list[Any]]:
        chosen = [prompts(place // per_step + 1)[place % per_step] for place in batch["place"]]
        return {name: [row[name] for row in chosen] for name in chosen[0]}

    return Dataset.from_dict({"place": range(steps * per_step)}).with_transform(rows)


def training_task(experiment: dict[str, Any], run: Path, tokenizer: Any, grader: Grader) -> Task:
    settings, seed = experiment["task"], experiment["seed"]
    if settings["name"] == "countdown":
        return CountdownTask(settings, seed)
    if settings["name"] == "problems":
        return ProblemsTask(run, tokenizer, seed, grader)
    raise InputError(
        f"task.name: this engine does not know the task {settings['name']!r}.", "Update G2RL Lab, or set another task."
    )


def benchmark_of(request: dict[str, Any], run: Path, tokenizer: Any, grader: Grader) -> Benchmark:
    """A benchmark as an experiment asks for it."""
    name, limit = request["name"], request.get("limit")
    if name in BENCHMARKS:
        return CountdownBenchmark(name, limit)
    return ProblemsBenchmark(run, name, limit, tokenizer, grader)


def check_policy(manifest: dict[str, Any]) -> None:
    """Raises InputError when the starting policy, which is also the KL reference, is not what it was."""
    folder = Path(manifest["experiment"]["policy"])
    expected = manifest.get("policyChecksum")
    if not folder.is_dir() or not expected:
        return
    if policy_checksum(folder) != expected:
        raise InputError(
            f"{folder}: the starting policy has changed since this run began; it is also the reference of its KL term.",
            "Put the old files back, or start a new run.",
        )


def train_run(directory: RunDirectory, status: Status | None, flag: StopFlag, ready: Callable[[], None]) -> str:
    """Trains or resumes; returns `finished` or `stopped`. Called on all ranks; `status` only on rank 0."""
    manifest = read_manifest(directory.root)
    experiment = manifest["experiment"]
    # Before anything is loaded: what cannot be trained is said at once.
    settings = shaping_settings(experiment["method"])
    tokenizer = policy_tokenizer(experiment["policy"])
    own = experiment.get("torch", {})
    cpu = own.get("cpu", False) or not torch.cuda.is_available()
    if cpu and experiment.get("threads"):
        torch.set_num_threads(experiment["threads"])
    # Others wait while rank 0 writes, reads and sums up checkpoints; a process that is gone is seen at once anyway.
    process = PartialState(cpu=cpu, timeout=timedelta(hours=2))
    ready()
    if process.is_main_process:
        check_policy(manifest)
        directory.checkpoints.mkdir(parents=True, exist_ok=True)
        directory.repair_tails()
        clear_leftovers(directory.checkpoints)
    checkpoint: Checkpoint | None = None
    laid_out: Path | None = None
    if process.is_main_process:
        checkpoint = newest_checkpoint(directory.checkpoints)
        laid_out = lay_out(checkpoint) if checkpoint else None
    checkpoint, laid_out = broadcast_object_list([checkpoint, laid_out])
    if status is not None:
        step = checkpoint.step if checkpoint else 0
        log(f"resuming after step {step}" if checkpoint else "starting")
        status.change(
            step=step,
            totalSteps=experiment["optimization"]["steps"],
            tokens=checkpoint.tokens if checkpoint else 0,
            checkpointStep=checkpoint.step if checkpoint else None,
        )
    if status is not None:
        log(f"loading {experiment['policy']}")
    grader = Grader()
    task = training_task(experiment, directory.root, tokenizer, grader)
    # Before the configuration: from then on ZeRO-3 shards every model that is loaded.
    embed = embedder(experiment, cpu)
    arguments = configuration(experiment, writing_folder(directory.checkpoints), process.num_processes)
    steps = experiment["optimization"]["steps"]
    prompts = prompt_dataset(task, steps, experiment["rollout"]["promptsPerStep"])
    requests = {request["name"]: request for request in experiment["evaluation"]["benchmarks"]}
    benchmarks = {
        name: benchmark_of(request, directory.root, tokenizer, grader) for name, request in requests.items()
    }
    if arguments.use_vllm and arguments.vllm_mode == "colocate":
        answered = [
            ([problem.prompt for problem in benchmark.problems], response_limit(requests[name], experiment))
            for name, benchmark in benchmarks.items()
        ]
        asked = ([row["prompt"] for row in prompts], experiment["rollout"]["maxNewTokens"])
        arguments.vllm_max_model_length = longest_sequence(experiment["policy"], tokenizer, [asked, *answered])
    callback = RunCallback(
        manifest,
        directory,
        status,
        flag,
        checkpoint,
        task,
        benchmarks,
    )
    updates_per_step = experiment["optimization"]["minibatches"] * experiment["optimization"]["epochs"]

    def server_lost(error: InputError) -> None:
        directory.report_failure(0, str(error), error.hint)
        flag.give_up("The vLLM server")

    trainer = G2RLTrainer(
        experiment["policy"],
        [],
        arguments,
        settings=settings,
        judge=task.judge,
        embed=embed,
        on_generation=callback.take_generation,
        rate_factor=lambda update: learning_rate_factor(update // updates_per_step + 1, experiment["optimization"]),
        after_save=callback.after_save,
        on_server_lost=server_lost,
        train_dataset=prompts,
        processing_class=tokenizer,
        peft_config=adapters(experiment),
        callbacks=[callback],
    )
    # The run's own log line says what matters; the rest is in metrics.jsonl.
    trainer.remove_callback(PrinterCallback)
    callback.trainer = trainer
    with suppress(AllStepsDone):
        trainer.train(resume_from_checkpoint=str(laid_out) if laid_out else None)
    if process.is_main_process:
        clear_leftovers(directory.checkpoints)
    if not callback.stopped:
        callback.evaluate_if_due(steps)
    grader.close()
    # One that went before the others would be missed by them.
    process.wait_for_everyone()
    return "stopped" if callback.stopped else "finished"
