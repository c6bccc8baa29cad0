"""The shared verdicts on answers, by math-verify: known differences are marked in the file."""

import json
from pathlib import Path

import pytest

pytest.importorskip("math_verify")
from math_verify import (  # noqa: E402
    ExprExtractionConfig,
    LatexExtractionConfig,
    StringExtractionConfig,
    parse,
    verify,
)

CASES = json.loads((Path(__file__).parents[1] / "vectors" / "answers.json").read_text("utf-8"))["cases"]
WORDS = {"text", "response", "date"}


def judge(case: dict[str, str]) -> bool:
    configuration = [LatexExtractionConfig(), ExprExtractionConfig()]
    if case["kind"] == "choice letter":
        configuration.append(StringExtractionConfig())
    gold, prediction = case["gold"], case["prediction"]
    if case["kind"] not in WORDS:
        gold = f"${gold}$"
        if "$" not in prediction and "boxed" not in prediction:
            prediction = f"${prediction}$"
    return bool(verify(parse(gold, configuration), parse(prediction, configuration)))


@pytest.mark.parametrize("kind", sorted({case["kind"] for case in CASES}))
def test_verdicts(kind: str) -> None:
    wrong = [
        case for case in CASES if case["kind"] == kind and judge(case) != case.get("mathVerify", case["equivalent"])
    ]
    assert wrong == []
