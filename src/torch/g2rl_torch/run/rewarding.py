"""What the responses of a run are rewarded for, as the trainer takes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..files import log
from ..method.metrics import Idle
from ..rewards.columns import RewardColumns, Scored
from ..tasks.verdicts import Row, Task, Verdict
from ..trl.rollouts import Generation
from .manifest import Manifest
from .recorder import Recorder

_IDLE: dict[Idle, str] = {
    "none": "shaping cannot act, for no response has a reward: each is left out, and nothing is learned from a step "
    "like this one. Give null only to responses that a reward says nothing about.",
    "zero": "shaping cannot act, for each reward is 0, and 0 times a factor is 0. Give wrong answers -1 instead of 0, "
    "or nothing is learned from a step like this one.",
    "clipped": "shaping cannot act, for method.clip cuts each shaped reward. Set it to 2 or more, and it cuts none.",
}


class Rewarding:
    """The judge alone, or the rewards of the experiment, whose processes are started here and end with `close`.

    Of each batch: functions are TRL's columns and weights theirs; judge or verdicts say which responses are correct.
    """

    def __init__(self, manifest: Manifest, run: Path, task: Task) -> None:
        """Raises InputError when a reward cannot be loaded."""
        self._experiment = manifest.experiment
        self._step: Callable[[], int] = lambda: 1
        self.functions: list[Callable[..., list[float | None]]] = []
        self.weights: list[float] | None = None
        self.judge: Callable[[list[Row], list[str]], list[Verdict]] | None = task.judge
        self.verdicts: Callable[[], list[Scored]] | None = None
        self._columns: RewardColumns | None = None
        if manifest.experiment.rewards:
            # Programs run beside the experiment file, whose relative names they may read; without it, in the run.
            beside = run if manifest.experiment_file is None else Path(manifest.experiment_file).parent
            folder = beside if beside.is_dir() else run
            self._columns = RewardColumns(manifest.experiment.rewards, task.judge, folder)
            self.functions, self.weights = self._columns.functions, self._columns.weights
            self.judge, self.verdicts = None, self._columns.scored

    def begin(self, trainer: Any) -> None:
        updates = self._experiment.optimization.updates_per_step
        self._step = lambda: int(trainer.state.global_step) // updates + 1
        if self._columns is not None:
            self._columns.end_tokens = trainer.eos_token_ids

    def recorded(self, recorder: Recorder) -> Callable[[Generation], None]:
        """Takes each batch of rollouts."""

        def take(generation: Generation) -> None:
            seconds = None if self._columns is None else self._columns.seconds
            recorder.take_generation(replace(generation, reward_seconds=seconds))

        return take

    def say_idle(self, idle: Idle) -> None:
        """That shaping should act on rewards and cannot."""
        log(f"warning: step {self._step()}: {_IDLE[idle]}")

    def close(self) -> None:
        if self._columns is not None:
            self._columns.close()
