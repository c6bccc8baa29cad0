"""Scores of a benchmark from n verdicts per problem; at k they use all n ≥ k responses, without bias."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True)
class ScoredResponse:
    correct: bool
    answer: str
    """Names the class of equivalent answers; '' when the response has no answer."""


def pass_at_k(n: int, correct: int, k: int) -> float:
    """1 − C(n−c, k)/C(n, k): the chance that k of n responses hold a correct one."""
    return 1 - math.comb(n - correct, k) / math.comb(n, k)


def distinct_at_k(responses: list[ScoredResponse], k: int) -> float:
    """Expected number of distinct correct answers in a random subset of k."""
    counts = Counter(response.answer for response in responses if response.correct)
    return sum(pass_at_k(len(responses), count, k) for count in counts.values())


def maj_at_k(responses: list[ScoredResponse], k: int) -> float:
    """Mean over all subsets of k responses of whether the most frequent answer is correct, exactly.

    Ties count as the share of the tied answers that is correct; responses without an answer do not vote. Subsets are
    counted in whole numbers: for each class and each number of votes it may win with, the ways in which the others get
    no more.
    """
    n = len(responses)
    classes: dict[str, list[int]] = {}
    for response in responses:
        if response.answer:
            known = classes.setdefault(response.answer, [0, 0])
            known[0] += 1
            known[1] += int(response.correct)
    silent = n - sum(count for count, _ in classes.values())
    total = 0.0
    for winner, (count, correct) in classes.items():
        if correct == 0:
            continue
        others = tuple(sorted(size for name, (size, _) in classes.items() if name != winner))
        for votes in range(1, min(count, k) + 1):
            ways = _ways(others, silent, votes, k - votes)
            share = sum(number / (ties + 1) for ties, number in enumerate(ways))
            total += correct / count * math.comb(count, votes) * share
    return total / math.comb(n, k)


@lru_cache(maxsize=4096)
def _ways(others: tuple[int, ...], silent: int, most: int, rest: int) -> tuple[int, ...]:
    """Ways to take `rest` responses from the others, none with more than `most` votes; by how many have exactly so."""
    # ways[ties][taken]
    ways = [[math.comb(silent, taken) for taken in range(rest + 1)]]
    for size in others:
        following = [[0] * (rest + 1) for _ in range(len(ways) + 1)]
        for ties, row in enumerate(ways):
            for taken, number in enumerate(row):
                if number == 0:
                    continue
                for own in range(min(size, most, rest - taken) + 1):
                    following[ties + (own == most)][taken + own] += number * math.comb(size, own)
        ways = following
    return tuple(row[rest] for row in ways)


def scores(problems: list[list[ScoredResponse]], k: int) -> dict[str, float]:
    """The score fields of a line of `benchmarks.jsonl`, from the responses to each problem."""
    count = len(problems)
    correct = [sum(response.correct for response in responses) for responses in problems]
    first = [c / len(responses) for c, responses in zip(correct, problems, strict=True)]
    majority = [maj_at_k(responses, k) for responses in problems]
    passed = [pass_at_k(len(responses), c, k) for responses, c in zip(problems, correct, strict=True)]
    return {
        "pass_at_1": sum(first) / count,
        "pass_at_1_se": _standard_error(first),
        "maj_at_k": sum(majority) / count,
        "maj_at_k_se": _standard_error(majority),
        "pass_at_k": sum(passed) / count,
        "pass_at_k_se": _standard_error(passed),
        "distinct_at_k": sum(distinct_at_k(responses, k) for responses in problems) / count,
    }


def _standard_error(values: list[float]) -> float:
    """Of the mean over problems."""
    count = len(values)
    mean = sum(values) / count
    return math.sqrt(sum((value - mean) ** 2 for value in values) / (count - 1) / count) if count > 1 else 0.0
