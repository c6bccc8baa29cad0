#!/usr/bin/env python3
"""Computes shaping.json, methods.json and features.json a second time, with NumPy, and compares.

Whole matrices and closed forms where `make_vectors.py` has loops and enumerates; nothing is shared with it or with an
implementation. Run `python3 check_vectors.py`; it prints how far the numbers are apart, and exits with 1 when that is
too far.
"""

from __future__ import annotations

import json
import sys
from math import comb
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).parent
TOLERANCE = 1e-9
SETTINGS = {"method": "g2rl", "lambda": 0.5, "shaping": "signed", "uniformGroups": "correct", "clip": 3.0, "k": 4}
PRESETS = {"text": {}, "authors": {"shaping": "eq12", "uniformGroups": "all"}}


def read(name: str) -> list[dict[str, Any]]:
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


def cosines(rows: np.ndarray) -> np.ndarray | None:
    """m × m, or None where a row is not finite."""
    with np.errstate(over="ignore", invalid="ignore"):
        squares = (rows**2).sum(axis=1)
    if not np.isfinite(squares).all():
        return None
    norms = np.sqrt(squares)
    unit = rows / (norms + 1e-8)[:, None]
    unit[norms < 1e-8] = 0
    return np.clip(unit @ unit.T, -1, 1)


def exploration(s: np.ndarray, r: np.ndarray, peers: np.ndarray) -> np.ndarray:
    """peers: m × m, which columns a row is compared with; never with one without a reward."""
    weights = np.where(peers & ~np.isnan(r), np.exp(r)[None, :], 0)
    total = weights.sum(axis=1)
    overlap = (weights * s**2).sum(axis=1) / np.where(total > 0, total, 1)
    return np.sqrt(np.maximum(1 - overlap, 0))


def min_max(values: np.ndarray) -> np.ndarray | None:
    there = values[~np.isnan(values)]
    if len(there) < 2 or np.ptp(there) < 1e-6:
        return None
    return (values - there.min()) / np.ptp(there)


def shaped_at_all(r: np.ndarray, uniform_groups: str) -> bool:
    r = r[~np.isnan(r)]
    if len(r) == 0:
        return False
    if np.ptp(r) > 0:
        return True
    return {"all": True, "none": False, "correct": bool(r[0] > 0)}[uniform_groups]


def factors(nu: np.ndarray, r: np.ndarray, lam: float, shaping: str) -> np.ndarray:
    bar = min_max(nu)
    if bar is None:
        return np.ones_like(nu)
    return 1 + lam * {"signed": 2 * bar - 1, "unit": bar, "eq12": r * bar}[shaping]


def dirl_factors(nu: np.ndarray, r: np.ndarray, along: np.ndarray, lam: float, sign: str) -> np.ndarray:
    f = np.ones_like(nu)
    for part, direction in ((along, 1), (~along, 1 if sign == "code" else -1)):
        bar = min_max(nu[part])
        if bar is not None:
            f[part] = 1 + direction * lam * r[part] * bar
    return f


def standardized(x: np.ndarray, *, scale: bool = True) -> np.ndarray:
    there = ~np.isnan(x)
    if not there.all():
        result = np.zeros_like(x)
        if there.any():
            result[there] = standardized(x[there], scale=scale)
        return result
    if np.ptp(x) == 0:
        return np.zeros_like(x)
    return (x - x.mean()) / ((x.std(ddof=1) + 1e-4) if scale else 1)


def pass_at_k(r: np.ndarray, k: int) -> np.ndarray:
    """The closed form of arXiv 2508.10751."""
    there = ~np.isnan(r)
    if not there.all():
        result = np.zeros(len(r))
        if there.any():
            result[there] = pass_at_k(r[there], min(k, int(there.sum())))
        return result
    n, c = len(r), int((r > 0).sum())
    mean = 1 - comb(n - c, k) / comb(n, k)
    sigma = np.sqrt(mean * (1 - mean))
    if sigma == 0:
        return np.zeros(n)
    wrong = 1 - mean - comb(n - c - 1, k - 1) / comb(n - 1, k - 1)
    return np.where(r > 0, 1 - mean, wrong) / sigma


def evol_rl(embeddings: np.ndarray, r: np.ndarray) -> np.ndarray:
    there = ~np.isnan(r)
    if not there.all():
        result = np.full(len(r), np.nan)
        if there.any():
            result[there] = evol_rl(embeddings[there], r[there])
        return result
    s = cosines(embeddings)
    assert s is not None
    correct = r > 0
    base = np.where(correct, 0.5, -1.0)
    others = ~np.eye(len(r), dtype=bool)
    if len(r) == 1:
        return base + 0.25
    alike = others & (correct[:, None] == correct[None, :])
    peers = np.where(alike.any(axis=1, keepdims=True), alike, others)
    a = (s * peers).sum(axis=1) / peers.sum(axis=1)
    b = np.where(others, s, -np.inf).max(axis=1)
    raw = 1 - (a + b) / 2
    novelty = np.full(len(r), 0.5)
    for label in (correct, ~correct):
        bar = min_max(raw[label])
        if bar is not None:
            novelty[label] = bar
    return base + 0.5 * novelty


def group(line: dict[str, Any]) -> dict[str, Any]:
    """What a line of `g2rl shape` gives."""
    chosen: dict[str, Any] = {**SETTINGS, **PRESETS[line.get("preset", "text")], **line}
    r = np.array(line["rewards"], dtype=float)
    scale = max(1.0, *np.abs(r[~np.isnan(r)]), 1.0)
    rho = r / scale
    m, lam, method = len(r), chosen["lambda"], chosen["method"]
    s = cosines(np.array([[float(x) for x in row] for row in line["features"]]))
    invalid = s is None
    along = np.array(line.get("alignment", np.ones(m))) > 0
    peers = ~np.eye(m, dtype=bool) & (along[None, :] if method == "dirl" else True)
    nu = np.zeros(m) if s is None else exploration(s, rho, peers)
    f, scales = np.ones(m), method in ("g2rl", "dirl") and lam > 0
    if s is not None and scales and shaped_at_all(r, chosen["uniformGroups"]):
        if method == "g2rl":
            f = factors(np.where(np.isnan(r), np.nan, nu), rho, lam, chosen["shaping"])
        else:
            f = dirl_factors(np.where(np.isnan(r), np.nan, nu), rho, along, lam, chosen.get("memorySign", "paper"))
    limit = chosen["clip"] if scales and not (invalid and method == "dirl") else np.inf
    shaped = np.clip(rho * f, -limit, limit) * scale
    clipped = int((np.abs(rho * f) > limit).sum())
    if method == "evol-rl":
        shaped = evol_rl(np.array(line["embeddings"], dtype=float), r)
    scalers = np.where(r == 0, 1.0 if method == "evol-rl" else f, shaped / np.where(r == 0, 1, r))
    scalers = np.where(np.isnan(r), 1.0, scalers)
    signal = pass_at_k(r, chosen["k"]) if method == "pass-at-k" else standardized(shaped)
    return {
        "similarity": np.zeros((m, m)) if s is None else s,
        "exploration": nu,
        "scalers": scalers,
        "shaped": np.nan_to_num(shaped),
        "exact": shaped,
        "clipped": clipped,
        "invalid": invalid,
        "advantages": signal,
    }


def feature(case: dict[str, Any]) -> np.ndarray:
    weights = np.array(case["weights"], dtype=float)
    counts = np.bincount(case["tokens"], minlength=len(weights))
    return (counts - np.array(case["probabilitySum"])) @ weights / len(case["tokens"])


def distances() -> dict[str, float]:
    """How far each number of each case is from the file's, by `case: field`."""
    found: dict[str, float] = {}

    def compare(name: str, value: Any, expected: Any, *, near: bool = False) -> None:
        # Near a perfect overlap ν is the root of a small difference: 1e-16 in S is 1e-8 in ν.
        distance = np.abs(np.asarray(value, dtype=float) - np.asarray(expected, dtype=float)).max()
        found[name] = float(distance) * (1e-4 if near else 1)

    for case in read("shaping.json"):
        result, expected = group({**case["settings"], **case}), case["expected"]
        near = min(expected["exploration"]) < 1e-3
        for key in ("similarity", "exploration", "scalers", "shaped", "clipped", "invalid"):
            compare(f"{case['name']}: {key}", result[key], expected[key], near=near)
        for scale in ("group", "none"):
            signal = standardized(result["exact"], scale=scale == "group")
            compare(f"{case['name']}: {scale}", signal, expected["advantages"][scale], near=near)
    for case in read("methods.json"):
        result, expected = group(case["line"]), case["expected"]
        for key in ("similarity", "exploration", "scalers", "shaped", "advantages"):
            compare(f"{case['name']}: {key}", result[key], expected[key])
        compare(f"{case['name']}: invalid", result["invalid"], expected.get("invalid", False))
    for case in read("features.json"):
        compare(case["name"], feature(case), case["expected"])
    return found


def main() -> int:
    found = distances()
    far = {name: distance for name, distance in found.items() if not distance < TOLERANCE}
    for name, distance in far.items():
        print(f"{name}: {distance:.3g}")
    print(f"{len(found)} numbers or arrays, the farthest apart by {max(found.values()):.3g}; {len(far)} too far")
    return 1 if far else 0


if __name__ == "__main__":
    sys.exit(main())
