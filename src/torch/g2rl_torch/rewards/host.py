"""A reward function in a process of its own: `python host.py <file> <function>`, for either engine.

Standard library alone, Python 3.9 or newer, since it runs in the environment of the user's function. In and out are
lines of JSON, one each for a step:

    in   {"batch": [{"prompt", "completion", "tokens", "finished", "row"}, …], "seconds"?: limit}
    out  {"rewards": [number | null, …], "notes"?: [string | null, …]}  or  {"error": "…", "traceback": "…"}

`error` is for people and begins with file and line; where the limit is reached, with the line that is at work. An empty
batch is answered without a call: whoever sends it learns whether the function can be loaded. The function is called as
TRL calls it, `f(prompts=…, completions=…, **columns)` with the columns of the rows as lists; it may be `async`. It
returns a list with one item for each response, a number or None, or a pair of that and a note for people.

What the function prints goes to stderr. The process ends when its input does, also in the middle of a call.

`python host.py --program <program> <arguments>` runs any other program, where there are processes as in POSIX. Both end
with everything they have started when whoever started them is gone, or when they get SIGUSR1; they ignore SIGINT and
SIGTERM, which a terminal or a batch system sends to the processes of a job. The variable G2RL_REWARD_PARENT, which may
be left out, is the id of the process that starts this one.
"""

from __future__ import annotations

import asyncio
import errno
import faulthandler
import importlib.util
import inspect
import json
import math
import os
import queue
import shutil
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, TextIO

_GRACE_SECONDS = 2.0
"""For what the function's module does at exit."""
_LOOK_SECONDS = 0.1
"""Between two looks at whether the trainer is there."""
_LARGEST = 2.0**128 - 2.0**104
"""The largest number of single precision, in which TRL adds rewards up."""
_NAMED = 20
"""Functions of a file that are named where one is missing."""
_LONGEST_MESSAGE = 1000
"""Characters of an exception's message that are passed on; its traceback has all."""
_PR_SET_PDEATHSIG = 1
"""Of Linux's prctl."""

_process = os.getpid()
"""That of this interpreter; `guard` goes on in a child."""

Function = Callable[..., Any]
Answer = dict[str, Any]
"""`rewards` and perhaps `notes`, or `error` and `traceback`."""


class UnusableError(Exception):
    """What is wrong with the function or its values, in a sentence."""


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["--program"] and len(arguments) > 1:
        guard()
        try:
            os.execvp(arguments[1], arguments[1:])
        except OSError as error:
            if error.errno != errno.ENOEXEC:
                raise
            # A script without a first line that says what runs it, as a shell takes it.
            os.execv("/bin/sh", ["/bin/sh", shutil.which(arguments[1]) or arguments[1], *arguments[2:]])
    if len(arguments) != 2:
        sys.stderr.write("Usage: python host.py <file> <function> | --program <program> <arguments>\n")
        return 2
    guard()
    ignore_signals_to_the_job()
    lines, answers = protocol_streams()
    # Where a fault in C ends the process.
    faulthandler.enable(file=2)
    file, name = Path(arguments[0]).absolute(), arguments[1]
    function: Function | None = None
    failure: Answer = {}
    try:
        function = load(file, name)
    except BaseException as error:
        failure = failed(error, file)
    with closing(asyncio.new_event_loop()) as loop:
        while (line := lines.get()) is not None:
            answer = failure if function is None else answer_to(json.loads(line), function, file, loop, answers)
            send(answer, answers)
    return 0


def send(answer: Answer, answers: TextIO) -> None:
    if os.getpid() != _process:
        # A fork that has returned from the function: its answer would be taken for that of the next step.
        os._exit(0)
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


def guard() -> None:
    """Returns in a child process with a session of its own. This process waits for it and ends as it does."""
    if not hasattr(os, "fork"):
        return
    # Who started this may be gone already.
    trainer = int(os.environ.pop("G2RL_REWARD_PARENT", os.getppid()))
    child = os.fork()
    if child == 0:
        os.setsid()
        global _process
        _process = os.getpid()
        _die_with_parent()
        return
    asked = False

    def end(*_: object) -> None:
        nonlocal asked
        asked = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGUSR1, end)
    # Their other ends wait for the child alone.
    os.close(0)
    os.close(1)
    done = 0
    while not done:
        done, status = os.waitpid(child, os.WNOHANG)
        if done or asked or os.getppid() != trainer:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(child, signal.SIGKILL)
        if not done:
            time.sleep(_LOOK_SECONDS)
    if os.WIFSIGNALED(status):
        with suppress(OSError):
            signal.signal(os.WTERMSIG(status), signal.SIG_DFL)
        os.kill(os.getpid(), os.WTERMSIG(status))
    os._exit(os.WEXITSTATUS(status))


def _die_with_parent() -> None:
    """Where the guard itself is killed: a computation in C keeps every thread of Python from noticing that."""
    if sys.platform == "linux":
        with suppress(ImportError, OSError, AttributeError):
            import ctypes

            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def ignore_signals_to_the_job() -> None:
    """The trainer ends this process. Not by SIG_IGN, which the programs that a function starts would inherit; and
    processes that it forks can be terminated.
    """
    numbers = (signal.SIGINT, signal.SIGTERM)
    for number in numbers:
        signal.signal(number, lambda *_: None)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=lambda: [signal.signal(one, signal.SIG_DFL) for one in numbers])


def protocol_streams() -> tuple[queue.SimpleQueue[str | None], TextIO]:
    """The lines that come in, None at their end, and the stream for answers. From now on nobody else has them: stdin
    is empty and stdout is stderr, for Python as for C and for child processes.
    """
    sys.stdout.flush()
    received = os.fdopen(os.dup(0), encoding="utf-8", newline="\n")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = open(1, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def read() -> None:
        for line in received:
            lines.put(line)
        lines.put(None)
        time.sleep(_GRACE_SECONDS)
        if hasattr(os, "killpg"):
            # With what the function has started.
            os.killpg(0, signal.SIGKILL)
        os._exit(0)

    threading.Thread(target=read, name="input", daemon=True).start()
    return lines, answers


def load(file: Path, name: str) -> Function:
    """The function of that name. Modules beside its file can be imported, those beside this script cannot."""
    if sys.path and Path(sys.path[0]).absolute() == Path(__file__).absolute().parent:
        del sys.path[0]
    sys.path.insert(0, str(file.parent))
    if not file.is_file():
        raise UnusableError("there is no such file.")
    spec = importlib.util.spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None:
        raise UnusableError("is not a Python file (*.py).")
    module = importlib.util.module_from_spec(spec)
    # A file may be called as a module of the standard library that others need.
    sys.modules.setdefault(file.stem, module)
    spec.loader.exec_module(module)
    function: Function | None = getattr(module, name, None)
    if function is None:
        own = [
            key for key, value in vars(module).items() if inspect.isfunction(value) and value.__module__ == file.stem
        ]
        others = f" and {len(own) - _NAMED} more" if len(own) > _NAMED else ""
        raise UnusableError(f"has no function {name}. It has {', '.join(own[:_NAMED]) or 'no functions'}{others}.")
    if not callable(function):
        raise UnusableError(f"{name} is not a function, but {_kind(function)}.")
    return function


def answer_to(
    request: dict[str, Any], function: Function, file: Path, loop: asyncio.AbstractEventLoop, answers: TextIO
) -> Answer:
    batch, seconds = request["batch"], request.get("seconds")
    if not batch:
        return {"rewards": []}
    main_thread = threading.get_ident()

    def give_up() -> None:
        """The main thread is in the function and cannot answer."""
        frames = traceback.extract_stack(sys._current_frames()[main_thread])
        own = [one for one in frames if Path(one.filename) == file]
        where = f"{file}, line {own[-1].lineno}: " if own else _place(function)
        error = f"{where}{_name(function)} has not returned within {seconds:g} s for {len(batch)} responses."
        send({"error": error, "traceback": "".join(traceback.format_list(frames))}, answers)
        os._exit(1)

    limit = None if seconds is None else threading.Timer(seconds, give_up)
    try:
        if limit is not None and seconds is not None:
            limit.start()
            # Where a computation in C, such as a regular expression, keeps the timer from its turn.
            faulthandler.dump_traceback_later(seconds + _GRACE_SECONDS, file=2)
        return checked(_called(function, arguments_of(batch), loop), len(batch), function)
    except BaseException as error:
        return failed(error, file)
    finally:
        if limit is not None:
            limit.cancel()
            faulthandler.cancel_dump_traceback_later()


def arguments_of(batch: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """Keyword arguments: one list for each column of the rows, then prompts and completions."""
    names = dict.fromkeys(name for one in batch for name in one["row"] if name not in ("prompt", "completion"))
    columns = {name: [one["row"].get(name) for one in batch] for name in names}
    own = {"prompts": [one["prompt"] for one in batch], "completions": [one["completion"] for one in batch]}
    return {**columns, **own}


def _called(function: Function, arguments: dict[str, list[Any]], loop: asyncio.AbstractEventLoop) -> Any:
    try:
        inspect.signature(function).bind(**arguments)
    except TypeError as error:
        columns = ", ".join(arguments)
        raise UnusableError(
            f"{_place(function)}{_name(function)} cannot be called: {error}. Define it as "
            f"def {_name(function)}(completions, **columns); it is called with {columns}."
        ) from None
    except ValueError:
        # No signature: a function in C.
        pass
    result = function(**arguments)
    if not inspect.isawaitable(result):
        return result

    async def awaited() -> Any:
        return await result

    # In one loop throughout: clients of servers belong to the loop they were made in.
    return loop.run_until_complete(awaited())


def checked(result: Any, count: int, function: Function) -> Answer:
    """The answer that a result of the function makes. Raises UnusableError."""
    where = f"{_place(function)}{_name(function)} "
    # A set has no order.
    if isinstance(result, (str, bytes, dict, set, frozenset)) or not hasattr(result, "__iter__"):
        raise UnusableError(f"{where}must return a list of numbers, not {_kind(result)}.")
    items = list(result)
    if len(items) != count:
        raise UnusableError(f"{where}returned {len(items)} rewards for {count} responses.")
    rewards: list[float | None] = []
    notes: list[str | None] = []
    for index, item in enumerate(items):
        value, note = item if isinstance(item, tuple) and len(item) == 2 else (item, None)
        rewards.append(_number(value, f"{where}returned {{0}} for response {index} (from 0)"))
        notes.append(None if note is None else str(note))
    answer: Answer = {"rewards": rewards}
    return {**answer, "notes": notes} if any(note is not None for note in notes) else answer


def _number(value: Any, problem: str) -> float | None:
    """Numbers of Python, NumPy and torch. problem: with {0} for the value."""
    if value is None:
        return None
    wanted = f"{problem}; a reward is a finite number, or None to leave the response out."
    if isinstance(value, (str, bytes)) or not hasattr(value, "__float__"):
        raise UnusableError(wanted.replace("{0}", _shown(value)))
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise UnusableError(wanted.replace("{0}", _shown(value))) from None
    if not math.isfinite(number):
        raise UnusableError(wanted.replace("{0}", str(number)))
    if abs(number) > _LARGEST:
        wanted = f"{problem}; a reward is a finite number, at most 3.4e38 in size, or None to leave the response out."
        raise UnusableError(wanted.replace("{0}", str(number)))
    return number


def failed(error: BaseException, file: Path) -> Answer:
    """What an exception says to people, with the last line of the user's file that led to it."""
    frames = [one for one in traceback.extract_tb(error.__traceback__) if Path(one.filename) == file]
    if isinstance(error, UnusableError):
        message = str(error)
        message = message if message.startswith(str(file)) else f"{file}: {message}"
        return {"error": message, "traceback": ""}
    lines = "".join(traceback.format_exception_only(type(error), error)).strip().splitlines()
    # Of a syntax error the source comes first; of others a message may have several lines, and notes.
    what = lines[-1 if isinstance(error, SyntaxError) else 0].rstrip(": ")
    what = what if len(what) <= _LONGEST_MESSAGE else f"{what[:_LONGEST_MESSAGE]}…"
    where = str(file)
    if isinstance(error, SyntaxError) and error.filename is not None:
        where = f"{error.filename}, line {error.lineno}"
    elif frames:
        where = f"{file}, line {frames[-1].lineno}"
    if isinstance(error, ModuleNotFoundError):
        what = f"{what} in {sys.executable}"
    text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    return {"error": f"{where}: {what}", "traceback": text}


def _place(function: Function) -> str:
    code = getattr(inspect.unwrap(function), "__code__", None)
    return "" if code is None else f"{code.co_filename}, line {code.co_firstlineno}: "


def _name(function: Function) -> str:
    return getattr(function, "__name__", type(function).__name__)


def _kind(value: Any) -> str:
    return "None" if value is None else f"a value of type {type(value).__name__}"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
