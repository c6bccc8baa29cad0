"""What Python writes of a step is what the table of metrics in TypeScript says, of which this JSON Schema is made."""

from __future__ import annotations

import json
import re
from pathlib import Path

from g2rl_torch.run import recorder
from runs import experiment, lines_of, whole_run

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "media" / "schema" / "metrics.schema.json").read_text(encoding="utf-8")
)


def is_known(name: str) -> bool:
    return name in SCHEMA["properties"] or any(re.search(one, name) for one in SCHEMA["patternProperties"])


def test_a_step_has_the_metrics_of_the_table() -> None:
    steps = lines_of(whole_run("one process", experiment()) / "metrics.jsonl")
    assert steps
    for step in steps:
        assert set(SCHEMA["required"]) <= set(step)
        assert [name for name in step if not is_known(name)] == []


def test_what_only_some_runs_have_is_in_the_table() -> None:
    assert [name for name in recorder.SAMPLED_ELSEWHERE if not is_known(name)] == []
    assert all(is_known(f"gpu/{card}/{name}") for card in (0, 11) for name in ("utilization", "memory_used", "power"))
    assert is_known("dirl/reasoning_share")
    assert all(is_known(f"rewards/has-steps/{name}") for name in ("mean", "std", "null"))
    assert not is_known("gpu/0/temperature")
