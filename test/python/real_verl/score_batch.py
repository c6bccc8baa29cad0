"""A training worker of verl that scores a batch on this processor: in the place of a Ray actor.

    torchrun … score_batch.py <policy folder> <batch.pt> <output folder> <setting>=<value>…

The batch is a dictionary of lists of tokens, `prompts`, `responses` and `response_mask`, with the rest of what goes to
a worker; this rank's share of it is scored and written to `<rank>.pt`: features, log-probabilities and entropies.
"""

# What verl hands around comes without types.
# ruff: noqa: ANN401

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import torch
from hydra import compose, initialize_config_module
from omegaconf import DictConfig
from verl.utils import tensordict_utils
from verl.utils.config import omega_conf_to_dataclass
from verl.workers.config import TrainingWorkerConfig
from verl.workers.engine_workers import TrainingWorker


def composed(policy: str, *overrides: str) -> DictConfig:
    """verl's own configuration, for a tiny policy on a processor."""
    with initialize_config_module("verl.trainer.config", version_base=None):
        return compose(
            "ppo_trainer",
            [
                f"actor_rollout_ref.model.path={policy}",
                "+actor_rollout_ref.model.override_config.attn_implementation=sdpa",
                "actor_rollout_ref.actor.use_torch_compile=False",
                "actor_rollout_ref.actor.fsdp_config.use_torch_compile=False",
                "+actor_rollout_ref.actor.fsdp_config.mixed_precision.param_dtype=fp32",
                "actor_rollout_ref.rollout.name=vllm",
                "actor_rollout_ref.rollout.top_k=-1",
                "actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu=2",
                "actor_rollout_ref.rollout.log_prob_micro_batch_size_per_gpu=2",
                "trainer.device=cpu",
                *overrides,
            ],
        )


def worker_of(config: DictConfig) -> TrainingWorker:
    """As `ActorRolloutRefWorker.init_model` makes the actor, but without its optimizer."""
    model = omega_conf_to_dataclass(config.actor_rollout_ref.model)
    actor = omega_conf_to_dataclass(config.actor_rollout_ref.actor)
    engine = actor.engine
    rollout = config.actor_rollout_ref.rollout
    engine.use_dynamic_bsz = rollout.log_prob_use_dynamic_bsz
    engine.infer_max_token_len_per_gpu = rollout.log_prob_max_token_len_per_gpu
    engine.infer_micro_batch_size_per_gpu = rollout.log_prob_micro_batch_size_per_gpu
    engine.use_remove_padding = model.use_remove_padding
    worker = TrainingWorker(
        TrainingWorkerConfig(
            model_type="language_model",
            model_config=model,
            engine_config=engine,
            optimizer_config=actor.optim,
            checkpoint_config=actor.checkpoint,
        )
    )
    worker.reset()
    return worker


def as_batch(rows: dict[str, list[list[int]]], **more: Any) -> Any:
    """As the agent loops put it into the queue."""

    def nested(lists: list[list[int]]) -> torch.Tensor:
        return torch.nested.as_nested_tensor([torch.tensor(one) for one in lists], layout=torch.jagged)

    texts = [prompt + response for prompt, response in zip(rows["prompts"], rows["responses"], strict=True)]
    return tensordict_utils.get_tensordict(
        {
            **{name: nested(lists) for name, lists in rows.items()},
            "loss_mask": nested(rows["response_mask"]),
            "input_ids": nested(texts),
            "position_ids": nested([list(range(len(text))) for text in texts]),
        },
        {"compute_loss": False, "global_token_num": [len(text) for text in texts], **more},
    )


def main(policy: str, batch: str, output: str, *overrides: str) -> None:
    worker = worker_of(composed(policy, *overrides))
    rows = torch.load(batch)
    more = rows.pop("more")
    rank, size = torch.distributed.get_rank(), torch.distributed.get_world_size()
    share = {name: lists[rank * len(lists) // size : (rank + 1) * len(lists) // size] for name, lists in rows.items()}
    found = worker.infer_batch(as_batch(share, **more))
    values = {name: list(one.unbind()) for name, one in found.items() if isinstance(one, torch.Tensor)}
    torch.save(values, Path(output) / f"{rank}.pt")


if __name__ == "__main__":
    main(*sys.argv[1:])
