#!/usr/bin/env python3
"""Makes shaping.json and features.json: what the method must give, computed naively in float64.

Written straight from the formulas, with plain lists and loops, and sharing nothing with the
implementations it checks. Standard library only. Run `python3 make_vectors.py` in this folder;
the result does not depend on the Python version (3.2 or newer), but for the last digits of exp and sqrt.
"""

import json
import math
import os
import random

EPSILON = 1e-8  # added to a feature's norm
ZERO_NORM = 1e-8  # below it a feature has no direction
DEGENERATE_SPREAD = 1e-6  # of exploration scores
STD_EPSILON = 1e-4  # added to the standard deviation


def norm(feature):
    return math.sqrt(sum(x * x for x in feature))


def is_usable(feature):
    return math.isfinite(sum(x * x for x in feature))


def similarity(features):
    def unit(feature):
        length = norm(feature)
        if length < ZERO_NORM:
            return [0.0] * len(feature)
        return [x / (length + EPSILON) for x in feature]

    units = [unit(f) for f in features]
    return [
        [max(-1.0, min(1.0, sum(x * y for x, y in zip(a, b)))) for b in units]
        for a in units
    ]


def exploration(s, rewards):
    m = len(rewards)
    scores = []
    for i in range(m):
        others = [j for j in range(m) if j != i]
        total = sum(math.exp(rewards[k]) for k in others)
        inner = sum(math.exp(rewards[j]) / total * s[i][j] ** 2 for j in others)
        scores.append(math.sqrt(max(1.0 - inner, 0.0)))
    return scores


def factors(scores, rewards, lam, shaping):
    m = len(scores)
    spread = max(scores) - min(scores)
    if m == 1 or spread < DEGENERATE_SPREAD:
        return [1.0] * m
    result = []
    for score, reward in zip(scores, rewards):
        bar = (score - min(scores)) / spread
        if shaping == "signed":
            result.append(1.0 + lam * (2.0 * bar - 1.0))
        elif shaping == "unit":
            result.append(1.0 + lam * bar)
        elif shaping == "eq12":
            result.append(1.0 + lam * reward * bar)
        else:
            raise ValueError(shaping)
    return result


def takes_part(rewards, uniform_groups):
    if len(set(rewards)) > 1:
        return True
    if uniform_groups == "all":
        return True
    if uniform_groups == "none":
        return False
    return rewards[0] > 0


def standardize(shaped, scale):
    m = len(shaped)
    if len(set(shaped)) == 1:
        return [0.0] * m
    mean = math.fsum(shaped) / m
    if scale == "none":
        return [x - mean for x in shaped]
    # One group is the whole batch here, so "group" and "batch" agree.
    std = math.sqrt(math.fsum((x - mean) ** 2 for x in shaped) / (m - 1))
    return [(x - mean) / (std + STD_EPSILON) for x in shaped]


def shape(features, rewards, settings):
    m = len(rewards)
    invalid = not all(is_usable(f) for f in features)
    if invalid:
        s = [[0.0] * m for _ in range(m)]
        scores = [0.0] * m
    else:
        s = similarity(features)
        scores = exploration(s, rewards)
    scalers = [1.0] * m
    shaped = list(rewards)
    clipped = 0
    if settings["method"] == "g2rl" and settings["lambda"] > 0:
        f = [1.0] * m
        if not invalid and takes_part(rewards, settings["uniformGroups"]):
            f = factors(scores, rewards, settings["lambda"], settings["shaping"])
        c = settings["clip"]
        for i in range(m):
            raw = rewards[i] * f[i]
            shaped[i] = max(-c, min(c, raw))
            clipped += 1 if abs(raw) > c else 0
            scalers[i] = f[i] if rewards[i] == 0 else shaped[i] / rewards[i]
    return {
        "similarity": s,
        "exploration": scores,
        "scalers": scalers,
        "shaped": shaped,
        "clipped": clipped,
        "invalid": invalid,
        "advantages": {k: standardize(shaped, k) for k in ("group", "none")},
    }


def encode(x):
    if isinstance(x, float) and not math.isfinite(x):
        return "NaN" if math.isnan(x) else ("Infinity" if x > 0 else "-Infinity")
    if isinstance(x, list):
        return [encode(y) for y in x]
    if isinstance(x, dict):
        return {k: encode(v) for k, v in x.items()}
    return x


def main():
    rng = random.Random(20251215)
    cases = []

    def gaussian(m, d, size=1.0):
        return [[round(rng.gauss(0, size), 6) for _ in range(d)] for _ in range(m)]

    def signs(m, correct):
        rewards = [1.0] * correct + [-1.0] * (m - correct)
        rng.shuffle(rewards)
        return rewards

    def add(name, features, rewards, **changes):
        settings = {
            "method": "g2rl",
            "lambda": 0.5,
            "shaping": "signed",
            "uniformGroups": "correct",
            "clip": 3.0,
        }
        settings.update(changes)
        expected = shape(features, rewards, settings)
        cases.append(
            {
                "name": name,
                "settings": settings,
                "features": features,
                "rewards": rewards,
                "expected": expected,
            }
        )

    group = gaussian(8, 5)
    rewards = signs(8, 3)
    for shaping in ("signed", "unit", "eq12"):
        for lam in (0.0, 0.3, 1.0):
            add("random, %s, lambda %s" % (shaping, lam), group, rewards, shaping=shaping, **{"lambda": lam})
    for method in ("grpo", "entropy"):
        add("random, %s" % method, group, rewards, method=method)
    add("random, one correct", gaussian(16, 4), signs(16, 1))
    add("random, one wrong", gaussian(16, 4), signs(16, 15), shaping="unit")
    add("wide features", gaussian(4, 64), signs(4, 2))
    add("one dimension", [[1.5], [-2.0], [0.0], [3.0]], [1.0, -1.0, 1.0, -1.0])
    add("long and short features", [[1e6, 2e6], [3e-5, -1e-5], [1.0, 1.0], [-2.0, 0.5]], [1.0, -1.0, 1.0, -1.0])

    add("two responses", [[1.0, 0.2], [0.3, 1.0]], [1.0, -1.0])
    add("one response", [[1.0, -2.0, 0.5]], [1.0])
    add("one wrong response, all", [[1.0, -2.0, 0.5]], [-1.0], uniformGroups="all")
    add("duplicates", [[1.0, 2.0, 0.0]] * 4, [1.0, 1.0, -1.0, -1.0])
    add("duplicates of the correct one", [[1.0, 2.0, 0.0]] * 3 + [[2.0, -1.0, 3.0]], [1.0, -1.0, -1.0, 1.0])
    add("orthogonal", [[2.0, 0.0, 0.0], [0.0, 3.0, 0.0], [0.0, 0.0, 0.5]], [1.0, -1.0, 1.0])
    add("opposite", [[1.0, 2.0], [-1.0, -2.0], [2.0, -1.0]], [1.0, 1.0, -1.0])
    add("one zero feature", [[0.0, 0.0], [1.0, 0.5], [1.0, 0.4], [-0.2, 1.0]], [1.0, 1.0, -1.0, -1.0])
    add("all features zero", [[0.0, 0.0]] * 3, [1.0, -1.0, 1.0])
    add("just below the zero norm", [[9.9e-9, 0.0], [1.0, 0.5], [1.0, 0.4]], [1.0, 1.0, -1.0])
    add("just above the zero norm", [[1.1e-8, 0.0], [1.0, 0.5], [1.0, 0.4]], [1.0, 1.0, -1.0])
    # Three lines 60 degrees apart have equal scores; a nudge makes the spread about a third of its size.
    for name, nudge in (("degenerate spread", 1e-7), ("small spread", 1e-4)):
        lines = [[1.0, 0.0], [0.5, 0.8660254037844386], [-0.5, 0.8660254037844386 + nudge]]
        add(name, lines, [1.0, -1.0, 1.0])

    for value, name in ((math.nan, "NaN"), (math.inf, "Infinity"), (-math.inf, "-Infinity"), (1e200, "overflow")):
        broken = [list(row) for row in group[:4]]
        broken[2][1] = value
        add("feature with %s" % name, broken, [1.0, -1.0, 1.0, -1.0])

    for uniform_groups in ("correct", "all", "none"):
        for shaping in ("signed", "unit", "eq12"):
            kind = "uniformGroups %s, %s" % (uniform_groups, shaping)
            add("all correct, " + kind, group[:5], [1.0] * 5, uniformGroups=uniform_groups, shaping=shaping)
            add("all wrong, " + kind, group[:5], [-1.0] * 5, uniformGroups=uniform_groups, shaping=shaping)
    add("all rewards zero", group[:5], [0.0] * 5)

    add("clip active", group, rewards, clip=1.1, **{"lambda": 1.0})
    add("clip below one", group, rewards, clip=0.4)
    add("clip below one, lambda 0", group, rewards, clip=0.4, **{"lambda": 0.0})
    add("clip below one, grpo", group, rewards, clip=0.4, method="grpo")
    add("clip below one, all wrong", group[:4], [-1.0] * 4, clip=0.4)
    add("graded rewards", gaussian(6, 3), [0.0, 0.25, 1.0, -0.5, 5.0, -7.5], shaping="unit", **{"lambda": 1.0})
    add("graded rewards, eq12", gaussian(6, 3), [0.0, 0.25, 1.0, -0.5, 2.0, -2.5], shaping="eq12")

    features = []
    for vocabulary, dimension, length in ((3, 2, 1), (5, 4, 7), (11, 3, 20)):
        tokens = [rng.randrange(vocabulary) for _ in range(length)]
        weights = gaussian(vocabulary, dimension)
        distributions = []
        for _ in range(length):
            raw = [math.exp(rng.gauss(0, 1.5)) for _ in range(vocabulary)]
            distributions.append([x / math.fsum(raw) for x in raw])
        # Token by token, as the paper writes it: the mean of W^T (onehot - p).
        phi = [0.0] * dimension
        for token, p in zip(tokens, distributions):
            for v in range(vocabulary):
                for k in range(dimension):
                    phi[k] += weights[v][k] * ((1.0 if v == token else 0.0) - p[v]) / length
        features.append(
            {
                "name": "vocabulary %d, dimension %d, length %d" % (vocabulary, dimension, length),
                "tokens": tokens,
                "probabilitySum": [math.fsum(p[v] for p in distributions) for v in range(vocabulary)],
                "weights": weights,
                "expected": phi,
            }
        )

    folder = os.path.dirname(os.path.abspath(__file__))
    for name, data in (("shaping.json", cases), ("features.json", features)):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            lines = ",\n".join(json.dumps(encode(case), allow_nan=False) for case in data)
            file.write("[\n" + lines + "\n]\n")
        print("%s: %d cases" % (name, len(data)))


if __name__ == "__main__":
    main()
