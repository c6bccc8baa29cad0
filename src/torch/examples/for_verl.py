"""G2RL in verl 0.9: features from the pass that scores old log-probabilities, shaping where advantages are computed.

A module that verl imports in all of its processes; docs/verl.md says how, and what of it was run. For
`algorithm.adv_estimator=g2rl` the trainer asks for features with the pass that scores old log-probabilities. The FSDP
engine, on the workers, makes one of each response and puts it into the queue beside the log-probabilities. Where
advantages are computed, the trainer shapes the rewards of each group (`uid`) by them and leaves the rest to verl's own
GRPO.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from importlib.metadata import version
from typing import Any

import torch
from torch import Tensor

from g2rl_torch import ShapingSettings
from g2rl_torch.method.metrics import group_metrics
from g2rl_torch.method.shaping import ShapedGroup, shape_group
from g2rl_torch.models.capture import features_from_hidden
from g2rl_torch.models.head import check_model, whole_head

try:
    import transfer_queue
    from verl.trainer.ppo.core_algos import AdvantageEstimator, register_adv_est
    from verl.trainer.ppo.v1 import trainer_base
    from verl.utils import tensordict_utils
    from verl.workers.engine.fsdp.transformer_impl import FSDPEngineWithLMHead
except ImportError as error:
    raise ImportError(f"for_verl is made for verl 0.9, here is {version('verl')}: {error}") from error

SETTINGS = ShapingSettings(lambda_=0.5)
ESTIMATOR = "g2rl"
WANTED = "g2rl_wanted"
"""Goes to the workers with a batch whose features are asked for."""
FEATURES = "g2rl_features"
"""The field of the queue with Φ of each response: d values in float32."""


class UnsupportedSettingError(ValueError):
    """A setting of verl under which the features cannot be computed, or would be wrong."""


SETTINGS_OF_VERL: tuple[tuple[str, tuple[Any, ...], str], ...] = (
    ("actor_rollout_ref.actor.strategy", ("fsdp", "fsdp2"), "for_verl has no hook in other engines"),
    ("actor_rollout_ref.model.use_fused_kernels", (False,), "fused kernels do not call the LM head"),
    ("actor_rollout_ref.actor.ulysses_sequence_parallel_size", (1,), "a process sees a part of each response only"),
    (
        "actor_rollout_ref.actor.fsdp_config.ulysses_sequence_parallel_size",
        (1,),
        "a process sees a part of each response only",
    ),
    ("algorithm.rollout_correction.bypass_mode", (False,), "no pass then scores old log-probabilities"),
    ("actor_rollout_ref.rollout.top_p", (1,), "features are those of sampling from all tokens"),
    ("actor_rollout_ref.rollout.top_k", (-1, 0), "features are those of sampling from all tokens"),
)
"""What goes with this estimator, and why nothing else does."""


def check_settings(config: Any) -> None:
    """Raises UnsupportedSettingError for the first setting that does not go with this estimator."""
    for name, known, reason in SETTINGS_OF_VERL:
        value = _setting(config, name)
        if value is not None and value not in known:
            raise UnsupportedSettingError(
                f"{name}={value} does not go with adv_estimator={ESTIMATOR}: {reason}. "
                f"Set it to {' or '.join(map(str, known))}."
            )


def _setting(config: Any, name: str) -> Any:
    for part in name.split("."):
        config = None if config is None else config.get(part)
    return config


def is_chosen(config: Any) -> bool:
    return bool(_setting(config, "algorithm.adv_estimator") == ESTIMATOR)


def with_check(begin: Callable[..., None]) -> Callable[..., None]:
    """`PPOTrainer.__init__`, which refuses settings before anything is loaded."""

    @wraps(begin)
    def checked(trainer: Any, config: Any, *rest: Any, **more: Any) -> None:
        if is_chosen(config):
            check_settings(config)
        begin(trainer, config, *rest, **more)

    return checked


def with_request(score: Callable[..., Any]) -> Callable[..., Any]:
    """`PPOTrainer._compute_old_log_prob`, which asks the workers for features. No other pass, such as the reference's,
    is asked for them."""

    @wraps(score)
    def asked(trainer: Any, batch: Any, *rest: Any, **more: Any) -> Any:
        if not is_chosen(trainer.config):
            return score(trainer, batch, *rest, **more)
        batch.extra_info[WANTED] = True
        scored = score(trainer, batch, *rest, **more)
        for one in (batch, scored):
            one.extra_info.pop(WANTED, None)
        return scored

    return asked


def with_features(step: Callable[..., Any]) -> Callable[..., Any]:
    """`FSDPEngineWithLMHead.forward_step`, which also gives Φ of every response where it is asked for: B × d."""

    @wraps(step)
    def scored(engine: Any, micro_batch: Any, *rest: Any, **more: Any) -> Any:
        if not tensordict_utils.get_non_tensor_data(micro_batch, WANTED, False):
            return step(engine, micro_batch, *rest, **more)
        model = _language_model(engine.module)
        check_model(model.config)
        head = model.get_output_embeddings()
        if hasattr(head, "base_layer"):
            raise UnsupportedSettingError("adapters on the LM head: the features are defined for plain heads")
        found: list[Tensor] = []

        def look(_head: Any, inputs: tuple[Tensor, ...], _logits: Tensor) -> None:
            # Here, because FSDP has the head whole only while the model runs.
            found.append(_features(inputs[0], model, micro_batch))

        hook = head.register_forward_hook(look)
        try:
            loss, output = step(engine, micro_batch, *rest, **more)
        finally:
            hook.remove()
        # verl puts the rows of each result back into the order of the batch.
        (output["model_output"][FEATURES],) = found
        return loss, output

    return scored


def _language_model(module: Any) -> Any:
    while not hasattr(module, "get_output_embeddings"):
        module = module.module
    return module


def _features(hidden: Tensor, model: Any, micro_batch: Any) -> Tensor:
    """hidden: all tokens in one row, or the rows padded on the right."""
    packed = tensordict_utils.get_non_tensor_data(micro_batch, "use_remove_padding", True)
    ends = micro_batch["input_ids"].offsets().tolist()[1:]
    states, completions = [], []
    for row, (tokens, mask) in enumerate(
        zip(micro_batch["responses"].unbind(), micro_batch["response_mask"].unbind(), strict=True)
    ):
        of_row = hidden[0, : ends[row]] if packed else hidden[row, : ends[row] - (ends[row - 1] if row else 0)]
        # The state before a token predicts it. What a tool has written is not the policy's.
        of_policy = mask.bool().to(of_row.device)
        states.append(of_row[-len(tokens) - 1 : -1][of_policy])
        completions.append(tokens[mask.bool()].tolist())
    bias = getattr(model.get_output_embeddings(), "bias", None)
    together = torch.nn.utils.rnn.pad_sequence(states, batch_first=True)
    with whole_head(model) as head:
        return features_from_hidden(together, completions, head, bias, float(micro_batch["temperature"]))


def with_shaping(compute: Callable[..., Any]) -> Callable[..., Any]:
    """`PPOTrainer._compute_advantage`, which gives shaped rewards to verl's GRPO, and `g2rl/…` to the metrics."""

    @wraps(compute)
    def shaped(trainer: Any, batch: Any, metrics: dict[str, float]) -> Any:
        if not is_chosen(trainer.config):
            return compute(trainer, batch, metrics)
        phi = _features_of(batch)
        groups_of = trainer_base.compute_advantage_for_multi_trajectories

        def of_shaped(data: Any, adv_estimator: Any, **given: Any) -> Any:
            original = data.batch["token_level_rewards"]
            rewards = original.sum(dim=-1)
            rows = _groups(batch, data.non_tensor_batch["uid"])
            groups = [shape_group(phi[of_group], rewards[of_group], SETTINGS) for of_group in rows]
            data.batch["token_level_rewards"] = _as_tokens(original, rewards, rows, groups)
            data = groups_of(data, adv_estimator=AdvantageEstimator.GRPO, **given)
            # What verl logs as rewards is that before shaping.
            data.batch["token_level_rewards"] = original
            signals = torch.cat([data.batch["advantages"][of_group].abs().amax(dim=1) for of_group in rows])
            metrics.update(group_metrics(groups, [rewards[of_group] for of_group in rows], signals))
            return data

        trainer_base.compute_advantage_for_multi_trajectories = of_shaped
        try:
            return compute(trainer, batch, metrics)
        finally:
            trainer_base.compute_advantage_for_multi_trajectories = groups_of

    return shaped


def _features_of(batch: Any) -> Tensor:
    """Φ of each response of the batch, B × d, from the queue."""
    found = transfer_queue.kv_batch_get(keys=batch.keys, partition_id=batch.partition_id, select_fields=[FEATURES])
    if FEATURES not in found:
        raise UnsupportedSettingError(
            f"adv_estimator={ESTIMATOR}: the workers gave no features. for_verl must be imported in them, too: set "
            "VERL_USE_EXTERNAL_MODULES=for_verl and PYTHONPATH in Ray's runtime_env."
        )
    return torch.stack(list(found[FEATURES].unbind()))


def _groups(batch: Any, prompts: Any) -> list[list[int]]:
    """Rows of the responses to each prompt. Of a session with several outputs the last stands for it, as in GRPO."""
    last: dict[str, tuple[int, int]] = {}
    for row, (key, tag) in enumerate(zip(batch.keys, batch.tags, strict=True)):
        session, _, index = key.rpartition("_")
        if not tag.get("is_padding", False):
            last[session] = max(last.get(session, (-1, -1)), (int(index), row))
    groups: dict[str, list[int]] = {}
    for _, row in last.values():
        groups.setdefault(prompts[row], []).append(row)
    return list(groups.values())


def _as_tokens(original: Tensor, rewards: Tensor, rows: list[list[int]], groups: list[ShapedGroup]) -> Tensor:
    """Rewards of tokens that sum to the shaped ones."""
    sums = rewards.clone()
    for of_group, group in zip(rows, groups, strict=True):
        sums[of_group] = group.shaped.to(sums)
    return torch.nn.functional.pad(sums[:, None], (0, original.shape[1] - 1))


@register_adv_est(ESTIMATOR)
def refuse(*_given: Any, **_more: Any) -> tuple[Tensor, Tensor]:
    """What a trainer calls whose advantages are not computed by `with_shaping`."""
    raise UnsupportedSettingError(f"adv_estimator={ESTIMATOR} is for the V1 trainer of verl: set trainer.use_v1=True.")


def install() -> None:
    trainer = trainer_base.PPOTrainer
    trainer.__init__ = with_check(trainer.__init__)
    trainer._compute_old_log_prob = with_request(trainer._compute_old_log_prob)
    trainer._compute_advantage = with_shaping(trainer._compute_advantage)
    FSDPEngineWithLMHead.forward_step = with_features(FSDPEngineWithLMHead.forward_step)


install()
