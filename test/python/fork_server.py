"""Runs of the program without the seconds that importing torch and TRL takes: a process that has imported what TRL
needs forks a child for each, which becomes `python -m <module> …` with its own arguments, environment and output.

    python fork_server.py <socket> <pipe>

It ends, and its children with it, when nobody holds `pipe` open for writing any more. It never computes anything, so
that no pool of threads is lost in a fork. TRL and the package themselves are imported by each child: what they find
installed is what the child's PYTHONPATH has. What imported packages have read from the environment cannot be changed
for a child; a run with other values is refused, and has to be a cold start.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import importlib
import json
import os
import random
import runpy
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, ClassVar, NoReturn

import numpy

PACKAGE = Path(__file__).parents[2] / "src" / "torch"
PRELOADED = (
    "deepspeed",
    "peft",
    "accelerate.commands.launch",
    "torch.distributed.run",
    "transformers.models.bert.modeling_bert",
    "transformers.models.qwen3.modeling_qwen3",
    "trl.trainer.grpo_trainer",
)
IMPORTED_BY_EACH = ("trl", "g2rl_torch")
READ_BY_IMPORTS = ("HF_ENDPOINT", "HF_HOME", "HF_HUB_OFFLINE", "OMP_NUM_THREADS", "TOKENIZERS_PARALLELISM")
PLACE = "G2RL_FORK_SERVER"
"""The variable that names the folder of the socket and the pipe, for all processes of the tests."""


class Forked:
    """A child of the server, with what tests use of `subprocess.Popen`."""

    def __init__(self, connection: socket.socket) -> None:
        self._answers = connection.makefile("r")
        self._connection = connection
        self.pid = int(self._answers.readline())
        self.returncode: int | None = None

    def poll(self) -> int | None:
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(f"pid {self.pid}", timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def _ended(self, timeout: float | None) -> int | None:
        if self.returncode is None and select.select([self._connection], [], [], timeout)[0]:
            self.returncode = int(self._answers.readline())
            self._answers.close()
            self._connection.close()
        return self.returncode


def fork(command: list[str], environment: dict[str, str], stdout: Path, stderr: Path, ranks: int = 0) -> Forked:
    """As `Popen` of a `python -m` command in a session of its own; output is appended to the files.

    ranks: how many processes the command starts, when it is torch's launcher or accelerate's.
    """
    changed = [name for name in READ_BY_IMPORTS if environment.get(name) != os_environment.get(name)]
    if changed:
        raise ValueError(f"{', '.join(changed)}: read when packages are imported; use a cold start")
    connection = _connect()
    request = {"command": command, "environment": environment, "folder": str(Path.cwd()), "ranks": ranks}
    request |= {"stdout": str(stdout), "stderr": str(stderr)}
    connection.sendall(json.dumps(request).encode() + b"\n")
    return Forked(connection)


os_environment = dict(os.environ)
"""As it is when the tests begin: the server's."""


def _connect() -> socket.socket:
    """To the one server of all test processes; the first to ask starts it."""
    place = Path(os.environ[PLACE])
    address = place / "socket"
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not address.exists():
            command = [sys.executable, __file__, str(address), str(place / "pipe")]
            # Its own session: an interrupt at the terminal is for the tests, which end it.
            with (place / "log.txt").open("wb") as log:
                server = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    # DeepSpeed keeps what it finds when it is imported; all tests are for processors.
                    env={**os_environment, "PYTHONPATH": str(PACKAGE), "DS_ACCELERATOR": "cpu"},
                    start_new_session=True,
                )
            while not address.exists():
                if server.poll() is not None:
                    raise RuntimeError(f"the fork server ended:\n{(place / 'log.txt').read_text(encoding='utf-8')}")
                time.sleep(0.02)
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(str(address))
    return connection


def serve(address: Path, pipe: Path) -> dict[str, Any]:
    """Returns in children only: the request."""
    alive = os.open(pipe, os.O_RDONLY)
    _preload()
    ended, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(f"{address}.new")
    listener.listen()
    # Where it can be found only now that it listens.
    Path(f"{address}.new").rename(address)
    children: dict[int, socket.socket] = {}
    while True:
        ready, _, _ = select.select([listener, alive, ended], [], [])
        if alive in ready:
            _kill(children)
            sys.exit()
        if ended in ready:
            os.read(ended, 4096)
            _report_ended(children)
        if listener in ready:
            connection, _ = listener.accept()
            request: dict[str, Any] = json.loads(connection.makefile("r").readline())
            pid = os.fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                for one in (listener, connection, *children.values()):
                    one.close()
                for descriptor in (alive, ended, wake):
                    os.close(descriptor)
                return request
            children[pid] = connection
            connection.sendall(f"{pid}\n".encode())


def _preload() -> None:
    for name in PRELOADED:
        importlib.import_module(name)
    for name in list(sys.modules):
        if name.partition(".")[0] in IMPORTED_BY_EACH:
            del sys.modules[name]
    # What is never looked at again is never copied into a child.
    gc.collect()
    gc.freeze()


def _report_ended(children: dict[int, socket.socket]) -> None:
    for pid in list(children):
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            with children.pop(pid) as connection, contextlib.suppress(OSError):
                connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())


def _kill(children: dict[int, socket.socket]) -> None:
    for pid in children:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


class Rank:
    """A process that a launcher has forked, with what torch's launcher uses of `subprocess.Popen`.

    All are forked before the launcher has threads, and wait to be told what to become.
    """

    waiting: ClassVar[list[Rank]] = []

    def __init__(self, others: list[Rank]) -> None:
        read, self._tell = os.pipe()
        self.returncode: int | None = None
        self.pid = os.fork()
        if self.pid == 0:
            for descriptor in (self._tell, *(other._tell for other in others)):
                os.close(descriptor)
            os.setsid()
            with os.fdopen(read, encoding="utf-8") as file:
                text = file.read()
            if not text:
                # The launcher is gone.
                os._exit(0)
            become(**json.loads(text))
        os.close(read)

    @staticmethod
    def start(_handler: object, command: tuple[str, ...], environment: dict[str, str]) -> Rank:
        """In the place of `SubprocessHandler._popen`."""
        rank = Rank.waiting.pop(0)
        with os.fdopen(rank._tell, "w", encoding="utf-8") as file:
            json.dump({"command": command, "environment": environment, "folder": str(Path.cwd())}, file)
        return rank

    def poll(self) -> int | None:
        if self.returncode is None:
            found, status = os.waitpid(self.pid, os.WNOHANG)
            if found:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout: float) -> int:
        end = time.monotonic() + timeout
        while self.poll() is None:
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired(f"pid {self.pid}", timeout)
            time.sleep(0.01)
        return self.returncode or 0


def child(request: dict[str, Any]) -> NoReturn:
    os.setsid()
    for descriptor, name in ((1, "stdout"), (2, "stderr")):
        file = os.open(request.pop(name), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(file, descriptor)
        os.close(file)
    for _ in range(request.pop("ranks")):
        Rank.waiting.append(Rank(Rank.waiting))
    if Rank.waiting:
        from torch.distributed.elastic.multiprocessing.subprocess_handler import SubprocessHandler

        SubprocessHandler._popen = Rank.start  # type: ignore[method-assign]
    become(**request)


def become(command: list[str], environment: dict[str, str], folder: str) -> NoReturn:
    """command: `python [-u] -m <module> …`."""
    if command[1] == "-u":
        for stream in (sys.stdout, sys.stderr):
            stream.reconfigure(write_through=True)  # type: ignore[union-attr]
        command = [command[0], *command[2:]]
    _, option, module, *arguments = command
    assert option == "-m", command
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    packages = [path for path in environment.get("PYTHONPATH", "").split(os.pathsep) if path]
    own = {str(Path(__file__).parent), str(PACKAGE)}
    sys.path[:] = [folder, *packages, *(path for path in sys.path if path not in own)]
    importlib.invalidate_caches()
    # A process that starts seeds these from the system.
    random.seed()
    numpy.random.seed()
    sys.modules.pop("sitecustomize", None)
    with contextlib.suppress(ModuleNotFoundError):
        importlib.import_module("sitecustomize")
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
    sys.exit()


if __name__ == "__main__":
    child(serve(Path(sys.argv[1]), Path(sys.argv[2])))
