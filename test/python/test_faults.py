"""What goes wrong besides a run's own input: disks, environments, policies. Each ends with a reason and a next step."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

from g2rl_torch.run_directory import RunDirectory, Status
from runs import experiment, make_run, status_of, train


def test_the_last_word_comes_through_on_a_full_disk(tmp_path: Path) -> None:
    directory = make_run(tmp_path, experiment())
    status = Status(RunDirectory(directory))

    def change_on_a_full_disk() -> None:
        # In the place of the file that would replace the old one.
        name = f".status.json.{os.getpid()}.{threading.get_ident()}.tmp"
        (directory / name).symlink_to("/dev/full")

    change_on_a_full_disk()
    status.change(state="running", step=1)
    assert status_of(directory)["step"] == 0
    change_on_a_full_disk()
    status.end("failed", ("No space left.", "Free some."))
    content = json.loads((directory / "status.json").read_text(encoding="utf-8"))
    assert (content["state"], content["error"]["message"]) == ("failed", "No space left.")


def test_a_full_disk_is_told_of_where_no_log_is(tmp_path: Path) -> None:
    directory = make_run(tmp_path, experiment(evaluation={"benchmarks": []}))
    for name in ("log.txt", "groups.jsonl"):
        (directory / name).symlink_to("/dev/full")
    assert train(directory) != 0
    error = status_of(directory)["error"]
    assert "No space left" in error["message"]
    assert error["hint"].startswith("The disk is full")
