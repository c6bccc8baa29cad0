"""The process of a reward function: what it reads and answers, what it says of functions that fail, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

HOST = Path(__file__).parents[2] / "src" / "torch" / "g2rl_torch" / "rewards" / "host.py"

Batch = list[dict[str, Any]]


def response(completion: str, **row: str) -> dict[str, Any]:
    return {"prompt": "1 + 1 =", "completion": completion, "tokens": 3, "finished": True, "row": row}


TWO = [response("a", gold="2", prompt="1 + 1 ="), response("bbb", gold="3", prompt="1 + 1 =")]


class Host:
    def __init__(self, source: str, function: str, folder: Path) -> None:
        self.file = folder / "rewards.py"
        self.file.write_text(source, encoding="utf-8")
        self.process = subprocess.Popen(
            [sys.executable, str(HOST), str(self.file), function],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )

    def send(self, batch: Batch) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"batch": batch}) + "\n")
        self.process.stdin.flush()

    def ask(self, batch: Batch) -> dict[str, Any]:
        self.send(batch)
        assert self.process.stdout is not None
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer

    def end(self) -> str:
        """What it has printed."""
        _, printed = self.process.communicate(timeout=10)
        assert self.process.returncode == 0
        return printed


Hosts = Callable[..., Host]


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[Hosts]:
    started: list[Host] = []

    def start(source: str, function: str = "f") -> Host:
        started.append(Host(source, function, tmp_path))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.wait()


def test_calls_the_function_as_trl_does_and_keeps_its_prints_out_of_the_answers(hosts: Hosts, tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text("LENGTH = len\n")
    host = hosts(
        "import os, sys, subprocess\n"
        "from beside import LENGTH\n"
        "def f(prompts, completions, gold, **columns):\n"
        "    print('seen', sorted(columns), gold, prompts[0], sys.stdin.read())\n"
        "    os.write(1, b'raw')\n"
        "    subprocess.run(['echo', 'child'])\n"
        "    return [LENGTH(one) for one in completions]\n"
    )
    assert host.ask([]) == {"rewards": []}
    assert host.ask(TWO) == {"rewards": [1.0, 3.0]}
    printed = host.end()
    assert "seen [] ['2', '3'] 1 + 1 = \n" in printed
    assert "raw" in printed
    assert "child" in printed


def test_an_async_function_keeps_its_loop_and_may_give_notes(hosts: Hosts) -> None:
    host = hosts(
        "import asyncio\n"
        "loops = []\n"
        "async def f(completions, **columns):\n"
        "    loops.append(asyncio.get_running_loop())\n"
        "    await asyncio.sleep(0)\n"
        "    return [None, (len(set(loops)), 'loops')]\n"
    )
    assert host.ask(TWO) == {"rewards": [None, 1.0], "notes": [None, "loops"]}
    assert host.ask(TWO) == {"rewards": [None, 1.0], "notes": [None, "loops"]}


def test_takes_numbers_of_any_kind_and_texts_that_utf_8_cannot_write(hosts: Hosts) -> None:
    host = hosts(
        "import numpy, torch\n"
        "def f(completions, **columns):\n"
        "    return iter([True, 2, numpy.float32(0.5), numpy.int64(3), torch.tensor(0.25)])\n"
        "def text(completions, **columns):\n"
        "    print(completions[0])\n"
        "    return [(0, completions[0])]\n"
    )
    assert host.ask([response("")] * 5) == {"rewards": [1.0, 2.0, 0.5, 3.0, 0.25]}
    host = hosts(host.file.read_text().split("torch\n")[1], "text")
    assert host.ask([response("\ud800 → é")]) == {"rewards": [0.0], "notes": ["\ud800 → é"]}


FAULTS = {
    "raises": (
        "def f(completions, **columns):\n    return [1 / 0]\n",
        "{file}, line 2: ZeroDivisionError: division by zero",
    ),
    "raises a text of several lines": (
        "def f(completions, **columns):\n    raise ValueError('odd\\nvery odd')\n",
        "{file}, line 2: ValueError: odd",
    ),
    "gives no order": (
        "def f(completions, **columns):\n    return {1, 2}\n",
        "{file}, line 1: f must return a list of numbers, not a value of type set.",
    ),
    "raises inside what it calls": (
        "import json\ndef f(completions, **columns):\n    return [json.loads(one) for one in completions]\n",
        "{file}, line 3: json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)",
    ),
    "exits": (
        "import sys\ndef f(completions, **columns):\n    sys.exit('enough')\n",
        "{file}, line 3: SystemExit: enough",
    ),
    "too few": (
        "\ndef f(completions, **columns):\n    return [1]\n",
        "{file}, line 2: f returned 1 rewards for 2 responses.",
    ),
    "nothing": (
        "def f(completions, **columns):\n    pass\n",
        "{file}, line 1: f must return a list of numbers, not None.",
    ),
    "a number": (
        "def f(completions, **columns):\n    return 1.0\n",
        "{file}, line 1: f must return a list of numbers, not a value of type float.",
    ),
    "text": (
        "def f(completions, **columns):\n    return [1, '1']\n",
        "{file}, line 1: f returned '1' for response 1 (from 0); a reward is a finite number, or None to leave the "
        "response out.",
    ),
    "NaN": (
        "def f(completions, **columns):\n    return [float('nan'), 1]\n",
        "{file}, line 1: f returned nan for response 0 (from 0); a reward is a finite number, or None to leave the "
        "response out.",
    ),
    "infinite in single precision": (
        "def f(completions, **columns):\n    return [3.4e38, -1e39]\n",
        "{file}, line 1: f returned -1e+39 for response 1 (from 0); a reward is a finite number, at most 3.4e38 in "
        "size, or None to leave the response out.",
    ),
    "infinity": (
        "def f(completions, **columns):\n    return [1, 10 ** 400]\n",
        "{file}, line 1: f returned 1000000000",
    ),
    "no columns": (
        "def f(completions):\n    return [1, 1]\n",
        "{file}, line 1: f cannot be called: got an unexpected keyword argument 'gold'. Define it as "
        "def f(completions, **columns); it is called with gold, prompts, completions.",
    ),
    "a long message": (
        "def f(completions, **columns):\n    raise ValueError('x' * 100_000)\n",
        "{file}, line 2: ValueError: xxxxxx",
    ),
    "not loaded: one of many": (
        "".join(f"def f{number}(): pass\n" for number in range(90)),
        "{file}: has no function f. It has f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, "
        "f16, f17, f18, f19 and 70 more.",
    ),
    "not loaded: syntax": ("def f(:\n", "{file}, line 1: SyntaxError: invalid syntax"),
    "not loaded: module": (
        "import os\nimport nowhere_at_all\n",
        "{file}, line 2: ModuleNotFoundError: No module named 'nowhere_at_all' in " + sys.executable,
    ),
    "not loaded: function": ("def g(completions):\n    pass\n", "{file}: has no function f. It has g."),
    "not loaded: value": ("f = 1\n", "{file}: f is not a function, but a value of type int."),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_says_what_is_wrong_with_file_and_line(hosts: Hosts, fault: str) -> None:
    source, message = FAULTS[fault]
    host = hosts(source)
    if not fault.startswith("not loaded"):
        assert host.ask([]) == {"rewards": []}
    answer = host.ask([] if fault.startswith("not loaded") else TWO)
    assert answer["error"].startswith(message.format(file=host.file))
    assert len(answer["error"]) < 1500
    assert ("Traceback" in answer["traceback"]) == ("Error: " in message or "Exit: " in message)
    # It goes on: the trainer decides what comes of it.
    assert "error" in host.ask(TWO)
    host.end()


def test_a_file_that_is_not_there(hosts: Hosts) -> None:
    host = hosts("", "f")
    host.file.unlink()
    assert host.ask([]) == {"error": f"{host.file}: there is no such file.", "traceback": ""}


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A child of nobody is reaped by the init process, which in a container may be slow.
    return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()


def test_ends_with_its_input_whatever_it_is_doing_and_what_it_started_too(hosts: Hosts, tmp_path: Path) -> None:
    host = hosts(
        "import subprocess, time\n"
        "def f(completions, **columns):\n"
        f"    child = subprocess.Popen(['sleep', '600'])\n"
        f"    open({str(tmp_path / 'child')!r}, 'w').write(str(child.pid) + '.')\n"
        "    time.sleep(600)\n"
    )
    host.send(TWO)
    deadline = time.monotonic() + 10
    while not ((tmp_path / "child").exists() and (tmp_path / "child").read_text().endswith(".")):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    child = int((tmp_path / "child").read_text()[:-1])
    host.process.send_signal(signal.SIGINT)
    host.process.send_signal(signal.SIGTERM)
    time.sleep(0.2)
    assert host.process.poll() is None
    assert host.process.stdin is not None
    host.process.stdin.close()
    host.process.wait(timeout=10)
    deadline = time.monotonic() + 10
    while is_alive(child):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_limit_that_is_reached_names_the_line_at_work(hosts: Hosts) -> None:
    host = hosts("import time\ndef f(completions, **columns):\n    while True:\n        time.sleep(0.01)\n")
    assert host.process.stdin is not None
    assert host.process.stdout is not None
    host.process.stdin.write(json.dumps({"batch": TWO, "seconds": 0.5}) + "\n")
    host.process.stdin.flush()
    error = json.loads(host.process.stdout.readline())["error"]
    assert error == f"{host.file}, line 4: f has not returned within 0.5 s for 2 responses."


def test_processes_that_a_function_forks_can_be_terminated(hosts: Hosts) -> None:
    host = hosts(
        "import multiprocessing, time\n"
        "def f(completions, **columns):\n"
        "    child = multiprocessing.get_context('fork').Process(target=time.sleep, args=(600,))\n"
        "    child.start()\n"
        "    time.sleep(0.2)\n"
        "    child.terminate()\n"
        "    child.join()\n"
        "    return [child.exitcode] * 2\n"
    )
    assert host.ask(TWO) == {"rewards": [-15.0, -15.0]}


def test_a_fork_that_returns_from_the_function_does_not_answer(hosts: Hosts) -> None:
    host = hosts(
        "import os, time\ncalls = 0\ndef f(completions, **columns):\n    global calls\n    calls += 1\n"
        "    if calls == 1:\n        os.fork()\n    else:\n        time.sleep(0.5)\n    return [calls] * 2\n"
    )
    assert [host.ask(TWO)["rewards"] for _ in range(3)] == [[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]]


PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, *sys.argv[1:]], stdin=subprocess.PIPE)
child.stdin.write(b'{"batch": [{"prompt": "", "completion": "", "row": {}}]}\\n')
child.stdin.flush()
time.sleep(600)
"""
HELD = """
import ctypes, os, subprocess, sys
def f(completions=(), **columns):
    child = subprocess.Popen(["sleep", "600"])
    print("pids", os.getpid(), child.pid, file=sys.stderr, flush=True)
    # Holds the interpreter's lock: no thread runs any more.
    ctypes.PyDLL(None).sleep(600)
if __name__ == "__main__":
    f()
"""


@pytest.mark.parametrize("kind", ["function", "program"])
@pytest.mark.parametrize("killed", ["trainer", "guard"])
def test_nothing_outlives_a_trainer_that_is_killed(tmp_path: Path, kind: str, killed: str) -> None:
    (tmp_path / "held.py").write_text(HELD)
    held = str(tmp_path / "held.py")
    arguments = [held, "f"] if kind == "function" else ["--program", sys.executable, held]
    trainer = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(HOST), *arguments], stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert trainer.stderr is not None
    _, *pids = trainer.stderr.readline().split()
    host, started = map(int, pids)
    if killed == "trainer":
        trainer.kill()
    else:
        status = Path(f"/proc/{host}/status").read_text()
        os.kill(int(status.split("PPid:")[1].split()[0]), signal.SIGUSR1)
    deadline = time.monotonic() + 10
    while is_alive(host) or is_alive(started):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    trainer.kill()
    trainer.wait()


@pytest.mark.parametrize(("script", "code"), [("exit 3", 3), ("kill -9 $$", -9), ("kill -15 $$", -15)])
def test_a_program_ends_as_it_ends(script: str, code: int) -> None:
    assert subprocess.run([sys.executable, str(HOST), "--program", "sh", "-c", script]).returncode == code
