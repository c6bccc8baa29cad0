"""TRL's GRPOTrainer with gradient-guided rewards: features from passes that run anyway, shaping before advantages.

Overridden are only methods whose signatures are checked when this module is imported. Shaping enters as one more
reward column, r̃ − r, so that TRL's own sum, standardization and logging stay as they are: λ = 0 adds exact zeros.
Advantages that no rewards standardize to, those of pass-at-k, take the place of TRL's in the batch that it returns.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from accelerate.utils import gather, gather_object
from torch import Tensor
from trl import GRPOConfig, GRPOTrainer
from trl.models import unwrap_model_for_generation

from ..errors import InputError, server_error
from ..method.advantages import advantages
from ..method.evol_rl import shape_evol_rl
from ..method.pass_at_k import pass_at_k_advantages
from ..method.settings import ShapingSettings
from ..method.shaping import ShapedGroup, shape_group
from ..models.capture import SamplingCapture, features_from_hidden
from ..models.head import check_model, whole_head, without_adapters_wrapper
from ..models.stopwatch import Stopwatch
from ..sampling.by_transformers import PolicySampler
from ..sampling.by_vllm import Engine, EngineInside, VllmSampler, engine_server
from ..sampling.sampler import Sampler
from .compatibility import check_trl
from .rollouts import Generation, Response, same_for_same
from .server_watch import server_watched

check_trl()


def shaping_bonus(prompts: list[Any], **_: object) -> list[float]:
    """The reward column that the trainer fills with r̃ − r."""
    return [0.0] * len(prompts)


class G2RLTrainer(GRPOTrainer):  # type: ignore[misc]
    """GRPOTrainer that shapes rewards as `settings` say.

    judge: rows of the dataset and the texts of their responses → verdicts, each with a `reward`: the reward
    `accuracy`. The verdicts go with the responses to `on_generation`.
    embed: texts → n × e embeddings; needed by the method evol-rl.
    on_generation: called with every training batch of rollouts, on all ranks, after shaping.
    strength: update (0-based) → λ; without it that of `settings` counts throughout.
    rate_factor: update (0-based) → factor of the peak learning rate; without it TRL's own schedule counts.
    on_server_lost: called, from a thread of rank 0, when a vLLM server that is waited for is gone.
    """

    def __init__(
        self,
        model: Any,
        reward_funcs: list[Callable[..., list[float]]],
        args: GRPOConfig,
        *,
        settings: ShapingSettings,
        judge: Callable[[list[dict[str, Any]], list[str]], list[Any]] | None = None,
        embed: Callable[[list[str]], Tensor] | None = None,
        on_generation: Callable[[Generation], None] | None = None,
        strength: Callable[[int], float] | None = None,
        rate_factor: Callable[[int], float] | None = None,
        on_server_lost: Callable[[InputError], None] = lambda error: None,
        **keywords: Any,
    ) -> None:
        if settings.method == "evol-rl" and embed is None:
            raise ValueError("method: evol-rl needs a sentence-embedding model")
        if args.multi_objective_aggregation != "sum_then_normalize":
            raise ValueError("multi_objective_aggregation: rewards are shaped before their sum is standardized")
        self._settings = settings
        self._embed = embed
        self._judge = judge
        self._verdicts: list[Any] = []
        self._on_generation = on_generation
        self._strength = strength
        self._rate_factor = rate_factor
        self._on_server_lost = on_server_lost
        self._features: Tensor | None = None
        self._advantages = torch.zeros(0)
        self._rollout_seconds = self._feature_seconds = 0.0

        def accuracy(prompts: list[Any], **_: object) -> list[float]:
            return [verdict.reward for verdict in self._verdicts]

        judged = [] if judge is None else [accuracy]
        weights = args.reward_weights or [1.0] * len(reward_funcs)
        args.reward_weights = [*[1.0] * len(judged), *weights, 1.0]
        super().__init__(model=model, reward_funcs=[*judged, *reward_funcs, shaping_bonus], args=args, **keywords)
        if self.tools or self.environments is not None:
            raise ValueError("features of several turns with tools are not defined; train without tools")
        self._reference_watch = Stopwatch(self.accelerator.device)
        check_model(self.model.config)
        self._check_sharding()
        if self.top_p != 1 or self.top_k not in (None, 0) or self.min_p not in (None, 0):
            raise ValueError("features are of softmax(logits / temperature): set top_p 1, top_k 0, min_p None")
        if self.repetition_penalty != 1:
            raise ValueError("features are of softmax(logits / temperature): set repetition_penalty 1")

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

    @property
    def _policy(self) -> Any:
        return without_adapters_wrapper(self.accelerator.unwrap_model(self.model))

    @property
    def _samples_through_head(self) -> bool:
        """Whether rollouts are sampled by this process's own policy, one token per call."""
        return not self.use_vllm and not self.use_transformers_continuous_batching and self.rollout_func is None

    def _generate_single_turn(self, prompt_ids: Any, *arguments: Any, **keywords: Any) -> Any:
        start = time.perf_counter()
        self._features = None
        if not (self._samples_through_head and self.model.training):
            with self._server_expected():
                result = super()._generate_single_turn(prompt_ids, *arguments, **keywords)
            self._rollout_seconds = time.perf_counter() - start
            return result
        policy = self._policy
        capture = SamplingCapture(policy, self.temperature, self.eos_token_ids)
        with capture.watching():
            result = super()._generate_single_turn(prompt_ids, *arguments, **keywords)
        with whole_head(policy) as head:
            self._features = capture.features(result[0], head)
        self._feature_seconds = capture.stopwatch.take()
        self._rollout_seconds = time.perf_counter() - start - self._feature_seconds
        return result

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

    def _get_per_token_logps_and_entropies(
        self,
        model: Any,
        input_ids: Tensor,
        attention_mask: Tensor,
        logits_to_keep: int,
        *arguments: Any,
        **keywords: Any,
    ) -> Any:
        """Times the reference's pass, and takes the features from the policy's when sampling could not give them."""
        call = super()._get_per_token_logps_and_entropies
        if torch.is_grad_enabled() or not self.model.training:
            return call(model, input_ids, attention_mask, logits_to_keep, *arguments, **keywords)
        if self._features is not None or not self._is_policy_pass(model):
            with self._reference_watch.running():
                return call(model, input_ids, attention_mask, logits_to_keep, *arguments, **keywords)
        # The completions are right-padded, and the state before a token predicts it.
        lengths = attention_mask[:, -logits_to_keep:].sum(dim=1).tolist()
        tokens = input_ids[:, -logits_to_keep:].tolist()
        completions = [ids[:length] for ids, length in zip(tokens, lengths, strict=True)]
        phi: list[Tensor] = []
        rows_done = 0
        stopwatch = Stopwatch(self.accelerator.device)

        def take(_module: object, _arguments: object, output: Any) -> None:
            nonlocal rows_done
            hidden = output.last_hidden_state[:, -logits_to_keep - 1 : -1]
            rows = slice(rows_done, rows_done + hidden.shape[0])
            with stopwatch.running(), whole_head(self._policy) as head:
                bias = self._policy.get_output_embeddings().bias
                phi.append(features_from_hidden(hidden, completions[rows], head, bias, self.temperature))
            rows_done += hidden.shape[0]

        hook = self._policy.base_model.register_forward_hook(take)
        try:
            result = call(model, input_ids, attention_mask, logits_to_keep, *arguments, **keywords)
        finally:
            hook.remove()
        self._features = torch.cat(phi)
        self._feature_seconds = stopwatch.take()
        return result

    def _is_policy_pass(self, model: Any) -> bool:
        """With an adapter the reference is the same model, its adapter switched off or exchanged."""
        if model is not self.model:
            return False
        adapted = self.accelerator.unwrap_model(self.model)
        if not hasattr(adapted, "peft_config"):
            return True
        status = adapted.get_model_status()
        return status.enabled is True and "ref" not in status.active_adapters

    def _calculate_rewards(
        self,
        inputs: list[dict[str, Any]],
        prompts: list[Any],
        completions: list[Any],
        completion_ids_list: list[list[int]],
    ) -> Tensor:
        texts = [text if isinstance(text, str) else text[-1]["content"] for text in completions]
        self._verdicts = [None] * len(texts) if self._judge is None else self._judge(inputs, texts)
        rewards_per_func: Tensor = super()._calculate_rewards(inputs, prompts, completions, completion_ids_list)
        if not self.model.training:
            return rewards_per_func
        if self._features is None:
            raise RuntimeError(
                "no pass of the policy gave features before the advantages; with vLLM keep "
                "vllm_importance_sampling_correction on, which scores the rollouts anyway"
            )
        phi = gather(self._features)
        self._features = None
        local = [
            Response(
                row={name: value for name, value in row.items() if not isinstance(value, Tensor)},
                text=text,
                length=len(tokens),
                finished=bool(tokens) and tokens[-1] in self.eos_token_ids,
                verdict=verdict,
            )
            for row, text, tokens, verdict in zip(inputs, texts, completion_ids_list, self._verdicts, strict=True)
        ]
        responses: list[Response] = gather_object(local)
        weights = self.reward_weights.to(rewards_per_func.device)
        total = (rewards_per_func * weights).nansum(dim=1).double().cpu()
        m = self.num_generations
        settings = self._settings
        if self._strength is not None:
            settings = replace(settings, lambda_=self._strength(self.state.global_step))
        groups = []
        for start in range(0, total.numel(), m):
            one = slice(start, start + m)
            groups.append(self._shape(phi[one], total[one], responses[one], settings))
        shaped = torch.cat([group.shaped for group in groups])
        rewards_per_func[:, -1] = (shaped - total).to(rewards_per_func)
        if settings.method == "pass-at-k":
            self._advantages = pass_at_k_advantages(total, m, settings.k)
        else:
            self._advantages = advantages(shaped, m, self.scale_rewards)
        if self._on_generation is not None:
            times = (self._rollout_seconds, self._feature_seconds, self._reference_watch.take())
            self._on_generation(Generation(responses, list(total.split(m)), groups, self._advantages, *times))
        return rewards_per_func

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        """TRL's batch of this rank, with the advantages of a method that has its own."""
        batch: dict[str, Any] = super()._generate_and_score_completions(inputs)
        if self._settings.method == "pass-at-k" and self.model.training:
            # TRL slices what it has gathered from the ranks in the same way.
            first = self.accelerator.process_index * len(inputs)
            batch["advantages"] = self._advantages[first : first + len(inputs)].to(batch["advantages"])
            # The log holds one batch of rollouts, of all ranks.
            self._logs["advantages"].extend(self._advantages.tolist())
        return batch

    def _shape(self, phi: Tensor, rewards: Tensor, responses: list[Response], settings: ShapingSettings) -> ShapedGroup:
        group = shape_group(same_for_same(phi, responses), rewards, settings)
        if settings.method != "evol-rl" or self._embed is None:
            return group
        return shape_evol_rl(group, self._embed([response.text for response in responses]), rewards)

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
