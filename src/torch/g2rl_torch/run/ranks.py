"""What all ranks of a run must agree on."""

from __future__ import annotations

from typing import TypeVar

from accelerate.utils import broadcast_object_list

T = TypeVar("T")


def from_rank_0(value: T) -> T:
    """Rank 0's value, on all ranks. They call it together."""
    shared: list[T] = broadcast_object_list([value])
    return shared[0]
