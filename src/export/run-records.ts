/** The records of a run as rows of columns, for tables of any format. */
import { basename, join } from 'node:path';
import { METRICS } from '../runs/metrics/index.js';
import { type BenchmarkRecord, type GroupRecord, runFiles } from '../runs/protocol/index.js';
import { GroupIndex, RunReader } from '../runs/read/index.js';
import type { Cell } from './table.js';

export const exportedRecords = ['metrics', 'groups', 'benchmarks'] as const;
export type ExportedRecords = (typeof exportedRecords)[number];

export type ColumnType = 'text' | 'number' | 'integer';

export interface Column {
  name: string;
  type: ColumnType;
}

/** Rows in portions of a step or a run, so that no file of groups is ever whole in memory. */
export interface RecordSource {
  columns: Column[];
  portions(): AsyncGenerator<Cell[][]>;
}

/** @throws {RunFileError} when a run cannot be read */
export async function recordsOf(runs: readonly string[], kind: ExportedRecords): Promise<RecordSource> {
  const readers = await Promise.all(runs.map((directory) => RunReader.open(directory)));
  if (kind === 'metrics') return metricRecords(readers);
  return kind === 'groups' ? groupRecords(readers) : benchmarkRecords(readers);
}

const numberOrNull = (value: unknown): number | null =>
  typeof value === 'number' && Number.isFinite(value) ? value : null;

/** One row a step. Metrics that this version does not know come after those that it knows. */
async function metricRecords(readers: readonly RunReader[]): Promise<RecordSource> {
  const found = new Set<string>();
  for (const reader of readers) for (const name of (await reader.series()).names) found.add(name);
  const known = ['time', ...Object.keys(METRICS)].filter((name) => found.has(name));
  const unknown = [...found].filter((name) => name !== 'step' && !known.includes(name)).sort();
  const names = [...known, ...unknown];
  return {
    columns: [...runAndStep, ...names.map((name): Column => ({ name, type: 'number' }))],
    async *portions() {
      for (const { directory, columns } of readers) {
        const values = names.map((name) => columns.column(name));
        const steps = columns.column('step') ?? [];
        yield Array.from(steps, (step, place) => [
          basename(directory),
          step,
          ...values.map((column) => numberOrNull(column?.[place])),
        ]);
      }
    },
  };
}

const runAndStep: readonly Column[] = [
  { name: 'run', type: 'text' },
  { name: 'step', type: 'integer' },
];

/**
 * One row a response. `similarity` is its mean overlap with the others of its group, the diagonal left out;
 * `reward_<name>` is each reward of runs that have several, unweighted.
 */
async function groupRecords(readers: readonly RunReader[]): Promise<RecordSource> {
  const indexes = readers.map(({ directory }) => new GroupIndex(join(directory, runFiles.groups)));
  const own = new Set<string>();
  for (const index of indexes) {
    await index.read();
    const [first] = index.steps();
    const groups = first === undefined ? [] : await index.groups(first);
    for (const { components } of groups) for (const name of Object.keys(components ?? {})) own.add(name);
  }
  const texts = new Set(['prompt_id', 'prompt', 'answer']);
  const integers = new Set(['group', 'response', 'length']);
  const names = [
    'group',
    'prompt_id',
    'prompt',
    'response',
    'answer',
    'reward',
    'shaped',
    'scaler',
    'exploration',
    'advantage',
    'length',
    'similarity',
  ];
  return {
    columns: [
      ...runAndStep,
      ...names.map(
        (name): Column => ({
          name,
          type: texts.has(name) ? 'text' : integers.has(name) ? 'integer' : 'number',
        }),
      ),
      ...[...own].map((name): Column => ({ name: `reward_${name}`, type: 'number' })),
    ],
    async *portions() {
      for (const [place, index] of indexes.entries()) {
        const run = basename(readers[place]?.directory ?? '');
        for (const step of index.steps()) {
          const groups = await index.groups(step);
          yield groups.flatMap((group) => responsesOf(run, group, [...own]));
        }
      }
    },
  };
}

function responsesOf(run: string, group: GroupRecord, own: readonly string[]): Cell[][] {
  const overlaps = meanOverlaps(group.similarity, group.m);
  return group.rewards.map((reward, response) => [
    run,
    group.step,
    group.group,
    group.prompt_id,
    group.prompt,
    response,
    group.answers[response] ?? null,
    // What no reward has a value for is a gap.
    group.left_out?.includes(response) ? null : numberOrNull(reward),
    numberOrNull(group.shaped[response]),
    numberOrNull(group.scalers[response]),
    numberOrNull(group.exploration[response]),
    numberOrNull(group.advantages[response]),
    group.lengths[response] ?? null,
    overlaps[response] ?? null,
    ...own.map((name) => numberOrNull(group.components?.[name]?.[response])),
  ]);
}

/** @param triangle upper triangle of S without the diagonal, row by row */
function meanOverlaps(triangle: readonly number[], m: number): (number | null)[] {
  // Logs of other programs have no geometry.
  if (triangle.length === 0) return [];
  const sums = new Array<number>(m).fill(0);
  let place = 0;
  for (let i = 0; i < m; i++) {
    for (let j = i + 1; j < m; j++) {
      const value = triangle[place++] ?? 0;
      sums[i]! += value;
      sums[j]! += value;
    }
  }
  return sums.map((sum) => (m > 1 ? sum / (m - 1) : null));
}

const scoreNames: readonly (keyof BenchmarkRecord & string)[] = [
  'problems',
  'samples',
  'k',
  'temperature',
  'pass_at_1',
  'pass_at_1_se',
  'maj_at_k',
  'maj_at_k_se',
  'pass_at_k',
  'pass_at_k_se',
  'distinct_at_k',
  'similarity_mean',
  'negative_pair_ratio',
  'logdet_mean',
  'text_similarity_mean',
  'mean_length',
  'truncated',
  'time',
];

/** One row for each step and benchmark. */
function benchmarkRecords(readers: readonly RunReader[]): RecordSource {
  return {
    columns: [
      ...runAndStep,
      { name: 'benchmark', type: 'text' },
      ...scoreNames.map((name): Column => ({ name, type: 'number' })),
      { name: 'judge', type: 'text' },
    ],
    async *portions() {
      for (const { directory, benchmarks } of readers) {
        yield benchmarks.map((record) => [
          basename(directory),
          record.step,
          record.benchmark,
          ...scoreNames.map((name) => numberOrNull(record[name])),
          record.judge ? `${record.judge.name} ${record.judge.version}` : null,
        ]);
      }
    },
  };
}
