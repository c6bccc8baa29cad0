"""math-verify in its own process: verdicts, classes, and what takes too long or kills it."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

pytest.importorskip("math_verify")
from g2rl_torch.tasks.grader import TOO_LONG, Grader

RESPONSES = [
    "so $x = 1$, and the answer is \\boxed{\\frac{1}{2}}.",
    "The answer is 0.5",
    "<think>maybe \\boxed{1/2}</think> No, \\boxed{3}.",
    "",
    "\\boxed{6/2}",
]


@pytest.fixture(scope="module")
def grader() -> Iterator[Grader]:
    one = Grader()
    yield one
    one.close()


def test_a_problem_is_graded(grader: Grader) -> None:
    grades = grader.grade("\\frac12", RESPONSES, "math")
    assert [grade.correct for grade in grades] == [True, True, False, False, False]
    assert [grade.class_ for grade in grades] == [0, 0, 1, -1, 1]
    assert [grade.answer is None for grade in grades] == [False, False, False, True, False]
    assert grades[3].reason == "no answer found"


def test_choices_are_letters(grader: Grader) -> None:
    assert grader.verdict("B", "I take \\boxed{B}.", "choice")[0]
    assert not grader.verdict("B", "I take \\boxed{A}.", "choice")[0]


def test_what_takes_too_long_is_given_up() -> None:
    grader = Grader(seconds=1.0)
    try:
        assert grader.verdict("1", "\\boxed{1}", "math")[0]
        start = time.monotonic()
        # A tower of powers: nothing interrupts the computation of its digits.
        correct, _, reason = grader.verdict("1", "$9^{9^{9^{9}}}$", "math")
        assert not correct
        assert time.monotonic() - start < 30
        assert reason in (TOO_LONG, "another answer", "no answer found")
        assert grader.verdict("2", "\\boxed{2}", "math")[0]
    finally:
        grader.close()


def test_a_killed_process_is_started_anew(grader: Grader) -> None:
    assert grader.verdict("7", "\\boxed{7}", "math")[0]
    grader._process.kill()
    grader._process.join()
    assert grader.verdict("8", "\\boxed{8}", "math")[2] == TOO_LONG
    assert grader.verdict("9", "\\boxed{9}", "math")[0]
