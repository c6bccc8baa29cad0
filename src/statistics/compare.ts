/** Variants of a study against its baseline: every figure that a reader needs to believe a difference, or not to. */
import { differenceInterval, meanInterval, usualResampling } from './bootstrap.js';
import { probabilityOfImprovement } from './improvement.js';
import type { Interval, Resampling } from './intervals.js';
import { holm, pairedPermutation, unpairedPermutation } from './permutation.js';
import { differenceMatrix, haveSameProblems, pairedBySeed, type SeedScores, scoreMatrix } from './scores.js';
import { seedsToShow } from './seeds-needed.js';
import { interquartileMean, mean, standardDeviation } from './summary.js';

/** One score of one variant over its seeds. */
export interface ScoreSummary extends Interval {
  /** Seeds. */
  n: number;
  mean: number;
  /** With n − 1; null with one seed. */
  sd: number | null;
  iqm: number;
}

/** One score of a variant against the same of the baseline. */
export interface Comparison extends Interval {
  variant: string;
  baseline: string;
  metric: string;
  /** The variant's mean less the baseline's, over the seeds that are compared. */
  delta: number;
  probabilityOfImprovement: number;
  /** Of the permutation test. */
  p: number;
  /** Corrected over the variants of the same metric. */
  pHolm: number;
  /** Whether seeds were paired: both have the same ones, or at least two in common. */
  paired: boolean;
  /** Seeds of the variant and of the baseline that were compared. */
  n: [variant: number, baseline: number];
  /** Whether problems were paired, too. */
  byProblem: boolean;
  /** Seeds of each that would show a difference of this size; null where that cannot be said. */
  seedsNeeded: number | null;
}

/** @param scores of at least one seed */
export function summarize(scores: SeedScores, resampling: Resampling = usualResampling): ScoreSummary {
  return {
    n: scores.seeds.length,
    mean: mean(scores.scores),
    sd: standardDeviation(scores.scores),
    iqm: interquartileMean(scores.scores),
    ...meanInterval(scoreMatrix(scores), resampling),
  };
}

/** Every variant but the baseline against it, in one metric. Each has at least one seed. */
export function compareWithBaseline(
  metric: string,
  variants: ReadonlyMap<string, SeedScores>,
  baseline: string,
  resampling: Resampling = usualResampling,
): Comparison[] {
  const reference = variants.get(baseline);
  if (!reference) return [];
  const compared = [...variants]
    .filter(([name]) => name !== baseline)
    .map(([variant, scores]) => ({ variant, baseline, metric, ...compare(scores, reference, resampling) }));
  const corrected = holm(compared.map(({ p }) => p));
  return compared.map((comparison, place) => ({ ...comparison, pHolm: corrected[place]! }));
}

type Compared = Omit<Comparison, 'variant' | 'baseline' | 'metric' | 'pHolm'>;

function compare(variant: SeedScores, baseline: SeedScores, resampling: Resampling): Compared {
  const [a, b] = pairedBySeed(variant, baseline);
  const isPaired =
    a.seeds.length >= 2 ||
    (a.seeds.length === 1 && variant.seeds.length === 1 && baseline.seeds.length === 1);
  return isPaired ? comparePaired(a, b, resampling) : compareUnpaired(variant, baseline, resampling);
}

function comparePaired(a: SeedScores, b: SeedScores, resampling: Resampling): Compared {
  const differences = a.scores.map((score, place) => score - b.scores[place]!);
  const delta = mean(differences);
  return {
    delta,
    ...meanInterval(differenceMatrix(a, b), resampling),
    probabilityOfImprovement: probabilityOfImprovement(a.scores, b.scores),
    p: pairedPermutation(differences, resampling.seed),
    paired: true,
    n: [a.seeds.length, b.seeds.length],
    byProblem: haveSameProblems(a, b),
    seedsNeeded: seedsToShow(delta, standardDeviation(differences)),
  };
}

function compareUnpaired(a: SeedScores, b: SeedScores, resampling: Resampling): Compared {
  const byProblem = haveSameProblems(a, b);
  const [left, right] = [a, b].map((scores) =>
    scoreMatrix(byProblem ? scores : { ...scores, problems: null }),
  );
  const delta = mean(a.scores) - mean(b.scores);
  const [sdA, sdB] = [standardDeviation(a.scores), standardDeviation(b.scores)];
  return {
    delta,
    ...differenceInterval(left!, right!, resampling),
    probabilityOfImprovement: probabilityOfImprovement(a.scores, b.scores),
    p: unpairedPermutation(a.scores, b.scores, resampling.seed),
    paired: false,
    n: [a.seeds.length, b.seeds.length],
    byProblem,
    seedsNeeded: seedsToShow(delta, sdA === null || sdB === null ? null : Math.hypot(sdA, sdB)),
  };
}
