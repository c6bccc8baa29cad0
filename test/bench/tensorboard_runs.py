"""The scalars of runs as TensorBoard's event files, and its reader on them. `… make|read RUNS EVENTS`."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from tensorboard import version
from tensorboard.backend.event_processing.event_accumulator import SCALARS, EventAccumulator
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter

# What a comparison draws first.
DRAWN = ("reward", "g2rl/similarity_mean", "g2rl/no_signal_after", "entropy", "completions/mean_length")


def add(writer: EventFileWriter, line: str) -> None:
    record = json.loads(line)
    values = [Summary.Value(tag=name, simple_value=value) for name, value in record.items()]
    writer.add_event(Event(wall_time=record["time"], step=record["step"], summary=Summary(value=values)))


def make(runs: Path, events: Path) -> dict[str, object]:
    for run in sorted(runs.iterdir()):
        writer = EventFileWriter(str(events / run.name))
        for line in (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines():
            add(writer, line)
        writer.close()
    return {}


def read(runs: Path, events: Path) -> dict[str, object]:
    """Until the scalars that are drawn are lists of values; then for one more step of one run."""
    start = time.perf_counter()
    readers = {run.name: EventAccumulator(str(run), size_guidance={SCALARS: 0}) for run in sorted(events.iterdir())}
    for reader in readers.values():
        reader.Reload()
        scalars(reader)
    opened = time.perf_counter() - start
    name, first = next(iter(readers.items()))
    line = (runs / name / "metrics.jsonl").read_text(encoding="utf-8").splitlines()[-1]
    grown = []
    for _ in range(15):
        writer = EventFileWriter(str(events / name), filename_suffix=str(len(grown)))
        add(writer, line)
        writer.close()
        start = time.perf_counter()
        for reader in readers.values():
            reader.Reload()
        scalars(first)
        grown.append(time.perf_counter() - start)
    return {"opened": 1000 * opened, "grown": 1000 * sorted(grown)[7], "version": version.VERSION}


def scalars(reader: EventAccumulator) -> list[list[float]]:
    names = [name for name in DRAWN if name in reader.Tags()[SCALARS]]
    return [[event.value for event in reader.Scalars(name)] for name in names]


if __name__ == "__main__":
    part, runs, events = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    print(json.dumps((make if part == "make" else read)(runs, events)))
