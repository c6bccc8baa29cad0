"""A trainer's settings as `run.json` has them, as far as an experiment has words for them."""

from __future__ import annotations

import os
import platform
import re
import shlex
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

from ..files import SCHEMA, now
from ..method.settings import ShapingSettings
from ..redaction import without_credentials
from ..trl.watch import told_apart

_PACKAGES = ("torch", "transformers", "trl", "accelerate", "peft", "vllm", "g2rl-torch")
_LOSSES = {"grpo": "sequence", "dapo": "token"}
"""Losses of TRL that an experiment can name."""


def updates_per_step(args: Any) -> int:
    """Optimizer updates for each batch of rollouts; 1 where an update takes several batches."""
    passes: int = args.steps_per_generation * args.num_iterations
    return max(1, passes // int(args.gradient_accumulation_steps))


def total_steps(args: Any, updates: int) -> int:
    """updates: of the whole training."""
    return -(-updates // updates_per_step(args))


def run_name(text: str) -> str:
    """A name as experiments may have it."""
    cleaned = re.sub(r"[^A-Za-z0-9._-]+", "-", text)[:64]
    return cleaned if re.match("[A-Za-z0-9]", cleaned) else f"run{cleaned}"[:64]


def manifest(trainer: Any, folder: Path, name: str, keep: str | int, updates: int) -> dict[str, Any]:
    """`run.json` of a run that the script of this process trains. updates: of the whole training."""
    weights = trainer.reward_weights.tolist()
    return {
        "schema": SCHEMA,
        "id": folder.name,
        "name": name,
        "createdAt": now(),
        "experiment": _experiment(trainer, name, keep, updates),
        "experimentFile": None,
        "engine": "torch",
        "device": _device(trainer),
        "policyChecksum": "",
        "versions": {"python": platform.python_version(), **_versions()},
        "git": _git(),
        "seed": trainer.args.seed,
        "parent": None,
        "script": {
            "command": without_credentials(shlex.join([Path(sys.executable).name, *sys.argv])),
            "folder": str(Path.cwd()),
            "trainer": type(trainer).__name__,
            "rewards": dict(zip(told_apart(trainer.reward_func_names), weights, strict=True)),
        },
    }


def _experiment(trainer: Any, name: str, keep: str | int, updates: int) -> dict[str, Any]:
    args = trainer.args
    per_step = updates_per_step(args)
    settings = getattr(trainer, "_settings", None) or ShapingSettings(method="grpo")
    rollouts = (
        args.per_device_train_batch_size
        * args.world_size
        * max(args.steps_per_generation, args.gradient_accumulation_steps if per_step == 1 else 1)
    )
    optimization = {
        "steps": total_steps(args, updates),
        "learningRate": args.learning_rate,
        "warmupSteps": args.get_warmup_steps(updates) // per_step,
        "minibatches": per_step // args.num_iterations if per_step % args.num_iterations == 0 else per_step,
        "epochs": args.num_iterations if per_step % args.num_iterations == 0 else 1,
        "gradientClip": args.max_grad_norm,
        "beta1": args.adam_beta1,
        "beta2": args.adam_beta2,
        "epsilon": args.adam_epsilon,
        "weightDecay": args.weight_decay,
        "clipRange": args.epsilon,
        "klCoefficient": args.beta,
        "importanceSamplingLevel": args.importance_sampling_level,
        "scaleRewards": args.scale_rewards,
    }
    schedule = str(getattr(args.lr_scheduler_type, "value", args.lr_scheduler_type))
    if schedule.startswith(("constant", "cosine")):
        optimization["schedule"] = "cosine" if schedule.startswith("cosine") else "constant"
    if args.loss_type in _LOSSES:
        optimization["lossNormalization"] = _LOSSES[args.loss_type]
    saves = str(getattr(args.save_strategy, "value", args.save_strategy)) == "steps" and args.save_steps >= 1
    return {
        "name": name,
        "description": f"Trained by {type(trainer).__name__} in a script.",
        "engine": "torch",
        "policy": _policy(trainer),
        "seed": args.seed,
        "method": {
            "name": settings.method,
            "lambda": settings.lambda_,
            "shaping": settings.shaping,
            "uniformGroups": settings.uniform_groups,
            "clip": settings.clip,
            "k": settings.k,
            "memorySign": settings.memory_sign,
            "entropyCoefficient": args.entropy_coef,
        },
        "task": {"name": "problems"},
        "rollout": {
            "promptsPerStep": max(1, rollouts // args.num_generations),
            "groupSize": args.num_generations,
            "temperature": args.temperature,
            "maxNewTokens": args.max_completion_length,
            "keep": keep,
        },
        "optimization": optimization,
        "evaluation": {"every": 0, "benchmarks": []},
        "checkpoints": {
            **({"every": max(1, int(args.save_steps) // per_step)} if saves else {}),
            "keep": args.save_total_limit or 0,
        },
        "torch": {"cpu": trainer.accelerator.device.type == "cpu", "processes": args.world_size, **_lora(trainer)},
    }


def _policy(trainer: Any) -> str:
    model = trainer.accelerator.unwrap_model(trainer.model)
    base = model.get_base_model() if hasattr(model, "get_base_model") else model
    name = getattr(base.config, "_name_or_path", "") or type(base).__name__
    return str(Path(name).resolve()) if Path(name).is_dir() else name


def _lora(trainer: Any) -> dict[str, Any]:
    configs = getattr(trainer.accelerator.unwrap_model(trainer.model), "peft_config", None)
    own: Any = configs.get("default") if configs else None
    if own is None or not hasattr(own, "r"):
        return {}
    targets = own.target_modules
    return {
        "lora": {
            "rank": own.r,
            "alpha": own.lora_alpha,
            "targets": targets if isinstance(targets, str) else sorted(targets or []),
        }
    }


def _device(trainer: Any) -> str:
    """For people, as of the other engine's runs."""
    device = trainer.accelerator.device
    count = trainer.args.world_size
    many = f" × {count}" if count > 1 else ""
    if device.type == "cuda":
        return f"{torch.cuda.get_device_name(device)}{many}"
    return f"{device.type.upper()}, PyTorch{many}"


def _versions() -> dict[str, str]:
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _git() -> dict[str, Any] | None:
    """Commit of the repository around the script."""

    def git(*arguments: str) -> str:
        command = ["git", *arguments]
        environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0"}
        return subprocess.run(
            command, capture_output=True, text=True, timeout=10, check=True, env=environment
        ).stdout.strip()

    try:
        return {
            "commit": git("rev-parse", "HEAD"),
            "dirty": git("status", "--porcelain", "--untracked-files=no") != "",
        }
    except (OSError, subprocess.SubprocessError):
        return None
