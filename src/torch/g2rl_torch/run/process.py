"""A run's process: `status.json`, requests to stop, and how it ends. The training itself is in train.py.

Under `accelerate launch` every process comes here; the one of rank 0 writes, the others only train.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
import traceback
from pathlib import Path

from ..errors import FEWER_ROWS, StopRequested, explain
from ..files import log
from ..gpus import keep_to_one
from ..redaction import without_credentials
from .directory import RunDirectory
from .identity import identity
from .status import Status
from .stopping import StopFlag


def run(argument: str) -> int:
    """Trains or resumes the run in a directory. Returns the exit code; errors are in status.json."""
    directory = RunDirectory(Path(argument).resolve())
    rank = int(os.environ.get("RANK", "0"))
    ranks = int(os.environ.get("WORLD_SIZE", "1"))
    if not (directory.root / "run.json").exists():
        log(f"{directory.root}: there is no run.json. Specify a run directory that the launcher created.")
        return 2
    status: Status | None = None
    if rank == 0:
        # A launcher has removed an old request before it started; one that exists now is for this run.
        if "G2RL_PARENT" not in os.environ:
            directory.clear_stop_request()
        directory.take_over()
        status = Status(directory)
        directory.clear_failure()

    keep_to_one()
    flag = _stop_flag(directory, status, ranks)
    flag.start()
    state, error = "failed", None
    try:
        # Only here, after the first status: torch and TRL take seconds to import.
        from .train import train_run

        state = train_run(directory, status, flag, lambda: _watch_peers(directory, flag, status, rank, ranks))
    except StopRequested:
        state = "stopped"
    except KeyboardInterrupt:
        state = "stopped"
    except BaseException as problem:
        # On a full disk it cannot be written.
        with contextlib.suppress(OSError):
            sys.stderr.write(without_credentials(traceback.format_exc()))
        # A process that is gone shows here as a connection that broke.
        time.sleep(0.5 if ranks > 1 else 0.0)
        gone = flag.lost()
        error = explain(problem) if gone is None else _lost_error(directory, gone)
        if rank > 0 and gone is None:
            directory.report_failure(rank, *error)
    flag.end()
    if status is not None:
        status.end(state, error)
        directory.clear_stop_request()
    code = 1 if error is not None else 0
    if ranks > 1:
        # Leaving the process group in order would wait for processes that may never come, and its threads may abort a
        # process that ends without leaving it.
        with contextlib.suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
    return code


def _stop_flag(directory: RunDirectory, status: Status | None, ranks: int) -> StopFlag:
    def now() -> None:
        if status is not None:
            status.end("stopped")
            # The other processes read the same request; it is cleared when they have.
            time.sleep(1.0 if ranks > 1 else 0.0)
            directory.clear_stop_request()
        os._exit(0)

    def stopping() -> None:
        if status is not None:
            status.stopping = True
            status.change(state="stopping")

    return StopFlag(directory.stop_request, stopping, now)


def _watch_peers(directory: RunDirectory, flag: StopFlag, status: Status | None, rank: int, ranks: int) -> None:
    """From now on a lost process of this run ends the others: nothing waits for it."""
    peers: dict[int, tuple[int, str]] = {}
    if ranks > 1:
        from accelerate.utils import gather_object

        host = os.uname().nodename if hasattr(os, "uname") else ""
        everyone = gather_object([(rank, host, *identity())])
        peers = {other: (pid, start) for other, place, pid, start in everyone if other != rank and place == host}

    def lost(who: str) -> None:
        # Rank 0 may be about to write how it ended: give it the time.
        time.sleep(2.0)
        if status is not None:
            status.end("failed", _lost_error(directory, who))
        os._exit(1)

    flag.watch_peers(peers, lost, launched=ranks > 1 or "G2RL_PARENT" in os.environ)


def _lost_error(directory: RunDirectory, who: str) -> tuple[str, str]:
    """The reason that a lost process recorded, else what is visible from outside."""
    return directory.failure() or (
        f"{who} ended unexpectedly.",
        f"Look at log.txt, then resume the run. If memory has run out: {FEWER_ROWS[0].lower()}{FEWER_ROWS[1:]}",
    )
