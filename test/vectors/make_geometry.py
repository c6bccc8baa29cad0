#!/usr/bin/env python3
"""Makes geometry.json: the distribution of S and log det(I + S) of groups, computed naively.

The determinant is taken by elimination in exact fractions, the bins by comparing with their edges. Standard library only.
Run `python3 make_geometry.py` in this folder.
"""

import json
import math
import os
import random
from fractions import Fraction

from make_vectors import similarity

BINS = 20


def determinant(matrix):
    """By elimination with exact numbers."""
    rows = [[Fraction(x) for x in row] for row in matrix]
    result = Fraction(1)
    for i in range(len(rows)):
        pivot = next((r for r in range(i, len(rows)) if rows[r][i] != 0), None)
        if pivot is None:
            return Fraction(0)
        if pivot != i:
            rows[i], rows[pivot] = rows[pivot], rows[i]
            result = -result
        result *= rows[i][i]
        for r in range(i + 1, len(rows)):
            factor = rows[r][i] / rows[i][i]
            rows[r] = [x - factor * y for x, y in zip(rows[r], rows[i])]
    return result


def log_determinant(s):
    m = len(s)
    det = determinant([[Fraction(s[i][j]) + (1 if i == j else 0) for j in range(m)] for i in range(m)])
    return math.log(det.numerator) - math.log(det.denominator)


def histogram(s):
    """Edges are multiples of a tenth; a bin has its lower edge, the last has both."""
    counts = [0] * BINS
    for i in range(len(s)):
        for j in range(i + 1, len(s)):
            tenths = Fraction(s[i][j]) * 10
            for b in range(BINS):
                last = b == BINS - 1
                if b - 10 <= tenths and (tenths < b - 9 or (last and tenths <= b - 9)):
                    counts[b] += 1
    return counts


def main():
    rng = random.Random(20251216)

    def gaussian(m, d):
        return [[round(rng.gauss(0, 1), 6) for _ in range(d)] for _ in range(m)]

    groups = [
        ("random, 8 of 5 dimensions", gaussian(8, 5)),
        ("random, 16 of 64 dimensions", gaussian(16, 64)),
        ("random, 16 of 3 dimensions", gaussian(16, 3)),
        ("two", gaussian(2, 4)),
        ("one", gaussian(1, 4)),
        ("all the same", [[1.0, 2.0, -0.5]] * 6),
        ("orthogonal", [[2.0, 0.0, 0.0], [0.0, 3.0, 0.0], [0.0, 0.0, 0.5]]),
        ("opposite", [[1.0, 2.0], [-1.0, -2.0], [2.0, -1.0]]),
        ("one zero feature", [[0.0, 0.0], [1.0, 0.5], [1.0, 0.4], [-0.2, 1.0]]),
        ("all features zero", [[0.0, 0.0]] * 3),
        ("barely negative", [[1.0, 0.0], [-1e-17, 1.0], [1e-17, 1.0]]),
        ("short features", [[2e-8, 0.0], [1e-8, 3e-8], [0.0, -5e-8]]),
    ]
    cases = []
    for name, features in groups:
        s = similarity(features)
        cases.append(
            {
                "name": name,
                "features": features,
                "similarity": s,
                "expected": {"histogram": histogram(s), "logdet": log_determinant(s)},
            }
        )
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "geometry.json")
    with open(path, "w", encoding="utf-8") as file:
        file.write("[\n" + ",\n".join(json.dumps(case, allow_nan=False) for case in cases) + "\n]\n")
    print("geometry.json: %d cases" % len(cases))


if __name__ == "__main__":
    main()
