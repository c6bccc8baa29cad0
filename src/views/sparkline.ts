/** Small line pictures for hovers: an SVG as a data URI, and a text form for screen readers and terminals. */

export interface SparklineOptions {
  width: number;
  height: number;
  /** Any CSS color; a middle tone that reads on light and dark backgrounds. */
  color: string;
  /** Fixed bounds of the vertical axis; without them the data's own. */
  range?: readonly [number, number];
}

const sparkBlocksText = '▁▂▃▄▅▆▇█';

/**
 * Fewer points with the same outline: each of `buckets` equal slices keeps its least and its greatest value
 * in their order, so that a spike is never averaged away. Values that are not finite are left out.
 */
export function downsample(values: readonly number[], buckets: number): { x: number; y: number }[] {
  const points = values.map((y, x) => ({ x, y })).filter((point) => Number.isFinite(point.y));
  if (points.length <= 2 * buckets) return points;
  const kept: { x: number; y: number }[] = [];
  for (let bucket = 0; bucket < buckets; bucket++) {
    const start = Math.floor((bucket * points.length) / buckets);
    const slice = points.slice(start, Math.floor(((bucket + 1) * points.length) / buckets));
    const least = slice.reduce((a, b) => (b.y < a.y ? b : a));
    const greatest = slice.reduce((a, b) => (b.y > a.y ? b : a));
    kept.push(...(least.x === greatest.x ? [least] : [least, greatest].sort((a, b) => a.x - b.x)));
  }
  return kept;
}

function bounds(values: readonly number[], range: readonly [number, number] | undefined): [number, number] {
  if (range) return [range[0], range[1]];
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  // A flat line belongs in the middle of the picture.
  return high - low < 1e-12 ? [low - 0.5, high + 0.5] : [low, high];
}

/** The line as an SVG document, or null when there is nothing to draw. */
export function sparklineSvg(values: readonly number[], options: SparklineOptions): string | null {
  const { width, height, color } = options;
  const points = downsample(values, Math.max(1, Math.floor(width / 2)));
  const last = points.at(-1);
  if (!last) return null;
  const [low, high] = bounds(
    points.map((point) => point.y),
    options.range,
  );
  const margin = 3;
  const scaleX = (width - 2 * margin) / Math.max(1, values.length - 1);
  const place = (point: { x: number; y: number }) => {
    const share = Math.min(1, Math.max(0, (point.y - low) / (high - low)));
    return {
      x: (margin + point.x * scaleX).toFixed(1),
      y: (height - margin - share * (height - 2 * margin)).toFixed(1),
    };
  };
  const line = points.map(place).map(({ x, y }) => `${x},${y}`);
  const end = place(last);
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">` +
    `<polyline points="${line.join(' ')}" fill="none" stroke="${color}" stroke-width="1.5" stroke-linejoin="round" stroke-linecap="round"/>` +
    `<circle cx="${end.x}" cy="${end.y}" r="2.5" fill="${color}"/></svg>`
  );
}

/** An SVG document as the data URI that a Markdown image takes. */
export function svgDataUri(svg: string): string {
  return `data:image/svg+xml;base64,${Buffer.from(svg, 'utf8').toString('base64')}`;
}

/** The line as block characters, `length` of them at most; empty when there is nothing to draw. */
export function sparkBlocks(values: readonly number[], length = 24): string {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return '';
  const count = Math.min(length, finite.length);
  const means = Array.from({ length: count }, (_, bucket) => {
    const start = Math.floor((bucket * finite.length) / count);
    const slice = finite.slice(start, Math.floor(((bucket + 1) * finite.length) / count));
    return slice.reduce((sum, value) => sum + value, 0) / slice.length;
  });
  const [low, high] = bounds(means, undefined);
  return means
    .map((value) => {
      const level = Math.round(((value - low) / (high - low)) * (sparkBlocksText.length - 1));
      return sparkBlocksText[Math.min(sparkBlocksText.length - 1, Math.max(0, level))];
    })
    .join('');
}
