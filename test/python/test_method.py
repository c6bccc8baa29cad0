"""The method in torch gives what the shared test vectors say."""

from __future__ import annotations

import io
import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from g2rl_torch.method.advantages import advantages
from g2rl_torch.method.evol_rl import evol_rl_rewards
from g2rl_torch.method.features import feature_difference, features
from g2rl_torch.method.lines import shape
from g2rl_torch.method.metrics import group_metrics
from g2rl_torch.method.settings import ShapingSettings
from g2rl_torch.method.shaping import shape_group
from g2rl_torch.method.similarity import log_determinant, similarity_histogram, similarity_matrix, upper_triangle

VECTORS = Path(__file__).parents[1] / "vectors"
SHAPING: list[dict[str, Any]] = json.loads((VECTORS / "shaping.json").read_text(encoding="utf-8"))
GEOMETRY: list[dict[str, Any]] = json.loads((VECTORS / "geometry.json").read_text(encoding="utf-8"))
REFUSED: list[dict[str, str]] = json.loads((VECTORS / "refused.json").read_text(encoding="utf-8"))
FEATURES: list[dict[str, Any]] = json.loads((VECTORS / "features.json").read_text(encoding="utf-8"))


def settings_of(case: dict[str, Any]) -> ShapingSettings:
    values = dict(case["settings"])
    return ShapingSettings(lambda_=values.pop("lambda"), uniform_groups=values.pop("uniformGroups"), **values)


def close(found: torch.Tensor, expected: Any, absolute: float = 1e-9) -> None:  # noqa: ANN401
    torch.testing.assert_close(found, torch.tensor(expected, dtype=torch.float64), atol=absolute, rtol=1e-9)


@pytest.mark.parametrize("case", SHAPING, ids=[case["name"] for case in SHAPING])
def test_shaping(case: dict[str, Any]) -> None:
    phi = torch.tensor([[float(value) for value in row] for row in case["features"]], dtype=torch.float64)
    rewards = torch.tensor(case["rewards"], dtype=torch.float64)
    group = shape_group(phi, rewards, settings_of(case))
    expected = case["expected"]
    close(group.similarity, expected["similarity"])
    for found, value in zip(group.exploration.tolist(), expected["exploration"], strict=True):
        assert found == pytest.approx(value, rel=1e-9, abs=1e-6 if value < 1e-3 else 1e-9)
    if case["settings"]["method"] != "g2rl" or case["settings"]["lambda"] == 0:
        assert group.shaped.tolist() == case["rewards"]
    near = 1e-6 if min(expected["exploration"]) < 1e-3 else 1e-9
    close(group.shaped, expected["shaped"], near)
    close(group.scalers, expected["scalers"], near)
    assert group.clipped == expected["clipped"]
    assert group.invalid == expected["invalid"]
    for scale in ("group", "none"):
        close(
            advantages(group.shaped, len(case["rewards"]), scale),
            expected["advantages"][scale],
            near * 100 if near > 1e-9 else near,
        )


@pytest.mark.parametrize("case", GEOMETRY, ids=[case["name"] for case in GEOMETRY])
def test_geometry(case: dict[str, Any]) -> None:
    similarity = similarity_matrix(torch.tensor(case["features"], dtype=torch.float64))
    assert similarity is not None
    close(similarity, case["similarity"])
    assert log_determinant(similarity) == pytest.approx(case["expected"]["logdet"], rel=1e-9, abs=1e-9)
    # Edges are exact: S itself, not one that is a bit off.
    exact = torch.tensor(case["similarity"], dtype=torch.float64)
    assert similarity_histogram(upper_triangle(exact)) == case["expected"]["histogram"]


@pytest.mark.parametrize("case", FEATURES, ids=[case["name"] for case in FEATURES])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-12), (torch.float32, 1e-5)])
def test_features(case: dict[str, Any], dtype: torch.dtype, tolerance: float) -> None:
    probability_sum = torch.tensor(case["probabilitySum"], dtype=dtype)
    difference = feature_difference(torch.tensor(case["tokens"], dtype=torch.long), probability_sum)
    # A head of another type takes the way of half-precision heads.
    for weights_type in (dtype, torch.float64):
        phi = features(difference[None], torch.tensor(case["weights"], dtype=weights_type))[0]
        expected = torch.tensor(case["expected"], dtype=dtype)
        torch.testing.assert_close(phi, expected, atol=tolerance, rtol=tolerance)


def test_feature_is_the_gradient_of_the_log_probabilities() -> None:
    """Φ = (T / L) Σ_t ∂ log p(y_t) / ∂h_t, from a real backward pass."""
    torch.manual_seed(0)
    temperature, length, vocabulary, dimension = 0.7, 9, 23, 6
    head = torch.randn(vocabulary, dimension, dtype=torch.float64)
    hidden = torch.randn(length, dimension, dtype=torch.float64, requires_grad=True)
    tokens = torch.randint(vocabulary, (length,))
    log_probabilities = (hidden @ head.T / temperature).log_softmax(dim=1)
    log_probabilities[torch.arange(length), tokens].sum().backward()
    assert hidden.grad is not None
    expected = hidden.grad.sum(dim=0) * temperature / length
    found = features(feature_difference(tokens, log_probabilities.detach().exp().sum(dim=0))[None], head)[0]
    torch.testing.assert_close(found, expected, atol=1e-12, rtol=1e-10)


def test_batch_scale_divides_by_the_deviation_of_all_rewards() -> None:
    rewards = torch.tensor([1.0, -1.0, 1.0, 1.0, -1.0, -1.0], dtype=torch.float64)
    found = advantages(rewards, 3, "batch")
    deviation = rewards.std().item() + 1e-4
    means = [1 / 3] * 3 + [-1 / 3] * 3
    assert found.tolist() == pytest.approx([(r - m) / deviation for r, m in zip(rewards.tolist(), means, strict=True)])


def test_evol_rl_rewards() -> None:
    """Three correct, of which two say the same; one wrong."""
    embeddings = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
    found = evol_rl_rewards(embeddings, torch.tensor([1.0, 1.0, 1.0, -1.0]))
    # Novelty: twins 1 − (0.5 + 1)/2 = 0.25; the third 1 − (0 + √½)/2 = 0.646…: normalized 0, 0, 1. One wrong: 0.5.
    assert found.tolist() == pytest.approx([0.5, 0.5, 1.0, -0.75], abs=1e-7)
    single = evol_rl_rewards(torch.ones(1, 2), torch.tensor([1.0]))
    assert single.tolist() == [0.75]


def test_metrics_of_groups() -> None:
    rewards = [torch.tensor([1.0, -1.0]), torch.tensor([1.0, 1.0])]
    phi = [torch.tensor([[1.0, 0.0], [-1.0, 0.0]]), torch.tensor([[float("nan"), 0.0], [1.0, 0.0]])]
    groups = [shape_group(one, reward, ShapingSettings()) for one, reward in zip(phi, rewards, strict=True)]
    metrics = group_metrics(groups, rewards, torch.tensor([1.0, -1.0, 0.0, 0.0]))
    assert metrics["g2rl/similarity_mean"] == pytest.approx(-1)
    assert metrics["g2rl/negative_pair_ratio"] == 1
    assert metrics["g2rl/invalid_groups"] == 1
    # One line of two responses, counted once; the invalid group has no directions.
    assert metrics["g2rl/logdet_mean"] == pytest.approx(math.log(3))
    assert metrics["g2rl/no_signal_before"] == metrics["g2rl/no_signal_after"] == 0.5


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 1: not valid JSON"),
        ('{"features":[[NaN]],"rewards":[1]}', "as null"),
        ('{"features":[[1],[1,2]],"rewards":[1,1]}', "features[1] has 2 values, features[0] has 1"),
        ('{"features":[[1]],"rewards":[1,1]}', "features has 1 rows, rewards has 2 values"),
        ('{"features":[[true]],"rewards":[1]}', "features[0][0] is true, not a number"),
        ('{"features":[[1]],"rewards":[1],"lamda":1}', 'unrecognized key "lamda"; known: '),
        ('{"features":[[1]],"rewards":[1],"lambda":2}', "lambda: must be at most 1; got 2"),
        ('{"features":[[1]],"rewards":[1],"shaping":"x"}', 'must be one of "signed", "unit", "eq12"; got "x"'),
        ('{"features":' + "[" * 100_000 + "]" * 100_000 + "}", "line 1: nested too deeply"),
        (f'{{"features":[[1]],"rewards":[1],"clip":{10**400}}}', "line 1: clip: must be a number"),
        (f'{{"features":[[1]],"rewards":[{10**400}]}}', "line 1: rewards[0]: must be a number"),
        *((case["line"], f"line 1: {case['message']}") for case in REFUSED),
    ],
)
def test_shape_names_what_is_wrong_and_goes_on(line: str, message: str) -> None:
    output = io.StringIO()
    assert shape(io.StringIO(f'{line}\n\n{{"features":[[null]],"rewards":[1]}}\n'), output) == 1
    first, second = output.getvalue().splitlines()
    assert message in json.loads(first)["error"]
    assert json.loads(second)["invalid"] is True


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('{"features":[[1],[2]],"rewards":[1,-1],"k":2.0,"method":"pass-at-k"}', {"shaped": [1, -1]}),
        (f'{{"features":[[{10**400}],[2]],"rewards":[1,-1]}}', {"invalid": True}),
        ('{"features":[[1],[2]],"rewards":[1,-1],"method":"dirl","alignment":[1,null]}', {"invalid": True}),
        # A scaler of a reward so small is beyond float64, and JSON has no infinite number.
        (
            '{"features":[[1],[2]],"rewards":[1e-320,0],"method":"evol-rl","embeddings":[[1],[2]]}',
            {"scalers": [None, 1]},
        ),
    ],
)
def test_shape_of_unusual_numbers(line: str, expected: dict[str, Any]) -> None:
    output = io.StringIO()
    assert shape(io.StringIO(line), output) == 0
    assert json.loads(output.getvalue(), parse_constant=pytest.fail).items() >= expected.items()
