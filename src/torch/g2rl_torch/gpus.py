"""Utilization, memory and power of this machine's GPUs, by NVIDIA's management library."""

from __future__ import annotations

import contextlib
import os
import re
import threading
from dataclasses import dataclass, field
from typing import Any

_SECONDS = 1.0
_VISIBLE = "CUDA_VISIBLE_DEVICES"
_ORDER = "CUDA_DEVICE_ORDER"
_BY_BUS = "PCI_BUS_ID"


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
    """NVML's handles of what CUDA sees, in CUDA's order; None for a GPU that NVML cannot open."""
    if os.environ.get(_ORDER, _BY_BUS) != _BY_BUS:
        # Only CUDA knows its own order.
        return [_by_uuid(library, uuid) for uuid in _seen_by_torch()]
    named = os.environ.get(_VISIBLE)
    if named is None:
        return _cards(library)
    chosen: dict[str, Any] = {}
    for part in _named(named):
        found = _card_of(library, part)
        if found is None:
            break
        uuid, handle = found
        if uuid in chosen:
            return []
        chosen[uuid] = handle
        if part.startswith("MIG-"):
            # A process uses one instance.
            break
    return list(chosen.values())


def _named(text: str) -> list[str]:
    """What CUDA_VISIBLE_DEVICES names, as CUDA reads it: either numbers or UUIDs, up to the first part that is not one
    of the same kind; nothing at all when one comes twice.
    """
    parts = [part.strip() for part in text.split(",")]
    pattern = next((f"{kind}.*" for kind in ("GPU-", "MIG-") if parts[0].startswith(kind)), r"\+?\d+")
    found = []
    for part in parts:
        if not re.fullmatch(pattern, part):
            break
        found.append(str(int(part)) if pattern.endswith("+") else part)
    return found if len(set(found)) == len(found) else []


def _card_of(library: Any, part: str) -> tuple[str, Any] | None:
    """What names a GPU, and its handle, by its number, its UUID, or the beginning of that; None where no GPU or more
    than one is meant.
    """
    if part.isdigit():
        return (part, _cards(library)[int(part)]) if int(part) < library.nvmlDeviceGetCount() else None
    whole = _by_uuid(library, part)
    if whole is not None:
        return part, whole
    cards = _cards(library)
    if part.startswith("MIG-"):
        cards = [instance for card in cards for instance in _instances(library, card)]
    uuids = [(_text(library.nvmlDeviceGetUUID(card)), card) for card in cards if card is not None]
    matching = [(uuid, card) for uuid, card in uuids if uuid.startswith(part)]
    return matching[0] if len(matching) == 1 else None


def _cards(library: Any) -> list[Any]:
    """Handles in the order of the PCI bus; None for a GPU that has failed."""
    handles: list[Any] = []
    for index in range(library.nvmlDeviceGetCount()):
        handle = None
        with contextlib.suppress(Exception):
            handle = library.nvmlDeviceGetHandleByIndex(index)
        handles.append(handle)
    return handles


def _instances(library: Any, card: Any) -> list[Any]:
    """The MIG instances of a GPU."""
    handles = []
    with contextlib.suppress(Exception):
        for index in range(library.nvmlDeviceGetMaxMigDeviceCount(card)):
            # Places may be free.
            with contextlib.suppress(Exception):
                handles.append(library.nvmlDeviceGetMigDeviceHandleByIndex(card, index))
    return handles


def _by_uuid(library: Any, uuid: str) -> Any:
    with contextlib.suppress(Exception):
        return library.nvmlDeviceGetHandleByUUID(uuid)
    return None


def _text(name: str | bytes) -> str:
    """Older releases of the library return bytes."""
    return name if isinstance(name, str) else name.decode()


def _seen_by_torch() -> list[str]:
    import torch

    return [f"GPU-{torch.cuda.get_device_properties(index).uuid}" for index in range(torch.cuda.device_count())]


def keep_to_one() -> None:
    """Before torch is imported: of a process alone, the first GPU that it may use. With several in sight Trainer would
    wrap the policy in DataParallel. GPUs are numbered as NVML and nvidia-smi number them, unless the person wants
    CUDA's own order, the fastest first.
    """
    os.environ.setdefault(_ORDER, _BY_BUS)
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        return
    os.environ[_VISIBLE] = next(iter(_named(os.environ.get(_VISIBLE, "0"))), "")
