/** Questions about which runs there are, and how each was set. */
import { z } from 'zod';
import {
  headlineScores,
  progress,
  type RunRow,
  rowOf,
  runFilter,
  saidSettings,
} from '../runs/facts/index.js';
import { isObject } from '../runs/protocol/index.js';
import { listRuns, type RunReader } from '../runs/read/index.js';
import { damagedLines, openRun } from './open.js';
import {
  cut,
  damagedAnswer,
  define,
  leftOut,
  limitArgument,
  QueryError,
  runArgument,
  unknownName,
} from './query.js';

const score = z
  .object({
    benchmark: z.string(),
    step: z.int(),
    pass_at_1: z.number(),
    best: z.number(),
    best_step: z.int(),
  })
  .nullable();

const sorts: Readonly<Record<string, (row: RunRow) => number | string>> = {
  created: ({ created }) => created,
  name: ({ name }) => name,
  step: ({ step }) => step,
  seed: ({ seed }) => seed,
  duration: ({ duration }) => duration ?? -1,
  score: ({ benchmark, scores }) => scores[`${benchmark} pass@1`]?.last ?? Number.NEGATIVE_INFINITY,
};

export const runs = define('runs', {
  about: 'Which runs there are, newest first, with their state and newest score',
  arguments: {
    filter: z
      .string()
      .default('')
      .describe(
        'As in the table of runs: words, method:grpo, state:failed, pass@1>0.5, optimization.learningRate>1e-4',
      ),
    sort: z
      .string()
      .default('created')
      .describe(`One of ${Object.keys(sorts).join(', ')}`),
    ascending: z.boolean().default(false).describe('The smallest first'),
    archived: z.boolean().default(false).describe('Archived runs, too'),
    offset: z.int().min(0).default(0).describe('Runs to pass over'),
    limit: limitArgument(20, 200),
  },
  answer: {
    root: z.string(),
    found: z.int(),
    runs: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        state: z.string(),
        method: z.string(),
        engine: z.string(),
        seed: z.number().nullable(),
        step: z.number(),
        total_steps: z.number().nullable().describe('null where a log does not say it'),
        created_at: z.string(),
        tags: z.array(z.string()),
        study: z.string().nullable(),
        score,
      }),
    ),
    unreadable: z.array(z.string()).describe('Folders that are no runs, and why'),
    ...leftOut,
  },
  async ask({ root }, { filter, sort, ascending, archived, offset, limit }) {
    const by = sorts[sort];
    if (!by) throw unknownName('order', sort, Object.keys(sorts));
    const { runs: all, unreadable } = await listRuns(root);
    const fits = runFilter(filter, archived);
    const found = all
      .map((run) => ({ run, row: rowOf(run) }))
      .filter(({ run, row }) => fits(row, (path) => valueAt(run.summary.manifest.experiment, path)))
      .sort((a, b) => (ascending ? 1 : -1) * compare(by(a.row), by(b.row)));
    const { items, ...rest } = cut(found.slice(offset), limit, `offset=${offset + limit}, or a filter`);
    return {
      root,
      found: found.length,
      runs: items.map(({ run, row }) => runAnswer(run, row)),
      unreadable: unreadable.slice(0, 20).map(({ reason }) => reason),
      ...rest,
    };
  },
});

const compare = (a: number | string, b: number | string): number => (a < b ? -1 : a > b ? 1 : 0);

function runAnswer(run: RunReader, row: RunRow) {
  const scores = headlineScores(run);
  const { step, total } = progress(run.summary);
  return {
    id: row.id,
    name: row.name,
    state: row.state,
    method: row.method,
    engine: row.engine,
    seed: row.seed,
    step,
    total_steps: total > 0 ? total : null,
    created_at: run.summary.manifest.createdAt,
    tags: [...row.tags],
    study: row.study,
    score: scores && {
      benchmark: scores.benchmark,
      step: scores.last.step,
      pass_at_1: scores.last.pass_at_1,
      best: scores.best.pass_at_1,
      best_step: scores.best.step,
    },
  };
}

/** The value at a dotted path; undefined when there is none. */
function valueAt(value: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (part, name) => (isObject(part) && Object.hasOwn(part, name) ? part[name] : undefined),
      value,
    );
}

/** Settings by dotted path; lists are values. */
function leaves(value: unknown, path = ''): [string, unknown][] {
  if (!isObject(value)) return [[path, value]];
  return Object.entries(value).flatMap(([name, part]) =>
    leaves(part, path === '' ? name : `${path}.${name}`),
  );
}

export const settings = define('settings', {
  about: 'What a run was set to, or in which settings it differs from another run',
  arguments: {
    run: runArgument,
    path: z
      .string()
      .optional()
      .describe('A setting or a part, as in optimization or optimization.learningRate'),
    against: runArgument.optional().describe('Another run: only settings that differ are named'),
  },
  answer: {
    run: z.string(),
    directory: z.string(),
    name: z.string(),
    state: z.string(),
    engine: z.string(),
    device: z.string(),
    created_at: z.string(),
    experiment_file: z.string().nullable(),
    git: z.string().nullable(),
    parent: z.string().nullable(),
    notes: z.string().optional(),
    error: z.string().optional(),
    notice: z.string().optional(),
    checkpoints: z.array(z.int()).describe('Steps of complete checkpoints'),
    against: z.string().optional(),
    settings: z.record(z.string(), z.unknown()).describe('By path; with "against" [here, there]'),
    damaged: damagedAnswer,
    ...leftOut,
  },
  async ask(context, { run: query, path, against }) {
    const run = await openRun(context, query);
    const { summary } = run;
    const { manifest, status } = summary;
    const own = new Map(leaves(saidSettings(manifest)));
    const wanted = (name: string) => path === undefined || name === path || name.startsWith(`${path}.`);
    if (path !== undefined && ![...own.keys()].some(wanted))
      throw unknownName('setting', path, [...own.keys()]);
    const other = against === undefined ? null : await openRun(context, against);
    if (other?.directory === run.directory)
      throw new QueryError('A run differs in nothing from itself.', 'Name another run in "against".');
    const entries = [...own].filter(([name]) => wanted(name));
    const shown = other ? differences(new Map(entries), other, wanted) : entries;
    return {
      run: summary.id,
      directory: run.directory,
      name: summary.name,
      state: summary.state,
      engine: manifest.engine,
      device: manifest.device,
      created_at: manifest.createdAt,
      experiment_file: manifest.experimentFile,
      git: manifest.git && `${manifest.git.commit}${manifest.git.dirty ? ' (changed)' : ''}`,
      parent: manifest.parent?.checkpoint ?? null,
      ...(manifest.notes && { notes: manifest.notes }),
      ...(status?.error && { error: `${status.error.message} ${status.error.hint}`.trim() }),
      ...(summary.notice && { notice: summary.notice }),
      checkpoints: summary.checkpoints.map(({ step }) => step),
      ...(other && { against: other.summary.id }),
      settings: Object.fromEntries(shown.slice(0, mostSettings)),
      ...damagedLines(summary.skippedLines),
      left_out: Math.max(0, shown.length - mostSettings),
      ...(shown.length > mostSettings && { more: 'name a part in "path"' }),
    };
  },
});

const mostSettings = 300;

function differences(
  own: ReadonlyMap<string, unknown>,
  other: RunReader,
  wanted: (name: string) => boolean,
): [string, unknown][] {
  const theirs = new Map(leaves(saidSettings(other.summary.manifest)).filter(([name]) => wanted(name)));
  return [...new Set([...own.keys(), ...theirs.keys()])].flatMap((name): [string, unknown][] => {
    const pair = [own.get(name) ?? null, theirs.get(name) ?? null];
    return JSON.stringify(pair[0]) === JSON.stringify(pair[1]) ? [] : [[name, pair]];
  });
}
