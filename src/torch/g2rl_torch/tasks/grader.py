"""math-verify in its own process: a verdict that takes too long is canceled, and training continues."""

from __future__ import annotations

import atexit
import ctypes
import logging
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from multiprocessing.connection import Connection, wait
from typing import Any

from ..errors import InputError
from .thoughts import without_thoughts
from .verdicts import Grade, number_classes

_SECONDS = 5.0
"""For one response."""
_GRACE_SECONDS = 2.0
"""What cannot be interrupted by then is killed."""
_CLASSES_SECONDS = 12.0
"""For the comparisons within a group. math-verify cancels a single one after 5."""
_LOST_SECONDS = 60.0
"""What takes too long may cost a batch so much; from then on each response has `_SHORT_SECONDS`, and when as much is
lost a second time the rest of the batch is not judged."""
_SHORT_SECONDS = 1.0
"""A hundred times what a response usually takes."""
_START_SECONDS = 120.0
"""Importing its algebra from a cold disk."""
_KEPT = 16_384
"""Verdicts that are remembered: groups repeat themselves."""

TOO_LONG = "took too long to judge"


class Grader:
    """Started when it is first needed; its process ends with this one, or when `close` is called."""

    def __init__(self, seconds: float = _SECONDS, lost_seconds: float = _LOST_SECONDS) -> None:
        self._seconds = seconds
        self._lost_seconds = lost_seconds
        self._lost = 0.0
        """Seconds of this batch that went into what took too long."""
        self._process: Any = None
        self._connection: Connection | None = None
        self._known: OrderedDict[tuple[str, str, str], tuple[bool, str | None, str]] = OrderedDict()

    def begin_batch(self) -> None:
        """What takes too long has its time again. A step is a batch, and so is a problem of a benchmark."""
        self._lost = 0.0

    def verdict(self, gold: str, response: str, kind: str, prompt: str = "") -> tuple[bool, str | None, str]:
        """Whether it is correct, the answer that was found, and the reason.

        prompt: what the policy read, which may have begun the thoughts of the response.
        """
        response = without_thoughts(response, prompt)
        key = (gold, response, kind)
        if key in self._known:
            return self._known[key]
        short = self._lost >= self._lost_seconds
        verdict = self._judge(gold, response, kind, min(self._seconds, _SHORT_SECONDS) if short else self._seconds)
        if verdict[2] != TOO_LONG or not short:
            self._known[key] = verdict
            if len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return verdict

    def _judge(self, gold: str, response: str, kind: str, seconds: float) -> tuple[bool, str | None, str]:
        result = self._ask(seconds + _GRACE_SECONDS, "grade", gold, response, kind, seconds)
        if result is None:
            return False, None, TOO_LONG
        correct, answer = result
        if answer is None:
            return False, None, "no answer found"
        return correct, answer, "equivalent" if correct else "another answer"

    def classes(self, answers: Sequence[str | None], kind: str) -> list[int]:
        """Gives equivalent answers the same number; None is −1. Equal texts stay equal when it takes too long."""
        distinct = list(dict.fromkeys(answer for answer in answers if answer is not None))
        numbers = self._ask(_CLASSES_SECONDS, "classes", distinct, kind) if len(distinct) > 1 else [0]
        if numbers is None:
            return number_classes(answers)
        by_text = dict(zip(distinct, numbers, strict=False))
        names = [None if answer is None else str(by_text[answer]) for answer in answers]
        return number_classes(names)

    def grade(self, gold: str, responses: Sequence[str], kind: str, prompt: str = "") -> list[Grade]:
        """Judges all responses to one problem together."""
        self.begin_batch()
        verdicts = [self.verdict(gold, response, kind, prompt) for response in responses]
        classes = self.classes([answer for _, answer, _ in verdicts], kind)
        return [
            Grade(answer, number, correct, reason)
            for (correct, answer, reason), number in zip(verdicts, classes, strict=True)
        ]

    def _ask(self, seconds: float, *request: Any) -> Any:
        """The answer of the process, or None when it took too long or crashed; the next request starts another one."""
        if self._lost >= 2 * self._lost_seconds:
            return None
        connection = self._connection or self._start()
        start = time.monotonic()
        result, answered = None, False
        try:
            connection.send(request)
            if connection.poll(seconds):
                result, answered = connection.recv(), True
        except (EOFError, OSError):
            pass
        if not answered:
            self.close()
        if result is None:
            self._lost += time.monotonic() - start
        return result

    def _start(self) -> Connection:
        # A process that was forked would hold CUDA and the threads of torch.
        context = multiprocessing.get_context("spawn")
        own, other = context.Pipe()
        self._process = context.Process(target=_serve, args=(other,), daemon=True, name="grader")
        self._process.start()
        # However this process ends: multiprocessing would wait for one that ignores its SIGTERM.
        atexit.register(self.close)
        other.close()
        self._connection = own
        problem = own.recv() if own.poll(_START_SECONDS) else "it does not start"
        if problem is not None:
            self.close()
            raise InputError(f"math-verify cannot be used: {problem}.", "Install the engine's packages again.")
        return own

    def close(self) -> None:
        atexit.unregister(self.close)
        if self._process is not None:
            self._process.kill()
            self._process.join()
        if self._connection is not None:
            self._connection.close()
        self._process = self._connection = None


def _serve(connection: Connection) -> None:
    """The process: answers requests until the other side is gone."""
    # A signal to the group is for the training, which ends this process when it needs it no longer.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _end_with_parent()
    # Its warnings quote whole responses.
    logging.disable()
    try:
        from .answers import TookTooLong, equivalence_classes, grade
    except ImportError as error:
        connection.send(str(error))
        return
    connection.send(None)
    while True:
        try:
            what, *arguments = connection.recv()
        except EOFError:
            return
        try:
            connection.send(grade(*arguments) if what == "grade" else equivalence_classes(*arguments))
        except TookTooLong:
            connection.send(None)
        except Exception:
            # math-verify reads any text; what still makes it fail has no verdict.
            connection.send((False, None) if what == "grade" else None)


_PR_SET_PDEATHSIG = 1
"""Of Linux's prctl."""


def _end_with_parent() -> None:
    """Also when the parent is killed while this process computes."""
    if sys.platform == "linux":
        # A long computation in C keeps every thread of Python from running; the kernel needs none.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(0)

    threading.Thread(target=watch, name="parent", daemon=True).start()
