/** Series of numbers over steps: smoothing, thinning, finding a step. Pure. */

/** Null is a gap. */
export type Values = readonly (number | null)[];

/**
 * Exponential moving average with the bias of its start corrected, so that the first value is the first point.
 * `smoothing` 0 changes nothing, towards 1 it gets smoother. Missing values stay missing.
 */
export function smooth(values: readonly (number | null)[], smoothing: number): (number | null)[] {
  let sum = 0;
  let weight = 0;
  return values.map((value) => {
    if (value === null || !Number.isFinite(value)) return null;
    sum = smoothing * sum + (1 - smoothing) * value;
    weight = smoothing * weight + (1 - smoothing);
    return sum / weight;
  });
}

/** Indices of the smallest and the largest value in [from, to); nothing when all are missing. */
function extremes(values: readonly (number | null)[], from: number, to: number): number[] {
  let low = -1;
  let high = -1;
  for (let index = from; index < to; index++) {
    const value = values[index];
    if (value === null || value === undefined) continue;
    if (low < 0 || value < values[low]!) low = index;
    if (high < 0 || value > values[high]!) high = index;
  }
  return low < 0 ? [] : [low, high];
}

/**
 * Indices to draw when there are more points than pixels: of each of `buckets` equal runs of points, where each
 * series has its smallest and its largest value. Peaks survive.
 */
export function thin(
  length: number,
  series: readonly (readonly (number | null)[])[],
  buckets: number,
): number[] {
  if (length <= 2 * buckets) return Array.from({ length }, (_, index) => index);
  const kept = new Set<number>([0, length - 1]);
  for (let bucket = 0; bucket < buckets; bucket++) {
    const from = Math.floor((bucket * length) / buckets);
    const to = Math.floor(((bucket + 1) * length) / buckets);
    for (const values of series) {
      for (const index of extremes(values, from, to)) kept.add(index);
    }
  }
  return [...kept].sort((a, b) => a - b);
}

/** Index of the last of ascending steps that is not after `step`; −1 when all are. */
export function indexAt(steps: ArrayLike<number>, step: number): number {
  let low = 0;
  let high = steps.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (steps[middle]! <= step) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Index of the one of ascending steps that is nearest; −1 when there is none. */
export function nearestIndex(steps: ArrayLike<number>, step: number): number {
  const before = indexAt(steps, step);
  if (before < 0) return steps.length > 0 ? 0 : -1;
  const after = steps[before + 1];
  return after !== undefined && after - step < step - steps[before]! ? before + 1 : before;
}

/** Values of a metric over steps; what is not a finite number is missing. */
export function column(items: readonly object[], key: string): (number | null)[] {
  return items.map((item) => {
    const value = (item as Readonly<Record<string, unknown>>)[key];
    return typeof value === 'number' && Number.isFinite(value) ? value : null;
  });
}
