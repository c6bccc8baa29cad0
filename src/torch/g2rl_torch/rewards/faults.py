"""Where in a person's files a program failed, and with what, by what it wrote before its end."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

_ERROR = re.compile(r"(Uncaught )?[\w.]*(Error|Exception|Interrupt)\b")


_NEWEST_FIRST = "most recent call first"
"""Of a dump by Python's faulthandler, whose order is that of other languages."""
_FATAL = "Fatal Python error: "


def fault_text(how: str, last_words: Sequence[str], files: Sequence[Path]) -> str:
    """What is said of a program that ended: `/a/short.mjs, line 3: it ended with code 1: TypeError: …`.

    how: it ended, as it follows its name. files: those of its command that exist.
    """
    lines = {file: line for file in files if (line := line_of(last_words, file.name)) is not None}
    file = next(iter(lines), files[0] if files else None)
    line = None if file is None else lines.get(file)
    subject = "it" if file is None else f"{file}" if line is None else f"{file}, line {line}: it"
    reason = _reason_in(last_words)
    return f"{subject} {how}" if reason is None else f"{subject} {how}: {reason}"


def line_of(words: Sequence[str], name: str) -> str | None:
    """The line of a file in a trace of Python, whose last call comes last, or of others, where it comes first."""
    text = "\n".join(words)
    _, dump, newest_first = text.partition(_NEWEST_FIRST)
    python: list[str] = re.findall(rf'File "(?:[^"]*[/\\])?{re.escape(name)}", line (\d+)', newest_first or text)
    others: list[str] = re.findall(rf"(?m)(?:^|[/\\(\s]){re.escape(name)}:(\d+)\b", text)
    return next(iter((*(python[:1] if dump else python[-1:]), *others[:1])), None)


def _reason_in(words: Sequence[str]) -> str | None:
    """The sentence of the error: `TypeError: x is not a function`."""
    fatal = [line for line in words if line.startswith(_FATAL)]
    errors = [line for line in words if _ERROR.match(line)]
    others = [line for line in words if line.strip() and not line[0].isspace()]
    return next((line.strip() for line in (*fatal[-1:], *errors[-1:], *others[-1:])), None)
