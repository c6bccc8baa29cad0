"""What happens around the trainer's steps: seeds, records, checkpoints, evaluations, stops."""

from __future__ import annotations

from typing import Any

import torch
from accelerate import PartialState
from accelerate.utils import broadcast_object_list
from transformers import TrainerCallback

from .checkpoints import Checkpoint, prune, take_checkpoint
from .configuration import response_limit
from .counter_random import stream_of
from .errors import AllStepsDone, StopRequested
from .evaluate import Place, Request, evaluate_policy
from .generation import Generation
from .recorder import Recorder
from .run_directory import SCHEMA, RunDirectory, Status, log
from .stopping import StopFlag
from .verdicts import Benchmark, Task


def ranks_an_engine(experiment: dict[str, Any]) -> int:
    """Processes that hold one vLLM engine together: they draw the same."""
    vllm = experiment.get("torch", {}).get("vllm") or {}
    return int(vllm.get("tensorParallel", 1)) if vllm.get("mode") == "colocate" else 1


def sampling_seed(experiment: dict[str, Any], step: int, rank: int) -> int:
    """For what a process samples in a step (1-based)."""
    return int((experiment["seed"] << 32) + stream_of("sampling", step * 4096 + rank // ranks_an_engine(experiment)))


class RunCallback(TrainerCallback):  # type: ignore[misc]
    """Ties the trainer's events to the run: seeds, records, checkpoints, evaluations, stops. On all ranks."""

    def __init__(
        self,
        manifest: dict[str, Any],
        directory: RunDirectory,
        status: Status | None,
        flag: StopFlag,
        checkpoint: Checkpoint | None,
        task: Task,
        benchmarks: dict[str, Benchmark],
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
            tokens = checkpoint.tokens if checkpoint else 0
            self.recorder = Recorder(directory, status, self._experiment, task, tokens)
        self._benchmarks = benchmarks
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

    def on_train_begin(self, _args: object, state: Any, _control: object, **_: object) -> None:
        if state.global_step >= self._steps * self._updates_per_step:
            # Trainer has loaded the last checkpoint and would train on.
            raise AllStepsDone

    def on_step_begin(self, _args: object, state: Any, _control: object, **_: object) -> None:
        if state.global_step % self._updates_per_step != 0:
            return
        done = state.global_step // self._updates_per_step
        self.evaluate_if_due(done)
        if self._stop_agreed():
            if done > 0 and self._saved != done:
                # The request came after the step had looked for one: what it learned is kept all the same.
                self.trainer._save_checkpoint(self.trainer.model, None)
            raise StopRequested
        if self._status is not None:
            self._status.change(state="running", step=done)
        if self.recorder is not None:
            self.recorder.begin_step()
        # All randomness depends on the seed, the step and the rank: a resumed run goes on as if never interrupted.
        torch.manual_seed(sampling_seed(self._experiment, done + 1, self._state.process_index))

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
                temperature=benchmark["temperature"],
                seed=benchmark["seed"],
                max_new_tokens=response_limit(benchmark, self._experiment),
                step=step,
                policy=self._policy_at(step),
            )
            sampler = self.trainer.evaluation_sampler()
            root = self._directory.root
            record = evaluate_policy(sampler, self._benchmarks[name], request, root, go_on, self._place())
            if self._status is not None:
                self._status.change(evaluation=None)
            if record is None:
                raise StopRequested
            if self._status is not None:
                self._directory.append_benchmark(record)
                log(f"step {step} {name} pass@1 {record['pass_at_1']:.3f} pass@{record['k']} {record['pass_at_k']:.3f}")
            self._scored.add((step, name))

    def _place(self) -> Place:
        together = ranks_an_engine(self._experiment)
        rank, ranks = self._state.process_index, self._state.num_processes
        return Place(rank // together, ranks // together, reports=rank % together == 0)

    def _policy_at(self, step: int) -> str:
        """What names the weights of a step: those of step 0 by their checksum, later ones by the run that made them."""
        start = self._manifest.get("policyChecksum") or self._experiment["policy"]
        return start if step == 0 else f"step {step} of {self._manifest['id']} from {start}"
