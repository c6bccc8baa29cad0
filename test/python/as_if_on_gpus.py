"""`g2rl_torch` with processes that pass for GPUs: accelerate has FSDP and DeepSpeed, and vLLM its engine, only there.

All else is real: the sharding, the collectives over gloo, the checkpoints. To be launched as a module with a
configuration of accelerate, or with ACCELERATE_USE_CPU for processes that each hold the whole policy.
"""

from __future__ import annotations

import os
import runpy
import sys
from importlib import import_module

import torch
from accelerate.state import AcceleratorState, DistributedType, PartialState
from g2rl_torch.experiment.schema import VllmSettings
from g2rl_torch.sampling import by_vllm
from g2rl_torch.trl import configuration

os.environ["ACCELERATE_TORCH_DEVICE"] = "cpu"
os.environ["DS_ACCELERATOR"] = "cpu"


def backend(*_: object, **__: object) -> tuple[str, DistributedType]:
    if not torch.distributed.is_initialized():
        if os.environ.get("ACCELERATE_USE_DEEPSPEED") == "true":
            import deepspeed

            # Collectives of its own for processors, which it would compile for minutes.
            import_module("deepspeed.comm.torch").build_shm_op = lambda: None  # type: ignore[attr-defined]
            deepspeed.init_distributed("gloo", auto_mpi_discovery=False)
        else:
            torch.distributed.init_process_group("gloo")
    return "gloo", DistributedType.MULTI_GPU


initialize = AcceleratorState.__init__


def not_on_a_cpu(
    self: AcceleratorState, mixed_precision: str | None = None, cpu: bool = False, **others: object
) -> None:
    del cpu
    initialize(self, mixed_precision, False, **others)


vllm_options = configuration._vllm_options


def vllm_without_a_gpu(settings: VllmSettings | None, _cuda: bool) -> dict[str, object]:
    return vllm_options(settings, cuda=True)


configuration._vllm_options = vllm_without_a_gpu
by_vllm.can_use_vllm = lambda cuda: True
if os.environ.get("ACCELERATE_USE_CPU") != "true":
    PartialState._prepare_backend = backend
    AcceleratorState.__init__ = not_on_a_cpu
sys.argv[0] = "g2rl_torch"
runpy.run_module("g2rl_torch", run_name="__main__")
