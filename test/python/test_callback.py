"""When a run stops: what Trainer is asked to do at the events of a step."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from accelerate import PartialState
from g2rl_torch.errors import StopRequested
from g2rl_torch.run.callback import RunCallback
from g2rl_torch.run.directory import RunDirectory
from g2rl_torch.run.manifest import read_manifest
from runs import experiment, make_run
from transformers import TrainerControl


class Steps:
    """A callback and the events that Trainer calls it with. Steps have two updates; checkpoints are never due."""

    def __init__(self, root: Path) -> None:
        PartialState(cpu=True)
        manifest = read_manifest(make_run(root, experiment(checkpoints={"every": 1000})))
        self.flag = SimpleNamespace(requested=False)
        evaluations: Any = SimpleNamespace(run_due=lambda _step: None, due=lambda _step: False)
        self.callback = RunCallback(
            manifest, RunDirectory(root / "run"), None, cast(Any, self.flag), evaluations, 0, {}
        )
        self.state = SimpleNamespace(global_step=0)

    def begin(self) -> None:
        self.callback.on_step_begin(None, self.state, TrainerControl())

    def update(self) -> TrainerControl:
        control = TrainerControl()
        self.state.global_step += 1
        self.callback.on_log(None, self.state, control, {"loss": 0.0, "grad_norm": 1.0})
        if control.should_save:
            self.callback.on_save(None, self.state, control)
        return control


def test_a_request_before_the_first_step_stops_at_once(tmp_path: Path) -> None:
    steps = Steps(tmp_path)
    steps.flag.requested = True
    with pytest.raises(StopRequested):
        steps.begin()


def test_a_request_within_a_step_stops_after_it_with_a_checkpoint(tmp_path: Path) -> None:
    steps = Steps(tmp_path)
    steps.begin()
    steps.flag.requested = True
    first, second = steps.update(), steps.update()
    assert (first.should_save, first.should_training_stop) == (False, False)
    assert (second.should_save, second.should_training_stop, steps.callback.stopped) == (True, True, True)


def test_a_request_that_a_step_just_missed_loses_nothing(tmp_path: Path) -> None:
    """It comes after the step has looked for one and before the next begins: without a checkpoint of the step."""
    steps = Steps(tmp_path)
    steps.begin()
    assert [steps.update().should_save for _ in range(2)] == [False, False]
    steps.flag.requested = True
    steps.begin()
    steps.update()
    last = steps.update()
    assert (last.should_save, last.should_training_stop) == (True, True)


def test_the_last_step_is_saved_and_does_not_count_as_stopped(tmp_path: Path) -> None:
    steps = Steps(tmp_path)
    steps.state.global_step = 7
    steps.flag.requested = True
    last = steps.update()
    assert (last.should_save, last.should_training_stop, steps.callback.stopped) == (True, False, False)
