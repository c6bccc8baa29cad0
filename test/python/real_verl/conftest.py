"""The modules that verl imports in all of its processes, and where they are."""

from __future__ import annotations

import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
PACKAGE = HERE.parents[2] / "src" / "torch"
PATHS = [str(HERE), str(PACKAGE), str(PACKAGE / "examples")]
sys.path[:0] = PATHS
os.environ.update(
    {
        "PYTHONPATH": os.pathsep.join([*PATHS, os.environ.get("PYTHONPATH", "")]),
        "VERL_USE_EXTERNAL_MODULES": "cpu_platform,for_verl,stand_in_rollout",
        # Otherwise Ray lets all else of the machine go first.
        "RAY_worker_niceness": "0",
    }
)
