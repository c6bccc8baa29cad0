/**
 * Intervals by the bootstrap. Seeds and problems are both samples: of the trainings that might have been, and of the
 * problems that might have been asked. Each resample therefore draws seeds and problems with replacement, each
 * variant's seeds for themselves (the strata of Agarwal et al. 2021, arXiv 2108.13264) and the same problems for all.
 */
import { CounterRandom, streamOf } from '../random.js';
import { type Interval, Intervals, type Resampling } from './intervals.js';
import type { ScoreMatrix } from './scores.js';
import { quantile } from './summary.js';

export const usualResampling: Resampling = { resamples: 10_000, seed: 0, level: 0.95 };

/** The interval of the mean of all values. Of one value it is that value: it says nothing of the spread. */
export function meanInterval(matrix: ScoreMatrix, resampling: Resampling = usualResampling): Interval {
  return intervals.of([matrix], resampling, () => drawnMeanInterval(matrix, resampling));
}

function drawnMeanInterval(matrix: ScoreMatrix, resampling: Resampling): Interval {
  const { resamples } = resampling;
  const random = new CounterRandom(resampling.seed, streamOf('bootstrap of a mean'));
  const sampled = new Float64Array(resamples);
  const draw = resampler(matrix.columns);
  for (let i = 0; i < resamples; i++) sampled[i] = draw(random, [matrix])[0]!;
  return intervalOf(sampled, resampling.level);
}

/**
 * The interval of the difference of two means whose seeds are not the same ones: seeds are drawn for each, problems
 * for both when there are as many.
 */
export function differenceInterval(
  a: ScoreMatrix,
  b: ScoreMatrix,
  resampling: Resampling = usualResampling,
): Interval {
  return intervals.of([a, b], resampling, () => drawnDifferenceInterval(a, b, resampling));
}

function drawnDifferenceInterval(a: ScoreMatrix, b: ScoreMatrix, resampling: Resampling): Interval {
  const { resamples } = resampling;
  const random = new CounterRandom(resampling.seed, streamOf('bootstrap of a difference'));
  const sampled = new Float64Array(resamples);
  const draw = resampler(a.columns);
  for (let i = 0; i < resamples; i++) {
    const [left, right] = draw(random, [a, b]);
    sampled[i] = left! - right!;
  }
  return intervalOf(sampled, resampling.level);
}

/** Scores are asked for again with another baseline or another look: the same ones are not resampled twice. */
const intervals = new Intervals(100);

/** Draws problems once and seeds for each matrix, and gives the mean of each. */
function resampler(columns: number) {
  const counts = new Float64Array(columns);
  return (random: CounterRandom, matrices: readonly ScoreMatrix[]): number[] => {
    counts.fill(0);
    for (let i = 0; i < columns; i++) counts[random.below(columns)]!++;
    return matrices.map(({ rows, values }) => {
      let sum = 0;
      for (let i = 0; i < rows; i++) {
        const row = random.below(rows) * columns;
        for (let column = 0; column < columns; column++) sum += counts[column]! * values[row + column]!;
      }
      return sum / (rows * columns);
    });
  };
}

function intervalOf(sampled: Float64Array, level: number): Interval {
  sampled.sort();
  const tail = (1 - level) / 2;
  return { low: quantile(sampled, tail), high: quantile(sampled, 1 - tail) };
}
