/** Which curves can be drawn of some runs: scores of their benchmarks, then the table of metrics, then unknown ones. Pure. */
import { t } from '@vscode/l10n';
import type { CurveChoice } from '../../contract/index.js';
import { METRICS, otherCharts, rewardCharts } from '../../runs/metrics/index.js';
import { type ScoreMetric, scoreMetrics } from '../../studies/plan/index.js';
import type { WatchedRun } from '../index.js';

type Source = Pick<WatchedRun, 'newest' | 'benchmarks'>;

const scoreTitles: Record<ScoreMetric, () => string> = {
  pass_at_1: () => 'pass@1',
  maj_at_k: () => 'maj@k',
  pass_at_k: () => 'pass@k',
  distinct_at_k: () => 'distinct@k',
  similarity_mean: () => t('mean S'),
  negative_pair_ratio: () => 'S < 0',
  logdet_mean: () => 'log det',
  text_similarity_mean: () => t('text cosine'),
  mean_length: () => t('tokens'),
  truncated: () => t('cut off'),
};
const counts: readonly ScoreMetric[] = [
  'distinct_at_k',
  'similarity_mean',
  'logdet_mean',
  'text_similarity_mean',
  'mean_length',
];

/** Drawn when nothing was chosen, where they exist. */
const usualMetrics: readonly string[] = [
  'reward',
  'g2rl/similarity_mean',
  'g2rl/no_signal_after',
  'entropy',
  'completions/mean_length',
];

export function curveChoices(runs: readonly Source[]): { choices: CurveChoice[]; usual: number[] } {
  // The newest step of each run has its names: more of it need not be looked at.
  const names = new Set(runs.flatMap(({ newest }) => Object.keys(newest ?? {})));
  const benchmarks = [
    ...new Set(runs.flatMap(({ benchmarks: all }) => all.map(({ benchmark }) => benchmark))),
  ];
  const scores = benchmarks.flatMap((benchmark) =>
    scoreMetrics
      .filter((metric) =>
        runs.some(({ benchmarks: all }) => all.some((record) => isScored(record, benchmark, metric))),
      )
      .map(
        (metric): CurveChoice => ({
          benchmark,
          metric,
          title: `${benchmark}: ${scoreTitles[metric]()}`,
          help: '',
          format: counts.includes(metric) ? 'number' : 'percent',
          unit: '',
          smooth: false,
        }),
      ),
  );
  const known = Object.entries(METRICS)
    .filter(([key]) => names.has(key))
    .map(
      ([metric, { label, help, format, unit, smooth }]): CurveChoice => ({
        benchmark: '',
        metric,
        title: label,
        help,
        format,
        unit,
        smooth,
      }),
    );
  const others = [...names].filter((name) => !Object.hasOwn(METRICS, name));
  const further = [...rewardCharts(others), ...otherCharts(others)].flatMap(
    ({ title, help, format, unit, lines }): CurveChoice[] =>
      lines.map(({ key, smooth }) => ({ benchmark: '', metric: key, title, help, format, unit, smooth })),
  );
  const choices = [...scores, ...known, ...further];
  const usual = choices.flatMap(({ benchmark, metric }, index) =>
    (benchmark === '' ? usualMetrics.includes(metric) : metric === 'pass_at_1') ? [index] : [],
  );
  return { choices, usual: usual.slice(0, 6) };
}

const isScored = (record: Source['benchmarks'][number], benchmark: string, metric: ScoreMetric): boolean =>
  record.benchmark === benchmark && typeof record[metric] === 'number';
