"""TensorBoard's reader over the scalars of runs: ``tensorboard_runs.py <folder> <runs>``, the last line is JSON.

Writes each run as training loops log it, an event for each scalar of each step, then loads all of them as TensorBoard
itself does.
"""

import json
import math
import os
import shutil
import sys
import time
from pathlib import Path

from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter
from tensorboard.version import VERSION

STEPS = 400
SCALARS = 37
FILES = 2


def write_run(folder: Path, shift: int) -> None:
    writer = EventFileWriter(str(folder), max_queue_size=10_000)
    for step in range(1, STEPS + 1):
        for scalar in range(SCALARS):
            value = Summary.Value(tag=f"metric/{scalar}", simple_value=math.sin(step / 90 + shift + scalar))
            writer.add_event(Event(wall_time=time.time(), step=step, summary=Summary(value=[value])))
    writer.close()


def main() -> None:
    root, runs = Path(sys.argv[1]), int(sys.argv[2])
    for run in range(FILES):
        write_run(root / f"run-{run}", run)
    for run in range(FILES, runs):
        shutil.copytree(root / f"run-{run % FILES}", root / f"run-{run}")
    started = time.perf_counter()
    multiplexer = EventMultiplexer()
    multiplexer.AddRunsFromDirectory(str(root))
    multiplexer.Reload()
    seconds = time.perf_counter() - started
    found = multiplexer.Runs()
    assert len(found) == runs, found.keys()
    print(json.dumps({"version": VERSION, "runs": runs, "millisecondsOfRun": 1000 * seconds / runs}))
    sys.stdout.flush()
    # Its threads for reading need not end.
    os._exit(0)


if __name__ == "__main__":
    main()
