"""The trainer's side of the run directory, schema 1: written as the embedded engine writes it, field for field."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from .errors import InputError

SCHEMA = 1
_HEARTBEAT_SECONDS = 1.0


def step_name(step: int) -> str:
    """`step-000025`: the name of a checkpoint folder and the stem of a rollout file."""
    return f"step-{step:06d}"


def now() -> str:
    """ISO 8601, UTC, as JavaScript writes it."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def log(line: str) -> None:
    """A line of log.txt, which is the process's standard output. A full disk takes none; the run's own files tell."""
    with contextlib.suppress(OSError):
        sys.stdout.write(f"{now()} {line}\n")
        sys.stdout.flush()


def process_start(pid: int) -> str | None:
    """When a process started, as the operating system tells it, in the words of the extension; None when it is gone."""
    try:
        if sys.platform.startswith("linux"):
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
            # The program's name stands in parentheses and may hold spaces and parentheses itself.
            fields = stat[stat.rindex(")") + 2 :].split(" ")
            if fields[0] in "ZX":
                return None
            boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
            return f"{boot}:{fields[19]}"
        if sys.platform == "win32":
            script = f"(Get-Process -Id {pid}).StartTime.ToUniversalTime().Ticks"
            command = ["powershell.exe", "-NoProfile", "-NonInteractive", "-Command", script]
        else:
            command = ["ps", "-o", "lstart=", "-p", str(pid)]
        environment = {**os.environ, "LC_ALL": "C"}
        output = subprocess.run(command, capture_output=True, text=True, timeout=5, env=environment, check=True)
        return output.stdout.strip() or None
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def atomic_write(path: Path, content: str) -> None:
    """Replaces a file as a whole: readers see the old content or the new one, also after a power failure."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.tmp")
    try:
        with beside.open("w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise


def write_over(path: Path, content: str) -> None:
    """Writes into a file as it lies there: a full disk has no room for one beside it."""
    with path.open("r+b") as file:
        file.write(content.encode())
        file.truncate()
        file.flush()
        os.fsync(file.fileno())


def append_lines(path: Path, records: Iterable[dict[str, Any]]) -> None:
    """Appends one JSON object a line in one write; what a full disk took only in part is taken back."""
    data = "".join(json.dumps(one, ensure_ascii=False, allow_nan=False) + "\n" for one in records).encode()
    if not data:
        return
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        size = os.fstat(descriptor).st_size
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(descriptor, view) :]
        except OSError as error:
            with contextlib.suppress(OSError):
                os.ftruncate(descriptor, size)
            # Written to by its number, it would not be named.
            raise OSError(error.errno, error.strerror, os.fspath(path)) from error
    finally:
        os.close(descriptor)


def end_last_line(path: Path) -> None:
    """Ends a last line that a killed process left half written."""
    if not path.exists() or path.stat().st_size == 0:
        return
    with path.open("rb+") as file:
        file.seek(-1, os.SEEK_END)
        if file.read(1) != b"\n":
            file.write(b"\n")


class RunDirectory:
    """The only writer of everything but `run.json`, `log.txt` and `control/`. Used by rank 0 alone."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.checkpoints = root / "checkpoints"
        self.stop_request = root / "control" / "stop"
        self._failure = root / "control" / "failure.json"
        self._beats = root / "control" / "loading"

    def repair_tails(self) -> None:
        files = [self.root / name for name in ("metrics.jsonl", "groups.jsonl", "benchmarks.jsonl")]
        for path in [*files, *(self.root / "rollouts").glob("*.jsonl")]:
            end_last_line(path)

    def append_metrics(self, metrics: dict[str, Any]) -> None:
        append_lines(self.root / "metrics.jsonl", [metrics])

    def append_groups(self, groups: list[dict[str, Any]]) -> None:
        append_lines(self.root / "groups.jsonl", groups)

    def append_benchmark(self, record: dict[str, Any]) -> None:
        append_lines(self.root / "benchmarks.jsonl", [record])

    def write_rollouts(self, step: int, rollouts: list[dict[str, Any]]) -> None:
        """Starts the file of that step anew: after a resume a step may be sampled a second time."""
        path = self.root / "rollouts" / f"{step_name(step)}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        append_lines(path, rollouts)

    def scored_benchmarks(self) -> set[tuple[int, str]]:
        """The (step, benchmark) pairs that `benchmarks.jsonl` already has."""
        try:
            lines = (self.root / "benchmarks.jsonl").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return set()
        found = set()
        for line in lines:
            with contextlib.suppress(ValueError, KeyError, TypeError):
                record = json.loads(line)
                found.add((int(record["step"]), str(record["benchmark"])))
        return found

    def report_failure(self, rank: int, message: str, hint: str) -> None:
        """For rank 0, which alone writes the status: why another process ends. The first one counts."""
        with contextlib.suppress(OSError), self._failure.open("x", encoding="utf-8") as file:
            json.dump({"message": f"Rank {rank}: {message}", "hint": hint}, file)

    def failure(self) -> tuple[str, str] | None:
        try:
            content = json.loads(self._failure.read_text(encoding="utf-8"))
            return str(content["message"]), str(content["hint"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def clear_failure(self) -> None:
        self._failure.unlink(missing_ok=True)

    def take_over(self) -> None:
        """From now on this process writes the status. Until then its launcher does, out of a folder: without that
        folder none of its beats comes through any more.
        """
        taken = self._beats.with_name(f"loading.{os.getpid()}")
        for _ in range(20):
            try:
                self._beats.rename(taken)
            except FileNotFoundError:
                return
            except PermissionError:
                # On Windows, while the launcher writes into it.
                time.sleep(0.05)
            else:
                break
        shutil.rmtree(taken, ignore_errors=True)

    def clear_stop_request(self) -> None:
        self.stop_request.unlink(missing_ok=True)


def read_manifest(root: Path) -> dict[str, Any]:
    """`run.json`. Raises InputError when it is missing, broken, of a newer schema or for another engine."""
    path = root / "run.json"
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read ({error}).", "Start the experiment anew.") from error
    schema = manifest.get("schema") if isinstance(manifest, dict) else None
    if not isinstance(schema, int):
        raise InputError(f"{path}: schema: there is none.", "Start the experiment anew.")
    if schema > SCHEMA:
        raise InputError(
            f"{path}: schema {schema} is newer than this version understands ({SCHEMA}).", "Update G2RL Lab."
        )
    experiment = manifest.get("experiment")
    needed = ("method", "task", "rollout", "optimization", "evaluation", "checkpoints", "policy", "seed")
    missing = [name for name in needed if not isinstance(experiment, dict) or name not in experiment]
    if missing:
        raise InputError(f"{path}: experiment.{missing[0]}: there is none.", "Start the experiment anew.")
    return dict(manifest)


class Status:
    """`status.json`: replaced at each change, and by a thread every second: the heart beats while torch works."""

    def __init__(self, directory: RunDirectory) -> None:
        self._file = directory.root / "status.json"
        self._lock = threading.Lock()
        self._ended = threading.Event()
        started = now()
        # The launcher outlives this process and says how it ended: the run's process is that one.
        pid = int(os.environ.get("G2RL_PARENT", os.getpid()))
        self._status: dict[str, Any] = {
            "schema": SCHEMA,
            "state": "starting",
            "host": platform.node(),
            "pid": pid,
            "processStart": process_start(pid) or "",
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
        """Writes the status with these fields changed. Once asked to stop, the run says so until it has."""
        with self._lock:
            if self._ended.is_set():
                return
            if self.stopping and change.get("state") in ("running", "evaluating"):
                del change["state"]
            self._write(change)

    def end(self, state: str, error: tuple[str, str] | None = None) -> None:
        """The last word: nothing is written after it."""
        with self._lock:
            if self._ended.is_set():
                return
            self._ended.set()
            described = None if error is None else {"message": error[0], "hint": error[1]}
            self._write({"state": state, "error": described, "evaluation": None})
        if error is not None:
            log(f"{error[0]} {error[1]}")
        log(state)

    def _write(self, change: dict[str, Any]) -> None:
        self._status.update(change, heartbeat=now())
        content = json.dumps(self._status, indent=2) + "\n"
        try:
            atomic_write(self._file, content)
        except OSError as error:
            # The disk may be full, or the folder gone: the engine's own writes tell; here it is only noted.
            log(f"status.json: {error}")
            if self._ended.is_set():
                # Nobody else would tell why the run has ended.
                with contextlib.suppress(OSError):
                    write_over(self._file, content)

    def _beat(self) -> None:
        while not self._ended.wait(_HEARTBEAT_SECONDS):
            self.change()


def remove_folder(path: Path) -> None:
    """Removes a folder or a link to one, if it is there."""
    if path.is_symlink():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path)
