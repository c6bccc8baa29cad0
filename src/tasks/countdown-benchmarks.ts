/** The Countdown benchmarks: generated lists of held-out problems, the same for every experiment and seed. */
import { distance } from 'fastest-levenshtein';
import { CounterRandom, streamOf } from '../random.js';
import { drawPrompt } from './generation.js';
import type { CountdownSettings, Prompt, Split } from './types.js';

export type BenchmarkName = 'countdown-test' | 'countdown-validation';

const splits: Readonly<Record<BenchmarkName, Split>> = {
  'countdown-test': 'test',
  'countdown-validation': 'validation',
};

/** All benchmarks, the one to report first. */
export const benchmarkNames: readonly BenchmarkName[] = ['countdown-test', 'countdown-validation'];

/** Problems in each benchmark. */
export const benchmarkSize = 1000;

/** The default task. What an experiment trains on does not change what it is measured on. */
const settings: CountdownSettings = { numberCounts: [3, 4], maxNumber: 20, maxTarget: 100 };

const made = new Map<BenchmarkName, readonly Prompt[]>();

function problemsOf(name: BenchmarkName): readonly Prompt[] {
  const known = made.get(name);
  if (known !== undefined) return known;
  const random = new CounterRandom(0, streamOf(name));
  const problems = new Map<string, Prompt>();
  while (problems.size < benchmarkSize) {
    const { prompt } = drawPrompt(settings, splits[name], random);
    if (!problems.has(prompt.id)) problems.set(prompt.id, prompt);
  }
  const list = [...problems.values()];
  made.set(name, list);
  return list;
}

const isKnown = (name: string): name is BenchmarkName => benchmarkNames.some((known) => known === name);

/**
 * The first `limit` problems of a benchmark, or all of them when it has fewer.
 *
 * @throws Error for an unknown name, listing the known ones, the most similar first
 */
export function benchmarkPrompts(name: string, limit: number): Prompt[] {
  if (!isKnown(name)) {
    const nearest = benchmarkNames.toSorted((a, b) => distance(name, a) - distance(name, b));
    throw new Error(`unknown benchmark "${name}"; known: ${nearest.join(', ')}`);
  }
  return problemsOf(name).slice(0, limit);
}

/** The ids of all problems of all benchmarks. */
export const benchmarkIds = (): Set<string> =>
  new Set(benchmarkNames.flatMap((name) => problemsOf(name).map((prompt) => prompt.id)));
