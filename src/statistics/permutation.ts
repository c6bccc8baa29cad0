/**
 * Permutation tests of a difference of means, two-sided. Seeds are what is exchanged: the problems of one training
 * rise and fall together, so that exchanging them one by one would take one lucky training for many.
 */
import { CounterRandom, streamOf } from '../random.js';
import { mean } from './summary.js';

/** All exchanges are tried up to this many; beyond it as many are drawn. */
const mostExchanges = 20_000;

/** Rounding may part what is equal in exact arithmetic. */
const tolerance = 1e-12;

/**
 * p of the hypothesis that the sign of each seed's difference is a coin's: differences are paired by seed.
 * With n seeds no p is below 2 / 2ⁿ. 1 without seeds.
 */
export function pairedPermutation(differences: readonly number[], seed = 0): number {
  const n = differences.length;
  if (n === 0) return 1;
  const observed = Math.abs(sum(differences));
  const limit = observed - tolerance * Math.max(1, observed);
  const isAsFar = (isFlipped: (place: number) => boolean) =>
    Math.abs(differences.reduce((total, value, i) => total + (isFlipped(i) ? -value : value), 0)) >= limit;
  if (2 ** n <= mostExchanges) {
    let count = 0;
    for (let flips = 0; flips < 2 ** n; flips++) if (isAsFar((i) => (flips >> i) % 2 === 1)) count++;
    return count / 2 ** n;
  }
  const random = new CounterRandom(seed, streamOf('paired permutations'));
  return drawn(() => isAsFar(() => random.below(2) === 1));
}

/** p of the hypothesis that it does not matter which of the two a seed belongs to. 1 where one has none. */
export function unpairedPermutation(a: readonly number[], b: readonly number[], seed = 0): number {
  if (a.length === 0 || b.length === 0) return 1;
  const pooled = [...a, ...b];
  const total = sum(pooled);
  const difference = (part: number) => part / a.length - (total - part) / b.length;
  const observed = mean(a) - mean(b);
  const slack = tolerance * Math.max(1, Math.abs(observed));
  // Of unequal sizes the distribution is not symmetric: twice the smaller tail is the two-sided p.
  const tails = { above: 0, below: 0, count: 0 };
  const tally = (part: number) => {
    const value = difference(part);
    if (value >= observed - slack) tails.above++;
    if (value <= observed + slack) tails.below++;
    tails.count++;
  };
  if (combinations(pooled.length, a.length) <= mostExchanges) {
    everyPart(pooled, a.length, tally);
    return Math.min(1, (2 * Math.min(tails.above, tails.below)) / tails.count);
  }
  const random = new CounterRandom(seed, streamOf('unpaired permutations'));
  for (let i = 0; i < mostExchanges; i++) {
    random.shuffle(pooled);
    tally(sum(pooled.slice(0, a.length)));
  }
  return Math.min(1, (2 * (Math.min(tails.above, tails.below) + 1)) / (tails.count + 1));
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** The exchange that was observed is one of them: it counts once more. */
function drawn(isAsFar: () => boolean): number {
  let count = 0;
  for (let i = 0; i < mostExchanges; i++) if (isAsFar()) count++;
  return (count + 1) / (mostExchanges + 1);
}

function combinations(n: number, k: number): number {
  let count = 1;
  for (let i = 1; i <= k; i++) count = (count * (n - k + i)) / i;
  return Math.round(count);
}

/** Gives the sum of every choice of `size` of the values. */
function everyPart(values: readonly number[], size: number, each: (sum: number) => void): void {
  const choose = (from: number, left: number, part: number): void => {
    if (left === 0) each(part);
    else for (let i = from; i <= values.length - left; i++) choose(i + 1, left - 1, part + values[i]!);
  };
  choose(0, size, 0);
}

/**
 * Holm's correction of p values that are looked at together: each is what it must be for its hypothesis to fall while
 * the chance of any false alarm stays where it was (Holm 1979). In the order given.
 */
export function holm(values: readonly number[]): number[] {
  const order = values.map((_, place) => place).sort((a, b) => values[a]! - values[b]!);
  const corrected = [...values];
  let least = 0;
  for (const [rank, place] of order.entries()) {
    least = Math.max(least, Math.min(1, (values.length - rank) * values[place]!));
    corrected[place] = least;
  }
  return corrected;
}
