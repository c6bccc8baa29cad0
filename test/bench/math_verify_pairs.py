"""Milliseconds that Python's math-verify takes to judge a pair of answers. The last line is JSON."""

import json
import sys
import time
from importlib.metadata import version
from pathlib import Path

from math_verify import parse, verify

path, rounds = sys.argv[1], int(sys.argv[2])
cases = json.loads(Path(path).read_text(encoding="utf-8"))["cases"]


def bare(text: str) -> str:
    """Math-verify looks for LaTeX between dollars."""
    return text if "$" in text or "boxed" in text else f"${text}$"


times: list[float] = []
for round_number in range(rounds + 1):
    # The first round warms caches.
    if round_number == 1:
        times.clear()
    for case in cases:
        start = time.perf_counter()
        verify(parse(bare(case["gold"])), parse(bare(case["prediction"])))
        times.append(1000 * (time.perf_counter() - start))
times.sort()
print(
    json.dumps(
        {
            "version": version("math-verify"),
            "mean": sum(times) / len(times),
            "p99": times[int(len(times) * 0.99)],
        }
    )
)
