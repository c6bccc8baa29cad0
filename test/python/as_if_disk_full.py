"""`g2rl_torch` on a disk that is full when groups are written: Linux's device for that is no regular file."""

from __future__ import annotations

import errno
import os
import runpy
from pathlib import Path

write = os.write


def write_unless_groups(descriptor: int, data: bytes) -> int:
    if Path(f"/proc/self/fd/{descriptor}").readlink().name == "groups.jsonl":
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    return write(descriptor, data)


os.write = write_unless_groups
runpy.run_module("g2rl_torch", run_name="__main__", alter_sys=True)
