"""Going through a list again and again, each time in a new random order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

from .counter_random import CounterRandom, stream_of

Item = TypeVar("Item")


class Rounds(Generic[Item]):
    """Gives out a list round after round.

    The order of a round depends on the seed, the purpose and the round alone, so that a resumed run needs no cursor.
    """

    def __init__(self, items: Sequence[Item], seed: int, purpose: str, first_step: int = 1) -> None:
        """first_step: the step that takes the first places."""
        self._items = items
        self._seed = seed
        self._purpose = purpose
        self._first_step = first_step
        self._round = -1
        self._order: list[Item] = []

    def items_for_step(self, step: int, count: int) -> list[Item]:
        """Step s, from 1, takes the places (s − 1)·count to s·count − 1."""
        return [self._at((step - self._first_step) * count + i) for i in range(count)]

    def _at(self, place: int) -> Item:
        turn = place // len(self._items)
        if turn != self._round:
            random = CounterRandom(self._seed, stream_of(self._purpose, turn))
            self._order = random.shuffle(list(self._items))
            self._round = turn
        return self._order[place % len(self._items)]
