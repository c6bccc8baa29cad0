#!/usr/bin/env python3
"""Makes shaping.json, methods.json and features.json: what the method must give, computed naively in float64.

Written straight from the formulas, with plain lists and loops, and sharing nothing with the
implementations it checks. Standard library only. Run `python3 make_vectors.py` in this folder;
the result does not depend on the Python version (3.2 or newer), but for the last digits of exp and sqrt.
"""

import itertools
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


def relative(rewards):
    """In units of the largest reward of the group, where that is above 1. None is no reward: the response is left out."""
    scale = max([1.0] + [abs(r) for r in rewards if r is not None])
    return scale, [None if r is None else r / scale for r in rewards]


def exploration(s, rewards):
    m = len(rewards)
    scores = []
    for i in range(m):
        others = [j for j in range(m) if j != i and rewards[j] is not None]
        total = sum(math.exp(rewards[k]) for k in others)
        inner = sum(math.exp(rewards[j]) / total * s[i][j] ** 2 for j in others)
        scores.append(math.sqrt(max(1.0 - inner, 0.0)))
    return scores


def factors(scores, rewards, lam, shaping):
    m = len(scores)
    those = [score for score, reward in zip(scores, rewards) if reward is not None]
    if len(those) < 2 or max(those) - min(those) < DEGENERATE_SPREAD:
        return [1.0] * m
    result = []
    for score, reward in zip(scores, rewards):
        if reward is None:
            result.append(1.0)
            continue
        bar = (score - min(those)) / (max(those) - min(those))
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
    rewards = [r for r in rewards if r is not None]
    if not rewards:
        return False
    if len(set(rewards)) > 1:
        return True
    if uniform_groups == "all":
        return True
    if uniform_groups == "none":
        return False
    return rewards[0] > 0


def standardize(shaped, scale):
    if None in shaped:
        there = [i for i, x in enumerate(shaped) if x is not None]
        result = [0.0] * len(shaped)
        for i, x in zip(there, standardize([shaped[i] for i in there], scale)):
            result[i] = x
        return result
    m = len(shaped)
    if len(set(shaped)) <= 1:
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
        scores = exploration(s, relative(rewards)[1])
    scalers = [1.0] * m
    shaped = list(rewards)
    clipped = 0
    if settings["method"] == "g2rl" and settings["lambda"] > 0:
        f = [1.0] * m
        if not invalid and takes_part(rewards, settings["uniformGroups"]):
            f = factors(scores, relative(rewards)[1], settings["lambda"], settings["shaping"])
        c = settings["clip"]
        scale, rho = relative(rewards)
        for i in range(m):
            if rewards[i] is None:
                continue
            raw = rho[i] * f[i]
            shaped[i] = scale * max(-c, min(c, raw))
            clipped += 1 if abs(raw) > c else 0
            scalers[i] = f[i] if rewards[i] == 0 else shaped[i] / rewards[i]
    return {
        "similarity": s,
        "exploration": scores,
        "scalers": scalers,
        "shaped": [x or 0.0 for x in shaped],
        "clipped": clipped,
        "invalid": invalid,
        "exact": shaped,
        "advantages": {k: standardize(shaped, k) for k in ("group", "none")},
    }


def pass_at_k(rewards, k):
    """From the definition, set by set: no closed form. The mean advantage of the sets that a response is in."""
    if None in rewards:
        there = [i for i, r in enumerate(rewards) if r is not None]
        result = [0.0] * len(rewards)
        for i, x in zip(there, pass_at_k([rewards[i] for i in there], min(k, len(there)))):
            result[i] = x
        return result
    if not rewards:
        return []
    sets = list(itertools.combinations(range(len(rewards)), k))
    worths = [1.0 if any(rewards[i] > 0 for i in one) else 0.0 for one in sets]
    mean = math.fsum(worths) / len(sets)
    std = math.sqrt(math.fsum((w - mean) ** 2 for w in worths) / len(sets))
    if len(set(worths)) == 1:
        return [0.0] * len(rewards)
    result = []
    for i in range(len(rewards)):
        own = [(w - mean) / std for one, w in zip(sets, worths) if i in one]
        result.append(math.fsum(own) / len(own))
    return result


def min_max(values, alone):
    """Moved to [0, 1]; `alone` for one value, and where all are nearly equal."""
    low, high = min(values), max(values)
    if len(values) == 1 or high - low < DEGENERATE_SPREAD:
        return [alone] * len(values)
    return [(v - low) / (high - low) for v in values]


def evol_rl(embeddings, rewards):
    if None in rewards:
        there = [i for i, r in enumerate(rewards) if r is not None]
        result = [None] * len(rewards)
        for i, x in zip(there, evol_rl([embeddings[i] for i in there], [rewards[i] for i in there])):
            result[i] = x
        return result
    m = len(rewards)
    cosine = similarity(embeddings)
    novelty = []
    for i in range(m):
        others = [j for j in range(m) if j != i]
        if not others:
            novelty.append(0.0)
            continue
        alike = [j for j in others if (rewards[j] > 0) == (rewards[i] > 0)]
        a = [cosine[i][j] for j in (alike or others)]
        b = max(cosine[i][j] for j in others)
        novelty.append(1.0 - (math.fsum(a) / len(a) + b) / 2.0)
    result = [0.0] * m
    for correct in (True, False):
        members = [i for i in range(m) if (rewards[i] > 0) == correct]
        if members:
            for i, u in zip(members, min_max([novelty[i] for i in members], 0.5)):
                result[i] = (0.5 if correct else -1.0) + 0.5 * u
    return result


def dirl(features, alignment, rewards, settings):
    m = len(rewards)
    s = similarity(features)
    scale, rho = relative(rewards)
    there = [i for i in range(m) if rho[i] is not None]
    reasons = [i for i in there if alignment[i] > 0]
    recalls = [i for i in there if not alignment[i] > 0]
    scores = []
    for i in range(m):
        peers = [j for j in reasons if j != i]
        total = sum(math.exp(rho[j]) for j in peers)
        inner = sum(math.exp(rho[j]) / total * s[i][j] ** 2 for j in peers)
        scores.append(math.sqrt(max(1.0 - inner, 0.0)))
    f = [1.0] * m
    lam = settings["lambda"]
    if takes_part(rewards, settings["uniformGroups"]):
        for part, sign in ((reasons, 1.0), (recalls, 1.0 if settings["memorySign"] == "code" else -1.0)):
            if part:
                for i, bar in zip(part, min_max([scores[i] for i in part], 0.0)):
                    f[i] = 1.0 + sign * lam * rho[i] * bar
    c = settings["clip"] if lam > 0 else math.inf
    shaped = [None if r is None else scale * max(-c, min(c, r * x)) for r, x in zip(rho, f)]
    scalers = [x if not r else y / r for r, x, y in zip(rewards, f, shaped)]
    return s, scores, scalers, shaped


def line_result(line):
    """What `g2rl shape` writes for a line."""
    settings = {
        "method": "g2rl",
        "lambda": 0.5,
        "shaping": "signed",
        "uniformGroups": "correct",
        "clip": 3.0,
        "k": 4,
        "memorySign": "paper",
    }
    if line.get("preset") == "authors":
        settings.update({"shaping": "eq12", "uniformGroups": "all"})
    settings.update((key, value) for key, value in line.items() if key in settings)
    method, rewards = settings["method"], line["rewards"]
    group = shape(line["features"], rewards, settings)
    result = {key: group[key] for key in ("similarity", "exploration", "scalers", "shaped")}
    result["advantages"] = standardize(group["exact"], "group")
    if method == "pass-at-k":
        result["advantages"] = pass_at_k(rewards, settings["k"])
    elif method == "evol-rl":
        shaped = evol_rl(line["embeddings"], rewards)
        result["shaped"] = [x or 0.0 for x in shaped]
        result["scalers"] = [1.0 if not r else x / r for r, x in zip(rewards, shaped)]
        result["advantages"] = standardize(shaped, "group")
    elif method == "dirl" and not group["invalid"]:
        s, scores, scalers, shaped = dirl(line["features"], line["alignment"], rewards, settings)
        result = {"similarity": s, "exploration": scores, "scalers": scalers, "shaped": [x or 0.0 for x in shaped]}
        result["advantages"] = standardize(shaped, "group")
    if group["invalid"]:
        result["invalid"] = True
    return result


def methods(rng):
    """Lines of `g2rl shape` with all methods and presets, and what they give."""
    cases = []

    def gaussian(m, d):
        return [[round(rng.gauss(0, 1), 6) for _ in range(d)] for _ in range(m)]

    def signs(m, correct):
        rewards = [1.0] * correct + [-1.0] * (m - correct)
        rng.shuffle(rewards)
        return rewards

    def add(name, features, rewards, **changes):
        line = {"features": features, "rewards": rewards}
        line.update(changes)
        cases.append({"name": name, "line": line, "expected": line_result(line)})

    for m, correct, k in ((8, 3, 4), (8, 3, 1), (8, 1, 4), (8, 7, 2), (8, 4, 8), (6, 2, 3), (5, 1, 5), (2, 1, 1)):
        name = "pass-at-k, %d of %d correct, k %d" % (correct, m, k)
        add(name, gaussian(m, 3), signs(m, correct), method="pass-at-k", k=k)
    add("pass-at-k, no set misses a correct one", gaussian(6, 3), signs(6, 4), method="pass-at-k", k=3)
    add("pass-at-k, all correct", gaussian(4, 3), [1.0] * 4, method="pass-at-k")
    add("pass-at-k, all wrong", gaussian(4, 3), [-1.0] * 4, method="pass-at-k")
    add("pass-at-k, one response", [[1.0, 2.0]], [1.0], method="pass-at-k", k=1)
    add("pass-at-k, rewards 0 and 1", gaussian(6, 3), [0.0, 1.0, 0.0, 1.0, 0.0, 0.0], method="pass-at-k", k=2)
    add("pass-at-k, graded", gaussian(5, 3), [0.25, -3.0, 0.0, 7.0, -0.5], method="pass-at-k", k=2, scaleRewards="none")

    group, rewards = gaussian(8, 4), signs(8, 3)
    add("authors", group, rewards, preset="authors")
    add("authors, all correct", group, [1.0] * 8, preset="authors")
    add("authors, all wrong", group, [-1.0] * 8, preset="authors")
    add("authors, rewards 0 and 1", group, [max(r, 0.0) for r in rewards], preset="authors")
    add("authors, one response", [[1.0, 2.0]], [-1.0], preset="authors")
    add("authors, said twice", group, rewards, preset="authors", shaping="eq12", clip=3.0)
    add("text", group, rewards, preset="text", method="g2rl")
    add("text, all wrong", group, [-1.0] * 8, preset="text")

    texts = gaussian(8, 5)
    add("evol-rl", group, rewards, method="evol-rl", embeddings=texts)
    add("evol-rl, one correct", group, signs(8, 1), method="evol-rl", embeddings=texts)
    add("evol-rl, one wrong", group, signs(8, 7), method="evol-rl", embeddings=texts)
    add("evol-rl, all correct", group, [1.0] * 8, method="evol-rl", embeddings=texts)
    add("evol-rl, all wrong", group, [-1.0] * 8, method="evol-rl", embeddings=texts)
    copies = [texts[0]] * 3 + [texts[1]]
    add("evol-rl, copies", group[:4], [1.0, 1.0, -1.0, 1.0], method="evol-rl", embeddings=copies)
    add("evol-rl, all the same", group[:4], [1.0, 1.0, -1.0, -1.0], method="evol-rl", embeddings=[texts[2]] * 4)
    empty = [[0.0] * 5] + texts[1:4]
    add("evol-rl, a text without direction", group[:4], [1.0, 1.0, -1.0, 1.0], method="evol-rl", embeddings=empty)
    add("evol-rl, one response", [[1.0, 2.0]], [1.0], method="evol-rl", embeddings=[[3.0, 4.0]])
    add("evol-rl, two responses", group[:2], [1.0, -1.0], method="evol-rl", embeddings=texts[:2])
    zeros = [max(r, 0.0) for r in rewards]
    add("evol-rl, rewards 0 and 1", group, zeros, method="evol-rl", embeddings=texts)

    alignment = [0.8, -0.3, 0.1, 0.0, 1.4, -2.0, 0.6, -0.1]
    for sign in ("paper", "code"):
        for lam in (0.0, 0.5, 1.0):
            changes = {"memorySign": sign, "lambda": lam, "alignment": alignment}
            add("dirl, %s, lambda %s" % (sign, lam), group, rewards, method="dirl", **changes)
    for kind, uniform_groups, reward in (
        ("all correct", "correct", 1.0),
        ("all correct, none", "none", 1.0),
        ("all wrong", "correct", -1.0),
        ("all wrong, all", "all", -1.0),
    ):
        changes = {"alignment": alignment, "uniformGroups": uniform_groups}
        add("dirl, " + kind, group, [reward] * 8, method="dirl", **changes)
    add("dirl, all along", group, rewards, method="dirl", alignment=[1.0] * 8)
    add("dirl, all against", group, rewards, method="dirl", alignment=[-1.0] * 8)
    one = [-1.0] * 7 + [1.0]
    add("dirl, one along", group, rewards, method="dirl", alignment=one, **{"lambda": 1.0})
    add("dirl, one against", group, rewards, method="dirl", alignment=[-x for x in one])
    add("dirl, clip active", group, rewards, method="dirl", alignment=alignment, clip=1.1, **{"lambda": 1.0})
    add("dirl, graded", group, [0.0, 0.25, 1.0, -0.5, 2.0, -2.5, 0.5, -1.0], method="dirl", alignment=alignment)
    add("dirl, one response", [[1.0, 2.0]], [1.0], method="dirl", alignment=[0.5])
    holes = [None if i in (2, 6) else r for i, r in enumerate(rewards)]
    add("g2rl, two left out", group, holes)
    add("g2rl, all left out", group[:3], [None] * 3)
    add("g2rl, all but one left out", group[:3], [None, 2.5, None])
    add("grpo, two left out", group, holes, method="grpo", scaleRewards="group")
    add("pass-at-k, two left out", group, holes, method="pass-at-k", k=3)
    add("pass-at-k, fewer than k", group[:4], [1.0, None, -1.0, None], method="pass-at-k", k=4)
    add("pass-at-k, all left out", group[:2], [None] * 2, method="pass-at-k", k=2)
    add("evol-rl, two left out", group, holes, method="evol-rl", embeddings=texts)
    add("evol-rl, all but one left out", group[:3], [None, 1.0, None], method="evol-rl", embeddings=texts[:3])
    add("evol-rl, large rewards", group, [50.0 * r for r in rewards], method="evol-rl", embeddings=texts)
    add("dirl, two left out", group, holes, method="dirl", alignment=alignment)
    add("dirl, large rewards", group, [20.0 * r for r in rewards], method="dirl", alignment=alignment)

    broken = [list(row) for row in group]
    broken[3][0] = math.nan
    add("dirl, feature with NaN", broken, rewards, method="dirl", alignment=alignment)
    return cases


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
        del expected["exact"]
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

    lengths = [10.0, 8.0, 8.0, 14.0, 3.0, 12.0]
    own = random.Random(20260810)
    six = [[round(own.gauss(0, 1), 6) for _ in range(3)] for _ in range(6)]
    for shaping in ("signed", "unit", "eq12"):
        add("lengths as rewards, " + shaping, six, lengths, shaping=shaping)
        add("tenths of them, " + shaping, six, [r / 10 for r in lengths], shaping=shaping)
    add("lengths as rewards, lambda 0", six, lengths, **{"lambda": 0.0})
    add("lengths as rewards, clip active", six, lengths, clip=1.2, **{"lambda": 1.0})
    add("punishments", six, [-r for r in lengths], shaping="eq12")
    add("large equal rewards", six, [7.3] * 6)
    add("large equal rewards, none", six, [7.3] * 6, uniformGroups="none")
    add("rewards 0 and 1", six, [0.0, 1.0, 0.0, 1.0, 1.0, 0.0])
    add("weighted sums", six, [1.2, -0.8, -1.0, 1.0, 1.1, -0.9])
    add("just above one", six, [1.0, -1.0, 1.0 + 1e-9, -1.0, 1.0, -1.0], shaping="eq12")
    add("huge rewards", six, [1e30, -1e30, 5e29, 0.0, 1.0, -1e29])

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
    for name, data in (
        ("shaping.json", cases),
        ("methods.json", methods(random.Random(20260610))),
        ("features.json", features),
    ):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            lines = ",\n".join(json.dumps(encode(case), allow_nan=False) for case in data)
            file.write("[\n" + lines + "\n]\n")
        print("%s: %d cases" % (name, len(data)))


if __name__ == "__main__":
    main()
