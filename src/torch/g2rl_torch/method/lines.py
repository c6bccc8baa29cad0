"""`python -m g2rl_torch shape`: reads one group per JSON line, writes what the method computes from it.

Uses the same format as `g2rl shape`: `{"features":[[…]…],"rewards":[…]}`, with the optional settings `method`,
`preset`, `lambda`, `shaping`, `uniformGroups`, `clip`, `k`, `memorySign` and `scaleRewards`, and with `embeddings` (one
row of each response) for evol-rl and `alignment` (one number of each) for dirl.
"""

from __future__ import annotations

import json
from typing import IO, Any, get_args

import torch
from torch import Tensor

from .advantages import advantages
from .dirl import shape_dirl
from .evol_rl import shape_evol_rl
from .pass_at_k import pass_at_k_advantages
from .settings import PRESETS, RewardScale, ShapingSettings
from .shaping import ShapedGroup, shape_group

_SETTINGS = {
    "method": "method",
    "lambda": "lambda_",
    "shaping": "shaping",
    "uniformGroups": "uniform_groups",
    "clip": "clip",
    "k": "k",
    "memorySign": "memory_sign",
}
_KNOWN = ("features", "rewards", "embeddings", "alignment", "preset", *_SETTINGS, "scaleRewards")
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


def _numbers(line: dict[str, Any], field: str) -> Tensor:
    values = line.get(field)
    if not isinstance(values, list) or not values or not all(_is_number(value) for value in values):
        raise ValueError(f"{field}: must be a non-empty array of numbers")
    return torch.tensor(values, dtype=torch.float64)


def _rows(line: dict[str, Any], field: str, size: int) -> Tensor:
    """One row of each response."""
    rows = line.get(field)
    if not isinstance(rows, list) or not rows:
        raise ValueError(f"{field}: must be a non-empty array")
    if len(rows) != size:
        raise ValueError(f"{field} has {len(rows)} rows, rewards has {size} values")
    if not isinstance(rows[0], list) or not rows[0]:
        raise ValueError(f"{field}[0] must be a non-empty array of numbers")
    result = []
    for i, row in enumerate(rows):
        if not isinstance(row, list):
            raise ValueError(f"{field}[{i}] must be an array of numbers")
        if len(row) != len(rows[0]):
            raise ValueError(f"{field}[{i}] has {len(row)} values, {field}[0] has {len(rows[0])}")
        numbers = []
        for column, value in enumerate(row):
            if _is_number(value):
                numbers.append(float(value))
            elif isinstance(value, (str, type(None))) and value in _NOT_FINITE:
                numbers.append(_NOT_FINITE[value])
            else:
                raise ValueError(f"{field}[{i}][{column}] is {json.dumps(value)}, not a number")
        result.append(numbers)
    return torch.tensor(result, dtype=torch.float64)


def _preset(line: dict[str, Any]) -> dict[str, Any]:
    """The settings that a line's preset stands for."""
    name = line.get("preset")
    if name is None:
        return {}
    if name not in tuple(PRESETS):
        raise ValueError(f"preset: {name!r} is not known; known: {', '.join(PRESETS)}")
    method = line.get("method", "g2rl")
    if method != "g2rl":
        raise ValueError(f"preset: only g2rl has presets, not {method}")
    for key, wanted in PRESETS[name].items():
        if line.get(key, wanted) != wanted:
            raise ValueError(f'{key}: the preset "{name}" sets it to {json.dumps(wanted)}; got {json.dumps(line[key])}')
    return PRESETS[name]


def _shape(line: dict[str, Any], rewards: Tensor, settings: ShapingSettings) -> ShapedGroup:
    size = rewards.numel()
    phi = _rows(line, "features", size)
    if settings.method == "dirl":
        if "alignment" not in line:
            raise ValueError("alignment: dirl needs one of each response")
        alignment = _numbers(line, "alignment")
        if alignment.numel() != size:
            raise ValueError(f"alignment has {alignment.numel()} values, rewards has {size}")
        return shape_dirl(phi, alignment, rewards, settings)
    group = shape_group(phi, rewards, settings)
    if settings.method != "evol-rl":
        return group
    if "embeddings" not in line:
        raise ValueError("embeddings: evol-rl needs one of each response")
    embeddings = _rows(line, "embeddings", size)
    try:
        return shape_evol_rl(group, embeddings, rewards)
    except ValueError as error:
        raise ValueError(f"embeddings: {error}") from None


def shape_line(text: str) -> dict[str, Any]:
    """What one line becomes. Raises ValueError with what is wrong with it."""
    line = _parse(text)
    for name in ("lambda", "clip"):
        if name in line and not _is_number(line[name]):
            raise ValueError(f"{name}: must be a number")
    if type(line.get("k", 1)) is not int:
        raise ValueError("k: must be a whole number")
    chosen = {**line, **_preset(line)}
    settings = ShapingSettings(**{field: chosen[name] for name, field in _SETTINGS.items() if name in chosen})
    scale = line.get("scaleRewards", "group")
    if scale not in get_args(RewardScale):
        raise ValueError(f"scaleRewards: {scale!r} is not known; known: {', '.join(get_args(RewardScale))}")
    rewards = _numbers(line, "rewards")
    size = rewards.numel()
    if settings.method == "pass-at-k" and settings.k > size:
        raise ValueError(f"k: {settings.k} responses are more than the {size} of the group")
    group = _shape(line, rewards, settings)
    if settings.method == "pass-at-k":
        signal = pass_at_k_advantages(rewards, size, settings.k)
    else:
        signal = advantages(group.shaped, size, scale)
    return {
        "similarity": group.similarity.tolist(),
        "exploration": group.exploration.tolist(),
        "scalers": group.scalers.tolist(),
        "shaped": group.shaped.tolist(),
        "advantages": signal.tolist(),
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
