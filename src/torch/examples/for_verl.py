"""G2RL in verl: features from the pass that scores old log-probabilities, shaping where advantages are computed.

A module that verl imports in all of its processes; docs/verl.md says how, and what of it was run. Two functions of verl
are wrapped. `DataParallelPPOActor._forward_micro_batch`, on the workers, also returns the features, under the one name
of its results that verl carries along for other purposes (`sum_pi_squared`). `compute_advantage`, in the trainer, knows
one more estimator, `g2rl`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from g2rl_torch import ShapingSettings
from g2rl_torch.method.advantages import advantages
from g2rl_torch.method.shaping import shape_group
from g2rl_torch.models.capture import features_from_hidden

SETTINGS = ShapingSettings(lambda_=0.5)
CARRIED = "sum_pi_squared"
"""verl passes this result of a scoring pass on to the trainer, with a row for each response."""


def with_features(forward: Callable[..., dict[str, Tensor]]) -> Callable[..., dict[str, Tensor]]:
    """`_forward_micro_batch`, which returns Φ of every response when it scores: B × d, in the place of `CARRIED`."""

    def scored(actor: Any, micro_batch: dict[str, Tensor], temperature: float, *rest: Any, **more: Any) -> Any:
        if torch.is_grad_enabled():
            return forward(actor, micro_batch, temperature, *rest, **more)
        found: list[Tensor] = []

        def look(head: Any, inputs: tuple[Tensor, ...], _logits: Tensor) -> None:
            # Here, because FSDP has the head whole only while the model runs.
            found.append(_features(inputs[0], head, micro_batch, temperature))

        hook = _language_model(actor.actor_module).get_output_embeddings().register_forward_hook(look)
        try:
            outputs = forward(actor, micro_batch, temperature, *rest, **more)
        finally:
            hook.remove()
        outputs[CARRIED] = found[0]
        return outputs

    return scored


def _language_model(module: Any) -> Any:
    while not hasattr(module, "get_output_embeddings"):
        module = module.module
    return module


def _features(hidden: Tensor, head: Any, micro_batch: dict[str, Tensor], temperature: float) -> Tensor:
    mask = micro_batch["attention_mask"].bool()
    if hidden.shape[:2] != mask.shape:
        # verl has removed the padding: all tokens stand in one row.
        padded = hidden.new_zeros(*mask.shape, hidden.shape[-1])
        padded[mask] = hidden[0, : int(mask.sum())]
        hidden = padded
    width = micro_batch["responses"].shape[1]
    rows = zip(micro_batch["responses"].tolist(), mask[:, -width:].sum(dim=1).tolist(), strict=True)
    completions = [tokens[:length] for tokens, length in rows]
    weight = head.weight.full_tensor() if hasattr(head.weight, "full_tensor") else head.weight
    bias = getattr(head, "bias", None)
    # The state before a token predicts it.
    return features_from_hidden(hidden[:, -width - 1 : -1], completions, weight.detach(), bias, temperature)


def with_shaping(compute: Callable[..., Any]) -> Callable[..., Any]:
    """`compute_advantage`, which shapes rewards by the features for `algorithm.adv_estimator=g2rl`."""

    def shaped(data: Any, adv_estimator: Any, *rest: Any, **more: Any) -> Any:
        if str(adv_estimator) != "g2rl":
            return compute(data, adv_estimator, *rest, **more)
        mask = data.batch["response_mask"]
        rewards = data.batch["token_level_rewards"].sum(dim=-1).double().cpu()
        result = torch.zeros_like(rewards)
        rows: dict[str, list[int]] = {}
        for row, prompt in enumerate(data.non_tensor_batch["uid"]):
            rows.setdefault(prompt, []).append(row)
        for group in rows.values():
            phi = data.batch[CARRIED][group]
            result[group] = advantages(shape_group(phi, rewards[group], SETTINGS).shaped, len(group), "group")
        data.batch["advantages"] = data.batch["returns"] = result.to(mask.device).float()[:, None] * mask
        return data

    return shaped


def install() -> None:
    actor = importlib.import_module("verl.workers.actor.dp_actor").DataParallelPPOActor
    trainer = importlib.import_module("verl.trainer.ppo.ray_trainer")
    actor._forward_micro_batch = with_features(actor._forward_micro_batch)
    trainer.compute_advantage = with_shaping(trainer.compute_advantage)


if __name__ != "__main__":
    install()
