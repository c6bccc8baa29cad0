"""Functions and programs that reward: what they are asked, several at a time, and what is said of each fault."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from g2rl_torch.errors import InputError
from g2rl_torch.experiment.schema import RewardSettings
from g2rl_torch.rewards import sources
from g2rl_torch.rewards.columns import RewardColumns
from g2rl_torch.rewards.sources import Asked, FunctionSource, ProgramSource, Rewarded
from g2rl_torch.tasks.verdicts import Row, Verdict

BATCH = [Asked("1 + 1 =", text, len(text), True, {"gold": "2"}) for text in ("a", "bbb", "cc")]
FIX = "Fix it, then resume the run: it continues after its newest checkpoint."
READ = "import json, sys, time\nfor line in sys.stdin:\n    one = json.loads(line)\n    place = one['id'] % 3\n"
SAY = "    print(json.dumps({'reward': one['tokens'] / 2, 'note': one['completion']}), flush=True)\n"


@pytest.fixture
def opened() -> Iterator[list[FunctionSource | ProgramSource | RewardColumns]]:
    held: list[FunctionSource | ProgramSource | RewardColumns] = []
    yield held
    for one in held:
        one.close()


def program(folder: Path, source: str, seconds: float = 10, name: str = "short.py") -> ProgramSource:
    file = folder / name
    file.write_text(source, encoding="utf-8")
    return ProgramSource("short", [sys.executable, str(file)], seconds, folder)


def function(folder: Path, source: str, seconds: float = 10) -> FunctionSource:
    file = folder / "rewards.py"
    file.write_text(source, encoding="utf-8")
    return FunctionSource("format", f"{file}:f", seconds, folder)


def test_a_program_answers_in_order_or_by_id_step_by_step(tmp_path: Path, opened: list[ProgramSource]) -> None:
    opened.append(program(tmp_path, READ + SAY))
    opened.append(
        program(
            tmp_path,
            "import json, sys\n"
            "while True:\n"
            "    step = [json.loads(sys.stdin.readline()) for _ in range(3)]\n"
            "    for one in reversed(step):\n"
            "        print(json.dumps({'id': one['id'], 'reward': one['tokens'] / 2, 'note': one['completion']}))\n"
            "    print(flush=True)\n",
            name="by_id.py",
        )
    )
    expected = [Rewarded(0.5, "a"), Rewarded(1.5, "bbb"), Rewarded(1.0, "cc")]
    for source in opened:
        for _ in range(3):
            source.ask(BATCH)
            assert source.rewards() == expected


def test_a_step_of_many_long_responses_fills_no_pipe(tmp_path: Path, opened: list[ProgramSource]) -> None:
    many = [Asked("p", "x" * 5000, 5000, False, {})] * 200
    # One reads all before it answers, the other answers before it reads on.
    whole = "import json, sys\nfor line in [sys.stdin.readline() for _ in range(200)]:\n    one = json.loads(line)\n"
    opened.append(program(tmp_path, whole + SAY, name="whole.py"))
    opened.append(program(tmp_path, READ + SAY))
    for source in opened:
        source.ask(many)
    for source in opened:
        assert [one.value for one in source.rewards()] == [2500.0] * 200


FAULTS: dict[str, tuple[str, str]] = {
    "dies at once": (
        "import nowhere_at_all\n",
        "{file}, line 1: it ended with code 1: ModuleNotFoundError: No module named 'nowhere_at_all'.",
    ),
    "dies later": (
        READ + "    if place == 1: raise ValueError('odd')\n" + SAY,
        "{file}, line 5: it ended with code 1: ValueError: odd.",
    ),
    "is killed": ("import os\nos.kill(os.getpid(), 9)\n", "{file} was killed (SIGKILL)."),
    "ends too soon": (
        "print('{{\"reward\": 1}}')\n".replace("{{", "{").replace("}}", "}"),
        "{file} ended with code 0.",
    ),
    "hangs": (
        READ + "    if place == 2: time.sleep(600)\n" + SAY,
        "{file} gave 2 of 3 answers and then nothing for 0.5 s.",
    ),
    "logs to stdout": (
        "print('loading', flush=True)\n" + READ + SAY,
        '{file} answered loading (answer 1 of the step), which is not JSON such as {{"reward": 0.5}}.',
    ),
    "text": (
        READ + '    print(\'{"reward": "1"}\', flush=True)\n',
        '{file} answered {{"reward": "1"}} (answer 1 of the step): a reward is a finite number, '
        "or null to leave the response out.",
    ),
    "NaN": (
        READ + "    print('{\"reward\": NaN}', flush=True)\n",
        '{file} answered {{"reward": NaN}} (answer 1 of the step): a reward is a finite number, '
        "or null to leave the response out.",
    ),
    "a large number": (
        READ + "    print('{\"reward\": 1' + '0' * 400 + '}', flush=True)\n",
        '{file} answered {{"reward": 1000',
    ),
    "infinite in single precision": (
        READ + "    print('{\"reward\": 1e39}', flush=True)\n",
        '{file} answered {{"reward": 1e39}} (answer 1 of the step): a reward is a finite number, at most 3.4e38 in '
        "size, or null to leave the response out.",
    ),
    "no reward": (
        READ + "    print('{\"value\": 1}', flush=True)\n",
        '{file} answered {{"value": 1}} (answer 1 of the step): a reward is a finite number',
    ),
    "a list": (
        READ + "    print('[1]', flush=True)\n",
        "{file} answered [1] (answer 1 of the step): a reward is a finite number",
    ),
    "an id that is a text": (
        READ + '    print(\'{"reward": 1, "id": "0"}\', flush=True)\n',
        '{file} answered {{"reward": 1, "id": "0"}} (answer 1 of the step): an id is the number that the response came '
        "with.",
    ),
    "a note that is no text": (
        READ + '    print(\'{"reward": 1, "note": 2}\', flush=True)\n',
        '{file} answered {{"reward": 1, "note": 2}} (answer 1 of the step): a note is a text.',
    ),
    "brackets without end": (
        READ + "    print('[' * 100000, flush=True)\n",
        "{file} answered [[[[",
    ),
    "an id twice": (
        READ + '    print(\'{"reward": 1, "id": 0}\', flush=True)\n',
        "{file} answered with the id 0, which is of no response that has no answer yet.",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_program_that_fails(tmp_path: Path, opened: list[ProgramSource], fault: str) -> None:
    source, message = FAULTS[fault]
    opened.append(program(tmp_path, source, 0.5 if fault == "hangs" else 10))
    opened[0].load()
    opened[0].ask(BATCH)
    with pytest.raises(InputError) as caught:
        opened[0].rewards()
    expected = message.format(file=tmp_path / "short.py")
    assert str(caught.value).startswith(f'Reward "short": {expected}')
    memory = "A system kills a program when memory runs out. " if fault == "is killed" else ""
    assert caught.value.hint == memory + FIX


def test_a_program_that_begins_its_lines_with_the_mark_of_utf_8(tmp_path: Path, opened: list[ProgramSource]) -> None:
    write = "    sys.stdout.buffer.write(b'\\xef\\xbb\\xbf{\"reward\": 1}\\r\\n')\n    sys.stdout.flush()\n"
    opened.append(program(tmp_path, READ + write))
    opened[0].ask(BATCH)
    assert opened[0].rewards() == [Rewarded(1.0)] * 3


def test_a_program_that_answers_too_much(tmp_path: Path, opened: list[ProgramSource]) -> None:
    opened.append(program(tmp_path, READ + SAY + "    if place == 2: print('{\"reward\": 3}', flush=True)\n"))
    opened[0].ask(BATCH)
    opened[0].rewards()
    time.sleep(0.5)
    with pytest.raises(InputError, match=r"short.py wrote \{\"reward\": 3\} without being asked: an answer too many"):
        opened[0].ask(BATCH)


def test_a_line_without_end_ends_the_program(tmp_path: Path, opened: list[ProgramSource]) -> None:
    opened.append(program(tmp_path, "import sys\nwhile True: sys.stdout.write('x' * 1_000_000)\n"))
    opened[0].ask(BATCH)
    with pytest.raises(InputError, match=r"short\.py wrote a line of more than 64 MiB\.$"):
        opened[0].rewards()


def test_a_program_that_floods_has_to_wait(tmp_path: Path, opened: list[ProgramSource]) -> None:
    flood = "while True: sys.stdout.write('{\"reward\": 1}\\n' * 10_000)\n"
    opened.append(program(tmp_path, "import sys\nsys.stdin.readline()\n" + flood))
    opened[0].ask(BATCH)
    assert opened[0].rewards() == [Rewarded(1.0)] * 3
    time.sleep(1)
    assert opened[0]._program._answers.qsize() <= 100_000


def test_a_bar_of_progress_is_one_line_of_the_log(
    tmp_path: Path, opened: list[ProgramSource], capfd: pytest.CaptureFixture[str]
) -> None:
    bar = "import sys\nfor step in range(1000): sys.stderr.write(f'\\rat {step}')\n"
    bar += "sys.stderr.write('\\rdone\\nnext\\n')\n"
    opened.append(program(tmp_path, bar + READ + SAY))
    opened[0].ask(BATCH)
    opened[0].rewards()
    opened[0].close()
    logged = [line.split("reward short: ")[1] for line in capfd.readouterr().out.splitlines() if "short: " in line]
    assert len(logged) == 2
    assert logged[1] == "next"


@pytest.mark.skipif(os.name == "nt", reason="as a shell of POSIX does")
def test_a_script_without_a_first_line_is_one_of_the_shell(tmp_path: Path, opened: list[ProgramSource]) -> None:
    file = tmp_path / "short.sh"
    file.write_text("while read -r line; do echo '{\"reward\": 2}'; done\n")
    file.chmod(0o755)
    opened.append(ProgramSource("short", [str(file)], 10, tmp_path))
    opened[0].ask(BATCH)
    assert opened[0].rewards() == [Rewarded(2.0)] * 3


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        ProgramSource("short", ["nowhere-at-all", "x"], 10, tmp_path)
    assert str(caught.value) == 'Reward "short": there is no program nowhere-at-all.'
    assert caught.value.hint.startswith("Install it, or correct the command in the run's run.json")


def test_a_program_that_may_not_be_executed(tmp_path: Path) -> None:
    file = tmp_path / "short.sh"
    file.write_text("#!/bin/sh\n")
    with pytest.raises(InputError, match=r"short\.sh may not be executed by this user\.$") as caught:
        ProgramSource("short", [str(file)], 10, tmp_path)
    assert "chmod +x" in caught.value.hint


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node")
def test_a_program_of_node_is_named_with_its_line(tmp_path: Path, opened: list[ProgramSource]) -> None:
    (tmp_path / "short.mjs").write_text("\n\nthrow new TypeError('x is odd');\n")
    opened.append(ProgramSource("short", ["node", str(tmp_path / "short.mjs")], 10, tmp_path))
    opened[0].ask(BATCH)
    with pytest.raises(InputError, match=r"/short\.mjs, line 3: it ended with code 1: TypeError: x is odd\.$"):
        opened[0].rewards()


def test_a_function_is_called_once_a_step_in_the_folder_of_the_experiment(
    tmp_path: Path, opened: list[FunctionSource], capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "words.txt").write_text("bbb")
    source = (
        "def f(completions, gold, **columns):\n"
        "    print('called', gold)\n"
        "    good = open('words.txt').read()\n"
        "    return [(1, 'ok') if one == good else None for one in completions]\n"
    )
    opened.append(function(tmp_path, source))
    opened[0].load()
    opened[0].ask(BATCH)
    assert opened[0].rewards() == [Rewarded(None), Rewarded(1.0, "ok"), Rewarded(None)]
    opened[0].close()
    assert "reward format: called ['2', '2', '2']" in capfd.readouterr().out


def test_a_function_that_raises_hangs_or_dies(
    tmp_path: Path, opened: list[FunctionSource], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def problem(source: str, seconds: float = 10) -> str:
        opened.append(function(tmp_path, source, seconds))
        opened[-1].load()
        opened[-1].ask(BATCH)
        with pytest.raises(InputError) as caught:
            opened[-1].rewards()
        return str(caught.value)

    start, file = "def f(completions, **columns):\n", tmp_path / "rewards.py"
    assert (
        problem(start + "    return [1 / 0]\n")
        == f'Reward "format": {file}, line 2: ZeroDivisionError: division by zero.'
    )
    assert "Traceback (most recent call last)" in capfd.readouterr().out
    assert (
        problem(start + "    return [1]\n") == f'Reward "format": {file}, line 1: f returned 1 rewards for 3 responses.'
    )
    hangs = problem("import time\n" + start + "    time.sleep(600)\n", 0.2)
    assert hangs == f'Reward "format": {file}, line 3: f has not returned within 0.6 s for 3 responses.'
    dies = problem("import os\ndef g():\n    os.abort()\n" + start + "    g()\n")
    assert dies == f'Reward "format": {file}, line 3: it was killed (SIGABRT): Fatal Python error: Aborted.'
    backtracks = problem("import re\n" + start + "    return re.match('(a+)+b', 'a' * 60)\n", 0.1)
    assert backtracks == f'Reward "format": {file}, line 3: it has not answered within 0.3 s.'
    monkeypatch.setattr(sources, "_HOST_GRACE_SECONDS", 0.5)
    held = problem("import ctypes\n" + start + "    ctypes.PyDLL(None).sleep(600)\n", 0.2)
    assert held == f'Reward "format": {file} has not answered within 0.6 s.'


def test_a_function_that_cannot_be_loaded(tmp_path: Path, opened: list[FunctionSource]) -> None:
    for source, message in (
        ("def g(): pass\n", ": has no function f. It has g."),
        ("\n1 +\n", ", line 2: SyntaxError"),
    ):
        opened.append(function(tmp_path, source))
        with pytest.raises(InputError) as caught:
            opened[-1].load()
        assert str(caught.value).startswith(f'Reward "format": {tmp_path / "rewards.py"}{message}')


def judge(rows: list[Row], responses: list[str]) -> list[Verdict]:
    return [
        Verdict(text == "a", row["gold"] + row["prompt"], "said") for row, text in zip(rows, responses, strict=True)
    ]


def test_all_rewards_of_a_step_are_asked_at_the_same_time(tmp_path: Path, opened: list[RewardColumns]) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.py").write_text(
            "import time\ndef f(completions, trainer_state=None, **columns):\n    time.sleep(1)\n"
            "    return [(1.5, 'slow')] + [trainer_state] * 2\n"
        )
    (tmp_path / "three.py").write_text("import time\n" + READ + "    if place == 0: time.sleep(1)\n" + SAY)
    settings = [
        RewardSettings("one", 0.5, python=f"{tmp_path / 'one.py'}:f"),
        RewardSettings("two", python=f"{tmp_path / 'two.py'}:f"),
        RewardSettings("correct", 2),
        RewardSettings("three", command=(sys.executable, str(tmp_path / "three.py"))),
    ]
    opened.append(RewardColumns(settings, judge, tmp_path))
    columns = opened[0]
    assert columns.weights == [0.5, 1, 2, 1]
    start = time.monotonic()
    texts = [one.completion for one in BATCH]
    given = {"prompts": ["p"] * 3, "completions": texts, "completion_ids": [[1], [1, 2, 3], [1, 2]], "gold": ["2"] * 3}
    values = [function(**given, trainer_state="state", log_extra=None) for function in columns.functions]
    assert time.monotonic() - start < 2.5
    assert columns.seconds == pytest.approx(time.monotonic() - start, abs=0.3)
    assert values == [[1.5, None, None], [1.5, None, None], [1.0, -1.0, -1.0], [0.5, 1.5, 1.0]]
    first, second, _ = columns.scored()
    assert (first.correct, first.answer, first.reason, first.reward) == (True, "2p", "said", 1.0)
    assert first.notes == {"one": "slow", "two": "slow", "three": "a"}
    assert second.notes == {"three": "bbb"}
    assert [function.__name__ for function in columns.functions] == ["one", "two", "correct", "three"]


def test_without_the_judge_among_the_rewards_it_judges_for_people(tmp_path: Path, opened: list[RewardColumns]) -> None:
    (tmp_path / "one.py").write_text("def f(completions, **columns):\n    return [1] * len(completions)\n")
    opened.append(RewardColumns([RewardSettings("one", python=f"{tmp_path / 'one.py'}:f")], judge, tmp_path))
    (column,) = opened[0].functions
    assert column(["p"], ["a"], [[1]], gold=["2"]) == [1.0]
    (scored,) = opened[0].scored()
    assert (scored.correct, scored.reward, scored.notes) == (True, None, {})


def test_what_has_been_started_ends_when_another_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text(
        f"import os\nopen({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\ndef f(completions): pass\n"
    )
    settings = [
        RewardSettings("one", python=f"{tmp_path / 'one.py'}:f"),
        RewardSettings("two", command=("nowhere-at-all",)),
    ]
    with pytest.raises(InputError, match='Reward "two": there is no program'):
        RewardColumns(settings, judge, tmp_path)
    if (tmp_path / "pid").exists():
        with pytest.raises(ProcessLookupError):
            os.kill(int((tmp_path / "pid").read_text()), 0)


def test_a_program_is_no_process_of_the_training(
    tmp_path: Path, opened: list[ProgramSource], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("RANK", "WORLD_SIZE", "MASTER_ADDR", "ACCELERATE_USE_CPU", "TORCHELASTIC_RUN_ID", "G2RL_PARENT"):
        monkeypatch.setenv(name, "1")
    opened.append(
        program(
            tmp_path,
            "import os\n"
            + READ
            + "    print(json.dumps({'reward': 0, 'note': ' '.join(sorted(os.environ))}), flush=True)\n",
        )
    )
    opened[0].ask(BATCH)
    note = opened[0].rewards()[0].note
    assert note is not None
    assert "PATH" in note.split()
    assert not {"RANK", "WORLD_SIZE", "MASTER_ADDR"} & set(note.split())
    assert "ACCELERATE_" not in note
    assert "G2RL_" not in note
