/** Questions about what a run measured at each of its steps. */
import { z } from 'zod';
import type { GroupFacts } from '../findings/index.js';
import { METRICS } from '../runs/metrics/index.js';
import { lowerBound, type SeriesColumns, slicesOf } from '../series/index.js';
import { isAllCorrect, isAllWrong } from './groups.js';
import { damagedLines, openSeries, readGroups } from './open.js';
import {
  damagedAnswer,
  define,
  figure,
  figureOrNull,
  leftOut,
  QueryError,
  runArgument,
  stepArgument,
  unknownName,
} from './query.js';

type Known = Readonly<Record<string, { label: string; unit: string; help: string } | undefined>>;
const known: Known = METRICS;

const isMetric = (name: string) => name !== 'step' && name !== 'time';

function columnOf(columns: SeriesColumns, metric: string): Float64Array {
  const column = isMetric(metric) ? columns.column(metric) : undefined;
  if (column) return column;
  throw unknownName('metric', metric, columns.names.filter(isMetric));
}

export const metrics = define('metrics', {
  about: 'Which metrics a run has, each with its newest, smallest and largest value',
  arguments: { run: runArgument },
  answer: {
    run: z.string(),
    steps: z.object({ first: z.int(), last: z.int(), count: z.int() }).nullable(),
    metrics: z.array(
      z.object({
        name: z.string(),
        about: z.string(),
        unit: z.string(),
        last: z.number().nullable(),
        min: z.number().nullable(),
        max: z.number().nullable(),
      }),
    ),
    damaged: damagedAnswer,
    ...leftOut,
  },
  async ask(context, { run: query }) {
    const run = await openSeries(context, query);
    const { columns } = run;
    const steps = columns.column('step') ?? new Float64Array();
    const names = columns.names.filter(isMetric);
    return {
      run: run.summary.id,
      steps:
        steps.length === 0 ? null : { first: steps[0] ?? 0, last: steps.at(-1) ?? 0, count: steps.length },
      metrics: names.slice(0, mostMetrics).map((name) => {
        const values = (columns.column(name) ?? new Float64Array()).filter(Number.isFinite);
        return {
          name,
          about: known[name]?.help ?? '',
          unit: known[name]?.unit ?? '',
          last: figureOrNull(values.at(-1)),
          min: figureOrNull(
            values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY),
          ),
          max: figureOrNull(values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY)),
        };
      }),
      ...damagedLines(run.summary.skippedLines),
      left_out: Math.max(0, names.length - mostMetrics),
    };
  },
});

const mostMetrics = 200;

export const series = define('series', {
  about: 'Metrics over steps: all points, or of many the extremes of equal ranges',
  arguments: {
    run: runArgument,
    metrics: z.array(z.string()).min(1).max(20).describe('Names as the question "metrics" lists them'),
    from: stepArgument.optional().describe('First step'),
    to: stepArgument.optional().describe('Last step'),
    points: z.int().min(2).max(1000).default(50).describe('Points of each metric at most'),
  },
  answer: {
    run: z.string(),
    series: z.record(z.string(), z.array(z.tuple([z.number(), z.number()])).describe('[step, value]')),
    damaged: damagedAnswer,
    ...leftOut,
  },
  async ask(context, { run: query, metrics: names, from = null, to = null, points }) {
    if (from !== null && to !== null && from > to)
      throw new QueryError(`The first step, ${from}, is after the last, ${to}.`);
    const run = await openSeries(context, query);
    const { columns } = run;
    let left = 0;
    const found = names.map((name): [string, [number, number][]] => {
      const column = columnOf(columns, name);
      const query = { metrics: [name], averaged: [], from, to, smoothing: 0 };
      // The extremes of each range are two points, and the first and the last one may come to them.
      const slices = slicesOf(columns, { ...query, width: Math.max(1, Math.floor(points / 2) - 1) });
      const values = slices.values[0] ?? new Float64Array();
      const inside = (step: number) => (from === null || step >= from) && (to === null || step <= to);
      const shown = [...slices.steps].flatMap((step, place): [number, number][] => {
        const value = values[place] ?? Number.NaN;
        return inside(step) && Number.isFinite(value) ? [[step, figure(value)]] : [];
      });
      const steps = columns.column('step') ?? new Float64Array();
      const all = column.filter(
        (value, place) => Number.isFinite(value) && inside(steps[place] ?? -1),
      ).length;
      left += all - shown.length;
      return [name, shown];
    });
    return {
      run: run.summary.id,
      series: Object.fromEntries(found),
      ...damagedLines(run.summary.skippedLines),
      left_out: left,
      ...(left > 0 && { more: 'a narrower from and to, or more points' }),
    };
  },
});

const metricAround = z.object({
  value: z.number().nullable(),
  before: z.number().nullable().describe('Mean of the steps before'),
  after: z.number().nullable().describe('Mean of the steps after'),
});

export const snapshot = define('snapshot', {
  about: 'What a run was like at a step, and just before and after it: metrics, groups, scores',
  arguments: {
    run: runArgument,
    step: stepArgument.describe('The nearest step that was recorded is taken'),
    window: z.int().min(1).max(1000).default(5).describe('Steps before and after whose means are given'),
    metrics: z.array(z.string()).max(100).optional().describe('Only these'),
  },
  answer: {
    run: z.string(),
    step: z.int(),
    metrics: z.record(z.string(), metricAround),
    groups: z
      .object({
        count: z.int(),
        without_signal: z.int().nullable().describe('null, as the others, where the log does not tell'),
        all_correct: z.int().nullable(),
        all_wrong: z.int().nullable(),
        at_length_limit: z.int().nullable().describe('Groups with a response as long as the limit allows'),
      })
      .nullable(),
    checkpoint: z.int().nullable().describe('Newest complete checkpoint up to this step'),
    scores: z.array(z.object({ benchmark: z.string(), step: z.int(), pass_at_1: z.number() })),
    damaged: damagedAnswer,
    ...leftOut,
  },
  async ask(context, { run: query, step: wanted, window, metrics: only }) {
    const run = await openSeries(context, query);
    const { columns } = run;
    const steps = columns.column('step') ?? new Float64Array();
    if (steps.length === 0)
      throw new QueryError(
        `${run.summary.id} has no steps.`,
        'Ask for its groups, its evaluations, or its settings.',
      );
    const place = nearestPlace(steps, wanted);
    const step = steps[place] ?? 0;
    const names = only ?? columns.names.filter(isMetric).slice(0, mostMetrics);
    const { facts: here, damaged } = await readGroups(context, run, step);
    return {
      run: run.summary.id,
      step,
      metrics: Object.fromEntries(
        names.map((name) => {
          const column = columnOf(columns, name);
          return [
            name,
            {
              value: figureOrNull(column[place]),
              before: meanOf(column.subarray(Math.max(0, place - window), place)),
              after: meanOf(column.subarray(place + 1, place + 1 + window)),
            },
          ];
        }),
      ),
      groups:
        here.length === 0
          ? null
          : {
              count: here.length,
              without_signal: countOf(here, ({ silent }) => silent),
              all_correct: countOf(here, isAllCorrect),
              all_wrong: countOf(here, isAllWrong),
              at_length_limit: countOf(here, ({ atLimit }) => (atLimit === null ? null : atLimit > 0)),
            },
      checkpoint: run.summary.checkpoints.findLast((checkpoint) => checkpoint.step <= step)?.step ?? null,
      scores: newestScores(run.benchmarks, step),
      ...damagedLines(run.summary.skippedLines, damaged),
      left_out: 0,
    };
  },
});

/** How many groups are so; null where that is known of none. */
function countOf(groups: readonly GroupFacts[], test: (group: GroupFacts) => boolean | null): number | null {
  const known = groups.map(test).filter((verdict) => verdict !== null);
  return known.length === 0 ? null : known.filter(Boolean).length;
}

function newestScores(
  records: readonly { benchmark: string; step: number; pass_at_1: number }[],
  step: number,
) {
  const newest = new Map<string, { benchmark: string; step: number; pass_at_1: number }>();
  for (const { benchmark, step: at, pass_at_1 } of records)
    if (at <= step) newest.set(benchmark, { benchmark, step: at, pass_at_1 });
  return [...newest.values()];
}

/** The place of the step that is nearest to the wanted one, of ascending steps. */
function nearestPlace(steps: Float64Array, wanted: number): number {
  const above = Math.min(lowerBound(steps, wanted), steps.length - 1);
  const below = Math.max(0, above - 1);
  const away = (place: number) => Math.abs((steps[place] ?? 0) - wanted);
  return away(below) < away(above) ? below : above;
}

function meanOf(values: Float64Array): number | null {
  const finite = values.filter(Number.isFinite);
  return finite.length === 0 ? null : figure(finite.reduce((sum, value) => sum + value, 0) / finite.length);
}
