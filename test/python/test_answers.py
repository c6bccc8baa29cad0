"""The shared verdicts on answers, by math-verify: known differences are marked in the file."""

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("math_verify")
from g2rl_torch.tasks.answers import Kind, judge

CASES = json.loads((Path(__file__).parents[1] / "vectors" / "answers.json").read_text("utf-8"))["cases"]
KINDS: dict[str, Kind] = {"choice letter": "choice", "text": "text", "response": "text", "date": "text"}


def is_wrong(case: dict[str, Any]) -> bool:
    expected = case.get("mathVerify", case["equivalent"])
    return judge(case["gold"], case["prediction"], KINDS.get(case["kind"], "math")) != expected


@pytest.mark.parametrize("kind", sorted({case["kind"] for case in CASES}))
def test_verdicts(kind: str) -> None:
    assert [case for case in CASES if case["kind"] == kind and is_wrong(case)] == []
