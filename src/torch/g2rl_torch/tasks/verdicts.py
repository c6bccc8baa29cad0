"""What is asked and how it is judged, for any task: prompts as rows of a dataset, verdicts on responses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from .readable import Foreseen


@dataclass(frozen=True)
class Verdict:
    correct: bool
    answer: str
    """Names the answer, equal answers alike; '' when the response has none."""
    reason: str
    """For people."""

    @property
    def reward(self) -> float:
        return 1.0 if self.correct else -1.0


Row = dict[str, Any]
"""A prompt: `prompt` (what the policy reads), `prompt_id`, and what its task needs to judge the responses."""


class Task(Protocol):
    """What a policy learns."""

    @property
    def foreseen(self) -> Sequence[Foreseen]:
        """What can be known of the prompts before the first step: those of a list, or ones that have every character
        and the greatest length of those that are drawn.
        """

    def rows_for_step(self, step: int, count: int) -> list[Row]:
        """The prompts of step `step` (1-based): a function of the step alone, so that a resumed run needs no cursor."""

    def judge(self, rows: Sequence[Row], responses: Sequence[str]) -> list[Verdict]:
        """Judges the response to each row. Called on all ranks, each with its own rows."""

    def shown_answers(self, rows: Sequence[Row], verdicts: Sequence[Verdict]) -> list[str]:
        """Answers of one group, equivalent ones by the same text. Called on rank 0."""


@dataclass(frozen=True)
class Grade:
    """A verdict within the responses to one problem."""

    answer: str | None
    """What was extracted; None when nothing could be."""
    class_: int
    """Number of its class of equivalent answers among them, in the order in which they come; −1 without an answer."""
    correct: bool
    reason: str
    read: dict[str, Any] | None = None
    """Where the answer stands, as the judge says it."""
    why: str | None = None
    """In a sentence, for people."""


@dataclass(frozen=True)
class AskedProblem:
    id: str
    """Unique in its benchmark."""
    prompt: str
    """What the policy reads."""
    statement: str
    """What people read."""
    gold: str
    choices: list[str] | None = None
    where: str | None = None
    """Its file and row, for messages."""


class Benchmark(Protocol):
    """Problems, and the judge of the responses to them."""

    problems: list[AskedProblem]

    @property
    def judge(self) -> dict[str, Any] | None:
        """Name and version of who compares answers; None where they are computed."""

    @property
    def answer_kind(self) -> str | None:
        """`math` or `choice`; None where answers are computed."""

    def grade(self, index: int, responses: Sequence[str]) -> list[Grade]:
        """Judges all responses to problem `index` together."""


def foreseen(benchmark: Benchmark) -> list[Foreseen]:
    return [Foreseen(one.id, one.prompt, one.where) for one in benchmark.problems]


def number_classes(names: Sequence[str | None]) -> list[int]:
    """Gives equal names the same number, in order of first appearance; None is −1."""
    known: dict[str, int] = {}
    return [-1 if name is None else known.setdefault(name, len(known)) for name in names]
