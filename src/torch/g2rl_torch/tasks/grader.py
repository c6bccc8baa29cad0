"""Verdicts of math-verify on the responses of a batch, judged side by side and within a bounded time."""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from typing import Any

from .judges import JudgePool
from .judging import TOO_LONG, Asked, Judged
from .thoughts import without_thoughts
from .verdicts import number_classes

_SECONDS = 5.0
"""For one response."""
_SHORT_SECONDS = 1.0
"""For each of them at first, a hundred times what one usually takes: no response waits for slow ones before it."""
_LEAST_SECONDS = 0.1
_BATCH_SECONDS = 60.0
"""For the slow responses of a batch; after twice as long the rest is not judged."""
_CLASSES_SECONDS = 12.0
"""For the comparisons within a group. math-verify cancels a single one after 5."""
_LAST_CHARACTERS = 500
_KEPT = 16_384
"""Verdicts that are remembered: groups repeat themselves."""


class Grader:
    """Its processes start when they are first needed, and end with this one or when `close` is called."""

    def __init__(self, seconds: float = _SECONDS, batch_seconds: float = _BATCH_SECONDS) -> None:
        self._seconds = seconds
        self._batch_seconds = batch_seconds
        self._comparing = 0.0
        """Seconds that went into comparisons since the last batch of responses."""
        self.pool = JudgePool()
        self._known: OrderedDict[tuple[str, str, str], Judged] = OrderedDict()

    @property
    def identity(self) -> dict[str, Any]:
        return {"name": "math-verify", "version": version("math-verify")}

    def verdicts(self, batch: Sequence[Asked]) -> list[Judged]:
        """Judges the responses of a step, or those to a problem of a benchmark. Raises InputError."""
        self._comparing = 0.0
        keys = [(one.gold, without_thoughts(one.response, one.prompt), one.kind) for one in batch]
        judged = self._judge(dict.fromkeys(key for key in keys if key not in self._known))
        verdicts = [judged[key] if key in judged else self._known[key] for key in keys]
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)
        return verdicts

    def _judge(self, keys: Iterable[tuple[str, str, str]]) -> dict[tuple[str, str, str], Judged]:
        requests = [("grade", *key) for key in sorted(keys, key=_powers)]
        if not requests:
            return {}
        self.pool.start()
        start = time.monotonic()
        share = self._batch_seconds * self.pool.most / len(requests)
        short = min(self._seconds, max(_LEAST_SECONDS, min(_SHORT_SECONDS, share)))
        answers = self.pool.answers(requests, short, start + 2 * self._batch_seconds)
        slow = [request for request in requests if request not in answers]
        answers |= self.pool.answers(slow, self._seconds, start + self._batch_seconds)
        judged = {}
        for request in requests:
            key = (request[1], request[2], request[3])
            judged[key] = Judged(False, None, TOO_LONG) if request not in answers else _judged(*answers[request])
            if request in answers:
                self._known[key] = judged[key]
        return judged

    def classes(self, answers: Sequence[str | None], kind: str) -> list[int]:
        """Gives equivalent answers the same number; None is −1. Equal texts stay equal when it takes too long."""
        distinct = tuple(dict.fromkeys(answer for answer in answers if answer is not None))
        numbers = self._compared(distinct, kind) if len(distinct) > 1 else [0]
        if numbers is None:
            return number_classes(answers)
        by_text = dict(zip(distinct, numbers, strict=False))
        names = [None if answer is None else str(by_text[answer]) for answer in answers]
        return number_classes(names)

    def _compared(self, distinct: tuple[str, ...], kind: str) -> list[int] | None:
        if self._comparing >= self._batch_seconds:
            return None
        self.pool.start()
        start = time.monotonic()
        request = ("classes", distinct, kind)
        answers = self.pool.answers([request], _CLASSES_SECONDS, start + _CLASSES_SECONDS)
        self._comparing += time.monotonic() - start
        found: list[int] | None = answers.get(request)
        return found

    def close(self) -> None:
        self.pool.close()


def _judged(correct: bool, answer: str | None) -> Judged:
    if answer is None:
        return Judged(False, None, "no answer found")
    return Judged(correct, answer, "equivalent" if correct else "another answer")


def _powers(key: tuple[str, str, str]) -> int:
    """Powers and factorials in what a response says last: numbers that cannot be computed are made of them. Responses
    without any come first, so that they are judged whatever the others take.
    """
    return len(re.findall(r"\^|\*\*|!", key[1][-_LAST_CHARACTERS:]))
