"""The example scripts, whole, on tiny policies."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
from policies import write_byte_policy
from runs import lines_of, status_of

EXAMPLES = Path(__file__).parents[2] / "src" / "torch" / "examples"
TEMPLATE = "{% for one in messages %}{{ one.role }}:{{ one.content }}\n{% endfor %}"
SMALL: dict[str, Any] = {
    "use_cpu": True,
    "bf16": False,
    "max_steps": 2,
    "num_generations": 4,
    "per_device_train_batch_size": 8,
    "max_completion_length": 8,
    "save_steps": 1,
    "disable_tqdm": True,
    "dataloader_pin_memory": False,
}


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_byte_policy(tmp_path_factory.mktemp("policy"), TEMPLATE))


def example(name: str) -> Any:  # noqa: ANN401 - a module
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_these_are_all() -> None:
    found = {path.stem for path in EXAMPLES.glob("*.py")}
    assert found == {"verifier", "several_rewards", "observed_grpo", "evol_rl"}


def test_a_verifier(policy: str, tmp_path: Path) -> None:
    run = tmp_path / "run"
    example("verifier").main(policy, str(run), output_dir=str(tmp_path / "output"), **SMALL)
    assert status_of(run)["state"] == "finished"
    assert json.loads((run / "run.json").read_text(encoding="utf-8"))["name"] == "sums"
    assert {reward for group in lines_of(run / "groups.jsonl") for reward in group["rewards"]} <= {1.0, -1.0}
    assert sorted(path.name for path in (run / "checkpoints").iterdir()) == ["step-000001", "step-000002"]


def test_several_rewards(policy: str, tmp_path: Path) -> None:
    run = tmp_path / "run"
    example("several_rewards").main(policy, str(run), output_dir=str(tmp_path / "output"), **SMALL)
    metrics = lines_of(run / "metrics.jsonl")
    assert {"rewards/helpfulness/mean", "rewards/is_short/std", "rewards/ends_well/null", "words"} <= {
        name for line in metrics for name in line
    }
    assert len(lines_of(run / "rollouts" / "step-000001.jsonl")) == 2


def test_plain_grpo_observed_and_resumed(policy: str, tmp_path: Path) -> None:
    run = tmp_path / "run"
    given = {**SMALL, "output_dir": str(tmp_path / "output")}
    module = example("observed_grpo")
    module.main(policy, str(run), **given)
    module.main(policy, str(run), **{**given, "max_steps": 3})
    metrics = lines_of(run / "metrics.jsonl")
    assert [line["step"] for line in metrics] == [1, 2, 3]
    assert all("g2rl/similarity_mean" in line for line in metrics)
    experiment = json.loads((run / "run.json").read_text(encoding="utf-8"))["experiment"]
    assert experiment["method"]["name"] == "grpo"
    assert experiment["torch"]["lora"]["rank"] == 16


def test_evol_rl(policy: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = tmp_path / "run"
    example("evol_rl").main(policy, str(run), policy, output_dir=str(tmp_path / "output"), **SMALL)
    assert "8 responses" in capsys.readouterr().out
    groups = lines_of(run / "groups.jsonl")
    assert any(group["shaped"] != group["rewards"] for group in groups)
    assert all(group["prompt"].startswith("Write the number") for group in groups)
