"""A child process that answers lines with lines, started once. It never outlives this one."""

from __future__ import annotations

import atexit
import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path

_HOST = Path(__file__).with_name("host.py")
_END_SECONDS = 5.0
"""For what a program does at its end."""
_KEPT_LINES = 60
"""Of what it wrote to stderr last."""
_LONGEST_LINE = 2**26
"""Bytes of an answer."""
_LONGEST_LOGGED = 2000
"""Bytes of a line on stderr that are kept."""
_MOST_UNREAD = 100_000
"""Answers that nobody has read yet, beyond which a program has to wait."""
_OF_RANKS = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "GROUP_RANK")
_OF_LAUNCHERS = ("ACCELERATE_", "TORCHELASTIC_", "FSDP_", "G2RL_")


class Program:
    """Started from the main thread."""

    def __init__(self, arguments: list[str], folder: Path, log: Callable[[str], None]) -> None:
        """arguments: of host.py. folder: its working directory. log: takes what it writes to stderr."""
        self._log = log
        command = [sys.executable, str(_HOST), *arguments]
        if arguments[0] == "--program" and os.name == "nt":
            command = arguments[1:]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # Signals of a terminal are for the trainer.
            start_new_session=True,
            env=_environment(),
            cwd=folder,
        )
        atexit.register(self.close)
        self._answers: queue.Queue[str | None] = queue.Queue(_MOST_UNREAD)
        self._fate: str | None = None
        """Why it was ended by this process."""
        self._requests: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._last_words: deque[str] = deque(maxlen=_KEPT_LINES)
        self._threads = [
            threading.Thread(target=work, name="reward program", daemon=True)
            for work in (self._write, self._read, self._pass_on)
        ]
        for thread in self._threads:
            thread.start()

    def send(self, lines: Iterable[str]) -> None:
        """Does not wait for the program to read them."""
        self._requests.put("".join(f"{line}\n" for line in lines))

    def receive(self, seconds: float) -> str | None:
        """The next line that is not empty; None when the program has ended. Raises TimeoutError."""
        try:
            line = self._answers.get(timeout=max(0.0, seconds))
        except queue.Empty:
            raise TimeoutError from None
        if line is None:
            # For whoever asks again.
            self._answers.put(None)
        return line

    @property
    def has_answers(self) -> bool:
        """Whether there is a line, or it has ended."""
        return not self._answers.empty()

    def ending(self) -> tuple[str, list[str]]:
        """How a program that has ended did, and its last lines on stderr."""
        try:
            code = self._process.wait(_END_SECONDS)
            how = f"ended with code {code}" if code >= 0 else f"was killed ({signal.Signals(-code).name})"
            how = self._fate or how
        except subprocess.TimeoutExpired:
            how = "closed its output"
        self._threads[2].join(1)
        return how, self.last_words

    @property
    def last_words(self) -> list[str]:
        """What it wrote to stderr last."""
        return list(self._last_words)

    def end_input(self) -> None:
        self._requests.put(None)

    def close(self) -> None:
        """Its input ends; if it does not end by itself then, it is ended with all it has started."""
        atexit.unregister(self.close)
        self.end_input()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._kill()
        for thread in self._threads:
            thread.join(1)

    def _kill(self) -> None:
        if os.name == "nt":
            subprocess.run(["taskkill", "/T", "/F", "/PID", str(self._process.pid)], capture_output=True, check=False)
        else:
            self._process.send_signal(signal.SIGUSR1)
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _write(self) -> None:
        assert self._process.stdin is not None
        # It may have ended: its output says so.
        with contextlib.suppress(OSError):
            while (text := self._requests.get()) is not None:
                self._process.stdin.write(text.encode())
                self._process.stdin.flush()
        with contextlib.suppress(OSError):
            self._process.stdin.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        while line := self._process.stdout.readline(_LONGEST_LINE):
            if len(line) == _LONGEST_LINE:
                self._fate = "wrote a line of more than 64 MiB"
                self._kill()
                break
            # Some runtimes begin what they write in UTF-8 with a mark.
            if text := line.decode(errors="replace").lstrip("\ufeff").strip():
                self._answers.put(text)
        self._answers.put(None)

    def _pass_on(self) -> None:
        assert self._process.stderr is not None
        begins = True
        while line := self._process.stderr.readline(_LONGEST_LOGGED):
            if begins:
                # A bar of progress overwrites itself.
                text = line.decode(errors="replace").rstrip().rpartition("\r")[2]
                self._last_words.append(text)
                self._log(text if line.endswith(b"\n") else f"{text}…")
            begins = line.endswith(b"\n")


def _environment() -> dict[str, str]:
    """Without the variables by which libraries would take the program for a process of the training."""
    own = {
        name: value
        for name, value in os.environ.items()
        if name not in _OF_RANKS and not name.startswith(_OF_LAUNCHERS)
    }
    return {**own, "G2RL_REWARD_PARENT": str(os.getpid())}
