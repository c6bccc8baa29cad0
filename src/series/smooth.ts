/** Moving averages of columns, for some of their places only. */

/** An average, and the weight of all values so far, by which it goes on: 1 after many of them. */
export interface Smoothed {
  values: Float64Array;
  weight: number;
}

/**
 * The exponential moving average at ascending places, with the bias of its start corrected, so that the first value is
 * the first point. What is not a finite number has none, and does not disturb the others.
 * @param smoothing 0 changes nothing, towards 1 it gets smoother
 */
export function smoothedAt(
  column: ArrayLike<number>,
  places: ArrayLike<number>,
  smoothing: number,
): Smoothed {
  const values = new Float64Array(places.length).fill(Number.NaN);
  const first = places.length > 0 ? placeBefore(column, places[0]!, memoryOf(smoothing)) : 0;
  const own = 1 - smoothing;
  let sum = 0;
  let weight = 0;
  let place = first;
  for (let index = 0; index < places.length; index++) {
    const at = places[index]!;
    for (; place <= at; place++) {
      const value = column[place]!;
      if (!Number.isFinite(value)) continue;
      sum = smoothing * sum + own * value;
      weight = smoothing * weight + own;
    }
    if (Number.isFinite(column[at]!)) values[index] = sum / weight;
  }
  return { values, weight };
}

/** How many values back an average remembers: what was before changes no digit of a double. */
function memoryOf(smoothing: number): number {
  return smoothing > 0 ? Math.ceil(Math.log(1e-18) / Math.log(smoothing)) : 0;
}

/** The place that has `count` finite values from it up to `place`, or the first one. */
function placeBefore(column: ArrayLike<number>, place: number, count: number): number {
  let found = 0;
  let start = place;
  while (start > 0 && found < count) {
    start--;
    if (Number.isFinite(column[start]!)) found++;
  }
  return start;
}
