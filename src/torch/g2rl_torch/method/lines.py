"""`python -m g2rl_torch shape`: reads one group per JSON line, writes what the method computes from it.

Uses the same format as `g2rl shape`: `{"features":[[…]…],"rewards":[…]}`, with the optional settings `method`,
`preset`, `lambda`, `shaping`, `uniformGroups`, `clip`, `k`, `memorySign` and `scaleRewards`, and with `embeddings` (one
row of each response) for evol-rl and `alignment` (one number of each) for dirl. A reward of null leaves a response out.
"""

from __future__ import annotations

import json
import math
from typing import IO, Any, NoReturn, get_args

import torch
from torch import Tensor

from .advantages import advantages
from .dirl import shape_dirl
from .evol_rl import shape_evol_rl
from .pass_at_k import pass_at_k_advantages
from .settings import (
    PRESETS,
    MemorySign,
    MethodName,
    Preset,
    RewardScale,
    Shaping,
    ShapingSettings,
    UniformGroups,
)
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
_CHOICES = {
    "method": get_args(MethodName),
    "preset": get_args(Preset),
    "shaping": get_args(Shaping),
    "uniformGroups": get_args(UniformGroups),
    "memorySign": get_args(MemorySign),
    "scaleRewards": get_args(RewardScale),
}
_LARGEST_GROUP = 4096
"""Responses to one prompt, as experiments allow them."""
_GROUP = ("features", "rewards", "embeddings", "alignment")
_KNOWN = (*_GROUP, "method", "preset", *(key for key in _SETTINGS if key != "method"), "scaleRewards")
# How JSON, which has no such numbers, writes them.
_NOT_FINITE: dict[Any, float] = {
    None: float("nan"),
    "NaN": float("nan"),
    "Infinity": float("inf"),
    "-Infinity": float("-inf"),
}


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _float(value: float) -> float:
    """A number as JSON means it: a whole number beyond the range of float64 is infinite there, an error in Python."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


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


def _refuse(field: str, expected: str, *given: object) -> NoReturn:
    text = json.dumps(given[0], separators=(",", ":"), ensure_ascii=False) if given else "nothing"
    raise ValueError(f"{field}: must be {expected}; got {text if len(text) <= 60 else text[:57] + '…'}")


def _list(line: dict[str, Any], field: str) -> list[Any]:
    if field not in line:
        _refuse(field, "a list in [ ]")
    values = line[field]
    if not isinstance(values, list):
        _refuse(field, "a list in [ ]", values)
    return values


def _number(field: str, value: object) -> float:
    if not _is_number(value) or not math.isfinite(number := _float(value)):  # type: ignore[arg-type]
        _refuse(field, "a number", value)
    return number


def _settings(line: dict[str, Any]) -> dict[str, Any]:
    """The settings of a line, under the names of `ShapingSettings`, as the schema of experiments has them."""
    for key, choices in _CHOICES.items():
        if key in line and line[key] not in choices:
            _refuse(key, "one of " + ", ".join(f'"{choice}"' for choice in choices), line[key])
    numbers: dict[str, float] = {key: _number(key, line[key]) for key in ("lambda", "clip", "k") if key in line}
    if not 0 <= numbers.get("lambda", 0) <= 1:
        _refuse("lambda", "at least 0" if numbers["lambda"] < 0 else "at most 1", line["lambda"])
    if not numbers.get("clip", 1) > 0:
        _refuse("clip", "greater than 0", line["clip"])
    if "k" in numbers:
        k = int(numbers["k"])
        if k != numbers["k"]:
            _refuse("k", "a whole number", line["k"])
        if not 1 <= k <= _LARGEST_GROUP:
            _refuse("k", "at least 1" if k < 1 else f"at most {_LARGEST_GROUP}", line["k"])
        numbers["k"] = k
    chosen: dict[str, Any] = {**line, **numbers, **_preset(line)}
    return {field: chosen[name] for name, field in _SETTINGS.items() if name in chosen}


def _value(value: object, place: str) -> float:
    """A number of a field that may hold NaN and infinite ones."""
    if _is_number(value):
        return _float(value)  # type: ignore[arg-type]
    if isinstance(value, (str, type(None))) and value in _NOT_FINITE:
        return _NOT_FINITE[value]
    raise ValueError(f"{place} is {json.dumps(value, separators=(',', ':'), ensure_ascii=False)}, not a number")


def _rows(rows: list[Any], field: str, size: int) -> Tensor:
    """One row of each response."""
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
        result.append([_value(value, f"{field}[{i}][{column}]") for column, value in enumerate(row)])
    return torch.tensor(result, dtype=torch.float64)


def _preset(line: dict[str, Any]) -> dict[str, Any]:
    """The settings that a line's preset stands for."""
    if "preset" not in line:
        return {}
    name = line["preset"]
    method = line.get("method", "g2rl")
    if method != "g2rl":
        raise ValueError(f"preset: only g2rl has presets, not {method}")
    for key, wanted in PRESETS[name].items():
        if line.get(key, wanted) != wanted:
            raise ValueError(f'{key}: the preset "{name}" sets it to {json.dumps(wanted)}; got {json.dumps(line[key])}')
    return dict(PRESETS[name])


def _shape(line: dict[str, Any], rewards: Tensor, settings: ShapingSettings) -> ShapedGroup:
    size = rewards.numel()
    phi = _rows(line["features"], "features", size)
    if settings.method == "dirl":
        if "alignment" not in line:
            raise ValueError("alignment: dirl needs one of each response")
        values = line["alignment"]
        if len(values) != size:
            raise ValueError(f"alignment has {len(values)} values, rewards has {size}")
        alignment = [_value(value, f"alignment[{i}]") for i, value in enumerate(values)]
        return shape_dirl(phi, torch.tensor(alignment, dtype=torch.float64), rewards, settings)
    group = shape_group(phi, rewards, settings)
    if settings.method != "evol-rl":
        return group
    if "embeddings" not in line:
        raise ValueError("embeddings: evol-rl needs one of each response")
    embeddings = _rows(line["embeddings"], "embeddings", size)
    try:
        return shape_evol_rl(group, embeddings, rewards)
    except ValueError as error:
        raise ValueError(f"embeddings: {error}") from None


def _written(values: Tensor) -> list[float | None]:
    """Numbers for JSON; huge and tiny rewards can make one that is not finite."""
    return [value if math.isfinite(value) else None for value in values.tolist()]


def shape_line(text: str) -> dict[str, Any]:
    """What one line becomes. Raises ValueError with what is wrong with it."""
    line = _parse(text)
    for field in ("features", "rewards"):
        if not _list(line, field):
            _refuse(field, "a list that is not empty", [])
    values = [math.nan if value is None else _number(f"rewards[{i}]", value) for i, value in enumerate(line["rewards"])]
    for field in ("embeddings", "alignment"):
        if field in line:
            _list(line, field)
    settings = ShapingSettings(**_settings(line))
    size = len(values)
    if settings.method == "pass-at-k" and settings.k > size:
        raise ValueError(f"k: {settings.k} responses are more than the {size} of the group")
    rewards = torch.tensor(values, dtype=torch.float64)
    group = _shape(line, rewards, settings)
    if settings.method == "pass-at-k":
        signal = pass_at_k_advantages(rewards, size, settings.k)
    else:
        signal = advantages(group.shaped, size, line.get("scaleRewards", "group"))
    return {
        "similarity": group.similarity.tolist(),
        "exploration": group.exploration.tolist(),
        "scalers": _written(group.scalers),
        # A response without a reward has no shaped one either.
        "shaped": group.shaped.nan_to_num(0.0).tolist(),
        "advantages": _written(signal),
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
        except (ValueError, RecursionError) as error:
            failed += 1
            reason = "nested too deeply" if isinstance(error, RecursionError) else error
            result = {"error": f"line {number}: {reason}"}
        output.write(json.dumps(result, separators=(",", ":")) + "\n")
        output.flush()
    return failed
