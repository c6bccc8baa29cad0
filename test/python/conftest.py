"""Tests import the package from the source tree; nothing needs to be installed besides its dependencies."""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
for folder in (Path(__file__).parent, Path(__file__).parents[2] / "src" / "torch"):
    sys.path.insert(0, str(folder))
