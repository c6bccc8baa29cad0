/** Curves of variants on one axis, and the part of them that a page can draw. Pure. */
import type { BandKind, Curves, VariantCurve } from '../../contract/index.js';
import { lowerBound } from '../../series/index.js';
import {
  aligned,
  type BandColumns,
  bandOf,
  evenGrid,
  interpolated,
  isPrefix,
  type RunCurve,
  smoothed,
  unionOf,
} from './band.js';

export interface NamedRunCurve extends RunCurve {
  id: string;
  seed: number;
}

export interface VariantRuns {
  name: string;
  runs: readonly NamedRunCurve[];
}

export interface CurveOptions {
  /** Whether runs share their x, as steps; else they are compared at equal distances. */
  shared: boolean;
  band: BandKind;
  smoothing: number;
}

/** Whole curves: what is cut and thinned for each look. */
export interface WholeCurves {
  x: Float64Array;
  variants: readonly WholeVariant[];
}

interface WholeVariant extends BandColumns {
  name: string;
  smoothed: Float64Array | null;
  most: number;
  falls: VariantCurve['falls'];
  /** Computed for those who draw single runs. */
  singles: () => VariantCurve['runs'];
  /** What it was computed of. */
  sources: readonly NamedRunCurve[];
}

/** Points of an axis that runs do not share. */
const gridPoints = { least: 200, most: 5000 };

/** @param before the same of shorter runs: a variant whose runs are the same objects is not computed again */
export function wholeCurves(
  variants: readonly VariantRuns[],
  options: CurveOptions,
  before: WholeCurves | null = null,
): WholeCurves {
  const all = variants.flatMap(({ runs }) => runs);
  const longest = Math.max(0, ...all.map(({ x }) => x.length));
  const x = options.shared
    ? // A copy: that of a run may move with it.
      unionOf(all).slice()
    : evenGrid(all, Math.min(gridPoints.most, Math.max(gridPoints.least, longest)));
  const isLonger = before !== null && isPrefix(before.x, x);
  const place = options.shared ? aligned : interpolated;
  return {
    x,
    variants: variants.map(({ name, runs }, index) => {
      const known = before?.variants[index];
      if (isLonger && known && areSame(known.sources, runs)) return longer(known, x.length);
      const columns = runs.map((run) => place(run, x));
      const band = bandOf(columns, x.length, options.band);
      const soft = (values: Float64Array) =>
        options.smoothing > 0 ? smoothed(values, options.smoothing) : values;
      return {
        name,
        n: band.n,
        mean: band.mean,
        smoothed: options.smoothing > 0 ? soft(band.mean) : null,
        low: soft(band.low),
        high: soft(band.high),
        most: band.n.reduce((most, n) => Math.max(most, n), 0),
        falls: fallsOf(runs),
        singles: once(() => runs.map(({ id, seed }, run) => ({ id, seed, values: soft(columns[run]!) }))),
        sources: runs,
      };
    }),
  };
}

const areSame = (a: readonly NamedRunCurve[], b: readonly NamedRunCurve[]): boolean =>
  a.length === b.length && a.every((curve, index) => curve === b[index]);

/** The variant on an axis that other runs made longer. */
function longer(variant: WholeVariant, length: number): WholeVariant {
  if (variant.n.length === length) return variant;
  const { n, mean, smoothed: soft, low, high, singles } = variant;
  const more = (values: Float64Array) => padded(values, length);
  return {
    ...variant,
    ...{
      n: padded(n, length, 0),
      mean: more(mean),
      smoothed: soft && more(soft),
      low: more(low),
      high: more(high),
    },
    singles: once(() => singles().map((run) => ({ ...run, values: more(run.values) }))),
  };
}

function padded(values: Float64Array, length: number, nothing = Number.NaN): Float64Array {
  if (values.length === length) return values;
  const longerValues = new Float64Array(length).fill(nothing, values.length);
  longerValues.set(values);
  return longerValues;
}

function once<Value>(compute: () => Value): () => Value {
  let known: { value: Value } | null = null;
  return () => {
    known ??= { value: compute() };
    return known.value;
  };
}

/** Where runs end before the last one of their variant does. */
function fallsOf(runs: readonly RunCurve[]): VariantCurve['falls'] {
  const ends = runs
    .flatMap(({ x, y }) => {
      let last = y.length - 1;
      while (last >= 0 && Number.isNaN(y[last])) last--;
      return last < 0 ? [] : [x[last]!];
    })
    .sort((a, b) => a - b);
  const last = ends.at(-1);
  return ends.flatMap((end, place) =>
    end === last || end === ends[place + 1] ? [] : [{ x: end, n: ends.length - place - 1 }],
  );
}

/**
 * The points between two bounds, and one on each side so that lines reach the edges. Where there are more than twice
 * the width, two for each column of pixels: the smallest and the largest value in it, in their order.
 */
export function cutCurves(
  { x, variants }: WholeCurves,
  { from, to, width, singles }: { from: number | null; to: number | null; width: number; singles: boolean },
): Curves {
  const first = from === null ? 0 : Math.max(0, lowerBound(x, from) - 1);
  const end = to === null ? x.length : Math.min(x.length, lowerBound(x, to) + 2);
  const columns = Math.max(10, width);
  const exact = end - first <= 2 * columns;
  const edges = exact ? null : edgesOf(first, end, columns);
  const cut = (values: Float64Array) =>
    edges ? extremesOf(values, edges) : values.slice(first, Math.max(first, end));
  const bound = (values: Float64Array, pick: 'low' | 'high') =>
    edges ? boundsOf(values, edges, pick) : values.slice(first, Math.max(first, end));
  return {
    x: edges ? spread(edges, x) : x.slice(first, Math.max(first, end)),
    variants: variants.map((variant) => ({
      name: variant.name,
      n: bound(variant.n, 'low'),
      mean: cut(variant.mean),
      smoothed: variant.smoothed && cut(variant.smoothed),
      low: bound(variant.low, 'low'),
      high: bound(variant.high, 'high'),
      most: variant.most,
      falls: variant.falls,
      runs: singles ? variant.singles().map((run) => ({ ...run, values: cut(run.values) })) : [],
    })),
    extent: x.length === 0 ? null : [x[0]!, x.at(-1)!],
    exact,
  };
}

/** The first place of each column, and one after the last of all. */
function edgesOf(first: number, end: number, columns: number): number[] {
  const size = (end - first) / columns;
  return Array.from({ length: columns + 1 }, (_, column) => first + Math.floor(column * size));
}

/** The first and the last x of each column. */
function spread(edges: readonly number[], x: Float64Array): Float64Array {
  const places = new Float64Array(2 * (edges.length - 1));
  for (let column = 0; column < edges.length - 1; column++) {
    places[2 * column] = x[edges[column]!]!;
    places[2 * column + 1] = x[edges[column + 1]! - 1]!;
  }
  return places;
}

function extremesOf(values: Float64Array, edges: readonly number[]): Float64Array {
  const cut = new Float64Array(2 * (edges.length - 1));
  for (let column = 0; column < edges.length - 1; column++) {
    const [low, high] = placesOf(values, edges[column]!, edges[column + 1]!);
    cut[2 * column] = values[Math.min(low, high)] ?? Number.NaN;
    cut[2 * column + 1] = values[Math.max(low, high)] ?? Number.NaN;
  }
  return cut;
}

function boundsOf(values: Float64Array, edges: readonly number[], pick: 'low' | 'high'): Float64Array {
  const cut = new Float64Array(2 * (edges.length - 1));
  for (let column = 0; column < edges.length - 1; column++) {
    const [low, high] = placesOf(values, edges[column]!, edges[column + 1]!);
    cut[2 * column] = values[pick === 'low' ? low : high] ?? Number.NaN;
    cut[2 * column + 1] = cut[2 * column]!;
  }
  return cut;
}

/** Places of the smallest and the largest number; −1 without a number. */
function placesOf(values: Float64Array, start: number, stop: number): [low: number, high: number] {
  let low = -1;
  let high = -1;
  for (let place = start; place < stop; place++) {
    const value = values[place]!;
    if (Number.isNaN(value)) continue;
    if (low < 0 || value < values[low]!) low = place;
    if (high < 0 || value > values[high]!) high = place;
  }
  return [low, high];
}
