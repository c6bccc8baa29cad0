"""The embedded engine's judge inside Python: the same verdicts, bounded, and gone with its process."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("py_mini_racer")
from g2rl_torch.errors import InputError
from g2rl_torch.tasks import own_judge
from g2rl_torch.tasks.judging import TOO_LONG, Asked, grade
from g2rl_torch.tasks.own_judge import OwnJudge
from runs import PACKAGE

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "vectors" / "answers.json").read_text("utf-8"))[
    "cases"
]


@pytest.fixture(scope="module")
def judge() -> Iterator[OwnJudge]:
    one = OwnJudge()
    yield one
    one.close()


def test_its_verdicts_are_those_of_the_embedded_engine(judge: OwnJudge) -> None:
    batch = [Asked(one["gold"], one["prediction"], "math") for one in CASES]
    verdicts = judge.verdicts(batch)
    wrong = [case for case, one in zip(CASES, verdicts, strict=True) if one.correct != case["equivalent"]]
    assert wrong == []


def test_the_responses_to_a_problem_are_judged_together(judge: OwnJudge) -> None:
    responses = [
        "\\boxed{1/2}",
        "The answer is 0.5",
        "<think>\\boxed{1/2}</think> No, \\boxed{3}.",
        "",
        "\ud800 \\boxed{6/2}",
    ]
    grades = grade(judge, "\\frac12", responses, "math")
    assert [one.correct for one in grades] == [True, True, False, False, False]
    assert [one.class_ for one in grades] == [0, 0, 1, -1, 1]
    assert [
        one.correct for one in grade(judge, "4", ["so \\boxed{4}", "</think>\\boxed{4}"], "math", "1+3=<think>")
    ] == [
        False,
        True,
    ]
    assert [one.correct for one in grade(judge, "J", ["Answer: J", "(I)"], "choice")] == [True, False]
    assert judge.identity["name"] == "g2rl"


def test_what_takes_too_long_takes_nothing_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = """
        {
          const { judgements } = g2rlJudge;
          const slow = (batch) => { while (batch.includes("slow")); return judgements(batch); };
          g2rlJudge = { ...g2rlJudge, judgements: slow };
        }
    """
    script = own_judge._SCRIPT.read_text("utf-8")
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: script + slow)
    judge = OwnJudge(batch_seconds=0.5, seconds=0.2)
    try:
        verdicts = judge.verdicts(
            [Asked("1", "\\boxed{1}", "math"), Asked("1", "slow", "math"), Asked("2", "2", "math")]
        )
    finally:
        judge.close()
    assert [one.correct for one in verdicts] == [True, False, True]
    assert verdicts[1].reason == TOO_LONG


def test_a_missing_script_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(own_judge, "_SCRIPT", tmp_path / "judge.js")
    with pytest.raises(InputError, match=r"judge\.js: cannot be read"):
        OwnJudge().verdicts([Asked("1", "1", "math")])


@pytest.mark.parametrize(("end", "code"), [("", 0), ("raise ValueError", 1), ("raise SystemExit(3)", 3)])
def test_a_process_that_used_it_ends(end: str, code: int) -> None:
    program = (
        "from g2rl_torch.tasks.own_judge import OwnJudge; from g2rl_torch.tasks.judging import Asked; "
        f"j = OwnJudge(); j.verdicts([Asked('1', '1', 'math')])\n{end}"
    )
    ended = subprocess.run([sys.executable, "-c", program], env={"PYTHONPATH": str(PACKAGE)}, timeout=60, check=False)
    assert ended.returncode == code
