"""`evaluations/step-NNNNNN-<benchmark>.jsonl`: every response of an evaluation, one problem per line, so that an
interrupted evaluation continues and every verdict can be read.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from ..files import append_lines, end_last_line, step_name
from ..method.similarity import HISTOGRAM_BINS


def evaluation_file(step: int, benchmark: str) -> Path:
    """Relative to the run directory; the benchmark's name made safe for a file."""
    return Path("evaluations") / f"{step_name(step)}-{re.sub(r'[^A-Za-z0-9._-]+', '-', benchmark)}.jsonl"


_MOST_HEADER_BYTES = 65_536
"""More than a header has."""


def _is_barely_begun(path: Path) -> bool:
    """Whether a kill came before the header was whole: such a file holds nothing."""
    return path.stat().st_size <= _MOST_HEADER_BYTES and b"\n" not in path.read_bytes()


class EvaluationFile:
    """Used by rank 0 alone."""

    def __init__(self, path: Path, header: dict[str, Any]) -> None:
        """Continues the file when it holds the same evaluation, else starts it; the file of another evaluation is
        kept next to it as `<file>.previous`. header: all that the responses depend on.
        """
        self._path = path
        self.done: dict[str, dict[str, Any]] = {}
        """The problems that it already holds, by id."""
        path.parent.mkdir(exist_ok=True)
        if path.exists() and _is_barely_begun(path):
            path.unlink()
        if path.exists():
            end_last_line(path)
            if self._read(header):
                return
            path.replace(path.with_name(f"{path.name}.previous"))
        append_lines(path, [{"evaluation": header}])

    def _read(self, header: dict[str, Any]) -> bool:
        with self._path.open(encoding="utf-8", errors="replace") as lines:
            for number, line in enumerate(lines):
                try:
                    record = json.loads(line)
                    if number == 0:
                        if record["evaluation"] != header:
                            return False
                    else:
                        self.done[record["id"]] = _checked(record)
                except (ValueError, KeyError, TypeError):
                    # A line that a kill cut off, or with a damaged byte: its problem is sampled again.
                    if number == 0:
                        return False
        return True

    def append(self, problems: list[dict[str, Any]]) -> None:
        append_lines(self._path, problems)
        self.done.update((problem["id"], problem) for problem in problems)


def _checked(record: dict[str, Any]) -> dict[str, Any]:
    """The problem, when all is there that scores are made of. Raises ValueError, KeyError or TypeError."""
    responses = record["responses"]
    right = (
        isinstance(record["id"], str)
        and record["n"] == len(responses) > 0
        and all(isinstance(record[name], int) for name in ("correct", "pairs"))
        and all(isinstance(record[name], int | float | None) for name in ("similarity_mean", "negative_pair_ratio"))
        and all(isinstance(one[name], bool) for one in responses for name in ("correct", "finished"))
        and all(isinstance(one[name], int) for one in responses for name in ("class", "tokens"))
        and all(isinstance(one["answer"], str | None) for one in responses)
    )
    if not right or not _is_distribution(record.get("similarity_histogram"), record.get("logdet")):
        raise ValueError("damaged")
    return record


def _is_distribution(histogram: Any, logdet: Any) -> bool:
    """Both, or neither in files of earlier versions."""
    if histogram is None:
        return logdet is None
    whole = isinstance(histogram, list) and len(histogram) == HISTOGRAM_BINS
    return whole and all(isinstance(count, int) for count in histogram) and isinstance(logdet, int | float)
