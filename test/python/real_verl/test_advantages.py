"""Advantages by verl's own trainer and queue: `npm test -- verl`."""

# What verl hands around comes without types.
# ruff: noqa: ANN401

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import for_verl
import pytest
import ray
import torch
import transfer_queue
from g2rl_torch import ShapingSettings
from g2rl_torch.method.shaping import shape_group
from hydra import compose, initialize_config_module
from verl import DataProto
from verl.trainer.ppo.ray_trainer import compute_advantage
from verl.trainer.ppo.v1 import PPOTrainerSync, trainer_base
from verl.utils.tensordict_utils import list_of_dict_to_tensordict

WIDTH = 5
ROWS = [
    # key, prompt, reward, tokens of the response with their mask
    ("a_0_0", "a", 1.0, [1, 1, 1]),
    ("b_0_0", "b", 30.0, [1, 1]),
    ("a_1_0", "a", -1.0, [1]),
    ("b_1_0", "b", -20.0, [1, 0, 1]),
    # The first of two outputs of a session: it takes the advantage of the last.
    ("a_2_0", "a", 1.0, [1, 1]),
    ("a_2_1", "a", 1.0, [1, 1, 1, 1]),
    ("b_2_0", "b", 5.0, [1]),
    ("b_3_0", "b", 30.0, [1, 1]),
    ("c_0_0", "c", 0.5, [1, 1]),
    # What verl adds so that a batch can be divided.
    ("pad_0_0", "pad", 0.0, [0]),
]


@pytest.fixture(scope="module")
def queue() -> Iterator[Any]:
    ray.init(num_cpus=4, include_dashboard=False)
    config = composed().transfer_queue
    config.enable = True
    config.backend.SimpleStorage.num_data_storage_units = 1
    transfer_queue.init(config)
    generator = torch.Generator().manual_seed(5)
    fields = [
        {
            "uid": prompt,
            "response_mask": torch.tensor(mask),
            "rm_scores": torch.tensor([0.0] * (len(mask) - 1) + [reward]),
            "old_log_probs": torch.zeros(len(mask)),
            "g2rl_features": torch.randn(WIDTH, generator=generator) * any(mask),
        }
        for _, prompt, reward, mask in ROWS
    ]
    keys = [key for key, *_ in ROWS]
    tags = [{"is_padding": key.startswith("pad")} for key in keys]
    batch = transfer_queue.kv_batch_put(
        keys=keys, partition_id="train", fields=list_of_dict_to_tensordict(fields), tags=tags
    )
    yield batch, torch.stack([one["g2rl_features"] for one in fields])
    transfer_queue.close()
    ray.shutdown()


def composed(*overrides: str) -> Any:
    with initialize_config_module("verl.trainer.config", version_base=None):
        return compose("ppo_trainer", ["actor_rollout_ref.rollout.name=vllm", *overrides])


def advantages(batch: Any, *overrides: str) -> tuple[list[torch.Tensor], dict[str, float]]:
    trainer = SimpleNamespace(config=composed(*overrides))
    metrics: dict[str, float] = {}
    trainer_base.PPOTrainer._compute_advantage(trainer, batch, metrics)
    found = transfer_queue.kv_batch_get(keys=batch.keys, partition_id="train", select_fields=["advantages"])
    return list(found["advantages"].unbind()), metrics


@pytest.mark.parametrize("by_deviation", [True, False])
def test_without_strength_it_is_grpo(queue: Any, by_deviation: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(for_verl, "SETTINGS", ShapingSettings(lambda_=0))
    batch, _ = queue
    norm = f"algorithm.norm_adv_by_std_in_grpo={by_deviation}"
    own, metrics = advantages(batch, "algorithm.adv_estimator=grpo", norm)
    assert metrics == {}
    found, metrics = advantages(batch, "algorithm.adv_estimator=g2rl", norm)
    assert any(bool(one.any()) for one in own)
    for row, expected in enumerate(own):
        assert torch.equal(found[row], expected), ROWS[row]
    assert metrics["g2rl/scaler_mean"] == 1


def test_rewards_are_shaped_group_by_group(queue: Any) -> None:
    batch, phi = queue
    found, metrics = advantages(batch, "algorithm.adv_estimator=g2rl")
    for rows in ([0, 2, 5], [1, 3, 6, 7], [8]):
        group = shape_group(phi[rows], torch.tensor([ROWS[row][2] for row in rows]), for_verl.SETTINGS)
        shaped = group.shaped.float()
        expected = (shaped - shaped.mean()) / (shaped.std() + 1e-6) if len(rows) > 1 else shaped
        for row, value in zip(rows, expected, strict=True):
            torch.testing.assert_close(found[row], value * torch.tensor(ROWS[row][3]))
    assert torch.equal(found[4], found[5][0].expand(2))
    assert not found[9].any()
    assert metrics["g2rl/scaler_min"] < 1 < metrics["g2rl/scaler_max"]


def test_features_that_are_not_in_the_queue(queue: Any) -> None:
    batch = transfer_queue.kv_batch_put(
        keys=["d_0_0"],
        partition_id="train",
        fields=list_of_dict_to_tensordict([{"uid": "d", "rm_scores": torch.ones(1), "response_mask": torch.ones(1)}]),
        tags=[{}],
    )
    with pytest.raises(for_verl.UnsupportedSettingError, match="must be imported in them"):
        advantages(batch, "algorithm.adv_estimator=g2rl")


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("model_engine=megatron", "actor.strategy=megatron"),
        ("actor_rollout_ref.model.use_fused_kernels=True", "use_fused_kernels=True"),
        ("actor_rollout_ref.actor.ulysses_sequence_parallel_size=2", "ulysses_sequence_parallel_size=2"),
        ("algorithm.rollout_correction.bypass_mode=True", "bypass_mode=True"),
        ("actor_rollout_ref.rollout.top_p=0.9", "top_p=0.9"),
    ],
)
def test_settings_that_are_refused(override: str, said: str) -> None:
    config = composed("algorithm.adv_estimator=g2rl", override)
    with pytest.raises(for_verl.UnsupportedSettingError, match=said):
        PPOTrainerSync(config)
    config.algorithm.adv_estimator = "grpo"
    PPOTrainerSync(config)


def test_the_trainer_before_v1() -> None:
    data = DataProto.from_dict({"token_level_rewards": torch.ones(2, 1), "response_mask": torch.ones(2, 1)})
    with pytest.raises(for_verl.UnsupportedSettingError, match=r"trainer\.use_v1=True"):
        compute_advantage(data, adv_estimator="g2rl", config=composed().algorithm)
