/** What a page can draw of a series: all of it where there is room, else the extremes of each column of pixels. */
import { lowerBound } from './columns.js';

export interface SeriesSlice {
  x: number[];
  /** NaN where there is no value: a gap. */
  y: number[];
  /** Whether every point between the bounds is in it. */
  exact: boolean;
}

/**
 * The points between two bounds, and one on each side of them so that lines reach the edges. When there are more than
 * twice the width, of each column the smallest and the largest value in their order: nothing that a line of one pixel
 * would show is lost. A column without any value is a gap.
 * @param x ascending
 * @param width columns of pixels
 */
export function sliceOf(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  { from, to, width }: { from: number; to: number; width: number },
): SeriesSlice {
  const first = Math.max(0, lowerBound(x, from) - 1);
  const end = Math.min(x.length, lowerBound(x, to) + 2);
  const slice: SeriesSlice = { x: [], y: [], exact: end - first <= 2 * width };
  const push = (place: number) => {
    slice.x.push(x[place]!);
    slice.y.push(y[place]!);
  };
  if (slice.exact) {
    for (let place = first; place < end; place++) push(place);
    return slice;
  }
  const size = (end - first) / width;
  for (let column = 0; column < width; column++) {
    const start = first + Math.floor(column * size);
    const stop = Math.min(end, first + Math.floor((column + 1) * size));
    const extremes = extremesOf(y, start, stop);
    if (extremes === null) push(start);
    else for (const place of extremes) push(place);
  }
  return slice;
}

/** Places of the smallest and the largest number, in their order, each once; null without a number. */
function extremesOf(y: ArrayLike<number>, start: number, stop: number): number[] | null {
  let low = -1;
  let high = -1;
  for (let place = start; place < stop; place++) {
    const value = y[place]!;
    if (Number.isNaN(value)) continue;
    if (low < 0 || value < y[low]!) low = place;
    if (high < 0 || value > y[high]!) high = place;
  }
  if (low < 0) return null;
  return low === high ? [low] : [Math.min(low, high), Math.max(low, high)];
}
