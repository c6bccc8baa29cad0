"""The benchmarks for a GPU run on a processor too: what they print is there, whatever its figures."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "bench" / "gpu"))

import learning
import step_cost


@pytest.mark.parametrize("source", ["sampling", "scoring"])
def test_step_cost(source: str, capsys: pytest.CaptureFixture[str]) -> None:
    sizes = ["--lengths", "8", "12", "--rollouts", "4", "--warmup", "1", "--repeats", "2"]
    report = step_cost.main(["--shape", "tiny", "--cpu", "--source", source, *sizes])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[0] == "tokens"
    assert json.loads(lines[-1]) == report
    assert [one["length"] for one in report["results"]] == [8, 12]
    for one in report["results"]:
        assert {method: len(seconds) for method, seconds in one["seconds"].items()} == {"grpo": 2, "g2rl": 2}
        assert one["memoryOverhead"] is None
    assert set(report["versions"]) == {"torch", "transformers", "trl"}


def test_learning(capsys: pytest.CaptureFixture[str]) -> None:
    report = learning.main(["--cpu", "--steps", "2", "--prompts", "2", "--rollouts", "4"])
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == report
    assert list(report["results"]) == ["grpo", "entropy", "evol-rl", "g2rl"]
    for steps in report["results"].values():
        assert len(steps) == 2
        assert all(0 <= step["accuracy"] <= step["solved"] <= 1 for step in steps)


def test_what_cannot_be_measured_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        step_cost.main(["--shape", "tiny", "--cpu", "--rows-per-pass", "3"])
    assert "does not divide" in capsys.readouterr().err
