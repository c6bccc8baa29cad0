"""Files of a run directory, schema 1: names, whole-file replacement, appended lines, checksums, the log."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import math
import os
import re
import shutil
import stat
import sys
import threading
from collections.abc import Iterable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, BinaryIO

from .redaction import without_credentials

SCHEMA = 2
_HALVES = "backslashreplace"
"""Half of a surrogate pair has no bytes in UTF-8: programs of others may write one, and JSON has it escaped."""
_NO_WAIT = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""Without it, opening a named pipe waits for its other end. Windows has no such pipes."""


def step_name(step: int) -> str:
    """`step-000025`: the name of a checkpoint folder and the stem of a rollout file."""
    return f"step-{step:06d}"


def now() -> str:
    """ISO 8601, UTC, as JavaScript writes it."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def log(line: str) -> None:
    """A line of log.txt, the process's standard output. A full disk takes none; the run's own files report it."""
    with contextlib.suppress(OSError):
        encoding = sys.stdout.encoding or "utf-8"
        text = without_credentials(line).encode(encoding, _HALVES).decode(encoding)
        sys.stdout.write(f"{now()} {text}\n")
        sys.stdout.flush()


def atomic_write(path: Path, content: str) -> None:
    """Replaces a file as a whole: readers see the old content or the new one, also after a power failure."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.tmp")
    try:
        with beside.open("w", encoding="utf-8", errors=_HALVES) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise


def write_over(path: Path, content: str) -> None:
    """Writes into a file in place: a full disk has no room for a second one."""
    with path.open("r+b") as file:
        file.write(content.encode(errors=_HALVES))
        file.truncate()
        file.flush()
        os.fsync(file.fileno())


def json_text(content: Any) -> str:
    """As JavaScript writes it: without spaces, and null for a number that is not finite."""
    try:
        return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except ValueError:
        return json.dumps(_finite(content), ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _finite(content: Any) -> Any:
    if isinstance(content, dict):
        return {name: _finite(value) for name, value in content.items()}
    if isinstance(content, list | tuple):
        return [_finite(value) for value in content]
    return None if isinstance(content, float) and not math.isfinite(content) else content


def append_lines(path: Path, records: Iterable[dict[str, Any]]) -> None:
    """Appends one JSON object per line in one write; what a full disk took only in part is taken back."""
    append_text(path, "".join(json_text(one) + "\n" for one in records))


def append_text(path: Path, text: str) -> None:
    """Appends whole lines in one write."""
    data = text.encode(errors=_HALVES)
    if not data:
        return
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | _NO_WAIT, 0o644)
    try:
        _check_takes_writes(descriptor, path)
        size = os.fstat(descriptor).st_size
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(descriptor, view) :]
        except OSError as error:
            with contextlib.suppress(OSError):
                os.ftruncate(descriptor, size)
            # Written to by its number, it would not be named.
            raise OSError(error.errno, error.strerror, os.fspath(path)) from error
    finally:
        os.close(descriptor)


def end_last_line(path: Path) -> None:
    """Ends a last line that a killed process left half written."""
    if not path.exists() or path.stat().st_size == 0:
        return
    with path.open("rb+") as file:
        file.seek(-1, os.SEEK_END)
        if file.read(1) != b"\n":
            file.write(b"\n")


def remove_folder(path: Path) -> None:
    """Removes a folder or a link to one, if it is there."""
    if path.is_symlink():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path)


def open_regular(path: Path) -> BinaryIO:
    """Opens a file that anyone may have put there: reading a pipe or a device would wait, or never end."""
    file = os.fdopen(os.open(path, os.O_RDONLY | _NO_WAIT), "rb")
    try:
        _check_regular(file.fileno(), path)
    except OSError:
        file.close()
        raise
    return file


def _check_regular(descriptor: int, path: Path) -> None:
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        raise OSError(errno.ENXIO, "is a device or a pipe, not a regular file", os.fspath(path))


def _check_takes_writes(descriptor: int, path: Path) -> None:
    """A pipe would never take what is written; a character device answers at once."""
    mode = os.fstat(descriptor).st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISCHR(mode)):
        raise OSError(errno.ENXIO, "is a pipe, a socket or a disk", os.fspath(path))


def read_regular(path: Path, errors: str = "strict") -> str:
    with open_regular(path) as file:
        return file.read().decode(errors=errors)


def sha256_of(paths: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        with open_regular(path) as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def is_inside(name: object) -> bool:
    """Whether a name that a file gives is one of a file in its own folder, or below it, on every system: by the same
    rule as the embedded engine.
    """
    if not isinstance(name, str) or "\0" in name or re.match("[A-Za-z]:", name):
        return False
    return all(part not in ("", ".", "..") for part in re.split(r"[/\\]", name))
