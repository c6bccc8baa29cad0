"""An experiment as TRL's configuration."""

from __future__ import annotations

import math
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from trl import GRPOConfig

from .errors import InputError
from .method import ShapingSettings

_TOKENS_PER_PASS = 32_768
"""Tokens of prompts and responses in one forward and backward pass, unless `torch.rowsPerPass` is given."""
_MOST_ROWS_PER_PASS = 64
_PROMPT_TOKENS = {"countdown": 24, "problems": 256}
"""What prompts take, roughly."""


def learning_rate_factor(step: int, settings: dict[str, Any]) -> float:
    """Share of the peak rate in a step (1-based): a linear rise over the warm-up, then constant or a cosine to 0."""
    warmup = settings["warmupSteps"]
    if step <= warmup:
        return float(step / warmup)
    if settings["schedule"] == "constant":
        return 1.0
    progress = (step - warmup) / max(1, settings["steps"] - warmup)
    return (1 + math.cos(math.pi * progress)) / 2


def shaping_settings(method: dict[str, Any]) -> ShapingSettings:
    return ShapingSettings(
        method["name"], method["lambda"], method["shaping"], method["uniformGroups"], float(method["clip"])
    )


def rows_for_update(experiment: dict[str, Any], ranks: int) -> tuple[int, int]:
    """Rows of a pass on one rank, and passes an update. Raises InputError when the batch does not divide."""
    rollout, optimization = experiment["rollout"], experiment["optimization"]
    if rollout["groupSize"] < 2:
        raise InputError(
            "rollout.groupSize: a group needs 2 responses or more on this engine.", "Set it to 8 or 16, for example."
        )
    rows = rollout["promptsPerStep"] * rollout["groupSize"]
    parts = optimization["minibatches"] * ranks
    if rows % parts != 0:
        raise InputError(
            f"{rollout['promptsPerStep']} prompts × {rollout['groupSize']} responses do not divide into "
            f"{optimization['minibatches']} minibatches on {ranks} processes.",
            "Change rollout.promptsPerStep, rollout.groupSize or optimization.minibatches so that they do.",
        )
    own = rows // parts
    tokens = _PROMPT_TOKENS[experiment["task"]["name"]] + rollout["maxNewTokens"]
    wanted = experiment.get("torch", {}).get("rowsPerPass")
    limit = wanted or max(1, min(_MOST_ROWS_PER_PASS, _TOKENS_PER_PASS // tokens))
    per_pass = max(size for size in range(1, min(own, limit) + 1) if own % size == 0)
    return per_pass, own // per_pass


def response_limit(request: dict[str, Any], experiment: dict[str, Any]) -> int:
    """How long a response to a benchmark may be, in tokens."""
    return int(request.get("maxNewTokens") or experiment["rollout"]["maxNewTokens"])


def configuration(experiment: dict[str, Any], output: Path, ranks: int) -> GRPOConfig:
    """What TRL is told. One generation batch is one step of the run; its updates are minibatches × epochs."""
    rollout, optimization, method = experiment["rollout"], experiment["optimization"], experiment["method"]
    own = experiment.get("torch", {})
    per_pass, passes = rows_for_update(experiment, ranks)
    cuda = torch.cuda.is_available() and not own.get("cpu", False)
    minibatches, epochs = optimization["minibatches"], optimization["epochs"]
    config = GRPOConfig(
        output_dir=str(output),
        use_cpu=not cuda,
        bf16=cuda,
        gradient_checkpointing=own.get("gradientCheckpointing", cuda),
        disable_dropout=True,
        per_device_train_batch_size=per_pass,
        gradient_accumulation_steps=passes,
        steps_per_generation=passes * minibatches,
        num_iterations=epochs,
        max_steps=optimization["steps"] * minibatches * epochs,
        num_generations=rollout["groupSize"],
        max_completion_length=rollout["maxNewTokens"],
        temperature=rollout["temperature"],
        top_k=0,
        top_p=1.0,
        beta=optimization["klCoefficient"],
        use_bias_correction_kl=False,
        epsilon=optimization["clipRange"],
        importance_sampling_level=optimization["importanceSamplingLevel"],
        scale_rewards=optimization["scaleRewards"],
        loss_type={"sequence": "grpo", "token": "dapo"}[optimization["lossNormalization"]],
        entropy_coef=method["entropyCoefficient"] if method["name"] == "entropy" else 0.0,
        learning_rate=optimization["learningRate"],
        adam_beta1=optimization["beta1"],
        adam_beta2=optimization["beta2"],
        adam_epsilon=optimization["epsilon"],
        weight_decay=optimization["weightDecay"],
        max_grad_norm=optimization["gradientClip"],
        optim="adamw_torch_fused",
        shuffle_dataset=False,
        remove_unused_columns=False,
        logging_steps=1,
        logging_nan_inf_filter=False,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=cuda,
        ddp_find_unused_parameters=False,
        seed=experiment["seed"],
        # Without a map TRL lets transformers spread a policy over all that a process sees.
        model_init_kwargs={"dtype": own.get("dtype", "float32"), "device_map": None},
        **_vllm_options(own.get("vllm"), cuda),
    )
    if config.deepspeed_plugin is not None:
        # Ours go before those of accelerate's configuration, which `accelerate config` fills in unasked.
        for name in ("gradient_accumulation_steps", "gradient_clipping"):
            config.deepspeed_plugin.hf_ds_config.config[name] = "auto"
    return config


def can_use_vllm(cuda: bool) -> bool:
    return cuda and find_spec("vllm") is not None


def _vllm_options(vllm: dict[str, Any] | None, cuda: bool) -> dict[str, Any]:
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
        "vllm_mode": vllm["mode"],
        # Its pass over the rollouts with the policy is the one that gives the features.
        "vllm_importance_sampling_correction": True,
    }
    if vllm["mode"] == "server":
        return {**options, "vllm_server_base_url": vllm["server"]}
    return {
        **options,
        "vllm_gpu_memory_utilization": vllm["gpuMemoryUtilization"],
        "vllm_tensor_parallel_size": vllm["tensorParallel"],
    }


def adapters(experiment: dict[str, Any]) -> Any:
    """peft's configuration of the adapters to train, or None when the weights themselves are trained."""
    lora = experiment.get("torch", {}).get("lora")
    if lora is None:
        return None
    try:
        from peft import LoraConfig
    except ImportError as error:
        raise InputError(
            f"torch.lora: peft cannot be used ({error}).", "Install the engine's packages anew, or remove torch.lora."
        ) from error
    return LoraConfig(
        r=lora["rank"],
        lora_alpha=lora["alpha"],
        target_modules=lora["targets"],
        task_type="CAUSAL_LM",
    )
