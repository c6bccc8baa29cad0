"""A training run from its run directory: an experiment becomes a TRL configuration, and its steps records."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState
from accelerate.utils import broadcast_object_list
from datasets import Dataset
from transformers import AutoModelForCausalLM, AutoTokenizer, PrinterCallback, TrainerCallback
from trl import GRPOConfig

from .checkpoints import (
    Checkpoint,
    clear_leftovers,
    lay_out,
    newest_checkpoint,
    policy_checksum,
    prune,
    take_checkpoint,
    writing_folder,
)
from .counter_random import stream_of
from .errors import InputError, StopRequested
from .evaluate import Request, evaluate_policy
from .method import ShapingSettings
from .recorder import Recorder
from .run_directory import SCHEMA, RunDirectory, Status, log, read_manifest
from .stopping import StopFlag
from .task_countdown import CountdownTask, Prompt, verify
from .trainer import G2RLTrainer, Generation

_ROWS_PER_PASS = 64
"""Rows of one forward and backward pass, unless the experiment says otherwise."""


def prompt_dataset(task: CountdownTask, steps: int, per_step: int) -> Dataset:
    """The prompts of all steps, one after another, made when they are asked for."""

    @lru_cache(maxsize=4)
    def prompts(step: int) -> list[Prompt]:
        return task.prompts_for_step(step, per_step)

    def rows(batch: dict[str, list[int]]) -> dict[str, list[Any]]:
        chosen = [prompts(place // per_step + 1)[place % per_step] for place in batch["place"]]
        return {
            "prompt": [prompt.text for prompt in chosen],
            "prompt_id": [prompt.id for prompt in chosen],
            "numbers": [list(prompt.numbers) for prompt in chosen],
            "target": [prompt.target for prompt in chosen],
        }

    return Dataset.from_dict({"place": range(steps * per_step)}).with_transform(rows)


def accuracy(
    prompts: list[str],
    completions: list[str],
    prompt_id: list[str],
    numbers: list[list[int]],
    target: list[int],
    **_: object,
) -> list[float]:
    """+1 for a correct response, −1 for any other."""
    rows = zip(prompt_id, prompts, numbers, target, completions, strict=True)
    return [float(verify(Prompt(name, text, tuple(n), t), completion).reward) for name, text, n, t, completion in rows]


def learning_rate_factor(step: int, settings: dict[str, Any]) -> float:
    """Share of the peak rate in a step (1-based): a linear rise over the warm-up, then constant or a cosine to 0."""
    warmup = settings["warmupSteps"]
    if step <= warmup:
        return float(step / warmup)
    if settings["schedule"] == "constant":
        return 1.0
    progress = (step - warmup) / max(1, settings["steps"] - warmup)
    return (1 + math.cos(math.pi * progress)) / 2


def shaping_settings(method: dict[str, Any]) -> ShapingSettings:
    return ShapingSettings(
        method["name"], method["lambda"], method["shaping"], method["uniformGroups"], float(method["clip"])
    )


def rows_for_update(experiment: dict[str, Any], ranks: int) -> tuple[int, int]:
    """Rows of a pass on one rank, and passes an update. Raises InputError when the batch does not divide."""
    rollout, optimization = experiment["rollout"], experiment["optimization"]
    if rollout["groupSize"] < 2:
        raise InputError(
            "rollout.groupSize: a group needs 2 responses or more on this engine.", "Set it to 8 or 16, for example."
        )
    rows = rollout["promptsPerStep"] * rollout["groupSize"]
    parts = optimization["minibatches"] * ranks
    if rows % parts != 0:
        raise InputError(
            f"{rollout['promptsPerStep']} prompts × {rollout['groupSize']} responses do not divide into "
            f"{optimization['minibatches']} minibatches on {ranks} processes.",
            "Change rollout.promptsPerStep, rollout.groupSize or optimization.minibatches so that they do.",
        )
    own = rows // parts
    limit = experiment.get("torch", {}).get("rowsPerPass", _ROWS_PER_PASS)
    per_pass = max(size for size in range(1, min(own, limit) + 1) if own % size == 0)
    return per_pass, own // per_pass


def configuration(experiment: dict[str, Any], output: Path, ranks: int) -> GRPOConfig:
    """What TRL is told. One generation batch is one step of the run; its updates are minibatches × epochs."""
    rollout, optimization, method = experiment["rollout"], experiment["optimization"], experiment["method"]
    own = experiment.get("torch", {})
    per_pass, passes = rows_for_update(experiment, ranks)
    cuda = torch.cuda.is_available() and not own.get("cpu", False)
    minibatches, epochs = optimization["minibatches"], optimization["epochs"]
    return GRPOConfig(
        output_dir=str(output),
        use_cpu=not cuda,
        bf16=cuda,
        gradient_checkpointing=own.get("gradientCheckpointing", cuda),
        disable_dropout=True,
        per_device_train_batch_size=per_pass,
        gradient_accumulation_steps=passes,
        steps_per_generation=passes * minibatches,
        num_iterations=epochs,
        max_steps=optimization["steps"] * minibatches * epochs,
        num_generations=rollout["groupSize"],
        max_completion_length=rollout["maxNewTokens"],
        temperature=rollout["temperature"],
        top_k=0,
        top_p=1.0,
        beta=optimization["klCoefficient"],
        use_bias_correction_kl=False,
        epsilon=optimization["clipRange"],
        importance_sampling_level=optimization["importanceSamplingLevel"],
        scale_rewards=optimization["scaleRewards"],
        loss_type={"sequence": "grpo", "token": "dapo"}[optimization["lossNormalization"]],
        entropy_coef=method["entropyCoefficient"] if method["name"] == "entropy" else 0.0,
        learning_rate=optimization["learningRate"],
        adam_beta1=optimization["beta1"],
        adam_beta2=optimization["beta2"],
        adam_epsilon=optimization["epsilon"],
        weight_decay=optimization["weightDecay"],
        max_grad_norm=optimization["gradientClip"],
        optim="adamw_torch_fused",
        shuffle_dataset=False,
        remove_unused_columns=False,
        logging_steps=1,
        logging_nan_inf_filter=False,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=cuda,
        ddp_find_unused_parameters=False,
        seed=experiment["seed"],
        model_init_kwargs={"dtype": own.get("dtype", "float32")},
    )


class RunCallback(TrainerCallback):  # type: ignore[misc]
    """Ties the trainer's events to the run: seeds, records, checkpoints, evaluations, stops. On all ranks."""

    def __init__(
        self,
        manifest: dict[str, Any],
        directory: RunDirectory,
        status: Status | None,
        flag: StopFlag,
        checkpoint: Checkpoint | None,
    ) -> None:
        self._experiment = manifest["experiment"]
        self._manifest = manifest
        self._directory = directory
        self._status = status
        self._flag = flag
        self._state = PartialState()
        optimization = self._experiment["optimization"]
        self._updates_per_step = optimization["minibatches"] * optimization["epochs"]
        self._steps = optimization["steps"]
        self._scored = set(self._shared(directory.scored_benchmarks()))
        self._saved = checkpoint.step if checkpoint else None
        self.recorder = None
        if status is not None:
            self.recorder = Recorder(directory, status, self._experiment, checkpoint.tokens if checkpoint else 0)
        self.trainer: Any = None
        self.stopped = False

    def _shared(self, value: Any) -> Any:
        """Rank 0's value on all ranks: what all must agree on."""
        return broadcast_object_list([value])[0]

    def _stop_agreed(self) -> bool:
        return bool(self._shared(self._flag.requested))

    def take_generation(self, generation: Generation) -> None:
        if self.recorder is not None:
            self.recorder.take_generation(generation)

    # What the trainer calls, in this order; `state.global_step` counts updates.

    def on_step_begin(self, _args: object, state: Any, _control: object, **_: object) -> None:
        if state.global_step % self._updates_per_step != 0:
            return
        done = state.global_step // self._updates_per_step
        self.evaluate_if_due(done)
        if self._stop_agreed():
            raise StopRequested
        if self._status is not None:
            self._status.change(state="running", step=done)
        if self.recorder is not None:
            self.recorder.begin_step()
        # All randomness depends on the seed, the step and the rank: a resumed run goes on as if never interrupted.
        torch.manual_seed(
            (self._experiment["seed"] << 32) + stream_of("sampling", (done + 1) * 4096 + self._state.process_index)
        )

    def on_step_end(self, _args: object, state: Any, control: Any, **_: object) -> None:
        if state.global_step % self._updates_per_step != 0:
            return
        step = state.global_step // self._updates_per_step
        stop = self._stop_agreed()
        every = self._experiment["checkpoints"]["every"]
        # An evaluation may be interrupted: nothing before it is lost then.
        if stop or step % every == 0 or step == self._steps or self._due(step):
            control.should_save = True
        if stop and step < self._steps:
            control.should_training_stop = True
            self.stopped = True

    def on_log(
        self,
        _args: object,
        state: Any,
        _control: object,
        logs: dict[str, float] | None = None,
        **_: object,
    ) -> None:
        if self.recorder is None or logs is None or "loss" not in logs:
            return
        self.recorder.take_update(logs)
        if state.global_step % self._updates_per_step == 0:
            self.recorder.end_step(state.global_step // self._updates_per_step)

    def after_save(self) -> None:
        self._state.wait_for_everyone()
        updates = self.trainer.state.global_step
        step = updates // self._updates_per_step
        if self.recorder is not None and self._status is not None:
            checksum = self._manifest.get("policyChecksum", "")
            content = {
                "schema": SCHEMA,
                "step": step,
                "optimizerSteps": updates,
                "tokens": self.recorder.tokens,
                "policyChecksum": checksum,
            }
            take_checkpoint(self._directory.checkpoints, content)
            prune(self._directory.checkpoints, self._experiment["checkpoints"]["keep"])
            self._status.change(checkpointStep=step)
        self._saved = step
        self._state.wait_for_everyone()

    def _due(self, step: int) -> bool:
        every = self._experiment["evaluation"]["every"]
        wanted = step in (0, self._steps) or (every > 0 and step % every == 0)
        names = [request["name"] for request in self._experiment["evaluation"]["benchmarks"]]
        return wanted and any((step, name) not in self._scored for name in names)

    def evaluate_if_due(self, step: int) -> None:
        """Scores the benchmarks that are due after a step and not yet scored. Raises StopRequested."""
        if not self._due(step):
            return
        for benchmark in self._experiment["evaluation"]["benchmarks"]:
            name = benchmark["name"]
            if (step, name) in self._scored:
                continue

            def go_on(done: int, total: int, name: str = name) -> bool:
                if self._status is not None:
                    progress = {"benchmark": name, "done": done, "total": total}
                    self._status.change(state="evaluating", step=step, evaluation=progress)
                return not self._stop_agreed()

            request = Request(
                benchmark=name,
                samples=benchmark["samples"],
                limit=benchmark["limit"],
                temperature=benchmark["temperature"],
                seed=benchmark["seed"],
                max_new_tokens=self._experiment["rollout"]["maxNewTokens"],
                step=step,
            )
            model = self.trainer.accelerator.unwrap_model(self.trainer.model)
            place = (self._state.process_index, self._state.num_processes)
            record = evaluate_policy(model, self.trainer.processing_class, request, go_on, *place)
            if self._status is not None:
                self._status.change(evaluation=None)
            if record is None:
                raise StopRequested
            if self._status is not None:
                self._directory.append_benchmark(record)
                log(f"step {step} {name} pass@1 {record['pass_at_1']:.3f} pass@{record['k']} {record['pass_at_k']:.3f}")
            self._scored.add((step, name))


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
    if experiment["task"]["name"] != "countdown":
        raise InputError(
            f"task.name: this engine cannot train {experiment['task']['name']!r} yet.",
            "Set task.name to countdown, or engine to embedded.",
        )
    own = experiment.get("torch", {})
    cpu = own.get("cpu", False) or not torch.cuda.is_available()
    if cpu and experiment.get("threads"):
        torch.set_num_threads(experiment["threads"])
    process = PartialState(cpu=cpu)
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
    arguments = configuration(experiment, writing_folder(directory.checkpoints), process.num_processes)
    callback = RunCallback(manifest, directory, status, flag, checkpoint)
    updates_per_step = experiment["optimization"]["minibatches"] * experiment["optimization"]["epochs"]
    tokenizer = AutoTokenizer.from_pretrained(experiment["policy"], padding_side="left")
    task = CountdownTask(experiment["task"], experiment["seed"])
    steps = experiment["optimization"]["steps"]
    trainer = G2RLTrainer(
        experiment["policy"],
        [accuracy],
        arguments,
        settings=settings,
        on_generation=callback.take_generation,
        rate_factor=lambda update: learning_rate_factor(update // updates_per_step + 1, experiment["optimization"]),
        after_save=callback.after_save,
        train_dataset=prompt_dataset(
            task, experiment["optimization"]["steps"], experiment["rollout"]["promptsPerStep"]
        ),
        processing_class=tokenizer,
        callbacks=[callback],
    )
    # The run's own log line says what matters; the rest is in metrics.jsonl.
    trainer.remove_callback(PrinterCallback)
    callback.trainer = trainer
    if checkpoint is not None and checkpoint.step >= steps:
        # Only what comes after the last step is left to do.
        trainer.model = AutoModelForCausalLM.from_pretrained(
            checkpoint.folder, dtype=arguments.model_init_kwargs["dtype"]
        )
        trainer.model.to(trainer.accelerator.device)
    else:
        trainer.train(resume_from_checkpoint=str(laid_out) if laid_out else None)
    if process.is_main_process:
        clear_leftovers(directory.checkpoints)
    if callback.stopped:
        return "stopped"
    callback.evaluate_if_due(steps)
    return "finished"
