/** Lists of rows of different heights, of which only those on the screen exist. Pure. */

/** Where each row begins, and after the last one where the list ends. In CSS pixels. */
export function rowOffsets(heights: readonly number[]): Float64Array {
  const offsets = new Float64Array(heights.length + 1);
  for (const [row, height] of heights.entries()) offsets[row + 1] = offsets[row]! + height;
  return offsets;
}

/** The row at a height of the list: the last one that begins there or above. */
export function rowAt(offsets: Float64Array, top: number): number {
  let low = 0;
  let high = Math.max(0, offsets.length - 2);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (offsets[middle]! <= top) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Pixels beyond the screen whose rows are drawn too, so that scrolling shows no gaps. */
const overscan = 300;

/** The rows to draw. `first` is drawn, `end` is not. */
export function rowsWithin(
  offsets: Float64Array,
  scrollTop: number,
  height: number,
): { first: number; end: number } {
  const count = offsets.length - 1;
  if (count === 0) return { first: 0, end: 0 };
  return {
    first: rowAt(offsets, scrollTop - overscan),
    end: Math.min(count, rowAt(offsets, scrollTop + height + overscan) + 1),
  };
}
