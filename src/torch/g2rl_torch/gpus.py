"""Utilization, memory and power of this machine's GPUs, by NVIDIA's management library."""

from __future__ import annotations

import contextlib
import os
import threading
from dataclasses import dataclass, field
from typing import Any

_SECONDS = 1.0


@dataclass
class _Readings:
    utilization: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    power: list[float] = field(default_factory=list)


class GpuMonitor:
    """Samples every visible GPU once a second. Without the library or a driver it reports nothing."""

    def __init__(self, seconds: float = _SECONDS) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._library: Any = None
        self._handles: list[Any] = []
        self._readings: list[_Readings] = []
        try:
            import pynvml

            pynvml.nvmlInit()
            self._handles = _visible(pynvml)
            self._library = pynvml
        except Exception:
            # No driver, no rights, no library: training does not depend on it.
            return
        self._readings = [_Readings() for _ in self._handles]
        self._over = threading.Event()
        threading.Thread(target=self._watch, name="GPU monitor", daemon=True).start()

    def _watch(self) -> None:
        while not self._over.wait(self._seconds):
            self._sample()

    def _sample(self) -> None:
        library = self._library
        for handle, readings in zip(self._handles, self._readings, strict=True):
            # A GPU may lack one of them; only that one is left out.
            with contextlib.suppress(Exception):
                utilization = library.nvmlDeviceGetUtilizationRates(handle).gpu / 100
                with self._lock:
                    readings.utilization.append(utilization)
            with contextlib.suppress(Exception):
                memory = float(library.nvmlDeviceGetMemoryInfo(handle).used)
                with self._lock:
                    readings.memory.append(memory)
            with contextlib.suppress(Exception):
                power = library.nvmlDeviceGetPowerUsage(handle) / 1000
                with self._lock:
                    readings.power.append(power)

    def take(self) -> dict[str, float]:
        """Since the last call: `gpu/<i>/utilization` (0 to 1) and `/power` (watts) as means, `/memory_used` (bytes) at
        its most.
        """
        if self._handles and not any(one.memory for one in self._readings):
            # A step shorter than the interval.
            self._sample()
        found: dict[str, float] = {}
        with self._lock:
            for index, one in enumerate(self._readings):
                if one.utilization:
                    found[f"gpu/{index}/utilization"] = sum(one.utilization) / len(one.utilization)
                if one.memory:
                    found[f"gpu/{index}/memory_used"] = max(one.memory)
                if one.power:
                    found[f"gpu/{index}/power"] = sum(one.power) / len(one.power)
            self._readings = [_Readings() for _ in self._handles]
        return found


def _visible(library: Any) -> list[Any]:
    """NVML's handles of what CUDA sees, which is named by index or by UUID."""
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    if named is None:
        return [library.nvmlDeviceGetHandleByIndex(index) for index in range(library.nvmlDeviceGetCount())]
    parts = [part.strip() for part in named.split(",") if part.strip()]
    return [
        library.nvmlDeviceGetHandleByIndex(int(part)) if part.isdigit() else library.nvmlDeviceGetHandleByUUID(part)
        for part in parts
    ]


def keep_to_one() -> None:
    """Before torch is imported: of a process alone, the first GPU that it may use. With several in sight Trainer would
    wrap the policy in DataParallel.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        return
    first = os.environ.get("CUDA_VISIBLE_DEVICES", "0").split(",")[0]
    os.environ["CUDA_VISIBLE_DEVICES"] = first.strip()
