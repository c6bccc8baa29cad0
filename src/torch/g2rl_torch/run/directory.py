"""The files that a trainer writes into a run directory, field for field as the embedded engine writes them."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

from ..files import append_lines, end_last_line, read_regular, step_name


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

    def write_step(self, metrics: dict[str, Any], groups: list[dict[str, Any]], rollouts: list[dict[str, Any]]) -> None:
        """The records of one step.

        Texts come before the groups that lead to them, since readers show a group as soon as it is there; metrics come
        last, so that a step with metrics is whole.
        """
        self.write_rollouts(metrics["step"], rollouts)
        self.append_groups(groups)
        self.append_metrics(metrics)

    def append_metrics(self, metrics: dict[str, Any]) -> None:
        append_lines(self.root / "metrics.jsonl", [metrics])

    def append_groups(self, groups: list[dict[str, Any]]) -> None:
        append_lines(self.root / "groups.jsonl", groups)

    def append_benchmark(self, record: dict[str, Any]) -> None:
        append_lines(self.root / "benchmarks.jsonl", [record])

    def write_rollouts(self, step: int, rollouts: list[dict[str, Any]]) -> None:
        """Replaces the file of that step: after a resume a step may be sampled a second time."""
        path = self.root / "rollouts" / f"{step_name(step)}.jsonl"
        # Where the run's folder was moved or deleted, the run ends: what made a checkpoint may have made half of one.
        if not (self.root / "run.json").exists():
            raise FileNotFoundError(errno.ENOENT, "The folder is gone", str(self.root))
        path.parent.mkdir(exist_ok=True)
        path.unlink(missing_ok=True)
        append_lines(path, rollouts)

    def scored_benchmarks(self) -> set[tuple[int, str]]:
        """The (step, benchmark) pairs that `benchmarks.jsonl` already has."""
        try:
            lines = read_regular(self.root / "benchmarks.jsonl").splitlines()
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
            content = json.loads(read_regular(self._failure))
            return str(content["message"]), str(content["hint"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def clear_failure(self) -> None:
        self._failure.unlink(missing_ok=True)

    def take_over(self) -> None:
        """From now on this process writes the status. Until then its launcher does, by renaming from a folder:
        without that folder none of its beats can be written any more.
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
