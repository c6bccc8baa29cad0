"""Tests import the package from the source tree; nothing needs to be installed besides its dependencies."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
# The policies are tiny: a second thread only waits, and takes a core to do so. Read when torch is imported.
os.environ["OMP_NUM_THREADS"] = "1"
for folder in (Path(__file__).parent, Path(__file__).parents[2] / "src" / "torch"):
    sys.path.insert(0, str(folder))


def pytest_configure(config: pytest.Config) -> None:
    """The place of the fork server, which the first test that needs it starts, for all processes of these tests."""
    if hasattr(config, "workerinput"):
        return
    # Not pytest's own: the address of a socket is short.
    place = TemporaryDirectory(prefix="g2rl-")
    pipe = Path(place.name) / "pipe"
    os.mkfifo(pipe)
    held = os.open(pipe, os.O_RDWR)
    os.environ["G2RL_FORK_SERVER"] = place.name
    config.add_cleanup(lambda: (os.close(held), place.cleanup()))
