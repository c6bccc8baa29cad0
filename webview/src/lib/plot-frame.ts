/** The frame of every chart of ours: axes in the theme's colours, their ranges, zooming by dragging. */
import type uPlotType from 'uplot';
import uPlot from 'uplot';
import { axisTexts, type WriteValue } from './nice.js';
import type { Theme } from './theme.svelte.js';

/** Labels of an axis as they were last drawn: a picture of the chart has the same. */
export interface Ticks {
  x: { value: number; text: string }[];
  y: { value: number; text: string }[];
}

export interface FrameOptions {
  width: number;
  height: number;
  logarithmic: boolean;
  /** Of the vertical axis; empty for numbers without one. */
  unit: string;
  /** Title of the horizontal axis. */
  axis: string;
  format: WriteValue;
  /** First and last x of what is zoomed into; null for all. */
  range(): readonly [number, number] | null;
  onzoom(range: readonly [number, number] | null): void;
}

interface FrameParts {
  series: uPlotType.Series[];
  bands?: uPlotType.Band[];
  data: uPlotType.AlignedData;
  cursor: uPlotType.Cursor;
  /** Of the horizontal axis, where it is not that of steps. */
  x?: { incrs: number[]; space: number; format(value: number): string };
  /** Smallest and largest value that must be seen, besides those of the lines. */
  reach?(): readonly [number, number] | null;
  /** Filled with the labels that are drawn. */
  ticks?: Ticks;
  /** Draws over the lines. */
  decorate(plot: uPlotType): void;
}

export const increments = [1, 10, 100, 1000, 10_000, 100_000, 1e6, 1e7].flatMap((power) => [
  power,
  2 * power,
  5 * power,
]);

/** Widths of the axes in pixels, and of their titles. */
const axisSizes = { x: 20, y: 52, title: 14 };

/** What both axes have. */
const axisOf = (theme: Theme): uPlotType.Axis => ({
  stroke: theme.muted,
  grid: { stroke: theme.grid, width: 1 },
  ticks: { stroke: theme.grid, width: 1, size: 4 },
  font: '11px system-ui',
  labelFont: '11px system-ui',
  labelSize: axisSizes.title,
  labelGap: 0,
  gap: 2,
});

export function createFrame(
  host: HTMLElement,
  theme: Theme,
  options: FrameOptions,
  { series, bands = [], data, cursor, x, reach, ticks, decorate }: FrameParts,
): uPlotType {
  const { width, height, logarithmic, unit, format } = options;
  const axis = axisOf(theme);
  // Of a logarithmic axis those without room are null.
  const labels =
    (side: keyof Ticks, write: (values: number[]) => string[]) =>
    (_: uPlotType, values: (number | null)[]): string[] => {
      const written = write(values.filter((value) => value !== null)).values();
      const texts = values.map((value) => (value === null ? '' : (written.next().value ?? '')));
      if (ticks)
        ticks[side] = values.flatMap((value, place) =>
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
          range: (_, low, high) =>
            logarithmic ? logRange(low, high) : yRange(...extended(reach?.() ?? null, low, high)),
        },
      },
      axes: [
        {
          ...axis,
          size: axisSizes.x,
          incrs: increments,
          label: options.axis,
          ...(x && { incrs: x.incrs, space: x.space, values: labels('x', (values) => values.map(x.format)) }),
        },
        {
          ...axis,
          size: axisSizes.y,
          space: 24,
          ...(unit !== '' && { label: unit }),
          values: labels('y', (values) =>
            axisTexts(values, format).map((text) => text.replace('.0 %', ' %')),
          ),
        },
      ],
      cursor: {
        ...cursor,
        y: false,
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
        draw: [(self) => decorate(self)],
      },
    },
    data,
    host,
  );
}

function zoom(self: uPlotType, options: FrameOptions): void {
  const { left, width } = self.select;
  if (width <= 0) return;
  const [from, to] = [self.posToVal(left, 'x'), self.posToVal(left + width, 'x')];
  self.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  if (to > from) options.onzoom([from, to]);
}

type Bound = number | null;

function xRange(zoomed: readonly [number, number] | null, low: Bound, high: Bound): [number, number] {
  if (zoomed) return [...zoomed];
  if (low === null || high === null) return [0, 1];
  return low === high ? [low - 1, high + 1] : [low, high];
}

function extended(reach: readonly [number, number] | null, low: Bound, high: Bound): [Bound, Bound] {
  if (!reach || low === null || high === null) return [low, high];
  return [Math.min(low, reach[0]), Math.max(high, reach[1])];
}

/** A line that does not move has room around it; an empty chart still has an axis. */
function yRange(low: Bound, high: Bound): [number, number] {
  if (low === null || high === null) return [0, 1];
  if (high - low > 1e-9 * Math.max(1, Math.abs(high)))
    return uPlot.rangeNum(low, high, 0.1, true) as [number, number];
  const margin = 0.1 * Math.abs(high) || 0.05;
  // What is never negative has no axis below 0.
  return [low < 0 ? low - margin : Math.max(0, low - margin), high + margin];
}

function logRange(low: Bound, high: Bound): [number, number] {
  if (low === null || high === null || low <= 0) return [0.1, 1];
  return uPlot.rangeLog(low, high, 10, false) as [number, number];
}
