/** One curve from those of several seeds: where they are together, and how far apart. */
import { mean, standardDeviation } from './summary.js';

export interface Sample {
  x: number;
  y: number;
}

export interface CurveBand {
  x: number;
  /** Curves that have a value there: it falls where runs stop early. */
  n: number;
  mean: number;
  /** With n − 1; null of one. */
  sd: number | null;
  min: number;
  max: number;
}

/** At every x that any of the curves has, ascending. Each has an x once. */
export function curveBand(curves: readonly (readonly Sample[])[]): CurveBand[] {
  const values = new Map<number, number[]>();
  for (const curve of curves) {
    for (const { x, y } of curve) {
      const known = values.get(x);
      if (known) known.push(y);
      else values.set(x, [y]);
    }
  }
  return [...values]
    .sort(([a], [b]) => a - b)
    .map(([x, ys]) => ({
      x,
      n: ys.length,
      mean: mean(ys),
      sd: standardDeviation(ys),
      min: Math.min(...ys),
      max: Math.max(...ys),
    }));
}

/**
 * At most so many points, each the mean of neighbours and at the last x of them. The same x give the same portions, so
 * that curves of several seeds stay comparable point by point.
 */
export function thinned(curve: readonly Sample[], most: number): Sample[] {
  const size = Math.ceil(curve.length / most);
  if (size <= 1) return [...curve];
  return Array.from({ length: Math.ceil(curve.length / size) }, (_, place) => {
    const part = curve.slice(place * size, (place + 1) * size);
    return { x: part.at(-1)!.x, y: mean(part.map(({ y }) => y)) };
  });
}
