"""The shared test vectors hold against a second computation with NumPy; the lines of `shape` against them."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path
from typing import Any

import pytest
from g2rl_torch.method.lines import shape_line

VECTORS = Path(__file__).parents[1] / "vectors"
METHODS: list[dict[str, Any]] = json.loads((VECTORS / "methods.json").read_text(encoding="utf-8"))


def test_numpy_computes_the_same_vectors(capsys: pytest.CaptureFixture[str]) -> None:
    assert runpy.run_path(str(VECTORS / "check_vectors.py"))["main"]() == 0, capsys.readouterr().out


@pytest.mark.parametrize("case", METHODS, ids=[case["name"] for case in METHODS])
def test_a_line_of_each_method(case: dict[str, Any]) -> None:
    found, expected = shape_line(json.dumps(case["line"])), case["expected"]
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        if name == "similarity":
            for row, expected_row in zip(found[name], values, strict=True):
                assert row == pytest.approx(expected_row, rel=1e-9, abs=1e-9)
        else:
            assert found[name] == pytest.approx(values, rel=1e-9, abs=1e-9), name


GROUP: dict[str, Any] = {"features": [[1], [2], [3]], "rewards": [1, -1, 1]}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"method": "pass-at-k"}, "k: 4 responses are more than the 3 of the group"),
        ({"method": "pass-at-k", "k": 0}, "k: must be at least 1"),
        ({"method": "pass-at-k", "k": 1.5}, "k: must be a whole number"),
        ({"preset": "ours"}, 'preset: must be one of "text", "authors"; got "ours"'),
        ({"preset": []}, "preset: "),
        ({"preset": "authors", "method": "grpo"}, "preset: only g2rl has presets, not grpo"),
        ({"preset": "authors", "clip": 2}, 'clip: the preset "authors" sets it to 3; got 2'),
        ({"preset": "text", "shaping": "unit"}, 'shaping: the preset "text" sets it to "signed"; got "unit"'),
        ({"method": "evol-rl"}, "embeddings: evol-rl needs one of each response"),
        ({"method": "evol-rl", "embeddings": [[1]]}, "embeddings has 1 rows, rewards has 3 values"),
        ({"method": "evol-rl", "embeddings": [[1], [None], [1]]}, "embeddings: an embedding is NaN or infinite"),
        ({"method": "dirl"}, "alignment: dirl needs one of each response"),
        ({"method": "dirl", "alignment": [1, 2]}, "alignment has 2 values, rewards has 3"),
        ({"method": "dirl", "alignment": [1, 2, "x"]}, 'alignment[2] is "x", not a number'),
        (
            {"method": "dirl", "alignment": [1, 2, 3], "memorySign": "x"},
            'memorySign: must be one of "paper", "code"; got "x"',
        ),
    ],
)
def test_a_line_of_a_method_that_cannot_be_used(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        shape_line(json.dumps({**GROUP, **changes}))
