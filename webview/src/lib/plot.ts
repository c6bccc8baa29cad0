/** A chart of one run's lines, and the lines of every chart: their colours and dashes. */
import type uPlotType from 'uplot';
import { createFrame, type FrameOptions } from './plot-frame.js';
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

export interface PlotOptions extends FrameOptions {
  lines: readonly DrawnLine[];
  /** Points instead of a line through many values. */
  points: boolean;
  /** Smallest and largest value that must be seen, besides those of the lines. */
  reach(): readonly [number, number] | null;
  /** The step that the pointer means. */
  snap(step: number): number;
  /** Index of the point that belongs to a step, in what is drawn. */
  indexOf(step: number): number;
  /** Draws over the lines. */
  decorate(plot: uPlotType): void;
}

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

export function createPlot(host: HTMLElement, theme: Theme, options: PlotOptions): uPlotType {
  const series = seriesOf(options, theme);
  const onzoom: FrameOptions['onzoom'] = (range) => {
    // Between two steps there is nothing.
    if (range === null || range[1] - range[0] >= 1) options.onzoom(range);
  };
  const frame = { ...options, onzoom };
  return createFrame(host, theme, frame, {
    series,
    data: [[], ...series.slice(1).map(() => [])],
    cursor: {
      points: { size: 6 },
      move: (self, left, top) =>
        left < 0 ? [left, top] : [self.valToPos(options.snap(self.posToVal(left, 'x')), 'x'), top],
      dataIdx: (self, _, closest, step) => (self.data[0].length > 0 ? options.indexOf(step) : closest),
    },
    reach: options.reach,
    decorate: options.decorate,
  });
}

/** Places of values without a neighbour, which no line goes through. */
function lonely(values: ArrayLike<number | null | undefined>): number[] {
  const has = (index: number) => typeof values[index] === 'number';
  return Array.from({ length: values.length }, (_, index) => index).filter(
    (index) => has(index) && !has(index - 1) && !has(index + 1),
  );
}
