/** The finding of a comparison as one plain sentence. */
import type { Comparison, ScoreSummary } from './compare.js';

/** How a score is written: `shown` of a value, and its unit for differences. */
interface ScoreFormat {
  scale: number;
  digits: number;
  unit: string;
}

/** Fractions are said in points of a hundred. */
const points: ScoreFormat = { scale: 100, digits: 1, unit: ' points' };
const counted: ScoreFormat = { scale: 1, digits: 2, unit: '' };
const overlaps: ScoreFormat = { scale: 1, digits: 3, unit: '' };

/** Of scores that are no fractions. */
const formats: Readonly<Record<string, ScoreFormat>> = {
  distinct_at_k: counted,
  mean_length: counted,
  similarity_mean: overlaps,
  text_similarity_mean: overlaps,
  logdet_mean: counted,
};

const formatOf = (metric: string): ScoreFormat => formats[metric] ?? points;

const shown = ({ scale, digits }: ScoreFormat, value: number) => (value * scale).toFixed(digits);

/** "52.8 ± 0.8", the standard deviation over seeds behind the sign; without one the mean alone. */
export function meanAndDeviation(metric: string, { mean, sd }: Pick<ScoreSummary, 'mean' | 'sd'>): string {
  const format = formatOf(metric);
  return sd === null ? shown(format, mean) : `${shown(format, mean)} ± ${shown(format, sd)}`;
}

/**
 * Five seeds that all agree have this p, and no smaller one is within their reach. Of fewer seeds the bootstrap's interval
 * is too narrow to be believed alone: where the test cannot tell a difference from chance, none is claimed.
 */
const largestP = 1 / 16;

/** Whether a difference may be claimed: the interval leaves zero out, and the permutation test agrees. */
export function isDistinguishable({
  low,
  high,
  p,
  n,
}: Pick<Comparison, 'low' | 'high' | 'p' | 'n'>): boolean {
  return Math.min(...n) >= 2 && (low > 0 || high < 0) && p <= largestP;
}

/**
 * "g2rl 52.8 ± 0.8 against grpo 52.6 ± 0.9 (5 seeds): not distinguishable; about 60 seeds of each would show 0.2 points."
 * or "…: better by 2.1 points (95 %: 0.9 to 3.4; p = 0.031)."
 */
export function comparisonSentence(
  comparison: Comparison,
  variant: ScoreSummary,
  baseline: ScoreSummary,
): string {
  const { metric, n } = comparison;
  const format = formatOf(metric);
  const of = (name: string, summary: ScoreSummary) => `${name} ${meanAndDeviation(metric, summary)}`;
  const head = `${of(comparison.variant, variant)} against ${of(comparison.baseline, baseline)} (${seedsOf(n)})`;
  if (Math.min(...n) < 2) {
    return `${head}: one seed says nothing about a difference between methods; run at least 5 of each.`;
  }
  const size = `${shown(format, Math.abs(comparison.delta))}${format.unit}`;
  if (isDistinguishable(comparison)) {
    const word = comparison.delta > 0 ? 'better' : 'worse';
    return `${head}: ${word} by ${size} (95 %: ${intervalOf(comparison, format)}; ${probability(comparison.p)}).`;
  }
  return `${head}: not distinguishable${whatWouldShow(comparison, size, format)}.`;
}

function whatWouldShow(
  { low, high, delta, n, seedsNeeded }: Comparison,
  size: string,
  format: ScoreFormat,
): string {
  if ((low > 0 || high < 0) && Math.min(...n) < 5) {
    return `, for ${Math.min(...n)} seeds cannot tell ${size} from chance; run at least 5 of each`;
  }
  const isNothing = Math.abs(delta) * format.scale < 0.5 * 10 ** -format.digits;
  return seedsNeeded === null || isNothing
    ? ''
    : `; about ${rounded(Math.max(seedsNeeded, Math.max(...n) + 1))} seeds of each would show ${size}`;
}

/** "0.9 to 3.4" in the direction of the difference; a bound on the other side of zero keeps its sign. */
function intervalOf({ low, high, delta }: Comparison, format: ScoreFormat): string {
  const [near, far] = delta > 0 ? [low, high] : [-high, -low];
  return `${shown(format, near)} to ${shown(format, far)}`;
}

const probability = (p: number) => (p < 0.001 ? 'p < 0.001' : `p = ${p.toFixed(3)}`);

function seedsOf([variant, baseline]: Comparison['n']): string {
  if (variant !== baseline) return `${variant} and ${baseline} seeds`;
  return variant === 1 ? '1 seed' : `${variant} seeds`;
}

/** Two digits: more would claim to know. */
function rounded(count: number): string {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(count)) - 1);
  return (Math.ceil(count / unit) * unit).toLocaleString('en-US');
}
