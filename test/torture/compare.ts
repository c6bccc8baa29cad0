/** What must be equal in a run that was killed and the straight one. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { steps } from './experiment.js';

/** All that a step's metrics may differ in: times and rates. */
const timesOfMetrics = [
  'time',
  'step_time',
  'tokens_per_second',
  'time/rollout',
  'time/reference',
  'time/update',
  'time/verifier',
  'g2rl/feature_seconds',
];
const timesOfBenchmarks = ['time', 'seconds'];

type Line = Record<string, unknown>;

/** For each key the last line of a file, as for readers, and how many lines cannot be read. */
function lastLines(file: string, key: (line: Line) => string): { lines: Map<string, Line>; broken: number } {
  const lines = new Map<string, Line>();
  let broken = 0;
  for (const text of readFileSync(file, 'utf8').split('\n')) {
    if (text === '') continue;
    try {
      const line = JSON.parse(text) as Line;
      lines.set(key(line), line);
    } catch {
      broken++;
    }
  }
  return { lines, broken };
}

const without = (line: Line, times: readonly string[]): Line =>
  Object.fromEntries(Object.entries(line).filter(([name]) => !times.includes(name)));

/** Compares the last lines of a file; `kills` lines at most may be broken, which readers skip. */
function compareLines(
  [found, expected]: readonly [string, string],
  file: string,
  key: (line: Line) => string,
  { times = [], kills = 0 }: { times?: readonly string[]; kills?: number } = {},
): string[] {
  const mine = lastLines(join(found, file), key);
  const straight = lastLines(join(expected, file), key);
  const keys = [...new Set([...straight.lines.keys(), ...mine.lines.keys()])];
  const differing = keys.filter((name) => {
    const [a, b] = [mine.lines.get(name), straight.lines.get(name)];
    return !a || !b || !isDeepStrictEqual(without(a, times), without(b, times));
  });
  return [
    ...(differing.length > 0 ? [`${file}: ${differing.slice(0, 3).join(', ')} differ`] : []),
    ...(mine.broken > kills ? [`${file}: ${mine.broken} broken lines after ${kills} kills`] : []),
  ];
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

/** Names and bytes of a folder's files. */
function compareFolders([found, expected]: readonly [string, string], folder: string): string[] {
  const [mine, straight] = [filesUnder(join(found, folder)), filesUnder(join(expected, folder))];
  if (!isDeepStrictEqual(mine, straight))
    return [`${folder}: ${mine.join(' ')} instead of ${straight.join(' ')}`];
  return mine
    .filter(
      (file) => !readFileSync(join(found, folder, file)).equals(readFileSync(join(expected, folder, file))),
    )
    .map((file) => `${join(folder, file)} differs`);
}

/** Everything that differs in two finished runs, a line each. */
export function compareRuns(found: string, expected: string, kills: number): string[] {
  const both = [found, expected] as const;
  const lastCheckpoint = join('checkpoints', `step-${String(steps).padStart(6, '0')}`);
  const evaluations = filesUnder(join(expected, 'evaluations'));
  return [
    // Weights, optimizer, state and the checksums of all of it.
    ...compareFolders(both, lastCheckpoint),
    ...compareFolders(both, 'rollouts'),
    ...compareLines(both, 'metrics.jsonl', ({ step }) => `step ${step}`, { times: timesOfMetrics, kills }),
    ...compareLines(both, 'groups.jsonl', ({ step, group }) => `step ${step} group ${group}`, { kills }),
    ...compareLines(both, 'benchmarks.jsonl', ({ step, benchmark }) => `step ${step} ${benchmark}`, {
      times: timesOfBenchmarks,
      kills,
    }),
    ...evaluations.flatMap((file) =>
      compareLines(both, join('evaluations', file), ({ id }) => String(id ?? 'header'), { kills }),
    ),
    ...(isDeepStrictEqual(filesUnder(join(found, 'evaluations')), evaluations) ? [] : ['other evaluations']),
  ];
}
