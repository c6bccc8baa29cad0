"""An experiment as TRL's configuration."""

from __future__ import annotations

import math
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from trl import GRPOConfig

from ..errors import InputError
from ..experiment.schema import Experiment, LoraSettings, MethodSettings, OptimizationSettings, VllmSettings
from ..method.settings import ShapingSettings, lambda_of_step
from .refusals import plain_sampling

_TOKENS_PER_PASS = 32_768
"""Tokens of prompts and responses in one forward and backward pass, unless `torch.rowsPerPass` is given."""
_MOST_ROWS_PER_PASS = 64
_PROMPT_TOKENS = {"countdown": 24, "problems": 256}
"""What prompts take, roughly."""


def learning_rate_factor(step: int, settings: OptimizationSettings) -> float:
    """Share of the peak rate in a step (1-based): a linear rise over the warm-up, then constant or a cosine to 0."""
    warmup = settings.warmup_steps
    if step <= warmup:
        return step / warmup
    if settings.schedule == "constant":
        return 1.0
    progress = (step - warmup) / max(1, settings.steps - warmup)
    return (1 + math.cos(math.pi * progress)) / 2


def lambda_at(step: int, experiment: Experiment) -> float:
    """λ in a step (1-based)."""
    method = experiment.method
    return lambda_of_step(
        step, experiment.optimization.steps, method.lambda_, method.lambda_schedule, method.lambda_warmup_steps
    )


def shaping_settings(method: MethodSettings) -> ShapingSettings:
    return ShapingSettings(
        method.name,
        method.lambda_,
        method.shaping,
        method.uniform_groups,
        method.clip,
        method.k,
        method.memory_sign,
    )


def rows_for_update(experiment: Experiment, ranks: int) -> tuple[int, int]:
    """Rows of a pass on one rank, and passes per update. Raises InputError when the batch does not divide."""
    rollout, optimization = experiment.rollout, experiment.optimization
    if rollout.group_size < 2:
        raise InputError(
            "rollout.groupSize: a group needs 2 responses or more on this engine.", "Set it to 8 or 16, for example."
        )
    rows = rollout.prompts_per_step * rollout.group_size
    parts = optimization.minibatches * ranks
    if rows % parts != 0:
        raise InputError(
            f"{rollout.prompts_per_step} prompts × {rollout.group_size} responses do not divide into "
            f"{optimization.minibatches} minibatches on {ranks} processes.",
            "Change rollout.promptsPerStep, rollout.groupSize or optimization.minibatches so that they do.",
        )
    own = rows // parts
    tokens = _PROMPT_TOKENS[experiment.task.name] + rollout.max_new_tokens
    limit = experiment.torch.rows_per_pass or max(1, min(_MOST_ROWS_PER_PASS, _TOKENS_PER_PASS // tokens))
    per_pass = max(size for size in range(1, min(own, limit) + 1) if own % size == 0)
    return per_pass, own // per_pass


def configuration(
    experiment: Experiment, output: Path, ranks: int, reporting: dict[str, Any] | None = None
) -> GRPOConfig:
    """TRL's configuration. One generation batch is one step of the run; its updates are minibatches × epochs.

    reporting: where metrics go besides the run's folder.
    """
    rollout, optimization, method = experiment.rollout, experiment.optimization, experiment.method
    own = experiment.torch
    per_pass, passes = rows_for_update(experiment, ranks)
    cuda = torch.cuda.is_available() and not own.cpu
    config = GRPOConfig(
        output_dir=str(output),
        use_cpu=not cuda,
        bf16=cuda,
        gradient_checkpointing=cuda if own.gradient_checkpointing is None else own.gradient_checkpointing,
        disable_dropout=True,
        per_device_train_batch_size=per_pass,
        gradient_accumulation_steps=passes,
        steps_per_generation=passes * optimization.minibatches,
        num_iterations=optimization.epochs,
        max_steps=optimization.steps * optimization.updates_per_step,
        num_generations=rollout.group_size,
        max_completion_length=rollout.max_new_tokens,
        temperature=rollout.temperature,
        top_k=0,
        top_p=1.0,
        # vLLM does not read them from the policy's folder.
        generation_kwargs=plain_sampling(experiment.policy) if own.vllm is None else None,
        beta=optimization.kl_coefficient,
        use_bias_correction_kl=False,
        epsilon=optimization.clip_range,
        importance_sampling_level=optimization.importance_sampling_level,
        scale_rewards=optimization.scale_rewards,
        loss_type={"sequence": "grpo", "token": "dapo"}[optimization.loss_normalization],
        entropy_coef=method.entropy_coefficient if method.name == "entropy" else 0.0,
        learning_rate=optimization.learning_rate,
        adam_beta1=optimization.beta1,
        adam_beta2=optimization.beta2,
        adam_epsilon=optimization.epsilon,
        weight_decay=optimization.weight_decay,
        max_grad_norm=optimization.gradient_clip,
        optim="adamw_torch_fused",
        shuffle_dataset=False,
        remove_unused_columns=False,
        logging_steps=1,
        logging_nan_inf_filter=False,
        save_strategy="no",
        disable_tqdm=True,
        dataloader_pin_memory=cuda,
        ddp_find_unused_parameters=False,
        seed=experiment.seed,
        # Without a map TRL lets transformers spread a policy over all that a process sees.
        model_init_kwargs={"dtype": own.dtype, "device_map": None},
        **(reporting or {"report_to": "none"}),
        **_vllm_options(own.vllm, cuda),
    )
    if config.deepspeed_plugin is not None:
        # Ours override those of accelerate's configuration, where `accelerate config` writes defaults.
        for name in ("gradient_accumulation_steps", "gradient_clipping"):
            config.deepspeed_plugin.hf_ds_config.config[name] = "auto"
    return config


def _vllm_options(vllm: VllmSettings | None, cuda: bool) -> dict[str, Any]:
    if vllm is None:
        return {}
    if not cuda:
        raise InputError("torch.vllm: vLLM needs a GPU, and this process has none.", "Remove it, or set up CUDA.")
    if find_spec("vllm") is None:
        raise InputError(
            "torch.vllm: vLLM is not installed.",
            "Install vllm into the engine's environment, in a version that the installed torch and trl support.",
        )
    options: dict[str, Any] = {
        "use_vllm": True,
        "vllm_mode": vllm.mode,
        # Its pass over the rollouts with the policy is the one that gives the features.
        "vllm_importance_sampling_correction": True,
    }
    if vllm.mode == "server":
        return {**options, "vllm_server_base_url": vllm.server}
    return {
        **options,
        "vllm_gpu_memory_utilization": vllm.gpu_memory_utilization,
        "vllm_tensor_parallel_size": vllm.tensor_parallel,
    }


def adapters(lora: LoraSettings | None) -> Any:
    """peft's configuration of the adapters to train, or None when the weights themselves are trained."""
    if lora is None:
        return None
    try:
        from peft import LoraConfig
    except ImportError as error:
        raise InputError(
            f"torch.lora: peft cannot be used ({error}).", "Install the engine's packages again, or remove torch.lora."
        ) from error
    return LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,
        target_modules=lora.targets if isinstance(lora.targets, str) else list(lora.targets),
        task_type="CAUSAL_LM",
    )
