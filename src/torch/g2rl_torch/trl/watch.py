"""What a GRPOTrainer's rollouts are, taken from the passes that it makes anyway, without changing any of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from accelerate.utils import gather, gather_object
from torch import Tensor

from ..models.capture import SamplingCapture, ScoringCapture
from ..models.head import whole_head, without_adapters_wrapper
from ..models.stopwatch import Stopwatch
from .refusals import RefusedError
from .rollouts import Response, text_of


@dataclass(frozen=True)
class Rewarded:
    """The responses of a batch and their rewards, of all ranks."""

    responses: list[Response]
    components: dict[str, Tensor]
    """Unweighted, float64, NaN where a reward has no value."""
    total: Tensor
    """Weighted sums, float64; NaN of a response that has no reward at all, and is left out."""
    phi: Tensor | None
    alignments: Tensor | None


class Watch:
    """Watches one trainer: its methods give it what they are called with, as it passes them on.

    features: whether to take features; direction: k̂ of DiRL, by which tokens are then weighted.
    """

    def __init__(self, trainer: Any, direction: Tensor | None, *, features: bool) -> None:
        self._trainer = trainer
        self._takes_features = features
        self.direction = direction
        self.features: Tensor | None = None
        self.alignments: Tensor | None = None
        self._completions: list[list[int]] | None = None
        self.rollout_seconds = self.feature_seconds = 0.0
        self.reference = Stopwatch(trainer.accelerator.device)

    @property
    def policy(self) -> Any:
        return without_adapters_wrapper(self._trainer.accelerator.unwrap_model(self._trainer.model))

    @property
    def _samples_through_head(self) -> bool:
        """Whether rollouts are sampled by this process's own policy, one token per call."""
        trainer = self._trainer
        elsewhere = trainer.use_vllm or trainer.use_transformers_continuous_batching
        return not elsewhere and trainer.rollout_func is None

    def generate(self, call: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
        """In the place of `_generate_single_turn`."""
        trainer = self._trainer
        start = time.perf_counter()
        self.features = self.alignments = self._completions = None
        if not (self._takes_features and self._samples_through_head and trainer.model.training):
            result = call(*arguments, **keywords)
            self._completions = result[0] if trainer.model.training else None
            self.rollout_seconds = time.perf_counter() - start
            return result
        policy = self.policy
        capture = SamplingCapture(policy, trainer.temperature, trainer.eos_token_ids, self.direction)
        with capture.watching(plain=False):
            result = call(*arguments, **keywords)
        with whole_head(policy) as head:
            self.features = capture.features(result[0], head)
        self.alignments = capture.alignments(result[0])
        self.feature_seconds = capture.stopwatch.take()
        self.rollout_seconds = time.perf_counter() - start - self.feature_seconds
        return result

    def score(
        self,
        call: Callable[..., Any],
        model: Any,
        input_ids: Tensor,
        attention_mask: Tensor,
        logits_to_keep: int,
        *arguments: Any,
        **keywords: Any,
    ) -> Any:
        """In the place of `_get_per_token_logps_and_entropies`: times the reference's pass, and takes the features from
        the policy's when sampling could not give them.
        """

        def scored(mask: Tensor) -> Any:
            return call(model, input_ids, mask, logits_to_keep, *arguments, **keywords)

        if torch.is_grad_enabled() or not self._trainer.model.training:
            return scored(attention_mask)
        if not self._is_policy_pass(model):
            with self.reference.running():
                return scored(attention_mask)
        if not self._takes_features or self.features is not None:
            return scored(attention_mask)
        lengths: list[int] = attention_mask[:, -logits_to_keep:].sum(dim=1).tolist()
        if not (self._trainer.mask_truncated_completions and self._completions is not None):
            return self._captured(scored, attention_mask, lengths, input_ids, logits_to_keep)
        # TRL hides truncated responses from themselves: their states are not those they were sampled from. They get a
        # pass of their own, and TRL the one that it asked for.
        lengths = [len(tokens) for tokens in self._completions]
        whole = attention_mask.clone()
        for row, length in enumerate(lengths):
            whole[row, whole.shape[1] - logits_to_keep :][:length] = 1
        self._captured(scored, whole, lengths, input_ids, logits_to_keep)
        return scored(attention_mask)

    def _captured(
        self, scored: Callable[[Tensor], Any], mask: Tensor, lengths: list[int], input_ids: Tensor, width: int
    ) -> Any:
        tokens = input_ids[:, -width:].tolist()
        completions = [ids[:length] for ids, length in zip(tokens, lengths, strict=True)]
        capture = ScoringCapture(self.policy, self._trainer.temperature, completions, width, self.direction)
        with capture.watching():
            result = scored(mask)
        self.features, self.alignments = capture.features(), capture.alignments()
        self.feature_seconds = capture.stopwatch.take()
        return result

    def _is_policy_pass(self, model: Any) -> bool:
        """With an adapter the reference is the same model, its adapter switched off or exchanged."""
        if model is not self._trainer.model:
            return False
        adapted = self._trainer.accelerator.unwrap_model(self._trainer.model)
        if not hasattr(adapted, "peft_config"):
            return True
        status = adapted.get_model_status()
        return status.enabled is True and "ref" not in status.active_adapters

    def rewarded(
        self,
        rewards_per_func: Tensor,
        inputs: list[dict[str, Any]],
        completions: list[Any],
        completion_ids: list[list[int]],
        verdicts: list[Any],
    ) -> Rewarded:
        """What `_calculate_rewards` was called with and has returned. All ranks call it together."""
        trainer = self._trainer
        phi = None if self.features is None else gather(self.features)
        alignments = None if self.alignments is None else gather(self.alignments)
        self.features = self.alignments = self._completions = None
        local = [
            Response(
                row={name: value for name, value in row.items() if _is_told(name, value)},
                text=text_of(completion),
                length=len(tokens),
                finished=bool(tokens) and tokens[-1] in trainer.eos_token_ids,
                verdict=verdict,
            )
            for row, completion, tokens, verdict in zip(inputs, completions, completion_ids, verdicts, strict=True)
        ]
        weights = trainer.reward_weights.to(rewards_per_func.device)
        values = rewards_per_func.double().cpu()
        weighted = rewards_per_func * weights
        total = weighted.nansum(dim=1).double().cpu()
        # Infinities of both signs would be taken for a response without a reward.
        total[weighted.isinf().any(dim=1).cpu()] = torch.inf
        return Rewarded(
            responses=gather_object(local),
            components={name: values[:, column] for column, name in enumerate(told_apart(trainer.reward_func_names))},
            total=total.masked_fill(values.isnan().all(dim=1), torch.nan),
            phi=phi,
            alignments=alignments,
        )


def _is_told(name: str, value: object) -> bool:
    """Whether a column of the dataset goes to all ranks with its response: not what would only weigh."""
    return not isinstance(value, Tensor) and name not in ("image", "images")


def check_finite(names: list[str], rewards: Tensor) -> None:
    """Raises RefusedError, which names the reward."""
    infinite = rewards.isinf()
    if not bool(infinite.any()):
        return
    row, column = infinite.nonzero()[0].tolist()
    raise RefusedError(
        f"The reward function {names[column]} returned {rewards[row, column].item()} for response {row} of the batch, "
        "or a number beyond 3.4e38, which is infinite in TRL's single precision: no advantage follows from it.",
        "Return a finite number, or None for a response that the function has nothing to say about.",
    )


def check_weights(weights: Tensor) -> None:
    """Raises RefusedError for weights that are not finite in TRL's single precision."""
    if not bool(weights.isfinite().all()):
        raise RefusedError(
            f"reward_weights: {weights[~weights.isfinite()][0].item()} is no weight in TRL's single precision.",
            "Give finite weights.",
        )


def check_sums(total: Tensor) -> None:
    """Raises RefusedError where weights make a sum of finite rewards infinite: TRL adds up in float32."""
    infinite = total.isinf()
    if bool(infinite.any()):
        raise RefusedError(
            f"The weighted sum of the rewards of response {int(infinite.nonzero()[0])} of the batch is infinite in "
            "TRL's single precision: no advantage follows from it.",
            "Make the weights of the rewards smaller: reward_weights, or `weight` in an experiment.",
        )


def told_apart(names: list[str]) -> list[str]:
    """Names of reward functions, numbered where one is there already: two lambdas are two rewards."""
    found: list[str] = []
    for name in names:
        count = names[: len(found)].count(name)
        found.append(name if count == 0 else f"{name} {count + 1}")
    return found
