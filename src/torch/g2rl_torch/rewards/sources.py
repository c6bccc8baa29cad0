"""Where rewards come from: a Python function or a program, each in a process beside the trainer, asked step by step."""

from __future__ import annotations

import json
import math
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NoReturn, Protocol

from ..errors import InputError
from ..experiment.schema import RewardSettings
from ..files import log
from .faults import fault_text, line_of
from .program import Program

_STEP_SECONDS = 600.0
"""For a step at most, however many responses it has."""
_START_SECONDS = 120.0
"""From the start of a program to its first answer: it may load packages and models."""
_HOST_GRACE_SECONDS = 5.0
"""The host notices by itself when a function takes too long, and says where."""
_LONGEST_NOTE = 2000
"""Characters that are kept."""
_FIX = "Fix it, then resume the run: it continues after its newest checkpoint."
_LARGEST = 2.0**128 - 2.0**104
"""The largest number of single precision, in which TRL adds rewards up."""
_SHOWN = 120
"""Characters of a line that is quoted."""


@dataclass(frozen=True)
class Asked:
    """A response that is to be rewarded, as programs and functions see it."""

    prompt: str
    completion: str
    tokens: int
    """The end-of-sequence token counted."""
    finished: bool
    """False when the length limit cut it off."""
    row: dict[str, Any]
    """The columns of its prompt in the dataset, but the prompt itself."""


@dataclass(frozen=True)
class Rewarded:
    """What a source says of a response."""

    value: float | None
    """Finite; None leaves the response out of this reward."""
    note: str | None = None

    @staticmethod
    def of(value: float | None, note: str | None) -> Rewarded:
        if note and len(note) > _LONGEST_NOTE:
            note = f"{note[:_LONGEST_NOTE]}…"
        return Rewarded(None if value is None else float(value), note or None)


class Source(Protocol):
    """Responses are sent and rewards awaited apart, so that all sources of a run work at the same time."""

    def load(self) -> None:
        """Waits until it can be asked. Raises InputError."""

    def ask(self, batch: Sequence[Asked]) -> None:
        """Does not wait. Raises InputError."""

    def rewards(self) -> list[Rewarded]:
        """Of what was asked last, one a response. Raises InputError."""

    def end_input(self) -> None: ...

    def close(self) -> None: ...


def source_of(settings: RewardSettings, folder: Path) -> Source:
    """Starts it. folder: its working directory. Raises InputError."""
    if settings.python is not None:
        return FunctionSource(settings.name, settings.python, settings.seconds, folder)
    assert settings.command is not None
    return ProgramSource(settings.name, settings.command, settings.seconds, folder)


def step_seconds(seconds: float, responses: int) -> float:
    """seconds: for one response."""
    return min(_STEP_SECONDS, seconds * responses)


def _fail(reward: str, problem: str, hint: str | None = None) -> NoReturn:
    """problem: file and line first where they are known."""
    raise InputError(f'Reward "{reward}": {problem.rstrip(".")}.', hint or _FIX)


def _hint_after(how: str) -> str:
    """how: a program ended."""
    return f"A system kills a program when memory runs out. {_FIX}" if "SIGKILL" in how else _FIX


def _logged(reward: str) -> Callable[[str], None]:
    return lambda line: log(f"reward {reward}: {line}")


class FunctionSource:
    """A function in a Python file, called once for a step."""

    def __init__(self, name: str, python: str, seconds: float, folder: Path) -> None:
        self._name = name
        self._file, _, function = python.rpartition(":")
        self._seconds = seconds
        self._limit = _START_SECONDS
        self._program = Program([self._file, function], folder, _logged(name))
        # Answered when the file is loaded.
        self._program.send(['{"batch":[]}'])

    def load(self) -> None:
        self._answer()

    def ask(self, batch: Sequence[Asked]) -> None:
        self._limit = step_seconds(self._seconds, len(batch))
        request = {"batch": [asdict(one) for one in batch], "seconds": self._limit}
        self._program.send([json.dumps(request, default=str)])

    def rewards(self) -> list[Rewarded]:
        answer = self._answer()
        notes = answer.get("notes") or [None] * len(answer["rewards"])
        return [Rewarded.of(value, note) for value, note in zip(answer["rewards"], notes, strict=True)]

    def _answer(self) -> dict[str, Any]:
        try:
            line = self._program.receive(self._limit + _HOST_GRACE_SECONDS)
        except TimeoutError:
            # Where a computation in C keeps Python from answering, a dump of where it is comes shortly before.
            line_at = line_of(self._program.last_words, Path(self._file).name)
            subject = self._file if line_at is None else f"{self._file}, line {line_at}: it"
            _fail(self._name, f"{subject} has not answered within {self._limit:g} s")
        if line is None:
            how, last_words = self._program.ending()
            _fail(self._name, fault_text(how, last_words, [Path(self._file)]), _hint_after(how))
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            for one in answer["traceback"].splitlines():
                _logged(self._name)(one)
            _fail(self._name, answer["error"])
        return answer

    def end_input(self) -> None:
        self._program.end_input()

    def close(self) -> None:
        self._program.close()


class ProgramSource:
    """Any program: a line of JSON in and one out for each response."""

    def __init__(self, name: str, command: Sequence[str], seconds: float, folder: Path) -> None:
        self._name = name
        self._command = list(command)
        self._seconds = seconds
        self._has_answered = False
        self._first = 0
        """Id of the first response of the step: ids count on from step to step."""
        self._count = 0
        self._end = 0.0
        if shutil.which(command[0]) is None:
            if Path(command[0]).is_absolute() and Path(command[0]).exists():
                chmod = f"Make it executable (chmod +x {command[0]}), then resume the run."
                _fail(name, f"{command[0]} may not be executed by this user", chmod)
            _fail(
                name,
                f"there is no program {command[0]}",
                "Install it, or correct the command in the run's run.json; then resume the run.",
            )
        self._program = Program(["--program", *command], folder, _logged(name))

    def load(self) -> None:
        """What does not start is noticed with the first answers."""

    def ask(self, batch: Sequence[Asked]) -> None:
        if self._program.has_answers:
            surplus = _shown(self._line(0, ""))
            self._fail(
                f"wrote {surplus} without being asked: an answer too many, or a message, which belongs on stderr"
            )
        self._first += self._count
        self._count = len(batch)
        self._end = time.monotonic() + step_seconds(self._seconds, len(batch)) + self._extra
        requests = ({"id": self._first + place, **asdict(one)} for place, one in enumerate(batch))
        self._program.send(json.dumps(one, default=str) for one in requests)

    @property
    def _extra(self) -> float:
        return 0.0 if self._has_answered else _START_SECONDS

    def rewards(self) -> list[Rewarded]:
        found: dict[int, Rewarded] = {}
        while len(found) < self._count:
            gave = f"gave {len(found)} of {self._count} answers"
            left = self._end - time.monotonic()
            patience = self._seconds + self._extra
            step = f"in the {step_seconds(self._seconds, self._count):g} s of a step"
            late = f"{gave} and then nothing for {patience:g} s" if patience < left else f"{gave} {step}"
            self._take(self._line(min(patience, left), late), found)
            self._has_answered = True
        return [found[place] for place in range(self._count)]

    def _line(self, seconds: float, late: str) -> str:
        try:
            line = self._program.receive(seconds)
        except TimeoutError:
            self._fail(late)
        if line is None:
            how, last_words = self._program.ending()
            _fail(self._name, fault_text(how, last_words, self._files()), _hint_after(how))
        return line

    def _take(self, line: str, found: dict[int, Rewarded]) -> None:
        what = f"answered {_shown(line)} (answer {len(found) + 1} of the step)"
        try:
            answer = json.loads(line)
        except (ValueError, RecursionError):
            self._fail(f'{what}, which is not JSON such as {{"reward": 0.5}}')
        value: Any = answer.get("reward", ...) if isinstance(answer, dict) else ...
        number = isinstance(value, int | float) and not isinstance(value, bool) and _is_finite(value)
        if not (value is None or number):
            self._fail(f"{what}: a reward is a finite number, or null to leave the response out")
        if value is not None and abs(value) > _LARGEST:
            self._fail(
                f"{what}: a reward is a finite number, at most 3.4e38 in size, or null to leave the response out"
            )
        note = answer.get("note")
        if not (note is None or isinstance(note, str)):
            self._fail(f"{what}: a note is a text")
        place = next(one for one in range(self._count) if one not in found)
        if "id" in answer:
            number = answer["id"]
            if isinstance(number, bool) or not (
                isinstance(number, int) or (isinstance(number, float) and number % 1 == 0)
            ):
                self._fail(f"{what}: an id is the number that the response came with")
            place = int(number) - self._first
            if not 0 <= place < self._count or place in found:
                self._fail(f"answered with the id {answer['id']}, which is of no response that has no answer yet")
        found[place] = Rewarded.of(value, note)

    def _fail(self, problem: str) -> NoReturn:
        files = self._files()
        _fail(self._name, f"{files[0] if files else ' '.join(self._command)} {problem}")

    def _files(self) -> list[Path]:
        """Files of its command, scripts before the program that runs them."""
        program, *parameters = self._command
        return [Path(one) for one in (*parameters, program) if Path(one).is_absolute() and Path(one).is_file()]

    def end_input(self) -> None:
        self._program.end_input()

    def close(self) -> None:
        self._program.close()


def _shown(line: str) -> str:
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:
        return False
