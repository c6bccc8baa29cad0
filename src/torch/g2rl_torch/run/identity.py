"""Which process it is: its pid and its start time, because a pid alone can be reused."""

from __future__ import annotations

import os
import platform
import re
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
        return _output(command) or None
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def _output(command: list[str]) -> str:
    environment = {**os.environ, "LC_ALL": "C"}
    return subprocess.run(
        command, capture_output=True, text=True, timeout=5, env=environment, check=True
    ).stdout.strip()


def pid_scope() -> str | None:
    """The processes among which a pid means the same as here, in the format that the extension reads: those of one
    machine since its boot, on Linux of one pid namespace. None when it cannot be told.
    """
    try:
        if sys.platform.startswith("linux"):
            # In a namespace that has the /proc of another one, pids would be looked up among the other's.
            if Path("/proc/self").readlink().name != str(os.getpid()):
                return None
            boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
            return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
        if sys.platform == "darwin":
            return _output(["sysctl", "-n", "kern.bootsessionuuid"]) or None
        if sys.platform == "win32":
            key = r"HKLM\SOFTWARE\Microsoft\Cryptography"
            found = re.search("[0-9a-fA-F-]{36}", _output(["reg", "query", key, "/v", "MachineGuid"]))
            return found.group() if found else None
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return platform.node()


def identity() -> tuple[int, str]:
    """This process's pid and start time."""
    return os.getpid(), process_start(os.getpid()) or ""
