import { expect, test } from 'vitest';
import type { ArmReport, BenchmarkReport } from '../../../src/studies/report/arms.js';
import { benchmarkTables, geometryTable, scoreTable } from '../../../src/studies/report/tables.js';

const arm = (mean: number): ArmReport => ({
  n: 2,
  seeds: [0, 1],
  scores: { pass_at_1: { n: 2, mean, sd: 0.01234, iqm: mean, low: mean - 0.02, high: mean + 0.02 } },
  posterior: null,
  learning: { areaUnderCurve: null, stepsToBaseline: null },
});
const benchmark = (mean: number): BenchmarkReport => ({
  variants: { grpo: arm(mean), g2rl: arm(mean + 0.1) },
  comparisons: [],
});

test('every benchmark of a study has its tables, that which decides first', () => {
  const report = {
    ...benchmark(0.52345678),
    benchmark: 'math500',
    benchmarks: { amc: benchmark(0.3) },
  };
  const scores = benchmarkTables(report, 'scores');
  expect(scores.map((one) => one.benchmark)).toEqual(['math500', 'amc']);
  // Rounded as the sentence says them.
  expect(scores[0]!.table).toEqual({
    columns: ['variant', 'seeds', 'pass_at_1'],
    rows: [
      ['grpo', 2, '52.3 ± 1.2'],
      ['g2rl', 2, '62.3 ± 1.2'],
    ],
  });
  const [, figures] = benchmarkTables(report, 'figures');
  expect(figures!.table.columns.slice(0, 5)).toEqual(['variant', 'metric', 'n', 'mean', 'sd']);
  expect(figures!.table.rows[0]!.slice(0, 5)).toEqual(['grpo', 'pass_at_1', 2, 0.3, 0.01234]);
});

test('a wide table in two: scores, and geometry with distinct@k beside it', () => {
  const summary = (mean: number) => ({ n: 2, mean, sd: 0.01, iqm: mean, low: mean, high: mean });
  const wide: BenchmarkReport = {
    variants: {
      grpo: {
        ...arm(0.5),
        scores: {
          pass_at_1: summary(0.5),
          distinct_at_k: summary(1.25),
          similarity_mean: summary(0.2084),
          negative_pair_ratio: summary(0.059),
          logdet_mean: summary(9.5),
          text_similarity_mean: summary(0.738),
          truncated: summary(0.1),
        },
      },
    },
    comparisons: [],
  };
  expect(scoreTable(wide, 'scores').columns).toEqual([
    'variant',
    'seeds',
    'pass_at_1',
    'distinct_at_k',
    'truncated',
  ]);
  expect(geometryTable(wide)).toEqual({
    columns: [
      'variant',
      'seeds',
      'distinct_at_k',
      'similarity_mean',
      'negative_pair_ratio',
      'logdet_mean',
      'text_similarity_mean',
    ],
    rows: [['grpo', 2, '1.25 ± 0.01', '0.208 ± 0.010', '5.9 ± 1.0', '9.50 ± 0.01', '0.738 ± 0.010']],
  });
  expect(geometryTable(benchmark(0.5))).toBeNull();
});
