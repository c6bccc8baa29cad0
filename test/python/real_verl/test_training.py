"""Training by verl's own trainer on this processor: Ray, its queue, its worker; only responses come from a stand-in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from datasets import Dataset
from policies import write_byte_policy


def train(folder: Path, *settings: str) -> list[dict[str, float]]:
    """What verl logs of two steps, of four prompts with four responses each."""
    policy = write_byte_policy(folder / "policy", "{{ messages[0].content }}")
    rows = [
        {
            "prompt": [{"role": "user", "content": text}],
            "data_source": "letters",
            "reward_model": {"style": "rule", "ground_truth": ""},
            "extra_info": {"index": index},
        }
        for index, text in enumerate(["ab", "c", "def", "gh"] * 2)
    ]
    Dataset.from_list(rows).to_parquet(folder / "rows.parquet")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "verl.trainer.main_ppo"),
            "algorithm.adv_estimator=g2rl",
            f"data.train_files={folder / 'rows.parquet'}",
            f"data.val_files={folder / 'rows.parquet'}",
            "data.train_batch_size=4",
            "data.dataloader_num_workers=0",
            "data.filter_overlong_prompts=False",
            f"actor_rollout_ref.model.path={policy}",
            "+actor_rollout_ref.model.override_config.attn_implementation=sdpa",
            "actor_rollout_ref.actor.strategy=fsdp2",
            "actor_rollout_ref.actor.use_torch_compile=False",
            "actor_rollout_ref.actor.fsdp_config.use_torch_compile=False",
            "+actor_rollout_ref.actor.fsdp_config.mixed_precision.param_dtype=fp32",
            "actor_rollout_ref.actor.use_dynamic_bsz=True",
            "actor_rollout_ref.actor.ppo_mini_batch_size=2",
            "actor_rollout_ref.actor.optim.lr=1e-2",
            "actor_rollout_ref.rollout.name=vllm",
            "actor_rollout_ref.rollout.n=4",
            "actor_rollout_ref.rollout.tensor_model_parallel_size=1",
            "actor_rollout_ref.rollout.log_prob_max_token_len_per_gpu=24",
            "+actor_rollout_ref.rollout.agent.agent_loop_manager_class=stand_in_rollout.Sampler",
            "reward.num_workers=1",
            "transfer_queue.backend.SimpleStorage.num_data_storage_units=1",
            "trainer.device=cpu",
            "trainer.n_gpus_per_node=1",
            "trainer.nnodes=1",
            "trainer.logger=[file]",
            "trainer.val_before_train=False",
            "trainer.test_freq=-1",
            "trainer.save_freq=-1",
            "trainer.total_training_steps=2",
            f"trainer.default_local_dir={folder / 'checkpoints'}",
            "ray_kwargs.ray_init.num_cpus=8",
            "+ray_kwargs.ray_init.num_gpus=1",
            "+ray_kwargs.ray_init.include_dashboard=False",
            f"hydra.run.dir={folder}",
            *settings,
        ],
        env={
            **os.environ,
            "PYTHONWARNINGS": "ignore",
            "VERL_FILE_LOGGER_PATH": str(folder / "metrics.jsonl"),
            "WEIGHTS_OF_ROLLOUT": str(folder / "weights.safetensors"),
        },
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=540,
    )
    (folder / "output.txt").write_text(done.stdout + done.stderr, encoding="utf-8")
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-8000:]
    return [json.loads(line)["data"] for line in (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]


def test_two_steps(tmp_path: Path) -> None:
    steps = train(tmp_path)
    assert len(steps) == 2
    for one in steps:
        assert one["g2rl/invalid_groups"] == 0
        assert one["g2rl/scaler_min"] < 1 < one["g2rl/scaler_max"]
        assert abs(one["critic/rewards/max"]) == 1
        assert one["actor/grad_norm"] > 0
        # The weights of the step were those that sampled.
        assert one["training/rollout_probs_diff_max"] < 1e-4
