"""`g2rl_torch`, its processes passing for GPUs: accelerate has FSDP and DeepSpeed on accelerators alone.

All else is real: the sharding, the collectives over gloo, the checkpoints. To be launched as a module with a
configuration of accelerate.
"""

from __future__ import annotations

import os
import runpy
import sys

import torch
from accelerate.state import AcceleratorState, DistributedType, PartialState

os.environ["ACCELERATE_TORCH_DEVICE"] = "cpu"
os.environ["DS_ACCELERATOR"] = "cpu"


def backend(*_: object, **__: object) -> tuple[str, DistributedType]:
    if not torch.distributed.is_initialized():
        if os.environ.get("ACCELERATE_USE_DEEPSPEED") == "true":
            import deepspeed

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


PartialState._prepare_backend = backend
AcceleratorState.__init__ = not_on_a_cpu
sys.argv[0] = "g2rl_torch"
runpy.run_module("g2rl_torch", run_name="__main__")
