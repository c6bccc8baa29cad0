"""A trainer that is watched from outside: its rollouts, and the error that ends a step."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import torch
from trl import GRPOTrainer

from ..errors import InputError
from ..method.settings import ShapingSettings
from ..method.shaping import ShapedGroup, shape_group
from ..models.head import check_model
from ..trl.refusals import check_generation, check_sampling
from ..trl.rollouts import Generation, same_for_same
from ..trl.trainer import G2RLTrainer
from ..trl.watch import Rewarded, Watch

_OBSERVED = ShapingSettings(method="grpo")
_STEPS = ("get_batch_samples", "training_step", "_maybe_log_save_evaluate")
"""What a trainer's loop calls, one after the other, besides the optimizer and callbacks."""


def calling_trainer() -> Any:
    """The trainer whose event is being handled: callbacks are not given it, but it is among their callers.

    Raises InputError for another kind of trainer.
    """
    frame = sys._getframe(1)
    while frame is not None:
        caller = frame.f_locals.get("self")
        if isinstance(caller, GRPOTrainer):
            return caller
        frame = frame.f_back  # type: ignore[assignment]
    raise InputError(
        "RunDirectoryCallback: it is not called by TRL's GRPOTrainer.",
        "Use it with GRPOTrainer, G2RLTrainer or a class that extends them.",
    )


class Attached:
    """Replaces methods of one trainer by ones that look on, until `detach`: what they return stays as it is. Several
    may look on at one trainer, and leave in any order.

    on_generation: called with every training batch of rollouts. on_error: called with an error that ends training, in a
    step, an evaluation or a checkpoint, before it goes on to the script. Both on all ranks. observe: whether features
    are taken of a trainer that does not take them itself. Raises InputError when they cannot be.
    """

    def __init__(
        self,
        trainer: Any,
        on_generation: Callable[[Generation], None],
        on_error: Callable[[BaseException], None],
        *,
        observe: bool,
    ) -> None:
        self._trainer = trainer
        self._on_generation = on_generation
        self._on_error = on_error
        self._looks_on = True
        self._replaced: list[tuple[Any, str, Any, Callable[..., Any]]] = []
        """Whose method, its name, what was in its place before, and what is there now."""
        self._rewarded: Rewarded | None = None
        for name in _STEPS:
            self._replace(trainer, name, self._reported)
        self._replace(trainer.callback_handler, "call_event", self._reported)
        if trainer.optimizer is not None:
            self._replace(trainer.optimizer, "step", self._reported)
        self._before: Any = None
        if isinstance(trainer, G2RLTrainer):
            self._before = trainer._on_generation
            trainer._on_generation = self._both
            return
        self._watch = Watch(trainer, None, features=observe)
        if observe:
            check_sampling(trainer.args, trainer.rollout_func, trainer.tools, trainer.environment_factories)
            check_model(trainer.model.config)
            check_generation(trainer, self._watch.policy)
        self._replace(trainer, "_generate_single_turn", self._watch.generate)
        self._replace(trainer, "_get_per_token_logps_and_entropies", self._watch.score)
        self._replace(trainer, "_calculate_rewards", self._calculate_rewards)
        self._replace(trainer, "_generate_and_score_completions", self._generate_and_score_completions)

    def _replace(self, owner: Any, name: str, wrapper: Callable[..., Any]) -> None:
        call = getattr(owner, name)

        def replacement(*arguments: Any, **keywords: Any) -> Any:
            return wrapper(call, *arguments, **keywords) if self._looks_on else call(*arguments, **keywords)

        before = vars(owner).get(name)
        # Schedulers leave a mark on an optimizer's method.
        vars(replacement).update(getattr(call, "__dict__", {}), watcher=self, before=before)
        self._replaced.append((owner, name, before, replacement))
        setattr(owner, name, replacement)

    def detach(self) -> None:
        self._looks_on = False
        for owner, name, before, replacement in self._replaced:
            # Whoever has come later calls this one, which from now on only passes on.
            if vars(owner).get(name) is not replacement:
                continue
            # Nor is one put back whose watcher has left before this one.
            while (watcher := getattr(before, "watcher", None)) is not None and not watcher._looks_on:
                before = before.before
            if before is None:
                delattr(owner, name)
            else:
                setattr(owner, name, before)
        self._replaced.clear()
        if isinstance(self._trainer, G2RLTrainer) and self._trainer._on_generation == self._both:
            self._trainer._on_generation = self._before

    def _both(self, generation: Generation) -> None:
        if self._before is not None:
            self._before(generation)
        if self._looks_on:
            self._on_generation(generation)

    def _reported(self, call: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
        try:
            return call(*arguments, **keywords)
        except BaseException as error:
            self._on_error(error)
            raise

    def _calculate_rewards(
        self,
        call: Callable[..., Any],
        inputs: list[dict[str, Any]],
        prompts: list[Any],
        completions: list[Any],
        completion_ids_list: list[list[int]],
    ) -> Any:
        rewards = call(inputs, prompts, completions, completion_ids_list)
        self._rewarded = None
        if self._trainer.model.training:
            none = [None] * len(completions)
            self._rewarded = self._watch.rewarded(rewards, inputs, completions, completion_ids_list, none)
        return rewards

    def _generate_and_score_completions(self, call: Callable[..., Any], inputs: list[dict[str, Any]]) -> Any:
        batch = call(inputs)
        rewarded = self._rewarded
        if rewarded is None:
            return batch
        self._rewarded = None
        m = self._trainer.num_generations
        # An infinite reward is nothing to a plain trainer, and no number to a chart.
        total = rewarded.total.masked_fill(rewarded.total.isinf(), torch.nan)
        starts = range(0, total.numel(), m)
        advantages = list(self._trainer._logs["advantages"])[-total.numel() :]
        self._on_generation(
            Generation(
                rewarded.responses,
                [total[start : start + m] for start in starts],
                [self._group(rewarded, total, slice(start, start + m)) for start in starts],
                torch.tensor(advantages, dtype=torch.float64),
                self._watch.rollout_seconds,
                self._watch.feature_seconds,
                self._watch.reference.take(),
                components=rewarded.components,
                observed=rewarded.phi is not None,
            )
        )
        return batch

    def _group(self, rewarded: Rewarded, total: torch.Tensor, one: slice) -> ShapedGroup:
        """A group as it is, with its geometry if there is one."""
        rewards = total[one]
        if rewarded.phi is None:
            size = rewards.numel()
            return ShapedGroup.unshaped(rewards.new_zeros(size, size), rewards.new_zeros(size), rewards, invalid=True)
        return shape_group(same_for_same(rewarded.phi[one], rewarded.responses[one]), rewards, _OBSERVED)
