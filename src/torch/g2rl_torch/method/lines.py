"""`python -m g2rl_torch shape`: reads one group per JSON line, writes what the method computes from it.

Uses the same format as `g2rl shape`: `{"features":[[…]…],"rewards":[…]}`, with the optional settings `method`,
`lambda`, `shaping`, `uniformGroups`, `clip` and `scaleRewards`.
"""

from __future__ import annotations

import json
from typing import IO, Any, get_args

import torch

from .advantages import advantages
from .settings import RewardScale, ShapingSettings
from .shaping import shape_group

_SETTINGS = {
    "method": "method",
    "lambda": "lambda_",
    "shaping": "shaping",
    "uniformGroups": "uniform_groups",
    "clip": "clip",
}
_KNOWN = ("features", "rewards", *_SETTINGS, "scaleRewards")
# How JSON, which has no such numbers, writes them.
_NOT_FINITE: dict[Any, float] = {
    None: float("nan"),
    "NaN": float("nan"),
    "Infinity": float("inf"),
    "-Infinity": float("-inf"),
}


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _refuse_constant(name: str) -> float:
    raise ValueError(f"not valid JSON ({name}); write NaN and infinite features as null")


def _parse(text: str) -> dict[str, Any]:
    try:
        line = json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise ValueError(f"not valid JSON ({error})") from None
    if not isinstance(line, dict):
        raise ValueError("must be an object")
    unknown = [key for key in line if key not in _KNOWN]
    if unknown:
        raise ValueError(f'unrecognized key "{unknown[0]}"; known: {", ".join(_KNOWN)}')
    return line


def _rewards(line: dict[str, Any]) -> list[float]:
    values = line.get("rewards")
    if not isinstance(values, list) or not values or not all(_is_number(value) for value in values):
        raise ValueError("rewards: must be a non-empty array of numbers")
    return [float(value) for value in values]


def _features(line: dict[str, Any], size: int) -> list[list[float]]:
    rows = line.get("features")
    if not isinstance(rows, list) or not rows:
        raise ValueError("features: must be a non-empty array")
    if len(rows) != size:
        raise ValueError(f"features has {len(rows)} rows, rewards has {size} values")
    if not isinstance(rows[0], list) or not rows[0]:
        raise ValueError("features[0] must be a non-empty array of numbers")
    result = []
    for i, row in enumerate(rows):
        if not isinstance(row, list):
            raise ValueError(f"features[{i}] must be an array of numbers")
        if len(row) != len(rows[0]):
            raise ValueError(f"features[{i}] has {len(row)} values, features[0] has {len(rows[0])}")
        numbers = []
        for column, value in enumerate(row):
            if _is_number(value):
                numbers.append(float(value))
            elif isinstance(value, (str, type(None))) and value in _NOT_FINITE:
                numbers.append(_NOT_FINITE[value])
            else:
                raise ValueError(f"features[{i}][{column}] is {json.dumps(value)}, not a number")
        result.append(numbers)
    return result


def shape_line(text: str) -> dict[str, Any]:
    """What one line becomes. Raises ValueError with what is wrong with it."""
    line = _parse(text)
    for name in ("lambda", "clip"):
        if name in line and not _is_number(line[name]):
            raise ValueError(f"{name}: must be a number")
    settings = ShapingSettings(**{field: line[name] for name, field in _SETTINGS.items() if name in line})
    if settings.method == "evol-rl":
        raise ValueError("method: evol-rl compares texts, of which a line has none")
    scale = line.get("scaleRewards", "group")
    if scale not in get_args(RewardScale):
        raise ValueError(f"scaleRewards: {scale!r} is not known; known: {', '.join(get_args(RewardScale))}")
    rewards = torch.tensor(_rewards(line), dtype=torch.float64)
    phi = torch.tensor(_features(line, rewards.numel()), dtype=torch.float64)
    group = shape_group(phi, rewards, settings)
    return {
        "similarity": group.similarity.tolist(),
        "exploration": group.exploration.tolist(),
        "scalers": group.scalers.tolist(),
        "shaped": group.shaped.tolist(),
        "advantages": advantages(group.shaped, rewards.numel(), scale).tolist(),
        **({"invalid": True} if group.invalid else {}),
    }


def shape(source: IO[str], output: IO[str]) -> int:
    """Reads lines until the end and writes a result or `{"error": "line 3: …"}` for each. Returns how many failed."""
    failed = 0
    for number, text in enumerate(source, start=1):
        if not text.strip():
            continue
        try:
            result = shape_line(text)
        except ValueError as error:
            failed += 1
            result = {"error": f"line {number}: {error}"}
        output.write(json.dumps(result, separators=(",", ":")) + "\n")
        output.flush()
    return failed
