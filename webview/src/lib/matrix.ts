/** Similarity matrices and what is drawn from them. Pure. */

/** The full m × m matrix, row-major, from its upper triangle without the diagonal; ones on the diagonal. */
export function fromUpperTriangle(triangle: readonly number[], m: number): Float64Array {
  const matrix = new Float64Array(m * m);
  let next = 0;
  for (let row = 0; row < m; row++) {
    matrix[row * m + row] = 1;
    for (let column = row + 1; column < m; column++) {
      const value = triangle[next++] ?? 0;
      matrix[row * m + column] = value;
      matrix[column * m + row] = value;
    }
  }
  return matrix;
}

export interface Histogram {
  /** Lower edge of the first bin and width of each. */
  start: number;
  width: number;
  counts: number[];
}

/** Counts of values in equal bins over [low, high]; an edge belongs to the bin above it, the last one to the last bin. */
export function histogram(values: readonly number[], low: number, high: number, bins: number): Histogram {
  const counts = new Array<number>(bins).fill(0);
  const width = (high - low) / bins;
  for (const value of values) {
    if (value < low || value > high) continue;
    const bin = Math.min(bins - 1, Math.floor((value - low) / width + 1e-9));
    counts[bin]!++;
  }
  return { start: low, width, counts };
}

export type Color = readonly [number, number, number];

/** Okabe and Ito's blue and vermilion: distinguishable with every kind of color vision. */
const negative: Color = [0, 114, 178];
const positive: Color = [213, 94, 0];

/** The color of a similarity in [−1, 1]: the background at 0, blue below, orange above. */
export function divergingColor(value: number, background: Color): Color {
  const target = value < 0 ? negative : positive;
  // A root lets small similarities, the usual ones, be seen.
  const share = Math.sqrt(Math.min(1, Math.abs(value)));
  return [0, 1, 2].map((channel) =>
    Math.round(background[channel]! + share * (target[channel]! - background[channel]!)),
  ) as unknown as Color;
}

/** Reads `#rgb`, `#rrggbb` or `rgb(…)`, as computed styles give colours; null for anything else. */
export function parseColor(text: string): Color | null {
  const value = text.trim();
  const hex = /^#([0-9a-f]{3}|[0-9a-f]{6}|[0-9a-f]{8})$/i.exec(value)?.[1];
  if (hex) {
    const wide = hex.length === 3 ? [...hex].map((digit) => digit + digit).join('') : hex;
    return [0, 2, 4].map((start) => Number.parseInt(wide.slice(start, start + 2), 16)) as unknown as Color;
  }
  const numbers = /^rgba?\(([^)]+)\)$/i
    .exec(value)?.[1]
    ?.split(/[\s,/]+/)
    .map(Number);
  return numbers && numbers.length >= 3 ? [numbers[0]!, numbers[1]!, numbers[2]!] : null;
}
