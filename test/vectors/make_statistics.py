"""Writes statistics.json: what `src/statistics` must give, by SciPy, statsmodels and rliable.

    pip install scipy statsmodels rliable 'pandas<3' && python3 make_statistics.py

Scores are fractions of right responses, as a benchmark gives them: some seeds, each with a value for each problem.
Deterministic figures hold to 1e-9. The intervals are of 200,000 resamples drawn here with another generator, by loops
written from the definition; `error` is what two intervals of 10,000 resamples differ by from it, five times its
standard deviation.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from rliable import metrics
from scipy import stats
from statsmodels.stats.multitest import multipletests

generator = np.random.default_rng(20251217)
RESAMPLES = 200_000
OURS = 10_000


def draws(count: int, size: int) -> np.ndarray:
    return generator.integers(0, size, (count, size))


def resampled_means(matrix: np.ndarray, problems: np.ndarray) -> np.ndarray:
    """The mean of seeds drawn anew, for each row of `problems` drawn."""
    seeds = draws(len(problems), len(matrix))
    return np.array([matrix[rows][:, columns].mean() for rows, columns in zip(seeds, problems)])


def interval(sampled: np.ndarray) -> dict[str, float]:
    low, high = np.quantile(sampled, [0.025, 0.975])
    parts = np.quantile(sampled.reshape(-1, OURS), [0.025, 0.975], axis=1)
    error = 5 * parts.std(axis=1, ddof=1).max() + 1e-9
    return {'low': low, 'high': high, 'error': error}


def summary(scores: np.ndarray, matrix: np.ndarray | None) -> dict[str, object]:
    whole = scores[:, None] if matrix is None else matrix
    return {
        'n': len(scores),
        'mean': scores.mean(),
        'sd': scores.std(ddof=1) if len(scores) > 1 else None,
        'iqm': metrics.aggregate_iqm(scores[:, None]),
        **interval(resampled_means(whole, draws(RESAMPLES, whole.shape[1]))),
    }


def permutation(x: np.ndarray, y: np.ndarray, kind: str) -> float:
    def difference(a: np.ndarray, b: np.ndarray, axis: int) -> np.ndarray:
        return a.mean(axis=axis) - b.mean(axis=axis)

    test = stats.permutation_test(
        (x, y), difference, permutation_type=kind, n_resamples=np.inf, alternative='two-sided', vectorized=True
    )
    return test.pvalue


def compare(x: np.ndarray, y: np.ndarray, a: np.ndarray | None, b: np.ndarray | None, paired: bool):
    by_problem = a is not None and b is not None
    left, right = (a, b) if by_problem else (x[:, None], y[:, None])
    problems = draws(RESAMPLES, left.shape[1])
    if paired:
        sampled = resampled_means(left - right, problems)
        spread = (x - y).std(ddof=1)
    else:
        sampled = resampled_means(left, problems) - resampled_means(right, problems)
        spread = np.hypot(x.std(ddof=1), y.std(ddof=1))
    delta = x.mean() - y.mean()
    needed = ((stats.norm.ppf(0.975) + stats.norm.ppf(0.8)) * spread / delta) ** 2
    return {
        'delta': delta,
        **interval(sampled),
        'probabilityOfImprovement': metrics.probability_of_improvement(x[:, None], y[:, None]),
        'p': permutation(x, y, 'samples' if paired else 'independent'),
        'paired': paired,
        'seedsNeeded': max(2, int(np.ceil(needed))),
    }


def responses(seeds: int, problems: int, level: float, spread: float, samples: int) -> np.ndarray:
    """Seeds × problems: the share of right responses, problems of different difficulty, seeds of different luck."""
    difficulty = generator.normal(level, 1.5, problems)
    luck = generator.normal(0, spread, (seeds, 1))
    chance = 1 / (1 + np.exp(-(difficulty + luck)))
    return generator.binomial(samples, chance) / samples


def case(name: str, seeds: tuple[list[int], list[int]], problems: int, gap: float, spread: float, kept: bool = True):
    x_seeds, y_seeds = seeds
    a = responses(len(x_seeds), problems, gap, spread, 4)
    b = responses(len(y_seeds), problems, 0.0, spread, 4)
    x, y = a.mean(axis=1), b.mean(axis=1)
    shared = [seed for seed in x_seeds if seed in y_seeds]
    paired = len(shared) >= 2
    rows_x = [x_seeds.index(seed) for seed in shared] if paired else list(range(len(x_seeds)))
    rows_y = [y_seeds.index(seed) for seed in shared] if paired else list(range(len(y_seeds)))
    matrices = (a[rows_x], b[rows_y]) if kept else (None, None)

    def written(seeds: list[int], scores: np.ndarray, matrix: np.ndarray) -> dict[str, object]:
        return {'seeds': seeds, 'scores': scores.tolist(), 'problems': matrix.tolist() if kept else None}

    return {
        'name': name,
        'variant': written(x_seeds, x, a),
        'baseline': written(y_seeds, y, b),
        'expected': {
            'variant': summary(x, a if kept else None),
            'baseline': summary(y, b if kept else None),
            'comparison': compare(x[rows_x], y[rows_y], *matrices, paired),
        },
    }


def posterior(problems: int, samples: int) -> dict[str, object]:
    correct = generator.integers(0, samples + 1, problems)
    chances = [stats.beta(1 + c, 1 + samples - c) for c in correct]
    return {
        'correct': correct.tolist(),
        'responses': [samples] * problems,
        'mean': np.mean([chance.mean() for chance in chances]),
        'sd': np.sqrt(np.sum([chance.var() for chance in chances])) / problems,
    }


def curve(points: int) -> dict[str, object]:
    steps = np.sort(generator.choice(500, points, replace=False))
    scores = np.cumsum(generator.uniform(0, 0.1, points))
    level = (scores[0] + scores[-1]) / 2
    return {
        'curve': [{'step': int(step), 'score': score} for step, score in zip(steps, scores)],
        'level': level,
        'steps': np.interp(level, scores, steps),
        'area': np.trapezoid(scores, steps) / (steps[-1] - steps[0]),
    }


def same(n: int) -> tuple[list[int], list[int]]:
    return list(range(n)), list(range(n))


ps = [[0.01, 0.04, 0.03], [0.5], [0.2, 0.2, 0.2, 0.001], [0.9, 0.04, 0.6, 0.012, 0.012]]
vectors = {
    'comparisons': [
        case('two seeds', same(2), 12, 0.4, 0.1),
        case('three seeds', same(3), 20, 0.0, 0.3),
        case('five seeds, far apart', same(5), 25, 1.5, 0.1),
        case('five seeds, near', same(5), 25, 0.05, 0.3),
        case('eight seeds', same(8), 15, 0.3, 0.2),
        case('thirteen seeds', same(13), 8, 0.2, 0.4),
        case('only scores', same(5), 20, 0.4, 0.2, kept=False),
        case('some seeds in common', ([0, 1, 2, 5], [1, 2, 3, 4, 5]), 16, 0.5, 0.2),
        case('other seeds', ([0, 1, 2], [10, 11, 12, 13]), 16, 0.5, 0.2),
        case('other seeds, only scores', ([0, 1, 2, 3, 4], [10, 11, 12]), 16, -0.5, 0.2, kept=False),
        case('one seed in common', ([0, 1, 2], [2, 3, 4]), 10, 0.3, 0.2),
    ],
    'holm': [{'p': p, 'corrected': multipletests(p, method='holm')[1].tolist()} for p in ps],
    'posteriors': [posterior(5, 4), posterior(30, 16), posterior(3, 1)],
    'curves': [curve(2), curve(5), curve(20)],
}
Path(__file__).with_name('statistics.json').write_text(
    json.dumps(vectors, default=float).replace('{"name"', '\n{"name"') + '\n'
)
