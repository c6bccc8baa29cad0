"""A word, once in a run, where shaping cannot act on rewards."""

from __future__ import annotations

from ..experiment.schema import Experiment
from ..files import log
from ..method.metrics import idle_shaping
from ..trl.configuration import lambda_at
from ..trl.rollouts import Generation

_TEXTS = {
    "zero": "shaping cannot act, for each reward is 0, and 0 times a factor is 0. Give wrong answers -1 instead of 0, or "
    "nothing is learned from a step like this one.",
    "clipped": "shaping cannot act, for method.clip cuts each shaped reward. Set it to 2 or more, and it cuts none.",
}


class IdleWarning:
    def __init__(self, experiment: Experiment) -> None:
        self._experiment = experiment
        self._said = False

    def look(self, step: int, generation: Generation) -> None:
        """step: from 1."""
        if self._said or self._experiment.method.name not in ("g2rl", "dirl") or lambda_at(step, self._experiment) == 0:
            return
        idle = idle_shaping(generation.groups, generation.rewards)
        if idle is not None:
            log(f"warning: step {step}: {_TEXTS[idle]}")
            self._said = True
