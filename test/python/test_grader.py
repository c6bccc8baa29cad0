"""math-verify in its own process: verdicts, classes, and what takes too long or kills it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

pytest.importorskip("math_verify")
from g2rl_torch.tasks import judges
from g2rl_torch.tasks.grader import Grader
from g2rl_torch.tasks.judging import TOO_LONG, Asked, Judged, grade
from runs import PACKAGE, living

RESPONSES = [
    "so $x = 1$, and the answer is \\boxed{\\frac{1}{2}}.",
    "The answer is 0.5",
    "<think>maybe \\boxed{1/2}</think> No, \\boxed{3}.",
    "",
    "\\boxed{6/2}",
]


def verdict(grader: Grader, gold: str, response: str, kind: str, prompt: str = "") -> Judged:
    return grader.verdicts([Asked(gold, response, kind, prompt)])[0]


@pytest.fixture(scope="module")
def grader() -> Iterator[Grader]:
    one = Grader()
    yield one
    one.close()


def test_a_problem_is_graded(grader: Grader) -> None:
    grades = grade(grader, "\\frac12", RESPONSES, "math")
    assert [grade.correct for grade in grades] == [True, True, False, False, False]
    assert [grade.class_ for grade in grades] == [0, 0, 1, -1, 1]
    assert [grade.answer is None for grade in grades] == [False, False, False, True, False]
    assert grades[3].reason == "no answer found"


def test_what_the_policy_thinks_is_no_answer(grader: Grader) -> None:
    assert verdict(grader, "3", "<think>\\boxed{3}", "math").answer is None
    thinking = "1+3=<think>\n"
    assert verdict(grader, "4", "so \\boxed{4} maybe", "math", thinking).answer is None
    responses = ["so \\boxed{4} maybe", "so \\boxed{5}</think>\\boxed{4}"]
    assert [grade.correct for grade in grade(grader, "4", responses, "math", thinking)] == [False, True]


def test_choices_are_letters(grader: Grader) -> None:
    assert verdict(grader, "B", "I take \\boxed{B}.", "choice").correct
    assert not verdict(grader, "B", "I take \\boxed{A}.", "choice").correct


def test_what_takes_too_long_is_given_up() -> None:
    grader = Grader(seconds=1.0)
    try:
        assert verdict(grader, "1", "\\boxed{1}", "math").correct
        start = time.monotonic()
        # A tower of powers: nothing interrupts the computation of its digits.
        judged = verdict(grader, "1", "$9^{9^{9^{9}}}$", "math")
        assert not judged.correct
        assert time.monotonic() - start < 30
        assert judged.reason in (TOO_LONG, "another answer", "no answer found")
        assert verdict(grader, "2", "\\boxed{2}", "math").correct
    finally:
        grader.close()


def test_what_is_interrupted_took_too_long_and_is_not_logged(capfd: pytest.CaptureFixture[str]) -> None:
    grader = Grader(seconds=1.0)
    try:
        assert verdict(grader, "7", "\\boxed{7}", "math").correct
        [judge] = grader.pool.judges
        assert verdict(grader, "7", "\\boxed{9^{9^{9}}}", "math") == Judged(False, None, TOO_LONG)
        assert verdict(grader, "7", "\\boxed{8}", "math").reason == "another answer"
        assert grader.pool.judges[0] is judge
    finally:
        grader.close()
    assert capfd.readouterr() == ("", "")


def test_the_judging_of_a_batch_is_bounded() -> None:
    grader = Grader(seconds=1.0, batch_seconds=2.0)
    try:
        assert verdict(grader, "7", "\\boxed{7}", "math").correct
        responses = [f"\\boxed{{9^{{9^{{9}}}} + {n}}}" for n in range(40)]
        start = time.monotonic()
        grades = grade(grader, "7", ["\\boxed{7}", *responses, "\\boxed{7.0}"], "math")
        assert time.monotonic() - start < 15
        # No response is judged the worse for those before it.
        assert [grade.reason for grade in grades] == ["equivalent", *[TOO_LONG] * 40, "equivalent"]
        # The next batch has its time again.
        assert grade(grader, "7", ["\\boxed{14/2}"], "math")[0].correct
    finally:
        grader.close()


def test_a_killed_process_is_started_anew(grader: Grader) -> None:
    assert verdict(grader, "7", "\\boxed{7}", "math").correct
    for judge in grader.pool.judges:
        judge.process.kill()
        judge.process.join()
    assert verdict(grader, "8", "\\boxed{8}", "math").correct
    assert verdict(grader, "9", "\\boxed{9}", "math").correct


def test_slow_responses_are_judged_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judges, "_processes", lambda: 4)
    grader = Grader(seconds=2.0, batch_seconds=60.0)
    try:
        # A right answer behind each that takes too long, and after them all.
        slow = [f"\\boxed{{9^{{9^{{9}}}} + {n}}}" for n in range(6)]
        right = [f"\\boxed{{{n + 7} - {n}}}" for n in range(6)]
        batch = [Asked("7", one, "math") for pair in zip(slow, right, strict=True) for one in pair]
        verdict(grader, "1", "\\boxed{1}", "math")
        verdicts = grader.verdicts([*batch, Asked("7", "\\boxed{7}", "math")])
        assert [one.reason for one in verdicts] == [*[TOO_LONG, "equivalent"] * 6, "equivalent"]
        assert 1 < len(grader.pool.judges) <= 4
    finally:
        grader.close()


USED = (
    "from g2rl_torch.tasks.grader import Grader; from g2rl_torch.tasks.judging import Asked; "
    "g = Grader(); g.verdicts([Asked('1', '\\\\boxed{1}', 'math')]); "
)


def test_a_failed_process_ends_though_its_grader_lives() -> None:
    program = USED + "print(g.pool.judges[0].process.pid); raise SystemExit(1)"
    ended = subprocess.run([sys.executable, "-c", program], cwd=PACKAGE, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1, ended.stderr
    assert living([int(ended.stdout)]) == []


@pytest.mark.parametrize(
    "more",
    ["signal.pause()", "g.verdicts([Asked('1', '$9^{9^{9^{9}}}$', 'math')])"],
    ids=["waiting", "computing"],
)
def test_no_grader_outlives_a_killed_process(more: str) -> None:
    program = f"import signal; {USED} print(g.pool.judges[0].process.pid, flush=True); {more}"
    with subprocess.Popen([sys.executable, "-c", program], cwd=PACKAGE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        grader = int(process.stdout.readline())
        time.sleep(0.5)
        assert living([grader]) == [grader]
        process.send_signal(signal.SIGKILL)
    end = time.monotonic() + 3
    while living([grader]) and time.monotonic() < end:
        time.sleep(0.05)
    assert living([grader]) == []
