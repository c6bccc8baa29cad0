/** What a chart draws of a long run, put together from what the host has sent of it. Pure. */
import type { Slices, SlicesQuery, StepValues } from '../../../src/series/index.js';
import type { Values } from './series.js';

/** Series at common steps, ascending: a slice of the host, or several of them as one. */
export interface Drawn {
  steps: readonly number[];
  /** In the order of the metrics. */
  values: readonly Values[];
  /** In the order of those that were asked for. */
  averages: readonly Values[];
}

/** A slice of the host, with its question and what it was of. */
export interface Part extends Drawn {
  query: SlicesQuery;
  version: number;
  count: number;
  exact: boolean;
  weights: readonly number[];
}

export const nothingDrawn: Drawn = { steps: [], values: [], averages: [] };

const withNulls = (values: ArrayLike<number>): Values =>
  Array.from(values, (value) => (Number.isFinite(value) ? value : null));

export function partOf(query: SlicesQuery, { steps, values, averages, ...rest }: Slices): Part {
  return {
    ...rest,
    query,
    steps: [...steps],
    values: values.map(withNulls),
    averages: averages.map(withNulls),
  };
}

/** A part up to the newest step, with the steps that came after it: averages go on where they were. */
export function grown(part: Part, added: readonly StepValues[], version: number): Part {
  const { metrics, averaged, smoothing } = part.query;
  const of = (name: string) => added.map((step) => finite(step[name]));
  const weights: number[] = [];
  const averages = averaged.map((name, index) => {
    const known = part.averages[index] ?? [];
    let weight = part.weights[index] ?? 0;
    let sum = weight * (known.findLast((value) => value !== null) ?? 0);
    const more = of(name).map((value) => {
      if (value === null) return null;
      sum = smoothing * sum + (1 - smoothing) * value;
      weight = smoothing * weight + (1 - smoothing);
      return sum / weight;
    });
    weights.push(weight);
    return [...known, ...more];
  });
  return {
    ...part,
    version,
    count: part.count + added.length,
    steps: [...part.steps, ...added.map(({ step }) => step)],
    values: metrics.map((name, index) => [...(part.values[index] ?? []), ...of(name)]),
    averages,
    weights,
  };
}

const finite = (value: number | undefined): number | null =>
  value !== undefined && Number.isFinite(value) ? value : null;

/** The coarse series with the finer ones in their place: from its first to its last step a part knows all that is drawn. */
export function spliced(coarse: Drawn, fine: Drawn | null): Drawn {
  const [first, last] = [fine?.steps[0], fine?.steps.at(-1)];
  if (!fine || first === undefined || last === undefined) return coarse;
  const before = coarse.steps.filter((step) => step < first).length;
  const after = coarse.steps.findIndex((step) => step > last);
  const join = <Item>(of: readonly Item[], finer: readonly Item[]): Item[] => [
    ...of.slice(0, before),
    ...finer,
    ...(after < 0 ? [] : of.slice(after)),
  ];
  return {
    steps: join(coarse.steps, fine.steps),
    values: coarse.values.map((values, index) => join(values, fine.values[index] ?? [])),
    averages: coarse.averages.map((values, index) => join(values, fine.averages[index] ?? [])),
  };
}
