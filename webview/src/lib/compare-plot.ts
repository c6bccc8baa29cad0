/** A uPlot of variants: bands, mean lines, single runs, and where runs end. */
import type uPlotType from 'uplot';
import type { Curves, VariantCurve } from '../../../src/contract/index.js';
import { dashedAcross } from './dashed-path.js';
import { dashOf, lineColor } from './plot.js';
import { createFrame, type FrameOptions, increments, type Ticks } from './plot-frame.js';
import { indexAt } from './series.js';
import type { Theme } from './theme.svelte.js';

export interface ComparePlotOptions extends FrameOptions {
  curves: Curves;
  /** For each variant. */
  shown: readonly boolean[];
  /** Of their colours and dashes. */
  places: readonly number[];
  isBaseline: readonly boolean[];
  ticks: Ticks;
  /** Whether the horizontal axis is in seconds. */
  isTime: boolean;
  formatX(value: number): string;
  current(): Curves;
}

/** Seconds that people count time in. */
const durations = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200,
].concat(increments.map((days) => 86_400 * days));

/** Columns of a variant in the plot's data, before those of its single runs. */
const fixedColumns = 4;

/** Of more variants the moving averages are drawn alone: values under them would be a fog. */
const mostWithValues = 12;

/** Changes when another plot is needed rather than other data. */
export const shapeOf = (curves: Curves): string =>
  curves.variants.map(({ name, smoothed, runs }) => `${name}:${smoothed !== null}:${runs.length}`).join('|');

export function dataOf({ x, variants }: Curves, logarithmic: boolean): uPlotType.AlignedData {
  const column = (values: Float64Array) =>
    Array.from(values, (value) => (Number.isNaN(value) || (logarithmic && value <= 0) ? null : value));
  const nothing = new Array<null>(x.length).fill(null);
  return [
    Array.from(x),
    ...variants.flatMap(({ most, low, high, mean, smoothed, runs }) => [
      // One run is no band.
      most > 1 ? column(high) : nothing,
      most > 1 ? column(low) : nothing,
      smoothed && variants.length <= mostWithValues ? column(mean) : nothing,
      column(smoothed ?? mean),
      ...runs.map(({ values }) => column(values)),
    ]),
  ];
}

export function createComparePlot(host: HTMLElement, theme: Theme, options: ComparePlotOptions): uPlotType {
  const { curves, logarithmic, ticks, isTime, formatX } = options;
  return createFrame(host, theme, options, {
    ...seriesOf(options, theme),
    data: dataOf(curves, logarithmic),
    cursor: { points: { show: false } },
    x: { incrs: isTime ? durations : increments, space: 70, format: formatX },
    ticks,
    decorate: (plot) => drawFalls(plot, theme, options),
  });
}

function seriesOf(
  { curves, shown, places, isBaseline }: ComparePlotOptions,
  theme: Theme,
): { series: uPlotType.Series[]; bands: uPlotType.Band[] } {
  const series: uPlotType.Series[] = [{}];
  const bands: uPlotType.Band[] = [];
  const isFew = curves.x.length <= 60;
  for (const [index, { runs }] of curves.variants.entries()) {
    const place = places[index] ?? index;
    const color = lineColor(theme, place);
    const show = shown[index] ?? true;
    const pale = (share: number) => `color-mix(in srgb, ${color} ${share}%, transparent)`;
    bands.push({ series: [series.length, series.length + 1], fill: pale(theme.highContrast ? 24 : 16) });
    const line = { show, points: { show: false }, spanGaps: true };
    // The edges of a band are seen by its fill, but for those who need contrast.
    const edge: uPlotType.Series = { ...line, stroke: pale(30), width: theme.highContrast ? 1 : 0 };
    const wide = theme.highContrast ? 2.75 : 2;
    const dash = dashOf(place);
    series.push(
      edge,
      edge,
      { ...line, stroke: pale(35), width: 1 },
      {
        ...line,
        stroke: color,
        width: isBaseline[index] ? wide + 1.25 : wide,
        ...(dash.length > 0 && { paths: dashedAcross(dash) }),
        points: { show: isFew, size: 5, fill: color },
      },
      // Which variant they belong to is told by its line among them.
      ...runs.map((): uPlotType.Series => ({ ...line, stroke: pale(45), width: 0.75 })),
    );
  }
  return { series, bands };
}

/** Numbers of the plot's series that belong to a variant. */
export function seriesPlaces(variants: readonly VariantCurve[], wanted: number): number[] {
  const first = variants.slice(0, wanted).reduce((sum, { runs }) => sum + fixedColumns + runs.length, 1);
  return Array.from(
    { length: fixedColumns + (variants[wanted]?.runs.length ?? 0) },
    (_, index) => first + index,
  );
}

/** The value of a column at the last x that is not after this one. */
export function valueAt({ x }: Curves, values: Float64Array, at: number): number | null {
  let place = indexAt(x, at + 1e-9 * Math.max(1, Math.abs(at)));
  while (place >= 0 && Number.isNaN(values[place]!)) place--;
  return values[place] ?? null;
}

/** A mark where runs of a variant end before the others, with how many are left. */
function drawFalls(plot: uPlotType, theme: Theme, options: ComparePlotOptions): void {
  const { ctx, bbox } = plot;
  const curves = options.current();
  const size = 4 * devicePixelRatio;
  ctx.save();
  ctx.font = `${10 * devicePixelRatio}px system-ui`;
  ctx.textBaseline = 'bottom';
  ctx.strokeStyle = `rgb(${theme.background.join(' ')})`;
  ctx.lineWidth = 3 * devicePixelRatio;
  ctx.lineJoin = 'round';
  for (const [place, variant] of curves.variants.entries()) {
    const isShown = plot.series[seriesPlaces(curves.variants, place)[0]!]?.show ?? false;
    if (!isShown) continue;
    ctx.fillStyle = lineColor(theme, options.places[place] ?? place);
    for (const { x, n } of variant.falls) {
      const value = valueAt(curves, variant.smoothed ?? variant.mean, x);
      if (value === null || (options.logarithmic && value <= 0)) continue;
      const left = plot.valToPos(x, 'x', true);
      const top = plot.valToPos(value, 'y', true);
      if (left < bbox.left || left > bbox.left + bbox.width) continue;
      ctx.beginPath();
      ctx.moveTo(left - size, top - size);
      ctx.lineTo(left + size, top - size);
      ctx.lineTo(left, top + size / 2);
      ctx.fill();
      // Readable also across lines.
      ctx.strokeText(`n ${n}`, left + size, top - size);
      ctx.fillText(`n ${n}`, left + size, top - size);
    }
  }
  ctx.restore();
}
