"""`status.json`: the state of a run and its heartbeat."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import threading
from collections.abc import Callable
from typing import Any

from ..files import SCHEMA, atomic_write, log, now, write_over
from .directory import RunDirectory
from .identity import pid_scope, process_start

_HEARTBEAT_SECONDS = 1.0


class Status:
    """`status.json`: replaced at each change, and by a thread every second: the heartbeat runs while torch works."""

    def __init__(
        self,
        directory: RunDirectory,
        say: Callable[[str], None] = log,
        failure: Callable[[], tuple[str, str] | None] = lambda: None,
    ) -> None:
        """say: takes a line for people. failure: why another process of the run has ended, if one has."""
        self._file = directory.root / "status.json"
        self._say = say
        self._failure = failure
        self._lock = threading.Lock()
        self._ended = threading.Event()
        started = now()
        # The launcher outlives this process and reports how it ended: it is the run's process.
        pid = int(os.environ.get("G2RL_PARENT", os.getpid()))
        self._status: dict[str, Any] = {
            "schema": SCHEMA,
            "state": "starting",
            "host": platform.node(),
            "pid": pid,
            "processStart": process_start(pid) or "",
            "pidScope": pid_scope(),
            "heartbeat": started,
            "startedAt": started,
            "step": 0,
            "totalSteps": 0,
            "tokens": 0,
            "secondsPerStep": None,
            "evaluation": None,
            "checkpointStep": None,
            "error": None,
        }
        self.stopping = False
        self.change()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
        self._thread.start()

    def change(self, **change: Any) -> None:
        """Writes the status with these fields changed. Once asked to stop, the status says so until it has stopped."""
        with self._lock:
            if self._ended.is_set():
                return
            if self.stopping and change.get("state") in ("running", "evaluating"):
                del change["state"]
            self._write(change)

    def end(self, state: str, error: tuple[str, str] | None = None) -> None:
        """Writes the final status; nothing is written after it."""
        with self._lock:
            if self._ended.is_set():
                return
            self._ended.set()
            described = None if error is None else {"message": error[0], "hint": error[1]}
            self._write({"state": state, "error": described, "evaluation": None})
        if error is not None:
            self._say(f"{error[0]} {error[1]}")
        self._say(state)

    def _write(self, change: dict[str, Any]) -> None:
        self._status.update(change, heartbeat=now())
        content = json.dumps(self._status, indent=2) + "\n"
        try:
            atomic_write(self._file, content)
        except OSError as error:
            # The disk may be full, or the folder gone: the engine's own writes report it; here it is only logged.
            self._say(f"status.json: {error}")
            if self._ended.is_set():
                # Nothing else would report why the run has ended.
                with contextlib.suppress(OSError):
                    write_over(self._file, content)

    def _beat(self) -> None:
        while not self._ended.wait(_HEARTBEAT_SECONDS):
            failure = self._failure()
            if failure is not None:
                self.end("failed", failure)
            self.change()
