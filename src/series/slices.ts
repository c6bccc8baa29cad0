/** What one chart can draw of the series of a run: several metrics at common steps, and their moving averages. */
import { lowerBound, type SeriesColumns } from './columns.js';
import { smoothedAt } from './smooth.js';

export interface SlicesQuery {
  metrics: readonly string[];
  /** Those of the metrics whose moving average is wanted. */
  averaged: readonly string[];
  /** First and last step; null for all. */
  from: number | null;
  to: number | null;
  /** Columns of pixels. */
  width: number;
  /** From 0 to below 1. */
  smoothing: number;
}

export interface Slices {
  /** Of the columns that they are of. */
  version: number;
  /** How many steps the run has in all. */
  count: number;
  /** Whether every step between the bounds is in it. */
  exact: boolean;
  steps: Float64Array;
  /** In the order of the metrics; NaN is a gap. */
  values: Float64Array[];
  /** In the order of those that were asked for. */
  averages: Float64Array[];
  /** Of all values up to the last step, for each average: by it the page goes on with the next step. */
  weights: number[];
}

/**
 * The points between two steps, and one on each side. When there are more than twice the width, of each column of pixels
 * where each metric has its smallest and its largest value, and the first and the last point.
 */
export function slicesOf(columns: SeriesColumns, query: SlicesQuery): Slices {
  const { metrics, averaged, from, to, width, smoothing } = query;
  const steps = columns.column('step') ?? new Float64Array();
  const first = from === null ? 0 : Math.max(0, lowerBound(steps, from) - 1);
  const end = to === null ? steps.length : Math.min(steps.length, lowerBound(steps, to + 1e-9) + 1);
  const of = (name: string) => columns.column(name) ?? new Float64Array(steps.length).fill(Number.NaN);
  const drawn = metrics.map(of);
  const exact = end - first <= 2 * width;
  const places = exact ? range(first, end) : extremePlaces(drawn, first, end, width);
  const averages = averaged.map((name) => smoothedAt(of(name), places, smoothing));
  return {
    version: columns.version,
    count: steps.length,
    exact,
    steps: Float64Array.from(places, (place) => steps[place]!),
    values: drawn.map((column) => Float64Array.from(places, (place) => column[place]!)),
    averages: averages.map(({ values }) => values),
    weights: averages.map(({ weight }) => weight),
  };
}

function range(first: number, end: number): number[] {
  return Array.from({ length: Math.max(0, end - first) }, (_, index) => first + index);
}

function extremePlaces(
  columns: readonly Float64Array[],
  first: number,
  end: number,
  width: number,
): number[] {
  const kept = new Set<number>([first, end - 1]);
  const edge = (pixel: number) => first + Math.floor((pixel * (end - first)) / width);
  for (const column of columns) {
    for (let pixel = 0; pixel < width; pixel++) {
      for (const place of extremesIn(column, edge(pixel), edge(pixel + 1))) kept.add(place);
    }
  }
  return [...kept].sort((a, b) => a - b);
}

/** Places of the smallest and the largest finite value; none without one. */
function extremesIn(column: Float64Array, start: number, stop: number): number[] {
  let low = -1;
  let high = -1;
  for (let place = start; place < stop; place++) {
    const value = column[place]!;
    if (!Number.isFinite(value)) continue;
    if (low < 0 || value < column[low]!) low = place;
    if (high < 0 || value > column[high]!) high = place;
  }
  return low < 0 ? [] : [low, high];
}
