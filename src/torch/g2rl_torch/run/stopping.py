"""Requests to stop: the file `control/stop`, SIGINT, SIGTERM; and processes of the same run that are gone."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from ..files import read_regular
from .identity import process_start

_POLL_SECONDS = 0.2
_PEER_SECONDS = 1.0


class StopFlag:
    """Set by signals and by the file; checked between steps and between batches of an evaluation."""

    def __init__(self, request: Path, on_stop: Callable[[], None], on_now: Callable[[], None]) -> None:
        """on_stop: called once, for a request to stop with a checkpoint. on_now: for one not to wait for the step."""
        self._request = request
        self._on_stop = on_stop
        self._on_now = on_now
        self._requested = threading.Event()
        self._over = threading.Event()
        self._peers: dict[int, tuple[int, str]] = {}
        self._on_lost: Callable[[str], None] = lambda who: None
        self._launcher = os.getppid()
        self._watched = False

    @property
    def requested(self) -> bool:
        return self._requested.is_set()

    def start(self) -> None:
        """Call in the main thread: signal handlers are set only there."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        threading.Thread(target=self._watch, name="stop requests", daemon=True).start()

    def end(self) -> None:
        self._over.set()

    def watch_peers(self, peers: dict[int, tuple[int, str]], on_lost: Callable[[str], None], *, launched: bool) -> None:
        """peers: rank → pid and start time of the run's other processes on this machine. A launcher is watched too:
        without it nothing would end the processes that it started in their own sessions.
        """
        self._on_lost = on_lost
        self._peers = peers
        self._watched = launched

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        # The second one means now.
        now = self.requested and number == signal.SIGTERM
        # Locks may be held by the very code that was interrupted: a separate thread waits for them.
        threading.Thread(target=self._stop, args=(now,), daemon=True).start()

    def _stop(self, now: bool) -> None:
        if self._over.is_set():
            return
        if now:
            self._on_now()
        elif not self._requested.is_set():
            self._requested.set()
            self._on_stop()

    def _watch(self) -> None:
        looked = time.monotonic()
        while not self._over.wait(_POLL_SECONDS):
            try:
                text = read_regular(self._request, errors="replace")
                self._stop(now='"now"' in text)
            except OSError:
                pass
            if self._watched and time.monotonic() - looked > _PEER_SECONDS:
                looked = time.monotonic()
                lost = self.lost()
                if lost is not None:
                    self.give_up(lost)

    def give_up(self, lost: str) -> None:
        """Ends the run for a lost process, as for one of its own."""
        if not self._over.is_set():
            self._on_lost(lost)

    def lost(self) -> str | None:
        """Which process of the run is lost, if any."""
        if self._watched and os.getppid() != self._launcher:
            return f"The launcher (pid {self._launcher})"
        for rank, (pid, started) in self._peers.items():
            if process_start(pid) != started:
                return f"The training process of rank {rank} (pid {pid})"
        return None
