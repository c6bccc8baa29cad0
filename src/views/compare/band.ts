/** One curve from those of several seeds, in columns: where they are together, and how far apart. Pure. */
import type { BandKind } from '../../contract/index.js';

/** A curve of one run: x ascending, each once; NaN where there is no value. */
export interface RunCurve {
  x: Float64Array;
  y: Float64Array;
}

export interface BandColumns {
  n: Float64Array;
  mean: Float64Array;
  low: Float64Array;
  high: Float64Array;
}

/** Every x that any of the curves has, ascending; where one of them has all of it, its own. */
export function unionOf(curves: readonly RunCurve[]): Float64Array {
  let union: Float64Array = new Float64Array(0);
  for (const { x } of curves) {
    if (isPrefix(x, union)) continue;
    union = isPrefix(union, x) ? x : merged(union, x);
  }
  return union;
}

/** Whether the second begins with all of the first. */
export function isPrefix(a: Float64Array, b: Float64Array): boolean {
  if (a.length > b.length) return false;
  for (let place = 0; place < a.length; place++) if (a[place] !== b[place]) return false;
  return true;
}

function merged(a: Float64Array, b: Float64Array): Float64Array {
  const all = new Float64Array(a.length + b.length);
  let length = 0;
  for (let i = 0, j = 0; i < a.length || j < b.length; length++) {
    const value = Math.min(a[i] ?? Number.POSITIVE_INFINITY, b[j] ?? Number.POSITIVE_INFINITY);
    all[length] = value;
    if (a[i] === value) i++;
    if (b[j] === value) j++;
  }
  return all.subarray(0, length);
}

/** The curve's values at each x of a grid that holds all of its own: NaN elsewhere. */
export function aligned({ x, y }: RunCurve, grid: Float64Array): Float64Array {
  const values = new Float64Array(grid.length).fill(Number.NaN);
  for (let place = 0, at = 0; at < grid.length && place < x.length; at++) {
    if (grid[at] === x[place]) values[at] = y[place++]!;
  }
  return values;
}

/** So many x at equal distances, for axes on which no two runs have the same. */
export function evenGrid(curves: readonly RunCurve[], count: number): Float64Array {
  const filled = curves.filter(({ x }) => x.length > 0);
  if (filled.length === 0) return new Float64Array(0);
  const first = Math.min(...filled.map(({ x }) => x[0]!));
  const last = Math.max(...filled.map(({ x }) => x.at(-1)!));
  if (first === last) return Float64Array.of(first);
  return Float64Array.from({ length: count }, (_, place) => first + ((last - first) * place) / (count - 1));
}

/** Values at each x of a grid on the straight lines between the curve's points; NaN before its first and after its last. */
export function interpolated({ x, y }: RunCurve, grid: Float64Array): Float64Array {
  const values = new Float64Array(grid.length).fill(Number.NaN);
  const points: number[] = [];
  for (const [place, value] of y.entries()) if (!Number.isNaN(value)) points.push(place);
  for (let at = 0, next = 0; at < grid.length; at++) {
    const wanted = grid[at]!;
    while (next < points.length && x[points[next]!]! < wanted) next++;
    const [before, after] = [points[next - 1], points[next]];
    if (after === undefined) break;
    if (x[after] === wanted) values[at] = y[after]!;
    else if (before !== undefined) {
      const part = (wanted - x[before]!) / (x[after]! - x[before]!);
      values[at] = y[before]! + part * (y[after]! - y[before]!);
    }
  }
  return values;
}

/** The mean and the band of curves on one grid. Of one curve the band is the curve. @param all equally long */
export function bandOf(all: readonly Float64Array[], length: number, kind: BandKind): BandColumns {
  const column = (value: number) => new Float64Array(length).fill(value);
  const band = {
    n: column(0),
    mean: column(Number.NaN),
    low: column(Number.POSITIVE_INFINITY),
    high: column(Number.NEGATIVE_INFINITY),
  };
  const squares = column(0);
  for (const values of all) add(values, band, squares);
  for (let at = 0; at < length; at++) {
    const n = band.n[at]!;
    if (kind === 'range' && n > 0) continue;
    const reach = n === 0 ? Number.NaN : reachOf(kind, n, squares[at]!);
    band.low[at] = band.mean[at]! - reach;
    band.high[at] = band.mean[at]! + reach;
  }
  return band;
}

/** Welford: one pass, and no loss where the spread is small against the mean. */
function add(values: Float64Array, { n: counts, mean, low, high }: BandColumns, squares: Float64Array): void {
  for (let at = 0; at < values.length; at++) {
    const value = values[at]!;
    if (Number.isNaN(value)) continue;
    const n = ++counts[at]!;
    const before = n === 1 ? value : mean[at]!;
    const after = before + (value - before) / n;
    squares[at]! += (value - before) * (value - after);
    mean[at] = after;
    low[at] = Math.min(low[at]!, value);
    high[at] = Math.max(high[at]!, value);
  }
}

function reachOf(kind: BandKind, n: number, squares: number): number {
  if (n < 2) return 0;
  const deviation = Math.sqrt(squares / (n - 1));
  if (kind === 'sd') return deviation;
  return (deviation / Math.sqrt(n)) * (kind === 'interval' ? studentQuantile(n - 1) : 1);
}

/** 97.5 % quantiles of Student's t, by degrees of freedom from 1 on. */
const quantiles = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131,
  2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];

/** Beyond the table by the first terms of the expansion in 1/ν, right to three digits. */
const studentQuantile = (freedom: number): number => quantiles[freedom - 1] ?? 1.96 + 2.372 / freedom;

/** Exponential moving average with the bias of its start corrected, as the charts of a run have it. */
export function smoothed(values: Float64Array, smoothing: number): Float64Array {
  let sum = 0;
  let weight = 0;
  return values.map((value) => {
    if (!Number.isFinite(value)) return Number.NaN;
    sum = smoothing * sum + (1 - smoothing) * value;
    weight = smoothing * weight + (1 - smoothing);
    return sum / weight;
  });
}
