"""Verdicts on answers by math-verify, the verifier of the Python side.

The embedded engine has its own verifier. ``test/vectors/answers.json`` tests both for the same verdicts and marks
where math-verify's are known to differ.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

from math_verify import (
    ExprExtractionConfig,
    LatexExtractionConfig,
    StringExtractionConfig,
    parse,
    verify,
)

Kind = Literal["math", "choice", "text"]


def _bare(text: str) -> str:
    """math-verify reads LaTeX between dollars only."""
    return text if "$" in text or "boxed" in text else f"${text}$"


def _configuration(kind: Kind) -> list[Any]:
    configuration: list[Any] = [LatexExtractionConfig(), ExprExtractionConfig()]
    if kind == "choice":
        configuration.append(StringExtractionConfig())
    return configuration


def judge(gold: str, prediction: str, kind: Kind = "math") -> bool:
    """Whether a response, or a bare answer, gives the gold answer.

    ``text`` is for responses and answers in words: only what is marked as a formula is read as one.
    math-verify stops itself after some seconds, which needs the main thread of a process.
    """
    configuration = _configuration(kind)
    if kind == "text":
        golds, predictions = gold, prediction
    else:
        golds, predictions = f"${gold}$", _bare(prediction)
    return bool(verify(parse(golds, configuration), parse(predictions, configuration)))


class TookTooLong(BaseException):
    """Not an Exception: math-verify and its algebra take those for an answer that cannot be read."""


@contextmanager
def _limit(seconds: float) -> Iterator[None]:
    """Raises TookTooLong in what takes longer, where it can be interrupted. In the main thread of a process only."""
    if sys.platform == "win32":
        # Without such signals: whoever waits for the process ends it.
        yield
        return

    def end(_number: int, _frame: object) -> None:
        raise TookTooLong

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def grade(gold: str, answered: str, kind: Kind, seconds: float) -> tuple[bool, str | None]:
    """Whether a response, without its thoughts, gives the gold answer, and the answer that was found in it.

    Raises TookTooLong after so many seconds; math-verify's own limits would say "different".
    """
    configuration = _configuration(kind)
    with _limit(seconds):
        found = parse(answered, configuration, parsing_timeout=None)
        if not found:
            return False, None
        text = next((str(one) for one in reversed(found) if isinstance(one, str)), str(found[0]))
        golds = parse(f"${gold}$", configuration, parsing_timeout=None)
        return bool(verify(golds, found, timeout_seconds=None)), text


def equivalence_classes(answers: Sequence[str], kind: Kind) -> list[int]:
    """Gives equivalent answers the same number, in order of appearance. Each is compared with the first of a class."""
    configuration = _configuration(kind)
    classes: list[Any] = []
    numbers = []
    for answer in answers:
        found = parse(_bare(answer), configuration)
        number = next((i for i, first in enumerate(classes) if verify(first, found)), len(classes))
        if number == len(classes):
            classes.append(found)
        numbers.append(number)
    return numbers
