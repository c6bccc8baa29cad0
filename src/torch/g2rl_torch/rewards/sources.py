"""Where rewards come from: a Python function or a program, each in a process beside the trainer, asked step by step."""

from __future__ import annotations

import json
import math
import re
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, Protocol

from ..errors import InputError
from ..experiment.schema import RewardSettings
from ..redaction import without_credentials
from .program import Program

_STEP_SECONDS = 600.0
"""For a step at most, however many responses it has."""
_START_SECONDS = 300.0
"""Importing what the file of a function needs, from a cold disk."""
_HOST_GRACE_SECONDS = 5.0
"""The host notices by itself when a function takes too long, and says where."""
_CORRECT = "Correct it, then resume the run. log.txt has everything it wrote."
_FASTER = "Make it faster, or raise seconds of this reward in the run's run.json; then resume the run."
_SHOWN = 80
"""Characters of a line that is quoted."""


@dataclass(frozen=True)
class Asked:
    """A response that is to be rewarded."""

    prompt: str
    completion: str
    tokens: int
    """The end-of-sequence token counted."""
    finished: bool
    row: dict[str, Any]
    """The columns of its prompt in the dataset."""

    def as_json(self) -> dict[str, Any]:
        return {
            "prompt": self.prompt,
            "completion": self.completion,
            "tokens": self.tokens,
            "finished": self.finished,
            "row": self.row,
        }


@dataclass(frozen=True)
class Rewarded:
    """What a source says of a response."""

    value: float | None
    note: str | None = None


class Source(Protocol):
    """Asks are sent and answers awaited apart, so that all sources of a run work at the same time."""

    def ready(self) -> None:
        """Waits until it can be asked. Raises InputError."""

    def ask(self, batch: Sequence[Asked]) -> None:
        """Does not wait."""

    def answers(self) -> list[Rewarded]:
        """To what was asked last, one a response. Raises InputError."""

    def end_input(self) -> None: ...

    def close(self) -> None: ...


def source_of(settings: RewardSettings) -> Source:
    """Starts it. Raises InputError."""
    if settings.python is not None:
        return FunctionSource(settings.name, settings.python, settings.seconds)
    assert settings.command is not None
    return ProgramSource(settings.name, settings.command, settings.seconds)


def _fail(name: str, problem: str, hint: str = _CORRECT) -> NoReturn:
    raise InputError(f'The reward "{name}": {problem}', hint)


class FunctionSource:
    """A function in a Python file, called once for a step."""

    def __init__(self, name: str, python: str, seconds: float) -> None:
        self._name = name
        self._file, _, self._function = python.rpartition(":")
        self._seconds = seconds
        self._limit = 0.0
        self._program = Program([self._file, self._function])
        # Answered when the file is loaded.
        self._program.send(['{"batch":[]}'])

    def ready(self) -> None:
        self._receive(_START_SECONDS, f"{self._file} is not loaded after {_START_SECONDS:g} s.")

    def ask(self, batch: Sequence[Asked]) -> None:
        self._limit = min(_STEP_SECONDS, self._seconds * len(batch))
        request = {"batch": [one.as_json() for one in batch], "seconds": self._limit}
        self._program.send([json.dumps(request, default=str)])

    def answers(self) -> list[Rewarded]:
        late = f"{self._file}: {self._function} has not returned within {self._limit:g} s."
        answer = self._receive(self._limit + _HOST_GRACE_SECONDS, late)
        notes = answer.get("notes") or [None] * len(answer["rewards"])
        return [Rewarded(value, note) for value, note in zip(answer["rewards"], notes, strict=True)]

    def _receive(self, seconds: float, late: str) -> dict[str, Any]:
        try:
            line = self._program.receive(seconds)
        except TimeoutError:
            _fail(self._name, late, _FASTER)
        if line is None:
            how, errors = self._program.ending()
            where = _place_in(errors, [Path(self._file)]) or self._file
            _fail(self._name, f"{where}: the process of {self._function} {how}.")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            sys.stderr.write(without_credentials(answer["traceback"]))
            _fail(self._name, answer["error"], _FASTER if "has not returned within" in answer["error"] else _CORRECT)
        return answer

    def end_input(self) -> None:
        self._program.end_input()

    def close(self) -> None:
        self._program.close()


class ProgramSource:
    """Any program: a line of JSON in and one out for each response."""

    def __init__(self, name: str, command: Sequence[str], seconds: float) -> None:
        self._name = name
        self._command = list(command)
        self._seconds = seconds
        self._first = 0
        """Id of the first response of the step: ids count on from step to step."""
        self._count = 0
        self._end = 0.0
        if shutil.which(command[0]) is None:
            _fail(
                name,
                f"there is no program {command[0]}.",
                "Install it, or correct the command in the run's run.json; then resume the run.",
            )
        self._program = Program(["--program", *command])

    def ready(self) -> None:
        """Nothing to wait for: what does not start is noticed with the first answers."""

    def ask(self, batch: Sequence[Asked]) -> None:
        if self._program.has_answers:
            self._check_no_more()
        self._first += self._count
        self._count = len(batch)
        self._end = time.monotonic() + min(_STEP_SECONDS, self._seconds * len(batch))
        requests = ({"id": self._first + place, **one.as_json()} for place, one in enumerate(batch))
        self._program.send(json.dumps(one, default=str) for one in requests)

    def answers(self) -> list[Rewarded]:
        found: dict[int, Rewarded] = {}
        while len(found) < self._count:
            line = self._receive(len(found))
            if line.strip():
                self._take(line, found)
        return [found[place] for place in range(self._count)]

    def _receive(self, received: int) -> str:
        left = self._end - time.monotonic()
        seconds = min(self._seconds, left)
        try:
            line = self._program.receive(seconds)
        except TimeoutError:
            limit = f"{self._seconds:g} s" if self._seconds <= left else "the time for a step"
            _fail(self._name, f"{self._shown} has not answered within {limit}, {self._after(received)}.", _FASTER)
        if line is None:
            how, errors = self._program.ending()
            _fail(self._name, f"{self._shown} {how}, {self._after(received)}.{self._said(errors)}")
        return line

    def _take(self, line: str, found: dict[int, Rewarded]) -> None:
        wrote = f"{self._shown} wrote {_quoted(line)}"
        try:
            answer = json.loads(line)
        except ValueError:
            _fail(self._name, f"{wrote}, which is not JSON.", "Write all but answers to stderr, then resume the run.")
        if not isinstance(answer, dict) or "reward" not in answer:
            _fail(self._name, f'{wrote} instead of {{"reward": …}}.')
        value, note = answer["reward"], answer.get("note")
        number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if value is not None and not number:
            _fail(self._name, f"{wrote}: a reward is a finite number, or null to leave the response out.")
        if note is not None and not isinstance(note, str):
            _fail(self._name, f"{wrote}: a note is text.")
        place = next(one for one in range(self._count) if one not in found)
        if "id" in answer:
            place = answer["id"] - self._first if isinstance(answer["id"], int) else -1
            if not 0 <= place < self._count or place in found:
                _fail(self._name, f"{wrote}: there is no unanswered response of that id.")
        found[place] = Rewarded(None if value is None else float(value), note)

    def _check_no_more(self) -> None:
        line = self._program.receive(0)
        if line is not None and line.strip():
            _fail(self._name, f"{self._shown} wrote {_quoted(line)} after the last of {self._count} responses.")

    def _after(self, received: int) -> str:
        return f"after {received} of {self._count} responses"

    def _said(self, errors: str) -> str:
        """Where and why, as far as what it wrote last says so."""
        files = [Path(one) for one in self._command if Path(one).is_file()]
        lines = [line.strip() for line in errors.splitlines() if line.strip()]
        errors_found = [line for line in lines if re.match(r"[\w.]*(Error|Exception)\b", line)]
        why = errors_found[-1:] or lines[-1:]
        return "".join(f" {one}" for one in [": ".join([*filter(None, [_place_in(errors, files)]), *why])] if one)

    @property
    def _shown(self) -> str:
        return " ".join(self._command)

    def end_input(self) -> None:
        self._program.end_input()

    def close(self) -> None:
        self._program.close()


def _quoted(line: str) -> str:
    text = line.strip()
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _place_in(errors: str, files: Sequence[Path]) -> str | None:
    """`file, line 3` for the last frame of a traceback in one of the files: Python lists frames from the outermost,
    all others from the innermost.
    """
    for file in files:
        python = re.findall(rf'{re.escape(str(file))}", line (\d+)', errors)
        others = re.findall(rf"{re.escape(str(file))}:(\d+)", errors)
        if python or others:
            return f"{file}, line {python[-1] if python else others[0]}"
    return None
