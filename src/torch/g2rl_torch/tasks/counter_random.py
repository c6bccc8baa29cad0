"""A counter-based generator, number for number that of the embedded engine: a hash of (seed, stream, counter)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")

_MASK = 0xFFFFFFFF


def _mix(value: int) -> int:
    """Chris Wellons' low-bias 32-bit finalizer ("triple32")."""
    x = value & _MASK
    x = ((x ^ (x >> 17)) * 0xED5AD4BB) & _MASK
    x = ((x ^ (x >> 11)) * 0xAC4C1B51) & _MASK
    x = ((x ^ (x >> 15)) * 0x31848BAB) & _MASK
    return x ^ (x >> 14)


def stream_of(purpose: str, index: int = 0) -> int:
    """A 32-bit stream number for a purpose and an index within it, such as a step."""
    value = 0x811C9DC5
    for character in purpose:
        value = _mix(value ^ (ord(character) * 0x01000193))
    return _mix(_mix(value) + index)


class CounterRandom:
    """The numbers of one stream, one after another."""

    def __init__(self, seed: int, stream: int) -> None:
        self._first = _mix(_mix(seed ^ 0x9E3779B9) + stream)
        # Two keys, or streams would be shifted copies of one another.
        self._second = _mix(_mix(seed ^ 0x7F4A7C15) ^ (stream * 0x85EBCA6B))
        self._counter = 0

    def _draw(self) -> int:
        value = _mix(_mix(self._counter + self._first) ^ self._second)
        self._counter += 1
        return value

    def below(self, bound: int) -> int:
        """An integer from 0 to `bound − 1`."""
        return self._draw() * bound >> 32

    def pick(self, items: Sequence[Item]) -> Item:
        return items[self.below(len(items))]

    def shuffle(self, items: list[Item]) -> list[Item]:
        """Shuffles in place (Fisher–Yates) and returns the same list."""
        for i in range(len(items) - 1, 0, -1):
            j = self.below(i + 1)
            items[i], items[j] = items[j], items[i]
        return items
