"""Which GPUs the panel watches: those that CUDA sees, however CUDA_VISIBLE_DEVICES names them."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest
import torch
from g2rl_torch.gpus import GpuMonitor

UUIDS = ["GPU-5d5ba0d6", "GPU-a1b2c3d4", "GPU-5d770000"]
INSTANCES = {"GPU-a1b2c3d4": ["MIG-1111aaaa", "MIG-1122bbbb"]}


def library(broken: tuple[int, ...] = ()) -> SimpleNamespace:
    """NVML with three GPUs, the second divided into two instances. Handles are UUIDs; memory tells them apart."""
    instances = [one for all_of_a_card in INSTANCES.values() for one in all_of_a_card]

    def by_index(index: int) -> str:
        if index in broken:
            raise RuntimeError("GPU is lost")
        return UUIDS[index]

    def by_uuid(uuid: str) -> str:
        if uuid not in [*UUIDS, *instances]:
            raise RuntimeError("not found")
        return uuid

    def not_supported(_handle: str) -> None:
        raise RuntimeError("not supported")

    return SimpleNamespace(
        nvmlInit=lambda: None,
        nvmlDeviceGetCount=lambda: len(UUIDS),
        nvmlDeviceGetHandleByIndex=by_index,
        nvmlDeviceGetHandleByUUID=by_uuid,
        nvmlDeviceGetUUID=lambda handle: handle.encode(),
        nvmlDeviceGetMaxMigDeviceCount=lambda handle: 7 if handle in INSTANCES else not_supported(handle),
        nvmlDeviceGetMigDeviceHandleByIndex=lambda handle, index: INSTANCES[handle][index],
        nvmlDeviceGetUtilizationRates=not_supported,
        nvmlDeviceGetMemoryInfo=lambda handle: SimpleNamespace(used=[*UUIDS, *instances].index(handle)),
        nvmlDeviceGetPowerUsage=not_supported,
    )


@pytest.mark.parametrize(
    ("visible", "expected"),
    [
        (None, [0, 1, 2]),
        ("2,0", [2, 0]),
        (" 2 , 0 ", [2, 0]),
        ("0,9,1", [0]),
        ("0,-1,1", [0]),
        ("0,,1", [0]),
        ("-1", []),
        ("", []),
        (" ", []),
        ("none", []),
        ("9", []),
        ("1,1", []),
        ("GPU-a1b2c3d4", [1]),
        ("GPU-5d5b", [0]),
        ("GPU-5d5b,GPU-a1", [0, 1]),
        ("GPU-a1,GPU-5d", [1]),
        ("GPU-5d", []),
        ("GPU-ffff", []),
        ("GPU-5d5b,GPU-5d5ba", []),
        ("GPU-a1,0", [1]),
        ("0,GPU-a1", [0]),
        ("MIG-1122bbbb", [4]),
        ("MIG-1111", [3]),
        ("MIG-1122bbbb,MIG-1111", [4]),
        ("MIG-11", []),
    ],
)
def test_the_gpus_that_cuda_sees_are_watched(
    monkeypatch: pytest.MonkeyPatch, visible: str | None, expected: list[int]
) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", library())
    monkeypatch.delenv("CUDA_DEVICE_ORDER", raising=False)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    found = GpuMonitor(seconds=3600).take()
    assert found == {f"gpu/{place}/memory_used": card for place, card in enumerate(expected)}


def test_a_gpu_that_has_failed_leaves_the_others_their_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", library(broken=(1,)))
    monkeypatch.delenv("CUDA_DEVICE_ORDER", raising=False)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert GpuMonitor(seconds=3600).take() == {"gpu/0/memory_used": 0, "gpu/2/memory_used": 2}


def test_where_cuda_has_its_own_order_torch_names_the_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", library())
    monkeypatch.setenv("CUDA_DEVICE_ORDER", "FASTEST_FIRST")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _index: SimpleNamespace(uuid="a1b2c3d4"))
    assert GpuMonitor(seconds=3600).take() == {"gpu/0/memory_used": 1}
