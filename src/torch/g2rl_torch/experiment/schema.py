"""What this engine reads of an experiment, named and typed as in `src/experiment/schema.ts` and `torch-schema.ts`.

The launcher fills every default in before it writes `run.json`. Fields with a default here may be missing all the same:
in the runs of an earlier version, or where another setting makes them meaningless.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ..method.settings import LambdaSchedule, MemorySign, MethodName, RewardScale, Shaping, UniformGroups


@dataclass(frozen=True)
class MethodSettings:
    name: MethodName
    lambda_: float
    shaping: Shaping
    uniform_groups: UniformGroups
    clip: float
    entropy_coefficient: float
    embedding_model: str | None = None
    lambda_schedule: LambdaSchedule = "constant"
    lambda_warmup_steps: int = 20
    k: int = 4
    direction: str | None = None
    reasoning_prompts: str | None = None
    recall_prompts: str | None = None
    memory_sign: MemorySign = "paper"


@dataclass(frozen=True)
class TaskSettings:
    name: Literal["countdown", "problems"]
    file: str | None = None
    number_counts: tuple[int, ...] = (3, 4)
    max_number: int = 20
    max_target: int = 100
    judge: Literal["g2rl", "math-verify"] = "g2rl"


@dataclass(frozen=True)
class RewardSettings:
    """One reward of a response; with neither `python` nor `command` it is the judge."""

    name: str
    weight: float = 1
    python: str | None = None
    command: tuple[str, ...] | None = None
    seconds: float = 10


@dataclass(frozen=True)
class RolloutSettings:
    prompts_per_step: int
    group_size: int
    temperature: float
    max_new_tokens: int
    keep: Literal["all", "none"] | int = "all"


@dataclass(frozen=True)
class OptimizationSettings:
    steps: int
    learning_rate: float
    warmup_steps: int
    schedule: Literal["constant", "cosine"]
    minibatches: int
    epochs: int
    gradient_clip: float
    beta1: float
    beta2: float
    epsilon: float
    weight_decay: float
    clip_range: float
    kl_coefficient: float
    importance_sampling_level: Literal["token", "sequence"]
    scale_rewards: RewardScale
    loss_normalization: Literal["sequence", "token"]

    @property
    def updates_per_step(self) -> int:
        """Optimizer updates for each batch of rollouts."""
        return self.minibatches * self.epochs


@dataclass(frozen=True)
class BenchmarkSettings:
    name: str
    samples: int
    temperature: float
    seed: int
    limit: int | None = None
    max_new_tokens: int | None = None


@dataclass(frozen=True)
class EvaluationSettings:
    every: int
    benchmarks: tuple[BenchmarkSettings, ...]
    embedding_model: str | None = None


@dataclass(frozen=True)
class CheckpointSettings:
    every: int
    keep: int


@dataclass(frozen=True)
class LoraSettings:
    rank: int = 16
    alpha: float = 32
    targets: Literal["all-linear"] | tuple[str, ...] = "all-linear"


@dataclass(frozen=True)
class VllmSettings:
    mode: Literal["colocate", "server"] = "colocate"
    server: str = "http://localhost:8000"
    gpu_memory_utilization: float = 0.3
    tensor_parallel: int = 1


@dataclass(frozen=True)
class TorchSettings:
    cpu: bool = False
    dtype: Literal["float32", "bfloat16"] = "float32"
    rows_per_pass: int | None = None
    gradient_checkpointing: bool | None = None
    lora: LoraSettings | None = None
    vllm: VllmSettings | None = None


ReportTarget = Literal["tensorboard", "wandb", "trackio", "mlflow"]


@dataclass(frozen=True)
class Experiment:
    policy: str
    seed: int
    method: MethodSettings
    task: TaskSettings
    rollout: RolloutSettings
    optimization: OptimizationSettings
    evaluation: EvaluationSettings
    checkpoints: CheckpointSettings
    report: tuple[ReportTarget, ...] = ()
    rewards: tuple[RewardSettings, ...] | None = None
    threads: int = 0
    torch: TorchSettings = field(default_factory=TorchSettings)

    def response_limit(self, benchmark: BenchmarkSettings) -> int:
        """How long a response to a benchmark may be, in tokens."""
        return benchmark.max_new_tokens or self.rollout.max_new_tokens
