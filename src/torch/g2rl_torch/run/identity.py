"""Which process it is: its pid and its start time, because a pid alone can be reused."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def process_start(pid: int) -> str | None:
    """When a process started, in the format that the extension reads; None when it is gone."""
    try:
        if sys.platform.startswith("linux"):
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
            # The program's name is in parentheses and may contain spaces and parentheses itself.
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


def identity() -> tuple[int, str]:
    """This process's pid and start time."""
    return os.getpid(), process_start(os.getpid()) or ""
