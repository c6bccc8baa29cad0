"""Processes that judge answers with math-verify, several at once: what takes too long is canceled in each of them."""

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
from collections import deque
from collections.abc import Iterable
from multiprocessing.connection import Connection, wait
from typing import Any

from ..errors import InputError

Request = tuple[Any, ...]
"""`("grade", gold, response, kind)` or `("classes", answers, kind)`."""

_GRACE_SECONDS = 1.0
"""What cannot be interrupted by then is killed."""
_SLOW_SECONDS = 0.2
"""A request that takes longer than this lets another process start for those behind it."""
_START_SECONDS = 120.0
"""Importing math-verify's algebra from a cold disk."""
_MOST = 8
"""A process takes 100 MB."""


def _processes() -> int:
    """A share of this machine's cores for each rank, and two at the least: nothing waits for one slow response."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(2, min(_MOST, cores // int(os.environ.get("LOCAL_WORLD_SIZE", "1"))))


class Judge:
    """One process. It ends with this one, or when `close` is called."""

    def __init__(self) -> None:
        # A process that was forked would hold CUDA and the threads of torch.
        context = multiprocessing.get_context("spawn")
        self.connection, other = context.Pipe()
        self.process = context.Process(target=_serve, args=(other,), daemon=True, name="grader")
        self.process.start()
        # However this process ends: multiprocessing would wait for one that ignores its SIGTERM.
        atexit.register(self.close)
        other.close()
        self.is_starting = True
        self.asked: Request | None = None
        self.since = time.monotonic()
        self.deadline = self.since + _START_SECONDS

    @property
    def is_idle(self) -> bool:
        return not self.is_starting and self.asked is None

    def ask(self, request: Request, seconds: float) -> None:
        self.asked = request
        self.since = time.monotonic()
        self.deadline = self.since + seconds + _GRACE_SECONDS
        self.connection.send((*request, seconds))

    def close(self) -> None:
        atexit.unregister(self.close)
        self.process.kill()
        self.process.join()
        self.connection.close()


class JudgePool:
    """One process to begin with; others are started while some are held up."""

    def __init__(self) -> None:
        self.most = _processes()
        self.judges: list[Judge] = []

    def start(self) -> None:
        """A process that is ready. Raises InputError."""
        if not self.judges:
            self.judges.append(Judge())
        while all(judge.is_starting for judge in self.judges):
            self._receive(self.judges, {})

    def answers(self, requests: Iterable[Request], seconds: float, end: float) -> dict[Request, Any]:
        """The answer to each request; those are missing that took longer than `seconds`, crashed their process, or
        were not done at the moment `end` of the monotonic clock. Raises InputError.
        """
        self.start()
        queue = deque(requests)
        found: dict[Request, Any] = {}
        while time.monotonic() < end:
            for judge in [one for one in self.judges if one.is_idle]:
                if queue:
                    self._ask(judge, queue.popleft(), seconds)
            busy = [judge for judge in self.judges if judge.asked is not None]
            if not busy and not queue:
                return found
            if self._are_held_up():
                missing = min(self.most - len(self.judges), len(queue))
                self.judges.extend(Judge() for _ in range(missing))
            self._receive([judge for judge in self.judges if not judge.is_idle], found, end)
        for judge in [one for one in self.judges if one.asked is not None]:
            self._drop(judge)
        return found

    def _are_held_up(self) -> bool:
        """Whether all processes have been at one request for a while."""
        now = time.monotonic()
        return all(judge.asked is not None and now - judge.since > _SLOW_SECONDS for judge in self.judges)

    def _ask(self, judge: Judge, request: Request, seconds: float) -> None:
        try:
            judge.ask(request, seconds)
        except OSError:
            # Killed while nobody asked it anything.
            self._drop(judge)

    def _receive(self, judges: list[Judge], found: dict[Request, Any], end: float = float("inf")) -> None:
        """Waits for the first answer, or until something is to be done."""
        until = min([end, *(judge.deadline for judge in judges)]) - time.monotonic()
        ready = wait([judge.connection for judge in judges], min(max(0.0, until), _SLOW_SECONDS))
        for judge in judges:
            if judge.connection in ready:
                self._take(judge, found)
            elif time.monotonic() > judge.deadline:
                if judge.is_starting:
                    self._fail(judge, "it does not start")
                self._drop(judge)

    def _take(self, judge: Judge, found: dict[Request, Any]) -> None:
        try:
            answer = judge.connection.recv()
        except (EOFError, OSError):
            if judge.is_starting:
                self._fail(judge, "it does not start")
            self._drop(judge)
            return
        if judge.is_starting:
            if answer is not None:
                self._fail(judge, answer)
            judge.is_starting = False
            return
        if answer is not None and judge.asked is not None:
            found[judge.asked] = answer
        judge.asked = None

    def _fail(self, judge: Judge, problem: str) -> None:
        self._drop(judge)
        raise InputError(f"math-verify cannot be used: {problem}.", "Install the engine's packages again.")

    def _drop(self, judge: Judge) -> None:
        judge.close()
        self.judges.remove(judge)

    def close(self) -> None:
        for judge in list(self.judges):
            self._drop(judge)


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

        # The first answer takes many times what the others take.
        grade("1", "\\boxed{1}", "math", _START_SECONDS)
    except ImportError as error:
        connection.send(str(error))
        return
    connection.send(None)
    while True:
        try:
            what, *arguments, seconds = connection.recv()
        except EOFError:
            return
        try:
            if what == "grade":
                gold, response, kind = arguments
                answer: Any = grade(gold, response, kind, seconds)
            else:
                answer = equivalence_classes(*arguments)
        except TookTooLong:
            answer = None
        except Exception:
            # math-verify reads any text; what still makes it fail has no verdict.
            answer = (False, None) if what == "grade" else None
        connection.send(answer)


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
