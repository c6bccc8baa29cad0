"""Judges of answers: what they are asked, and the responses to one problem judged together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from .verdicts import Grade

TOO_LONG = "took too long to judge"


@dataclass(frozen=True)
class Judged:
    """What a judge says of a response."""

    correct: bool
    answer: str | None
    """What was read; None when nothing could be."""
    reason: str
    read: dict[str, Any] | None = None
    """Where: `start` and `end` in UTF-16 units of the response, and the `rule`. None where the judge does not say."""
    why: str | None = None
    """In a sentence, for people."""


@dataclass(frozen=True)
class Asked:
    """A response to be judged."""

    gold: str
    response: str
    kind: str
    """`math` or `choice`."""
    prompt: str = ""
    """What the policy read, which may have begun the thoughts of the response."""
    choices: Sequence[str] | None = None
    """Of a multiple choice, A first."""


class Judge(Protocol):
    @property
    def identity(self) -> dict[str, Any]:
        """Name and version: results keep who judged them."""

    def verdicts(self, batch: Sequence[Asked]) -> list[Judged]:
        """Judges the responses of a step, or those to a problem of a benchmark, in bounded time. Raises InputError."""

    def classes(self, answers: Sequence[str | None], kind: str) -> list[int]:
        """Gives equivalent answers the same number, in the order in which they come; None is −1."""

    def close(self) -> None: ...


def grade(
    judge: Judge,
    gold: str,
    responses: Sequence[str],
    kind: str,
    prompt: str = "",
    choices: Sequence[str] | None = None,
) -> list[Grade]:
    """Judges all responses to one problem together."""
    verdicts = judge.verdicts([Asked(gold, response, kind, prompt, choices) for response in responses])
    classes = judge.classes([one.answer for one in verdicts], kind)
    return [
        Grade(one.answer, number, one.correct, one.reason, one.read, one.why)
        for one, number in zip(verdicts, classes, strict=True)
    ]
