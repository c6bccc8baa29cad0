/** How scores of benchmarks are called and written. */
import { formatDifference, formatNumber } from '../../../src/runs/facts/index.js';
import { t } from './l10n.js';

/** By their names in `benchmarks.jsonl`. */
export const metricNames = (): Readonly<Record<string, string>> => ({
  pass_at_1: 'pass@1',
  maj_at_k: 'maj@k',
  pass_at_k: 'pass@k',
  distinct_at_k: 'distinct@k',
  similarity_mean: t('mean S'),
  negative_pair_ratio: 'S < 0',
  logdet_mean: 'log det',
  text_similarity_mean: t('text cosine'),
  mean_length: t('tokens'),
  truncated: t('cut off'),
});

const decimals: Readonly<Record<string, number>> = {
  distinct_at_k: 2,
  mean_length: 2,
  similarity_mean: 3,
  logdet_mean: 2,
  text_similarity_mean: 3,
};

interface ScoreFormat {
  value(value: number): string;
  difference(value: number): string;
}

/** Fractions in percent and points, as the sentences say them. */
export function scoreFormat(metric: string): ScoreFormat {
  const digits = decimals[metric];
  if (digits !== undefined)
    return {
      value: (value) => formatNumber(value, digits),
      difference: (value) => formatDifference(value, digits),
    };
  return {
    value: (value) => formatNumber(100 * value, 1),
    difference: (value) => formatDifference(100 * value, 1),
  };
}
