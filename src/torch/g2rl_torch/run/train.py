"""The training job of a run: its task, its policy, its trainer, and how it ends."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState
from datasets import Dataset
from transformers import PrinterCallback

from ..errors import AllStepsDone, InputError
from ..experiment.schema import Experiment
from ..files import log
from ..models.embedding import evaluation_embedder, method_embedder
from ..models.policy import policy_checksum, policy_tokenizer, positions_of
from ..sampling.by_vllm import longest_sequence
from ..tasks.named import benchmark_named, judge_named, training_task
from ..tasks.readable import PromptCheck
from ..tasks.verdicts import Benchmark, Row, Task, foreseen
from ..trl.configuration import adapters, configuration, lambda_at, learning_rate_factor, shaping_settings
from ..trl.reporting import reporting_options
from ..trl.trainer import G2RLTrainer
from .callback import RunCallback
from .checkpoints import Checkpoint, KnownCheckpoints, clear_leftovers, lay_out, newest_checkpoint, writing_folder
from .direction import direction_of
from .directory import RunDirectory
from .evaluations import Evaluations
from .manifest import Manifest, read_manifest
from .ranks import from_rank_0
from .recorder import Recorder
from .records import Shown
from .rewarding import Rewarding
from .status import Status
from .stopping import StopFlag


def train_run(directory: RunDirectory, status: Status | None, flag: StopFlag, ready: Callable[[], None]) -> str:
    """Trains or resumes; returns `finished` or `stopped`. Called on all ranks; `status` only on rank 0."""
    manifest = read_manifest(directory.root)
    experiment = manifest.experiment
    # Before anything is loaded: what cannot be trained is reported at once.
    settings = shaping_settings(experiment.method)
    reporting = reporting_options(experiment.report, directory.root)
    tokenizer = policy_tokenizer(experiment.policy)
    cpu = experiment.torch.cpu or not torch.cuda.is_available()
    if cpu and experiment.threads:
        torch.set_num_threads(experiment.threads)
    # Others wait while rank 0 writes, reads and hashes checkpoints; a process that is gone is noticed at once anyway.
    process = PartialState(cpu=cpu, timeout=timedelta(hours=2))
    ready()
    known: KnownCheckpoints = {}
    checkpoint, laid_out = from_rank_0(
        _prepare(manifest, directory, known) if process.is_main_process else (None, None)
    )
    if status is not None:
        _report_start(status, experiment, checkpoint)
    judge = judge_named(experiment.task.judge)
    task = training_task(experiment.task, experiment.seed, directory.root, tokenizer, judge, manifest.first_step)
    rewarding = Rewarding(manifest, directory.root, task)
    tokens = checkpoint.tokens if checkpoint else 0
    recorder = _recorder(directory, status, experiment, task, tokens) if status is not None else None
    # Before the configuration: from then on ZeRO-3 shards every model that is loaded.
    direction = from_rank_0(
        direction_of(experiment, directory.root, tokenizer, process.device) if process.is_main_process else None
    )
    embed = method_embedder(experiment, cpu)
    embed_evaluated = evaluation_embedder(experiment.evaluation.embedding_model, cpu)
    arguments = configuration(experiment, writing_folder(directory.checkpoints), process.num_processes, reporting)
    prompts = prompt_dataset(task, experiment.optimization.steps, experiment.rollout.prompts_per_step)
    benchmarks = {
        one.name: benchmark_named(one.name, one.limit, directory.root, tokenizer, judge)
        for one in experiment.evaluation.benchmarks
    }
    check = PromptCheck(tokenizer, positions_of(experiment.policy))
    check(task.foreseen, experiment.rollout.max_new_tokens)
    for one in experiment.evaluation.benchmarks:
        check(foreseen(benchmarks[one.name]), experiment.response_limit(one))
    if arguments.use_vllm and arguments.vllm_mode == "colocate":
        arguments.vllm_max_model_length = _longest(experiment, tokenizer, prompts, benchmarks)
    updates_per_step = experiment.optimization.updates_per_step

    def server_lost(error: InputError) -> None:
        directory.report_failure(0, str(error), error.hint)
        flag.give_up("The vLLM server")

    arguments.reward_weights = rewarding.weights
    trainer = G2RLTrainer(
        experiment.policy,
        rewarding.functions,
        arguments,
        settings=settings,
        judge=rewarding.judge,
        verdicts=rewarding.verdicts,
        embed=embed,
        direction=direction,
        on_generation=None if recorder is None else rewarding.recorded(recorder),
        on_idle=rewarding.say_idle if recorder is not None else lambda _: None,
        strength=lambda update: lambda_at(update // updates_per_step + 1, experiment),
        rate_factor=lambda update: learning_rate_factor(update // updates_per_step + 1, experiment.optimization),
        on_server_lost=server_lost,
        train_dataset=prompts,
        processing_class=tokenizer,
        peft_config=adapters(experiment.torch.lora),
    )
    rewarding.begin(trainer)
    # The run's own log line has what matters; the rest is in metrics.jsonl.
    trainer.remove_callback(PrinterCallback)
    evaluations = Evaluations(
        manifest, directory, status, flag, benchmarks, trainer.evaluation_sampler, embed_evaluated
    )
    saved = checkpoint.step if checkpoint else 0
    callback = RunCallback(manifest, directory, recorder, flag, evaluations, saved, known)
    trainer.add_callback(callback)
    with suppress(AllStepsDone):
        trainer.train(resume_from_checkpoint=str(laid_out) if laid_out else None)
    # Where no step is left, others may still be reading what is laid out for them.
    process.wait_for_everyone()
    if process.is_main_process:
        clear_leftovers(directory.checkpoints)
    if not callback.stopped:
        evaluations.run_due(experiment.optimization.steps)
    judge.close()
    rewarding.close()
    # A process that exits before the others would be taken for a lost one.
    process.wait_for_everyone()
    return "stopped" if callback.stopped else "finished"


def _recorder(directory: RunDirectory, status: Status, experiment: Experiment, task: Task, tokens: int) -> Recorder:
    rollout = experiment.rollout
    shown = Shown(rollout.group_size, rollout.keep, task.shown_answers, rewards=experiment.rewards is not None)
    scales = experiment.method.name in ("g2rl", "dirl")
    return Recorder(directory, status, shown, tokens, (lambda step: lambda_at(step, experiment)) if scales else None)


def _prepare(
    manifest: Manifest, directory: RunDirectory, known: KnownCheckpoints
) -> tuple[Checkpoint | None, Path | None]:
    """On rank 0: the checkpoint to resume from and its folder as Trainer reads it; removes what a kill left."""
    check_policy(manifest)
    directory.checkpoints.mkdir(parents=True, exist_ok=True)
    directory.repair_tails()
    clear_leftovers(directory.checkpoints)
    checkpoint = newest_checkpoint(directory.checkpoints, known)
    return checkpoint, lay_out(checkpoint) if checkpoint else None


def check_policy(manifest: Manifest) -> None:
    """Raises InputError when the starting policy, which is also the KL reference, has changed."""
    folder = Path(manifest.experiment.policy)
    if not folder.is_dir() or not manifest.policy_checksum:
        return
    if policy_checksum(folder) != manifest.policy_checksum:
        raise InputError(
            f"{folder}: the starting policy has changed since this run began; it is also the reference of its KL term.",
            "Restore the old files, or start a new run.",
        )


def _report_start(status: Status, experiment: Experiment, checkpoint: Checkpoint | None) -> None:
    log(f"resuming after step {checkpoint.step}" if checkpoint else "starting")
    status.change(
        step=checkpoint.step if checkpoint else 0,
        totalSteps=experiment.optimization.steps,
        tokens=checkpoint.tokens if checkpoint else 0,
        checkpointStep=checkpoint.step if checkpoint else None,
    )
    log(f"loading {experiment.policy}")


def prompt_dataset(task: Task, steps: int, per_step: int) -> Dataset:
    """The prompts of all steps, one after another, made when they are asked for."""

    @lru_cache(maxsize=4)
    def prompts(step: int) -> list[Row]:
        return task.rows_for_step(step, per_step)

    def rows(batch: dict[str, list[int]]) -> dict[str, list[Any]]:
        chosen = [prompts(place // per_step + 1)[place % per_step] for place in batch["place"]]
        return {name: [row[name] for row in chosen] for name in chosen[0]}

    return Dataset.from_dict({"place": range(steps * per_step)}).with_transform(rows)


def _longest(experiment: Experiment, tokenizer: Any, prompts: Dataset, benchmarks: dict[str, Benchmark]) -> int:
    """Tokens of the longest prompt and response that vLLM is asked for."""
    asked = [([row["prompt"] for row in prompts], experiment.rollout.max_new_tokens)]
    for one in experiment.evaluation.benchmarks:
        problems = [problem.prompt for problem in benchmarks[one.name].problems]
        asked.append((problems, experiment.response_limit(one)))
    return longest_sequence(experiment.policy, tokenizer, asked)
