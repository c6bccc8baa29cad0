"""The example scripts, whole, on tiny policies."""

# What verl hands around comes without types.
# ruff: noqa: ANN401

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch
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


def example(name: str) -> Any:
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


def get(data: dict[str, Any], key: str, default: Any) -> Any:
    return data.get(key, default)


class Engine:
    """In the place of verl's FSDP engine, with its ways of calling the model: padded, or all tokens in one row."""

    def __init__(self, model: Any) -> None:
        self.module = SimpleNamespace(module=model)

    def forward_step(self, micro_batch: dict[str, Any], loss_function: None, forward_only: bool) -> Any:
        assert loss_function is None
        assert forward_only
        model = self.module.module
        texts = micro_batch["input_ids"].unbind()
        if micro_batch["use_remove_padding"]:
            # Rows one after another would look at each other without the kernels that keep them apart. What fills up
            # the row is no text.
            states = [model.base_model(text[None]).last_hidden_state for text in texts]
            model.lm_head(torch.cat([*states, torch.ones_like(states[0])], dim=1))
        else:
            tokens = torch.nn.utils.rnn.pad_sequence(texts, batch_first=True)
            length = torch.tensor([len(text) for text in texts])[:, None]
            model(input_ids=tokens, attention_mask=torch.arange(tokens.shape[1])[None] < length)
        return torch.tensor(1.0), {"model_output": {"log_probs": micro_batch["input_ids"]}, "loss": 1.0, "metrics": {}}


class Trainer:
    """In the place of verl's, with its ways of going through the queue."""

    def __init__(self, config: Any, queue: dict[str, dict[str, Any]], engine: Engine) -> None:
        self.config = config
        self.queue = queue
        self.engine = engine

    def _compute_old_log_prob(self, batch: Any, metrics: dict[str, float]) -> Any:
        rows = [self.queue[key] for key in batch.keys]
        nested = {name: jagged([row[name] for row in rows]) for name in ("input_ids", "responses", "response_mask")}
        _, output = self.engine.forward_step({**nested, **batch.extra_info}, None, forward_only=True)
        for name, values in output["model_output"].items():
            for row, value in zip(rows, values.unbind(), strict=True):
                row[name] = value
        metrics["actor/entropy"] = 1.0
        return SimpleNamespace(**{**vars(batch), "extra_info": dict(batch.extra_info)})

    def _compute_advantage(self, batch: Any, metrics: dict[str, float]) -> Any:
        rows = [self.queue[key] for key in batch.keys]
        rewards = torch.nn.utils.rnn.pad_sequence([row["rm_scores"] for row in rows], batch_first=True)
        masks = torch.nn.utils.rnn.pad_sequence([row["response_mask"] for row in rows], batch_first=True)
        data = SimpleNamespace(
            batch={"token_level_rewards": rewards, "response_mask": masks},
            non_tensor_batch={"uid": [row["uid"] for row in rows]},
        )
        compute = sys.modules["verl.trainer.ppo.v1"].trainer_base.compute_advantage_for_multi_trajectories
        data = compute(data, batch_keys=batch.keys, adv_estimator=self.config["algorithm"]["adv_estimator"])
        return data.batch


def jagged(rows: list[torch.Tensor]) -> torch.Tensor:
    return torch.nested.as_nested_tensor(rows, layout=torch.jagged)


def sums_of_rewards(data: Any, batch_keys: list[str], adv_estimator: str) -> Any:
    """In the place of verl's GRPO."""
    assert adv_estimator == "grpo"
    assert len(batch_keys) == len(data.non_tensor_batch["uid"])
    data.batch["advantages"] = data.batch["token_level_rewards"].sum(dim=1)[:, None] * data.batch["response_mask"]
    return data


@pytest.fixture
def for_verl(monkeypatch: pytest.MonkeyPatch) -> Any:
    class OwnEngine(Engine):
        forward_step = Engine.forward_step

    class OwnTrainer(Trainer):
        __init__ = Trainer.__init__
        _compute_old_log_prob = Trainer._compute_old_log_prob
        _compute_advantage = Trainer._compute_advantage

    base = SimpleNamespace(PPOTrainer=OwnTrainer, compute_advantage_for_multi_trajectories=sums_of_rewards)
    estimators: dict[str, Any] = {}
    for name, content in {
        "transfer_queue": {"kv_batch_get": None},
        "verl.trainer.ppo.core_algos": {
            "AdvantageEstimator": SimpleNamespace(GRPO="grpo"),
            "register_adv_est": lambda name: lambda function: estimators.setdefault(name, function),
        },
        "verl.trainer.ppo.v1": {"trainer_base": base},
        "verl.utils": {"tensordict_utils": SimpleNamespace(get_non_tensor_data=get)},
        "verl.workers.engine.fsdp.transformer_impl": {"FSDPEngineWithLMHead": OwnEngine},
    }.items():
        module = ModuleType(name)
        vars(module).update(content)
        for place, _ in enumerate(name.split(".")[1:], start=1):
            parent = ".".join(name.split(".")[:place])
            monkeypatch.setitem(sys.modules, parent, sys.modules.get(parent) or ModuleType(parent))
        monkeypatch.setitem(sys.modules, name, module)
    module = example("for_verl")
    module.estimators = estimators
    return module


def settings_of_verl(
    estimator: str = "g2rl",
    actor: dict[str, Any] | None = None,
    model: dict[str, Any] | None = None,
    rollout: dict[str, Any] | None = None,
    correction: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Those that are looked at, with verl's defaults."""
    fsdp = {
        "strategy": "fsdp",
        "ulysses_sequence_parallel_size": 1,
        "fsdp_config": {"ulysses_sequence_parallel_size": 1},
    }
    return {
        "algorithm": {"adv_estimator": estimator, "rollout_correction": {"bypass_mode": False, **(correction or {})}},
        "actor_rollout_ref": {
            "actor": {**fsdp, **(actor or {})},
            "model": {"use_fused_kernels": False, **(model or {})},
            "rollout": {"top_p": 1.0, "top_k": -1, **(rollout or {})},
        },
    }


@pytest.mark.parametrize("removes_padding", [False, True])
def test_features_and_rewards_in_verl(
    for_verl: Any,
    policy: str,
    removes_padding: bool,
) -> None:
    model = AutoModelForCausalLM.from_pretrained(policy).eval()
    prompts = [[5, 6, 7], [8, 9], [5, 6, 7], [8, 9], [5, 6, 7]]
    completions = [[20, 21, 22, 256], [23, 24], [25, 26, 27], [28, 256], [29]]
    masks = [[1] * 4, [1] * 2, [1, 0, 1], [1] * 2, [0]]
    keys = ["a_0_0", "b_0_0", "a_1_0", "b_1_0", "pad_0_0"]
    queue = {
        key: {
            "uid": key[0],
            "input_ids": torch.tensor(prompt + completion),
            "responses": torch.tensor(completion),
            "response_mask": torch.tensor(mask),
            "rm_scores": torch.tensor([0.0] * (len(completion) - 1) + [reward]),
        }
        for key, prompt, completion, mask, reward in zip(
            keys, prompts, completions, masks, [1.0, -1, 40, 1, 0], strict=True
        )
    }
    names = sys.modules["transfer_queue"]
    names.kv_batch_get = lambda keys, partition_id, select_fields: {  # type: ignore[attr-defined]
        name: jagged([queue[key][name] for key in keys]) for name in select_fields if name in queue[keys[0]]
    }
    trainer = for_verl.trainer_base.PPOTrainer(settings_of_verl(), queue, for_verl.FSDPEngineWithLMHead(model))
    batch = SimpleNamespace(
        keys=keys,
        tags=[{"is_padding": key.startswith("pad")} for key in keys],
        partition_id="train",
        extra_info={"temperature": 0.7, "use_remove_padding": removes_padding},
    )
    metrics: dict[str, float] = {}
    with pytest.raises(for_verl.UnsupportedSettingError, match="must be imported in them"):
        trainer._compute_advantage(batch, metrics)
    with torch.no_grad():
        scored = trainer._compute_old_log_prob(batch, metrics)
    # The next pass, of the reference, is not asked for features.
    assert scored.extra_info == batch.extra_info == {"temperature": 0.7, "use_remove_padding": removes_padding}
    phi = torch.stack([queue[key]["g2rl_features"] for key in keys])
    for row in (0, 1, 3):
        expected = gradient_features(model, prompts[row], completions[row], 0.7)
        torch.testing.assert_close(phi[row], expected, atol=1e-6, rtol=1e-4)
    of_tool = [
        gradient_features(model, [*prompts[2], *completions[2][:place]], completions[2][place : place + 1], 0.7)
        for place in (0, 2)
    ]
    torch.testing.assert_close(phi[2], torch.stack(of_tool).mean(dim=0), atol=1e-6, rtol=1e-4)
    assert not phi[4].any()

    found = trainer._compute_advantage(batch, metrics)
    for rows, rewards in (([0, 2], [1.0, 40]), ([1, 3], [-1.0, 1])):
        group = shape_group(phi[rows], torch.tensor(rewards), for_verl.SETTINGS)
        for row, value in zip(rows, group.shaped.float(), strict=True):
            assert torch.equal(found["advantages"][row, : len(masks[row])], value * torch.tensor(masks[row]))
    assert found["token_level_rewards"].sum(dim=1).tolist() == [1, -1, 40, 1, 0]
    assert metrics["g2rl/invalid_groups"] == 0


def test_what_is_refused_in_verl(for_verl: Any) -> None:
    for changes, said in (
        ({"actor": {"strategy": "megatron"}}, "strategy=megatron"),
        ({"actor": {"ulysses_sequence_parallel_size": 2}}, "ulysses_sequence_parallel_size=2"),
        ({"model": {"use_fused_kernels": True}}, "use_fused_kernels=True"),
        ({"correction": {"bypass_mode": True}}, "bypass_mode=True"),
        ({"rollout": {"top_p": 0.9}}, "top_p=0.9"),
    ):
        with pytest.raises(for_verl.UnsupportedSettingError, match=said):
            for_verl.trainer_base.PPOTrainer(settings_of_verl(**changes), {}, None)
        for_verl.trainer_base.PPOTrainer(settings_of_verl(**changes, estimator="grpo"), {}, None)
    with pytest.raises(for_verl.UnsupportedSettingError, match=r"trainer\.use_v1=True"):
        for_verl.estimators["g2rl"](token_level_rewards=None, response_mask=None)


def test_another_version_of_verl(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transfer_queue", ModuleType("transfer_queue"))
    monkeypatch.setitem(sys.modules, "verl", ModuleType("verl"))
    monkeypatch.setattr("importlib.metadata.version", lambda name: "0.7.1")
    with pytest.raises(ImportError, match=r"made for verl 0\.9, here is 0\.7\.1: .*verl"):
        example("for_verl")
