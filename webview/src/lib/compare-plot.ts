/** A uPlot of variants: bands, mean lines, single runs, and where runs end. */
import type uPlotType from 'uplot';
import uPlot from 'uplot';
import type { Curves, VariantCurve } from '../../../src/contract/index.js';
import { axisOf, axisSizes, dashOf, increments, lineColor, logRange, xRange, yRange } from './plot.js';
import type { Theme } from './theme.svelte.js';

/** Labels of an axis as they were last drawn: a picture of the chart has the same. */
export interface Ticks {
  x: { value: number; text: string }[];
  y: { value: number; text: string }[];
}

export interface ComparePlotOptions {
  width: number;
  height: number;
  logarithmic: boolean;
  unit: string;
  axis: string;
  curves: Curves;
  /** For each variant. */
  shown: readonly boolean[];
  isBaseline: readonly boolean[];
  ticks: Ticks;
  format(value: number | null): string;
  formatX(value: number): string;
  range(): readonly [number, number] | null;
  onzoom(range: readonly [number, number] | null): void;
  current(): Curves;
}

/** Columns of a variant in the plot's data, before those of its single runs. */
const fixedColumns = 4;

/** Changes when another plot is needed rather than other data. */
export const shapeOf = (curves: Curves): string =>
  curves.variants.map(({ name, smoothed, runs }) => `${name}:${smoothed !== null}:${runs.length}`).join('|');

export function dataOf({ x, variants }: Curves, logarithmic: boolean): uPlotType.AlignedData {
  const column = (values: Float64Array) =>
    Array.from(values, (value) => (Number.isNaN(value) || (logarithmic && value <= 0) ? null : value));
  const nothing = () => Array.from(x, () => null);
  return [
    Array.from(x),
    ...variants.flatMap(({ low, high, mean, smoothed, runs }) => [
      column(high),
      column(low),
      smoothed ? column(mean) : nothing(),
      column(smoothed ?? mean),
      ...runs.map(({ values }) => column(values)),
    ]),
  ];
}

export function createComparePlot(host: HTMLElement, theme: Theme, options: ComparePlotOptions): uPlotType {
  const { width, height, logarithmic, unit, curves } = options;
  const axis = axisOf(theme);
  const { series, bands } = seriesOf(options, theme);
  const labels = (side: keyof Ticks, format: (value: number) => string) =>
    function values(_: uPlotType, ticks: (number | null)[]): string[] {
      const texts = ticks.map((tick) => (tick === null ? '' : format(tick)));
      options.ticks[side] = ticks.flatMap((value, place) =>
        value === null || texts[place] === '' ? [] : [{ value, text: texts[place]! }],
      );
      return texts;
    };
  return new uPlot(
    {
      width: Math.max(60, width),
      height,
      padding: [6, 16, 0, 0],
      legend: { show: false },
      scales: {
        x: { time: false, range: (_, low, high) => xRange(options.range(), low, high) },
        y: {
          distr: logarithmic ? 3 : 1,
          range: (_, low, high) => (logarithmic ? logRange(low, high) : yRange(low, high)),
        },
      },
      axes: [
        {
          ...axis,
          size: axisSizes.x,
          incrs: increments,
          label: options.axis,
          space: 70,
          values: labels('x', options.formatX),
        },
        {
          ...axis,
          size: axisSizes.y,
          space: 24,
          ...(unit !== '' && { label: unit }),
          values: labels('y', (value) => options.format(value).replace('.0 %', ' %')),
        },
      ],
      cursor: {
        y: false,
        points: { show: false },
        drag: { x: true, y: false, setScale: false },
        bind: {
          dblclick: () => () => {
            options.onzoom(null);
            return null;
          },
        },
      },
      series,
      bands,
      hooks: {
        setSelect: [(self) => zoom(self, options)],
        draw: [(self) => drawFalls(self, theme, options)],
      },
    },
    dataOf(curves, logarithmic),
    host,
  );
}

function seriesOf(
  { curves, shown, isBaseline }: ComparePlotOptions,
  theme: Theme,
): { series: uPlotType.Series[]; bands: uPlotType.Band[] } {
  const series: uPlotType.Series[] = [{}];
  const bands: uPlotType.Band[] = [];
  const isFew = curves.x.length <= 60;
  for (const [place, { runs }] of curves.variants.entries()) {
    const color = lineColor(theme, place);
    const show = shown[place] ?? true;
    const pale = (share: number) => `color-mix(in srgb, ${color} ${share}%, transparent)`;
    bands.push({ series: [series.length, series.length + 1], fill: pale(theme.highContrast ? 24 : 16) });
    const edge: uPlotType.Series = {
      show,
      stroke: pale(30),
      width: 0.5,
      points: { show: false },
      spanGaps: true,
    };
    const wide = theme.highContrast ? 2.75 : 2;
    series.push(
      edge,
      edge,
      { show, stroke: pale(35), width: 1, points: { show: false }, spanGaps: true },
      {
        show,
        stroke: color,
        width: isBaseline[place] ? wide + 1.25 : wide,
        dash: [...dashOf(place)],
        spanGaps: true,
        points: { show: isFew, size: 5, fill: color },
      },
      ...runs.map(
        (): uPlotType.Series => ({
          show,
          stroke: pale(45),
          width: 0.75,
          dash: [...dashOf(place)],
          points: { show: false },
          spanGaps: true,
        }),
      ),
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

function zoom(self: uPlotType, options: ComparePlotOptions): void {
  const { left, width } = self.select;
  if (width <= 0) return;
  const range = [self.posToVal(left, 'x'), self.posToVal(left + width, 'x')] as const;
  self.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  if (range[1] > range[0]) options.onzoom(range);
}

/** The value of a column at the last x that is not after this one. */
export function valueAt({ x }: Curves, values: Float64Array, at: number): number | null {
  for (let place = x.length - 1; place >= 0; place--) {
    if (x[place]! > at + 1e-9 * Math.max(1, Math.abs(at))) continue;
    if (!Number.isNaN(values[place]!)) return values[place]!;
  }
  return null;
}

/** A mark where runs of a variant end before the others, with how many are left. */
function drawFalls(plot: uPlotType, theme: Theme, options: ComparePlotOptions): void {
  const { ctx, bbox } = plot;
  const curves = options.current();
  const size = 4 * devicePixelRatio;
  ctx.save();
  ctx.font = `${10 * devicePixelRatio}px system-ui`;
  ctx.textBaseline = 'bottom';
  for (const [place, variant] of curves.variants.entries()) {
    const isShown = plot.series[seriesPlaces(curves.variants, place)[0]!]?.show ?? false;
    if (!isShown) continue;
    ctx.fillStyle = lineColor(theme, place);
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
      ctx.fillText(`n ${n}`, left + size, top - size);
    }
  }
  ctx.restore();
}
