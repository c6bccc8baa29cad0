"""What is thought and what is said, as the embedded engine reads it."""

import json
from pathlib import Path

import pytest
from g2rl_torch.tasks.thoughts import without_thoughts

CASES = json.loads((Path(__file__).parents[1] / "vectors" / "thoughts.json").read_text("utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_thoughts(case: dict[str, str]) -> None:
    assert without_thoughts(case["response"], case["prompt"]) == case["answered"]
