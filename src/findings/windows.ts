/** The beginning, the middle and the end of a series, by which findings compare them. Pure. */
import type { SeriesColumns } from '../series/index.js';

export interface Window {
  mean: number;
  median: number;
  /** Standard error of the mean, as if steps were independent. */
  error: number;
  /** First and last step. */
  from: number;
  to: number;
}

export interface Windows {
  first: Window;
  middle: Window;
  last: Window;
}

/** Fewer values say nothing about a run. */
const leastSteps = 10;
/** A window is a tenth of the steps, of a short run more. */
const share = 0.1;

/** @returns null for a metric of fewer than `leastSteps` values */
export function windowsOf(
  columns: Pick<SeriesColumns, 'column'>,
  ...metrics: readonly string[]
): Windows | null {
  const steps: number[] = [];
  const values: number[] = [];
  const all = columns.column('step') ?? new Float64Array();
  const sums = metrics.map((metric) => columns.column(metric));
  for (const [place, step] of all.entries()) {
    const value = sums.reduce((sum, column) => sum + (column?.[place] ?? Number.NaN), 0);
    if (!Number.isFinite(value)) continue;
    steps.push(step);
    values.push(value);
  }
  if (values.length < leastSteps) return null;
  const size = Math.max(leastSteps / 2, Math.round(share * values.length));
  const at = (start: number) => windowOf(steps.slice(start, start + size), values.slice(start, start + size));
  return {
    first: at(0),
    middle: at(Math.floor((values.length - size) / 2)),
    last: at(values.length - size),
  };
}

function windowOf(steps: readonly number[], values: readonly number[]): Window {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, n - 1);
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(n / 2);
  const [low = 0, high = 0] = [sorted[Math.max(0, n % 2 === 0 ? middle - 1 : middle)], sorted[middle]];
  return {
    mean,
    median: (low + high) / 2,
    error: Math.sqrt(variance / n),
    from: steps[0] ?? 0,
    to: steps.at(-1) ?? 0,
  };
}

/** By how many standard errors the mean of one window is above that of another. */
export function rise(before: Window, after: Window): number {
  const error = Math.hypot(before.error, after.error);
  const difference = after.mean - before.mean;
  return difference === 0 ? 0 : difference / Math.max(error, 1e-12 * Math.abs(difference));
}
