"""TRL's GRPOTrainer with gradient-guided rewards: features from passes that run anyway, shaping before advantages.

Overridden are only methods whose signatures are checked when this module is imported. Rewards stay as they are, in
TRL's sums and logs; where shaping has changed one, the advantages of the shaped rewards take the place of TRL's in the
batch that it returns. Where it has changed none, as with λ = 0, the batch is TRL's to the last bit.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import Tensor
from trl import GRPOConfig, GRPOTrainer
from trl.models import unwrap_model_for_generation

from ..errors import InputError, server_error
from ..method.advantages import advantages as group_advantages
from ..method.dirl import shape_dirl
from ..method.evol_rl import shape_evol_rl
from ..method.metrics import Idle, group_metrics, idle_shaping
from ..method.pass_at_k import pass_at_k_advantages
from ..method.settings import ShapingSettings
from ..method.shaping import ShapedGroup, shape_group
from ..models.head import check_model
from ..sampling.by_transformers import PolicySampler
from ..sampling.by_vllm import Engine, EngineInside, VllmSampler, engine_server
from ..sampling.sampler import Sampler
from .compatibility import check_trl, own_copy
from .model_card import CITATION, PAPER
from .refusals import RefusedError, check_aggregation, check_generation, check_method, check_sampling
from .rollouts import Generation, Response, correct_ones, same_for_same, text_of
from .server_watch import server_watched
from .watch import Rewarded, Watch, check_finite, check_sums, check_weights

check_trl()

_DEFAULT = ShapingSettings()
_IDLE: dict[Idle, str] = {
    "none": "No response of this batch has a reward: each is left out, and nothing is learned from it.",
    "zero": "Every reward of this batch is 0, and 0 times a factor is 0: nothing is shaped. Give wrong answers -1.",
    "clipped": "The clip cuts every shaped reward of this batch. Set clip in ShapingSettings to 2 or more.",
}


class G2RLTrainer(GRPOTrainer):  # type: ignore[misc]
    """GRPOTrainer that shapes rewards as `settings` say: its arguments in its order with its defaults, then these.

    settings: the method; `ShapingSettings()` is G2RL with λ = 0.5.
    judge: rows of the dataset and the texts of their responses → verdicts, each with a `reward`: the reward
    `accuracy`, before those of `reward_funcs`. The verdicts go with the responses to `on_generation`.
    verdicts: in the place of `judge`, where `reward_funcs` judge: the verdicts of the batch that they were called with,
    with a `reward` that is None where correctness is not rewarded.
    embed: texts → n × e embeddings; needed by the method evol-rl.
    direction: k̂, d values of unit length; needed by the method dirl.
    on_generation: called with every training batch of rollouts, on all ranks, after shaping.
    strength: update (0-based) → λ; without it that of `settings` counts throughout.
    rate_factor: update (0-based) → factor of the peak learning rate; without it TRL's own schedule counts.
    on_idle: called once, on all ranks, when shaping cannot act on a batch; without it a warning says so.
    on_server_lost: called, from a thread of rank 0, when a vLLM server that is waited for is gone.

    Raises RefusedError for arguments that features cannot be defined with, and UnsupportedModelError for such a policy.
    """

    _tag_names = ("trl", "grpo", "g2rl")
    _name = "G2RL"
    _paper = {**PAPER, "citation": CITATION}  # noqa: RUF012 - as TRL declares it

    def __init__(
        self,
        model: Any,
        reward_funcs: Any = None,
        args: GRPOConfig | None = None,
        train_dataset: Any = None,
        eval_dataset: Any = None,
        processing_class: Any = None,
        reward_processing_classes: Any = None,
        callbacks: list[Any] | None = None,
        optimizers: tuple[Any, Any] = (None, None),
        quantization_config: Any = None,
        peft_config: Any = None,
        tools: list[Callable[..., Any]] | None = None,
        rollout_func: Callable[..., Any] | None = None,
        environment_factory: Any = None,
        *,
        settings: ShapingSettings = _DEFAULT,
        judge: Callable[[list[dict[str, Any]], list[str]], list[Any]] | None = None,
        verdicts: Callable[[], list[Any]] | None = None,
        embed: Callable[[list[str]], Tensor] | None = None,
        direction: Tensor | None = None,
        on_generation: Callable[[Generation], None] | None = None,
        strength: Callable[[int], float] | None = None,
        rate_factor: Callable[[int], float] | None = None,
        on_idle: Callable[[Idle], None] = lambda idle: warnings.warn(_IDLE[idle], stacklevel=3),
        on_server_lost: Callable[[InputError], None] = lambda error: None,
    ) -> None:
        check_method(args, settings, embed=embed is not None, direction=direction is not None)
        check_sampling(args, rollout_func, tools, environment_factory)
        check_aggregation(args)
        self._settings = settings
        self._embed = embed
        self._judge = judge
        self._verdicts_of_rewards = verdicts
        self._verdicts: list[Any] = []
        self._on_generation = on_generation
        self._strength = strength
        self._rate_factor = rate_factor
        self._on_server_lost = on_server_lost
        self._on_idle = on_idle
        self._is_idle_said = False
        self._shaped: tuple[Rewarded, list[ShapedGroup]] | None = None
        if settings.method != "g2rl":
            self._name, self._paper, self._tag_names = GRPOTrainer._name, GRPOTrainer._paper, GRPOTrainer._tag_names

        if args is not None:
            args = own_copy(args)
        # TRL puts models in the place of their names.
        reward_funcs = [*reward_funcs] if isinstance(reward_funcs, list) else reward_funcs
        if isinstance(reward_processing_classes, list):
            reward_processing_classes = [*reward_processing_classes]
        if judge is not None:
            given = [] if reward_funcs is None else reward_funcs if isinstance(reward_funcs, list) else [reward_funcs]
            reward_funcs = [self._accuracy(), *given]
            if args is not None and args.reward_weights is not None:
                args.reward_weights = [1.0, *args.reward_weights]
            if reward_processing_classes is not None:
                classes = reward_processing_classes
                reward_processing_classes = [None, *(classes if isinstance(classes, list) else [classes])]
        super().__init__(
            model=model,
            reward_funcs=reward_funcs,
            args=args,
            train_dataset=train_dataset,
            eval_dataset=eval_dataset,
            processing_class=processing_class,
            reward_processing_classes=reward_processing_classes,
            callbacks=callbacks,
            optimizers=optimizers,
            quantization_config=quantization_config,
            peft_config=peft_config,
        )
        check_weights(self.reward_weights)
        if direction is not None:
            direction = direction.to(self.accelerator.device, torch.float32)
        self.watch = Watch(self, direction, features=True)
        check_model(self.model.config)
        self._check_sharding()
        check_generation(self, self.watch.policy)
        if settings.method == "pass-at-k" and settings.k > self.num_generations:
            raise RefusedError(
                f"k: {settings.k} responses are more than the {self.num_generations} of a group.",
                "Lower k, or raise num_generations.",
            )

    def _accuracy(self) -> Callable[..., list[float]]:
        def accuracy(prompts: list[Any], **_: object) -> list[float]:
            return [verdict.reward for verdict in self._verdicts]

        return accuracy

    def _check_sharding(self) -> None:
        if self._dist.fsdp_version == 1:
            raise InputError(
                "FSDP version 1 does not expose parameters as matrices, which the features need.",
                "Set fsdp_version: 2 under fsdp_config in the configuration of accelerate (torch.accelerateConfig).",
            )
        if self._dist.is_zero3:
            # Otherwise a checkpoint would hold shards, which nothing but DeepSpeed reads.
            zero = self.accelerator.state.deepspeed_plugin.deepspeed_config["zero_optimization"]
            zero["stage3_gather_16bit_weights_on_model_save"] = True

    def _generate_single_turn(self, *arguments: Any, **keywords: Any) -> Any:
        with self._server_expected():
            return self.watch.generate(super()._generate_single_turn, *arguments, **keywords)

    @contextmanager
    def _server_expected(self) -> Iterator[None]:
        """Names the vLLM server in connection errors, which have a host and a port at most, and stops waiting for one
        that is gone.
        """
        url = self.args.vllm_server_base_url
        if not (self.use_vllm and self.args.vllm_mode == "server" and url):
            yield
            return
        gone = partial(self._on_server_lost, server_error(url, "refuses connections"))
        with server_watched(url, gone) if self.accelerator.is_main_process else nullcontext():
            try:
                yield
            except Exception as error:
                if not isinstance(error, OSError) and not str(error).startswith("Request failed"):
                    raise
                raise server_error(url, f"failed: {str(error).splitlines()[0]}") from error

    def _get_per_token_logps_and_entropies(self, *arguments: Any, **keywords: Any) -> Any:
        return self.watch.score(super()._get_per_token_logps_and_entropies, *arguments, **keywords)

    def _calculate_rewards(
        self,
        inputs: list[dict[str, Any]],
        prompts: list[Any],
        completions: list[Any],
        completion_ids_list: list[list[int]],
    ) -> Tensor:
        self._shaped = None
        if self._judge is None:
            self._verdicts = [None] * len(completions)
        else:
            self._verdicts = self._judge(inputs, [text_of(completion) for completion in completions])
        rewards_per_func: Tensor = super()._calculate_rewards(inputs, prompts, completions, completion_ids_list)
        if self._verdicts_of_rewards is not None:
            self._verdicts = self._verdicts_of_rewards()
        if not self.model.training:
            return rewards_per_func
        check_finite(self.reward_func_names, rewards_per_func)
        rewarded = self.watch.rewarded(rewards_per_func, inputs, completions, completion_ids_list, self._verdicts)
        check_sums(rewarded.total)
        if rewarded.phi is None:
            raise RuntimeError("no pass of the policy gave features before the advantages")
        settings = self._settings
        if self._strength is not None:
            settings = replace(settings, lambda_=self._strength(self.state.global_step))
        m = self.num_generations
        groups = []
        for start in range(0, rewarded.total.numel(), m):
            one = slice(start, start + m)
            aligned = None if rewarded.alignments is None else rewarded.alignments[one]
            groups.append(
                self._shape(rewarded.phi[one], aligned, rewarded.total[one], rewarded.responses[one], settings)
            )
        self._shaped = rewarded, groups
        self._look_for_idle(groups, list(torch.split(rewarded.total, m)), settings)
        return rewards_per_func

    def _look_for_idle(self, groups: list[ShapedGroup], rewards: list[Tensor], settings: ShapingSettings) -> None:
        """A word, once, where shaping should act on rewards and cannot."""
        if self._is_idle_said or settings.method not in ("g2rl", "dirl") or settings.lambda_ == 0:
            return
        idle = idle_shaping(groups, rewards)
        if idle is not None:
            self._is_idle_said = True
            self._on_idle(idle)

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        """TRL's batch of this rank, with the advantages of what shaping has made of the rewards."""
        batch: dict[str, Any] = super()._generate_and_score_completions(inputs)
        if self._shaped is None:
            return batch
        rewarded, groups = self._shaped
        self._shaped = None
        m = self.num_generations
        total, shaped = rewarded.total, torch.cat([group.shaped for group in groups])
        own_advantages = self._settings.method == "pass-at-k"
        if own_advantages:
            labels = torch.where(correct_ones(rewarded.responses, total), 1.0, -1.0).double()
            advantages = pass_at_k_advantages(labels.masked_fill(total.isnan(), torch.nan), m, self._settings.k)
        else:
            advantages = group_advantages(shaped, m, self.scale_rewards)
        if own_advantages or not torch.equal(shaped.nan_to_num(0.0), total.nan_to_num(0.0)):
            # TRL slices what it has gathered from the ranks in the same way.
            first = self.accelerator.process_index * len(inputs)
            batch["advantages"] = advantages[first : first + len(inputs)].to(batch["advantages"])
            # The log holds one batch of rollouts, of all ranks.
            self._logs["advantages"].extend(advantages.tolist())
        rewards = [total[start : start + m] for start in range(0, total.numel(), m)]
        for name, value in group_metrics(groups, rewards, advantages).items():
            self._metrics["train"][name].append(value)
        if self._on_generation is not None:
            self._on_generation(
                Generation(
                    rewarded.responses,
                    rewards,
                    groups,
                    advantages,
                    self.watch.rollout_seconds,
                    self.watch.feature_seconds,
                    self.watch.reference.take(),
                    rewarded.alignments,
                    rewarded.components,
                )
            )
        return batch

    def _shape(
        self,
        phi: Tensor,
        aligned: Tensor | None,
        rewards: Tensor,
        responses: list[Response],
        settings: ShapingSettings,
    ) -> ShapedGroup:
        phi = same_for_same(phi, responses)
        if aligned is not None:
            return shape_dirl(phi, same_for_same(aligned, responses), rewards, settings)
        group = shape_group(phi, rewards, settings)
        if settings.method != "evol-rl" or self._embed is None:
            return group
        embeddings = self._embed([response.text for response in responses])
        return shape_evol_rl(group, embeddings, rewards, correct_ones(responses, rewards))

    def create_scheduler(self, num_training_steps: int, optimizer: Any = None) -> Any:
        if self._rate_factor is None or getattr(self, "lr_scheduler", None) is not None:
            return super().create_scheduler(num_training_steps, optimizer)
        self.lr_scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer or self.optimizer, self._rate_factor)
        return self.lr_scheduler

    @contextmanager
    def generating(self) -> Iterator[Any]:
        """The policy, unwrapped and as whole as TRL has it for its own rollouts. All ranks enter together."""
        with (
            torch.no_grad(),
            unwrap_model_for_generation(
                self.model_wrapped,
                self.accelerator,
                gather_deepspeed3_params=self.args.ds3_gather_for_generation,
                gradient_checkpointing_kwargs=self.args.gradient_checkpointing_kwargs,
            ) as policy,
        ):
            was_training = policy.training
            policy.eval()
            try:
                yield policy
            finally:
                policy.train(was_training)

    def evaluation_sampler(self) -> Sampler:
        """Samples from the policy as it is, the way rollouts are sampled. All ranks use theirs together."""
        device = self.accelerator.device
        if not self.use_vllm:
            return PolicySampler(self.generating, self.processing_class, device)
        return VllmSampler(self._engine_in_step, self.generating, self.processing_class, device)

    @contextmanager
    def _engine_in_step(self) -> Iterator[Engine]:
        """vLLM with the weights that the policy has now."""
        with self._server_expected():
            step = self.state.global_step
            if self._last_loaded_step != step:
                self.vllm_generation.sync_weights()
                self._last_loaded_step: int = step
            if self.args.vllm_mode == "colocate":
                yield EngineInside(self.vllm_generation.llm)
            else:
                yield engine_server(self.args.vllm_server_base_url)

    def save_model(self, output_dir: str | None = None, _internal_call: bool = False) -> None:
        """The whole policy, also where FSDP is configured to save shards: Trainer would leave it out."""
        super().save_model(output_dir, _internal_call)
        if self.is_fsdp_enabled and "FULL" not in str(self.accelerator.state.fsdp_plugin.state_dict_type):
            self._save(output_dir, state_dict=self.accelerator.get_state_dict(self.model))
