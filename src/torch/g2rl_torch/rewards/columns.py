"""The rewards of an experiment as TRL takes them: functions and their weights."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..experiment.schema import RewardSettings
from ..tasks.verdicts import Row, Verdict
from .sources import Asked, Rewarded, Source, source_of

_OF_TRL = ("trainer_state", "log_extra", "log_metric", "environments")
"""What TRL's reward functions get beside the columns of the rows."""

Judge = Callable[[list[Row], list[str]], list[Verdict]]


@dataclass(frozen=True)
class Scored:
    """What a run records of a response beside the values of its rewards."""

    correct: bool
    answer: str
    reason: str
    reward: float | None
    """The judge's; None where it is not among the rewards."""
    notes: dict[str, str]
    """What the sources of rewards say of it, for people."""


class RewardColumns:
    """A column for each reward. All processes are started here and asked at the same time, on each rank for its own
    responses; they end with `close`, and never after this process.
    """

    def __init__(self, settings: Sequence[RewardSettings], judge: Judge, folder: Path) -> None:
        """judge: for the reward that has neither function nor program; it judges for people in any case. folder: the
        working directory of functions and programs. Raises InputError.
        """
        self.weights = [one.weight for one in settings]
        self.end_tokens: Sequence[int] = ()
        """Of the tokenizer: a response whose last token is none of them was cut off."""
        self.seconds = 0.0
        """That the last batch took."""
        self._judge = judge
        self._names = [one.name for one in settings]
        self._sources: dict[str, Source] = {}
        self._rewarded: dict[str, list[Rewarded]] = {}
        self._verdicts: list[Verdict] = []
        try:
            for one in settings:
                if one.python is not None or one.command is not None:
                    self._sources[one.name] = source_of(one, folder)
            for source in self._sources.values():
                source.load()
        except InputError:
            self.close()
            raise

    @property
    def functions(self) -> list[Callable[..., list[float | None]]]:
        """What TRL calls, one after the other; the first call asks all sources."""
        return [self._function(place, name) for place, name in enumerate(self._names)]

    def scored(self) -> list[Scored]:
        """Of the batch that the functions were last called with."""
        judged = any(name not in self._sources for name in self._names)
        return [
            Scored(
                verdict.correct, verdict.answer, verdict.reason, verdict.reward if judged else None, self._notes(place)
            )
            for place, verdict in enumerate(self._verdicts)
        ]

    def _notes(self, place: int) -> dict[str, str]:
        notes = {name: rewarded[place].note for name, rewarded in self._rewarded.items()}
        return {name: note for name, note in notes.items() if note is not None}

    def _function(self, place: int, name: str) -> Callable[..., list[float | None]]:
        def column(
            prompts: list[str], completions: list[str], completion_ids: list[list[int]], **columns: Any
        ) -> list[float | None]:
            start = time.perf_counter()
            if place == 0:
                self.seconds = 0.0
                self._ask(prompts, completions, completion_ids, columns)
            values = self._values(name)
            self.seconds += time.perf_counter() - start
            return values

        # The name in TRL's logs.
        column.__name__ = name
        return column

    def _ask(
        self, prompts: list[str], completions: list[str], completion_ids: list[list[int]], columns: dict[str, list[Any]]
    ) -> None:
        names = [name for name in columns if name not in _OF_TRL]
        rows: list[Row] = [{name: columns[name][place] for name in names} for place in range(len(prompts))]
        batch = [
            Asked(prompt, completion, len(tokens), bool(tokens) and tokens[-1] in self.end_tokens, row)
            for prompt, completion, tokens, row in zip(prompts, completions, completion_ids, rows, strict=True)
        ]
        for source in self._sources.values():
            source.ask(batch)
        whole = [{**row, "prompt": prompt} for row, prompt in zip(rows, prompts, strict=True)]
        self._verdicts = self._judge(whole, completions)
        self._rewarded = {}

    def _values(self, name: str) -> list[float | None]:
        source = self._sources.get(name)
        if source is None:
            return [verdict.reward for verdict in self._verdicts]
        self._rewarded[name] = source.rewards()
        return [one.value for one in self._rewarded[name]]

    def close(self) -> None:
        """All end at the same time."""
        for source in self._sources.values():
            source.end_input()
        for source in self._sources.values():
            with suppress(OSError):
                source.close()
