/**
 * Series by step. The files of a run are only ever appended to, and a resumed run writes steps again: of a step
 * (and benchmark) the record that was written last counts.
 */
import type { BenchmarkRecord } from '../protocol/index.js';

/** What distinguishes records besides their step; nothing for a file with one record per step. */
type KeyOf<Item> = (item: Item) => string | number;

/**
 * `known`, sorted by step, with the records that were written later. Both stay as they are. Records of one step keep
 * the order in which they were first written.
 */
export function mergeBySteps<Item extends { readonly step: number }>(
  known: readonly Item[],
  added: readonly Item[],
  keyOf: KeyOf<Item> = ({ step }) => step,
): readonly Item[] {
  if (added.length === 0) return known;
  const last = known.at(-1)?.step ?? Number.NEGATIVE_INFINITY;
  const grows = added.every((item, index) => item.step > (added[index - 1]?.step ?? last));
  if (grows) return [...known, ...added];
  const byKey = new Map(known.map((item) => [keyOf(item), item]));
  for (const item of added) byKey.set(keyOf(item), item);
  return [...byKey.values()].sort((a, b) => a.step - b.step);
}

/** The same for scores: of each step and benchmark the last one counts. */
export function mergeBenchmarks(
  known: readonly BenchmarkRecord[],
  added: readonly BenchmarkRecord[],
): readonly BenchmarkRecord[] {
  return mergeBySteps(known, added, ({ step, benchmark }) => `${step} ${benchmark}`);
}

/** Steps from the first to the last, so far from each other: a long run is one of them. */
export type StepRange = readonly [first: number, last: number, by: number];

/** Ascending steps as ranges. */
export function rangesOf(steps: readonly number[]): StepRange[] {
  const ranges: StepRange[] = [];
  for (let start = 0; start < steps.length; ) {
    const first = steps[start]!;
    const by = (steps[start + 1] ?? first + 1) - first;
    let end = start + 1;
    while (end < steps.length && steps[end]! - steps[end - 1]! === by) end++;
    ranges.push([first, steps[end - 1]!, by]);
    start = end;
  }
  return ranges;
}

/** The steps of ranges. */
export function stepsIn(ranges: readonly StepRange[]): number[] {
  return ranges.flatMap(([first, last, by]) =>
    Array.from({ length: Math.floor((last - first) / by) + 1 }, (_, index) => first + index * by),
  );
}

/** Steps, ascending, each once. */
export function mergeSteps(known: readonly number[], added: readonly number[]): readonly number[] {
  const last = known.at(-1) ?? Number.NEGATIVE_INFINITY;
  if (added.every((step, index) => step > (added[index - 1] ?? last))) return [...known, ...added];
  return [...new Set([...known, ...added])].sort((a, b) => a - b);
}
