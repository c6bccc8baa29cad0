/** A uPlot with the colours of the theme: what is the same for every chart of ours. */
import type uPlotType from 'uplot';
import uPlot from 'uplot';
import type { Values } from './series.js';
import type { Theme } from './theme.svelte.js';

/** Dashes by which lines are told apart, besides their colours. */
export const dashes: readonly (readonly number[])[] = [[], [6, 3], [2, 3], [9, 3, 2, 3]];

/** The dash of a line by its place: a colour that comes again has another one. */
export const dashOf = (index: number): readonly number[] =>
  dashes[(index + Math.floor(index / dashes.length)) % dashes.length]!;

export const lineColor = (theme: Theme, index: number): string => theme.lines[index % theme.lines.length]!;

/** A line as it is drawn: its values, and their moving average over them if there is one. */
export interface DrawnLine {
  values: Values;
  smoothed: Values | null;
}

export interface PlotOptions {
  width: number;
  height: number;
  lines: readonly DrawnLine[];
  /** Points instead of a line through many values. */
  points: boolean;
  logarithmic: boolean;
  /** Of the vertical axis; empty for numbers without one. */
  unit: string;
  /** Title of the horizontal axis. */
  axis: string;
  format(value: number | null | undefined): string;
  /** Smallest and largest value that must be seen, besides those of the lines. */
  reach(): readonly [number, number] | null;
  /** First and last step of what is zoomed into; null for all. */
  range(): readonly [number, number] | null;
  onzoom(range: readonly [number, number] | null): void;
  /** The step that the pointer means. */
  snap(step: number): number;
  /** Index of the point that belongs to a step, in what is drawn. */
  indexOf(step: number): number;
  /** Draws over the lines. */
  decorate(plot: uPlotType): void;
}

export const increments = [1, 10, 100, 1000, 10_000, 100_000, 1e6, 1e7].flatMap((power) => [
  power,
  2 * power,
  5 * power,
]);

/** Widths of the axes in pixels, and of their titles. */
export const axisSizes = { x: 20, y: 52, title: 14 };

function seriesOf({ lines, points }: PlotOptions, theme: Theme): uPlotType.Series[] {
  const raw = lines.flatMap(({ smoothed }, index): uPlotType.Series[] =>
    smoothed
      ? [
          {
            stroke: `color-mix(in srgb, ${lineColor(theme, index)} 35%, transparent)`,
            width: 1,
            points: { show: false },
          },
        ]
      : [],
  );
  const main = lines.map(
    (_, index): uPlotType.Series => ({
      stroke: lineColor(theme, index),
      width: theme.highContrast ? 2.5 : 1.75,
      dash: [...dashes[index % dashes.length]!],
      points: {
        show: points,
        size: 7,
        filter: (self, series) => (points ? null : lonely(self.data[series]!)),
      },
    }),
  );
  return [{}, ...raw, ...main];
}

/** The data of a plot whose lines are these: values under their averages, then what is drawn boldly. */
export function dataOf(
  steps: readonly number[],
  lines: readonly DrawnLine[],
  indices: readonly number[],
  logarithmic: boolean,
): uPlotType.AlignedData {
  const pick = (values: Values) =>
    indices.map((index) => {
      const value = values[index] ?? null;
      return logarithmic && value !== null && value <= 0 ? null : value;
    });
  const raw = lines.flatMap(({ values, smoothed }) => (smoothed ? [pick(values)] : []));
  const main = lines.map(({ values, smoothed }) => pick(smoothed ?? values));
  return [indices.map((index) => steps[index]!), ...raw, ...main];
}

/** What both axes of every chart have. */
export const axisOf = (theme: Theme): uPlotType.Axis => ({
  stroke: theme.muted,
  grid: { stroke: theme.grid, width: 1 },
  ticks: { stroke: theme.grid, width: 1, size: 4 },
  font: '11px system-ui',
  labelFont: '11px system-ui',
  labelSize: axisSizes.title,
  labelGap: 0,
  gap: 2,
});

export function createPlot(host: HTMLElement, theme: Theme, options: PlotOptions): uPlotType {
  const { width, height, logarithmic, unit, format } = options;
  const axis = axisOf(theme);
  const series = seriesOf(options, theme);
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
          range: (_, low, high) =>
            logarithmic ? logRange(low, high) : yRange(...extended(options.reach(), low, high)),
        },
      },
      axes: [
        { ...axis, size: axisSizes.x, incrs: increments, label: options.axis },
        {
          ...axis,
          size: axisSizes.y,
          space: 24,
          ...(unit !== '' && { label: unit }),
          // Of a logarithmic axis those without room are null.
          values: (_, ticks) =>
            ticks.map((tick: number | null) => (tick === null ? '' : format(tick).replace('.0 %', ' %'))),
        },
      ],
      cursor: {
        y: false,
        points: { size: 6 },
        drag: { x: true, y: false, setScale: false },
        move: (self, left, top) =>
          left < 0 ? [left, top] : [self.valToPos(options.snap(self.posToVal(left, 'x')), 'x'), top],
        dataIdx: (self, _, closest, step) => (self.data[0].length > 0 ? options.indexOf(step) : closest),
        bind: {
          dblclick: () => () => {
            options.onzoom(null);
            return null;
          },
        },
      },
      series,
      hooks: { setSelect: [(self) => zoom(self, options)], draw: [(self) => options.decorate(self)] },
    },
    [[], ...series.slice(1).map(() => [])],
    host,
  );
}

function zoom(self: uPlotType, options: PlotOptions): void {
  const { left, width } = self.select;
  if (width <= 0) return;
  const [from, to] = [self.posToVal(left, 'x'), self.posToVal(left + width, 'x')];
  self.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  if (to - from >= 1) options.onzoom([from, to]);
}

/** Places of values without a neighbour, which no line goes through. */
function lonely(values: ArrayLike<number | null | undefined>): number[] {
  const has = (index: number) => typeof values[index] === 'number';
  return Array.from({ length: values.length }, (_, index) => index).filter(
    (index) => has(index) && !has(index - 1) && !has(index + 1),
  );
}

type Bound = number | null;

export function xRange(zoomed: readonly [number, number] | null, low: Bound, high: Bound): [number, number] {
  if (zoomed) return [...zoomed];
  if (low === null || high === null) return [0, 1];
  return low === high ? [low - 1, high + 1] : [low, high];
}

function extended(reach: readonly [number, number] | null, low: Bound, high: Bound): [Bound, Bound] {
  if (!reach || low === null || high === null) return [low, high];
  return [Math.min(low, reach[0]), Math.max(high, reach[1])];
}

/** A line that does not move has room around it; an empty chart still has an axis. */
export function yRange(low: Bound, high: Bound): [number, number] {
  if (low === null || high === null) return [0, 1];
  if (high - low > 1e-9 * Math.max(1, Math.abs(high)))
    return uPlot.rangeNum(low, high, 0.1, true) as [number, number];
  const margin = 0.1 * Math.abs(high) || 0.05;
  // What is never negative has no axis below 0.
  return [low < 0 ? low - margin : Math.max(0, low - margin), high + margin];
}

export function logRange(low: Bound, high: Bound): [number, number] {
  if (low === null || high === null || low <= 0) return [0.1, 1];
  return uPlot.rangeLog(low, high, 10, false) as [number, number];
}
