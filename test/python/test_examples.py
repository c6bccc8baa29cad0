"""The example scripts, whole, on tiny policies."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch
from g2rl_torch.method.advantages import advantages
from g2rl_torch.method.shaping import shape_group
from policies import gradient_features, write_byte_policy
from runs import lines_of, status_of
from transformers import AutoModelForCausalLM

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
    assert found == {"verifier", "several_rewards", "observed_grpo", "evol_rl", "for_verl"}


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


class Actor:
    """In the place of verl's, with its ways of calling the model: padded, or all tokens in one row."""

    def __init__(self, model: Any, removes_padding: bool) -> None:  # noqa: ANN401
        self.actor_module = SimpleNamespace(module=model)
        self._removes_padding = removes_padding

    def _forward_micro_batch(
        self, micro_batch: dict[str, torch.Tensor], temperature: float, calculate_entropy: bool = False
    ) -> dict[str, torch.Tensor]:
        tokens, mask = micro_batch["input_ids"], micro_batch["attention_mask"]
        places = (mask.cumsum(dim=1) - 1).clamp(min=0)
        model = self.actor_module.module
        if self._removes_padding:
            # Rows one after another would look at each other without the kernels that keep them apart.
            states = [
                model.base_model(row[None, kept.bool()]).last_hidden_state
                for row, kept in zip(tokens, mask, strict=True)
            ]
            logits = model.lm_head(torch.cat(states, dim=1))
        else:
            logits = model(input_ids=tokens, attention_mask=mask, position_ids=places).logits
        logits.div_(temperature)
        return {"log_probs": logits.sum(dim=-1), "sum_pi_squared": torch.zeros(len(tokens), 3)}


@pytest.mark.parametrize("removes_padding", [False, True])
def test_features_and_advantages_in_verl(policy: str, monkeypatch: pytest.MonkeyPatch, removes_padding: bool) -> None:
    actors, trainers = ModuleType("dp_actor"), ModuleType("ray_trainer")
    actors.DataParallelPPOActor = Actor  # type: ignore[attr-defined]
    trainers.compute_advantage = lambda data, adv_estimator, **_: "verl's own"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "verl.workers.actor.dp_actor", actors)
    monkeypatch.setitem(sys.modules, "verl.trainer.ppo.ray_trainer", trainers)
    monkeypatch.setattr(Actor, "_forward_micro_batch", Actor._forward_micro_batch)
    module = example("for_verl")
    model = AutoModelForCausalLM.from_pretrained(policy).eval()
    prompts = [[5, 6, 7], [8, 9], [5, 6, 7], [8, 9]]
    completions = [[20, 21, 22, 256], [23, 24], [25, 26, 27], [28, 256]]
    # Padded as verl does: prompts on the left, responses on the right.
    batch = {
        "input_ids": torch.tensor(
            [[0] * (3 - len(p)) + p + c + [0] * (4 - len(c)) for p, c in zip(prompts, completions, strict=True)]
        ),
        "attention_mask": torch.tensor(
            [
                [0] * (3 - len(p)) + [1] * len(p + c) + [0] * (4 - len(c))
                for p, c in zip(prompts, completions, strict=True)
            ]
        ),
        "responses": torch.tensor([c + [0] * (4 - len(c)) for c in completions]),
    }
    actor = Actor(model, removes_padding)
    with torch.no_grad():
        phi = actor._forward_micro_batch(batch, temperature=0.7)["sum_pi_squared"]
    for row, (prompt, completion) in enumerate(zip(prompts, completions, strict=True)):
        expected = gradient_features(model, prompt, completion, 0.7)
        torch.testing.assert_close(phi[row], expected, atol=1e-6, rtol=1e-4)
    assert actor._forward_micro_batch(batch, temperature=0.7)["sum_pi_squared"].shape == (4, 3)

    rewards = torch.tensor([1.0, -1, 1, 1])
    mask = torch.tensor([[1] * len(c) + [0] * (4 - len(c)) for c in completions])
    data = SimpleNamespace(
        batch={
            "sum_pi_squared": phi,
            "response_mask": mask,
            "token_level_rewards": torch.nn.functional.pad(rewards[:, None], (0, 3)),
        },
        non_tensor_batch={"uid": ["a", "b", "a", "b"]},
    )
    assert trainers.compute_advantage(data, "grpo") == "verl's own"
    found = trainers.compute_advantage(data, adv_estimator="g2rl", gamma=1.0).batch["advantages"]
    for rows in ([0, 2], [1, 3]):
        group = shape_group(phi[rows], rewards[rows].double(), module.SETTINGS)
        expected = advantages(group.shaped, 2, "group").float()[:, None] * mask[rows]
        assert torch.equal(found[rows], expected)
