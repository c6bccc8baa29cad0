/** A study's findings as tables. */
import type { Table } from '../../export/index.js';
import { isDistinguishable, meanAndDeviation } from '../../statistics/index.js';
import type { ScoreMetric } from '../plan/index.js';
import type { BenchmarkReport } from './arms.js';

/** A table of each benchmark, that which decides first: as it is read, or with every figure. */
export function benchmarkTables(
  report: BenchmarkReport & { benchmark: string; benchmarks: Readonly<Record<string, BenchmarkReport>> },
  kind: 'scores' | 'figures',
): { benchmark: string; table: Table }[] {
  const tableOf = kind === 'scores' ? scoreTable : figureTable;
  const all: [string, BenchmarkReport][] = [[report.benchmark, report], ...Object.entries(report.benchmarks)];
  return all.map(([benchmark, one]) => ({ benchmark, table: tableOf(one) }));
}

/** Metrics of which any arm has a figure, in the order of the records. */
function metricsOf({ variants }: BenchmarkReport): ScoreMetric[] {
  const arms = Object.values(variants);
  return [...new Set(arms.flatMap(({ scores }) => Object.keys(scores) as ScoreMetric[]))];
}

/** How the responses to a problem differ; the other metrics say how good they are. */
const geometryMetrics: readonly ScoreMetric[] = [
  'similarity_mean',
  'negative_pair_ratio',
  'logdet_mean',
  'text_similarity_mean',
];

/**
 * One row an arm: mean ± standard deviation over seeds; a star where the difference to the baseline can be claimed.
 * @param part a wide table in two: scores, and geometry with distinct@k beside it
 */
export function scoreTable(report: BenchmarkReport, part?: 'scores' | 'geometry'): Table {
  const metrics = metricsOf(report).filter((metric) => {
    if (part === undefined) return true;
    if (part === 'scores') return !geometryMetrics.includes(metric);
    return geometryMetrics.includes(metric) || metric === 'distinct_at_k';
  });
  const rows = Object.entries(report.variants).map(([name, arm]) => [
    name,
    arm.n,
    ...metrics.map((metric) => {
      const summary = arm.scores[metric];
      if (!summary) return null;
      const comparison = report.comparisons.find((one) => one.variant === name && one.metric === metric);
      const text = meanAndDeviation(metric, summary);
      return comparison && isDistinguishable(comparison) ? `${text} *` : text;
    }),
  ]);
  return { columns: ['variant', 'seeds', ...metrics], rows };
}

/** Geometry with distinct@k beside it; null where responses have no features. */
export function geometryTable(report: BenchmarkReport): Table | null {
  const table = scoreTable(report, 'geometry');
  return table.columns.includes('similarity_mean') ? table : null;
}

/** Every figure, unrounded: one row for each arm and metric. */
export function figureTable(report: BenchmarkReport): Table {
  const comparisonColumns = [
    'baseline',
    'delta',
    'delta_low',
    'delta_high',
    'probability_of_improvement',
    'p',
    'p_holm',
  ];
  const rows = Object.entries(report.variants).flatMap(([name, arm]) =>
    metricsOf(report).flatMap((metric) => {
      const summary = arm.scores[metric];
      if (!summary) return [];
      const { n, mean, sd, iqm, low, high } = summary;
      const found = report.comparisons.find((one) => one.variant === name && one.metric === metric);
      const comparison = found
        ? [
            found.baseline,
            found.delta,
            found.low,
            found.high,
            found.probabilityOfImprovement,
            found.p,
            found.pHolm,
          ]
        : comparisonColumns.map(() => null);
      return [[name, metric, n, mean, sd, iqm, low, high, ...comparison]];
    }),
  );
  return {
    columns: ['variant', 'metric', 'n', 'mean', 'sd', 'iqm', 'low', 'high', ...comparisonColumns],
    rows,
  };
}
