"""verl on a processor, for which it has no platform: a module for VERL_USE_EXTERNAL_MODULES, before any that looks."""

# What verl hands around comes without types.
# ruff: noqa: ANN401

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import torch
from verl.plugin.platform import platform_manager
from verl.plugin.platform.platform_base import PlatformBase

# The engines are registered for GPUs only.
os.environ["VERL_ENGINE_DEVICE"] = "cuda"


def nothing(*_given: Any, **_more: Any) -> None:
    pass


class Processor(PlatformBase):
    device_name = "cpu"
    vendor_name = "none"
    device_module = SimpleNamespace(
        current_device=lambda: "cpu",
        device_count=lambda: 1,
        empty_cache=nothing,
        get_device_name=lambda *_: "CPU",
        get_rng_state=torch.get_rng_state,
        is_available=lambda: True,
        ipc_collect=nothing,
        manual_seed=torch.manual_seed,
        max_memory_allocated=lambda *_: 0,
        max_memory_reserved=lambda *_: 0,
        mem_get_info=lambda *_: (0, 0),
        memory_allocated=lambda *_: 0,
        memory_reserved=lambda *_: 0,
        set_device=nothing,
        set_rng_state=torch.set_rng_state,
        synchronize=nothing,
    )

    def is_available(self) -> bool:
        return True

    def current_device(self) -> Any:
        return "cpu"

    def device_count(self) -> int:
        return 1

    def get_device_capability(self, device_index: int = 0) -> tuple[None, None]:
        return None, None

    def communication_backend_name(self) -> str:
        return "gloo"

    def visible_devices_envvar(self) -> str:
        return "CUDA_VISIBLE_DEVICES"

    @contextmanager
    def nvtx_range(self, msg: str) -> Iterator[None]:
        yield

    def ray_resource_name(self) -> str:
        return "CPU"

    def ray_resource_options(self, num_gpus: float) -> dict[str, Any]:
        return {"num_cpus": num_gpus}

    def ray_noset_envvars(self) -> list[str]:
        return []

    def is_ipc_supported(self) -> bool:
        return False

    def cudart(self) -> None:
        return None

    set_device = synchronize = manual_seed = manual_seed_all = nothing
    set_allocator_settings = empty_cache = profiler_start = profiler_stop = nothing


platform_manager.set_platform(Processor())

begin = torch.distributed.init_process_group


def init_process_group(backend: str | None = None, **given: Any) -> None:
    """verl names a backend for its device beside one for the processor, and here these are the same."""
    begin("gloo" if backend == "cpu:gloo,cpu:gloo" else backend, **given)


torch.distributed.init_process_group = init_process_group

# FSDP 1 refuses to copy weights between processors.
torch.distributed.fsdp._init_utils._check_module_states_for_sync_module_states = nothing
