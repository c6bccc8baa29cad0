"""What happens around the trainer's steps: seeds, records, checkpoints, evaluations, stops."""

from __future__ import annotations

from typing import Any

import torch
from accelerate import PartialState
from transformers import TrainerCallback

from ..errors import AllStepsDone, StopRequested
from ..files import SCHEMA
from .checkpoints import KnownCheckpoints, prune, take_checkpoint
from .directory import RunDirectory
from .evaluations import Evaluations
from .manifest import Manifest
from .ranks import from_rank_0
from .recorder import Recorder
from .seeds import sampling_seed
from .stopping import StopFlag


class RunCallback(TrainerCallback):  # type: ignore[misc]
    """Ties the trainer's events to the run: seeds, records, checkpoints, evaluations, stops. On all ranks."""

    def __init__(
        self,
        manifest: Manifest,
        directory: RunDirectory,
        recorder: Recorder | None,
        flag: StopFlag,
        evaluations: Evaluations,
        saved: int,
        known: KnownCheckpoints,
    ) -> None:
        """recorder: on rank 0. saved: the step of the checkpoint that the run resumes from, 0 at its start. known: the
        checkpoints that were read for it.
        """
        self._experiment = manifest.experiment
        self._policy_checksum = manifest.policy_checksum
        self._directory = directory
        self._recorder = recorder
        self._flag = flag
        self._evaluations = evaluations
        self._state = PartialState()
        self._updates_per_step = self._experiment.optimization.updates_per_step
        self._steps = self._experiment.optimization.steps
        self._saved = saved
        self._known = known
        self.stopped = False

    def _stop_agreed(self) -> bool:
        return from_rank_0(self._flag.requested)

    # What the trainer calls, in this order; `state.global_step` counts updates.

    def on_train_begin(self, _args: object, state: Any, _control: object, **_: object) -> None:
        if state.global_step >= self._steps * self._updates_per_step:
            # Trainer has loaded the last checkpoint and would train on.
            raise AllStepsDone

    def on_step_begin(self, _args: object, state: Any, _control: object, **_: object) -> None:
        if state.global_step % self._updates_per_step != 0:
            return
        done = state.global_step // self._updates_per_step
        self._evaluations.run_due(done)
        # A request that arrives after the check of the last step is handled by the next: no step is lost.
        if self._stop_agreed() and self._saved == done:
            raise StopRequested
        if self._recorder is not None:
            self._recorder.begin_step(done)
        # All randomness depends on the seed, the step and the rank: a resumed run continues as if never interrupted.
        torch.manual_seed(sampling_seed(self._experiment, done + 1, self._state.process_index))

    def on_log(
        self,
        _args: object,
        state: Any,
        control: Any,
        logs: dict[str, float] | None = None,
        **_: object,
    ) -> None:
        """After each update, before Trainer saves what `control` asks for."""
        if logs is None or "loss" not in logs:
            return
        if self._recorder is not None:
            self._recorder.take_update(logs)
        if state.global_step % self._updates_per_step != 0:
            return
        step = state.global_step // self._updates_per_step
        if self._recorder is not None:
            self._recorder.end_step(step)
        stop = self._stop_agreed()
        every = self._experiment.checkpoints.every
        # An evaluation may be interrupted: nothing before it is lost then.
        if stop or step % every == 0 or step == self._steps or self._evaluations.due(step):
            control.should_save = True
        if stop and step < self._steps:
            control.should_training_stop = True
            self.stopped = True

    def on_save(self, _args: object, state: Any, _control: object, **_: object) -> None:
        self._state.wait_for_everyone()
        step = state.global_step // self._updates_per_step
        if self._recorder is not None:
            content = {
                "schema": SCHEMA,
                "step": step,
                "optimizerSteps": state.global_step,
                "tokens": self._recorder.tokens,
                "policyChecksum": self._policy_checksum or "",
            }
            self._known[take_checkpoint(self._directory.checkpoints, content)] = True
            prune(self._directory.checkpoints, self._experiment.checkpoints.keep, self._known)
            self._recorder.saved(step)
        self._saved = step
        self._state.wait_for_everyone()
