/** From the name of a benchmark, or a file, to its problems. */
import { basename, resolve } from 'node:path';
import { type DownloadOptions, digestsOf, downloadHubFile } from '../hub/index.js';
import { CounterRandom, streamOf } from '../random.js';
import { type AnswerKind, type BenchmarkProblem, benchmarkPrompts } from '../tasks/index.js';
import { BenchmarkError } from './errors.js';
import { type FieldMapping, fieldsToRead, problemOf } from './fields.js';
import { brokenAnswer } from './gold.js';
import { findEntry, type HubEntry, type RegistryEntry, registryEntry } from './registry.js';
import { plainFields } from './row.js';
import { type FileFormat, fileFormats, formatOf, readRows } from './rows.js';
import type { Benchmark, BenchmarkDefaults, BenchmarkReference, BenchmarkSource } from './types.js';

export interface LoadOptions extends DownloadOptions {
  /** What relative paths of files are relative to: the experiment file's folder. */
  baseDirectory?: string;
  /** Order of the choices of multiple-choice problems. Default 0. */
  seed?: number;
  /** So many problems from the start of the benchmark, of a sorted one a fixed random sample; default: all. */
  limit?: number;
  /** Whether problems keep all fields of their rows. */
  fields?: boolean;
  /**
   * Says why no response can be judged against a gold answer, as a phrase, or null when one can. Without it only
   * what is plainly broken is found. Multiple choice is always checked against the choices.
   */
  checkAnswer?: (answer: string) => string | null;
}

/** What a benchmark that is read from a file is, before it is read. */
interface Plan {
  /** Absolute path. */
  file: string;
  format: FileFormat;
  name: string;
  title: string;
  defaults: BenchmarkDefaults;
  mapping: FieldMapping;
  /** Roles whose field was not asked for: a file may do without them. */
  optional: readonly OptionalRole[];
  /** Whether a part of the problems is drawn from all of them, and not from the start. */
  sampled: boolean;
}

/** Names that fields have unless others are given. Problem and answer must be there. */
const usualFields = {
  id: 'id',
  problem: 'problem',
  answer: 'answer',
  choices: 'choices',
  solution: 'solution',
  category: 'category',
} as const;

type OptionalRole = 'id' | 'choices' | 'solution' | 'category';

const fileDefaults: BenchmarkDefaults = { samples: 16, k: 16, temperature: 0.8 };

/**
 * Loads a benchmark: generates it, downloads it on first use, or reads it from a file.
 *
 * @param reference a name of the registry, or a file and its fields; `{name, file}` with a known name takes a local
 * copy of that benchmark's file
 * @throws BenchmarkError naming file, row, field and fix; the signal's reason when cancelled
 */
export async function loadBenchmark(
  reference: string | BenchmarkReference,
  options: LoadOptions,
): Promise<Benchmark> {
  const asked: BenchmarkReference = typeof reference === 'string' ? { name: reference } : reference;
  if (asked.file !== undefined) return loadFromFile(asked, asked.file, options);
  if (asked.name === undefined) {
    throw new BenchmarkError('a benchmark has neither a name nor a file', 'Give "name" or "file".');
  }
  const entry = registryEntry(asked.name);
  return entry.kind === 'hub' ? loadFromHub(entry, asked, options) : loadCountdown(entry, options);
}

function loadCountdown(entry: RegistryEntry, options: LoadOptions): Benchmark {
  const { name, title, defaults, count } = entry;
  const problems = benchmarkPrompts(name, options.limit ?? count);
  return { kind: 'countdown', name, title, defaults, problems, source: { kind: 'generated' }, warnings: [] };
}

async function loadFromHub(
  entry: HubEntry,
  asked: BenchmarkReference,
  options: LoadOptions,
): Promise<Benchmark> {
  const { repository, revision, file: path, sha256 } = entry;
  const file = {
    repository,
    revision,
    path,
    benchmark: entry.name,
    ...(sha256 !== undefined && { sha256 }),
  };
  const downloaded = await downloadHubFile(file, options);
  const plan = planOf(entry, asked, downloaded.path, formatOf(path));
  return read(plan, options, async () => ({
    kind: 'hub',
    repository,
    commit: downloaded.commit,
    path,
    sha256: downloaded.sha256,
  }));
}

async function loadFromFile(
  asked: BenchmarkReference,
  file: string,
  options: LoadOptions,
): Promise<Benchmark> {
  const path = resolve(options.baseDirectory ?? '.', file);
  const entry = asked.name === undefined ? null : findEntry(asked.name);
  if (entry?.kind === 'countdown') {
    throw new BenchmarkError(
      `benchmark "${entry.name}" with a file: its problems are generated`,
      'Remove "file", or give the benchmark another name.',
    );
  }
  const format = asked.format ?? formatOf(path);
  if (!fileFormats.includes(format)) {
    throw new BenchmarkError(`${path}: there is no format "${format}"`, `Use ${fileFormats.join(', ')}.`);
  }
  return read(planOf(entry, asked, path, format), options, async () => {
    const { sha256 } = await digestsOf(path, options.signal);
    return { kind: 'file', path, sha256 };
  });
}

/** The name of a file without its endings, fit to be part of a file's name: `problems` of `problems.jsonl.gz`. */
export const benchmarkNameOf = (file: string): string =>
  basename(file)
    .replace(/(\.[a-z]+)(\.gz)?$/i, '')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .slice(0, 64) || 'file';

const roles = [
  'id',
  'problem',
  'answer',
  'choices',
  'answerAs',
  'answerIn',
  'solution',
  'category',
] as const satisfies (keyof FieldMapping)[];

function askedFields(asked: BenchmarkReference): Partial<FieldMapping> {
  const given = roles.filter((role) => asked[role] !== undefined).map((role) => [role, asked[role]]);
  return Object.fromEntries(given) as Partial<FieldMapping>;
}

/** What is given wins over the registry, which wins over the usual names. */
function planOf(entry: HubEntry | null, asked: BenchmarkReference, file: string, format: FileFormat): Plan {
  const own = askedFields(asked);
  const name = asked.name ?? benchmarkNameOf(file);
  // A copy of a known benchmark may have been reformatted, but not into other problems.
  const optional: OptionalRole[] = entry === null ? ['id', 'choices', 'solution', 'category'] : ['id'];
  return {
    file,
    format,
    name,
    title: entry?.title ?? name,
    defaults: entry?.defaults ?? fileDefaults,
    mapping: { ...(entry?.fields ?? usualFields), ...own },
    optional: optional.filter((role) => own[role] === undefined),
    sampled: entry?.sorted ?? false,
  };
}

/** A problem and its row. */
interface PlacedProblem {
  problem: BenchmarkProblem;
  where: string;
}

async function read(
  plan: Plan,
  options: LoadOptions,
  sourceOf: () => Promise<BenchmarkSource>,
): Promise<Benchmark> {
  const { name, title, defaults } = plan;
  const { limit = Number.POSITIVE_INFINITY } = options;
  const rows = plan.sampled
    ? sampleOf(await readProblems(plan, options, Number.POSITIVE_INFINITY), limit)
    : await readProblems(plan, options, limit);
  const problems = rows.map(({ problem }) => problem);
  const places = rows.map(({ where }) => `${plan.file}, ${where}`);
  const expected = findEntry(name)?.count;
  const warnings: string[] = [];
  if (options.limit === undefined && expected !== undefined && problems.length !== expected) {
    warnings.push(
      `${plan.file} contains ${problems.length} problems, ${title} has ${expected}: its scores are not comparable with those of others.`,
    );
  }
  const source = await sourceOf();
  const answerKind: AnswerKind = problems[0]?.choices === undefined ? 'math' : 'choice';
  return { kind: 'answers', name, title, answerKind, defaults, problems, places, source, warnings };
}

/** The mapping without the optional fields that the file does not have; the id is also looked for as `id`. */
function presentFields({ mapping, optional }: Plan, present: readonly string[]): FieldMapping {
  const found: FieldMapping = { ...mapping };
  for (const role of optional) {
    const field = mapping[role];
    if (typeof field === 'string' && !present.includes(field)) delete found[role];
  }
  if (optional.includes('id') && found.id === undefined && present.includes('id')) found.id = 'id';
  return found;
}

/** The same problems each time, spread over the list and in its order; more hold all of fewer. */
function sampleOf(problems: readonly PlacedProblem[], limit: number): PlacedProblem[] {
  const order = new CounterRandom(0, streamOf('sample of a benchmark')).shuffle([...problems.keys()]);
  const chosen = new Set(order.slice(0, limit));
  return problems.filter((_, index) => chosen.has(index));
}

async function readProblems(plan: Plan, options: LoadOptions, limit: number): Promise<PlacedProblem[]> {
  const { file, name, format } = plan;
  const { signal, seed = 0 } = options;
  const problems: PlacedProblem[] = [];
  const seen = new Map<string, string>();
  let mapping: FieldMapping | null = null;
  const columns = (present: readonly string[]) => fieldsToRead(presentFields(plan, present), present);
  for await (const row of readRows(file, format, options.fields ? null : columns, signal)) {
    signal?.throwIfAborted();
    mapping ??= presentFields(plan, Object.keys(row.values));
    const problem = problemOf(row, problems.length, mapping, { file, name, seed });
    const first = seen.get(problem.id);
    if (first !== undefined) {
      throw new BenchmarkError(
        `${file}, ${row.where}: the id "${problem.id}" is also that of ${first}`,
        'Results are stored by id: make the ids unique, or set "id" to another field.',
      );
    }
    seen.set(problem.id, row.where);
    const broken = problem.choices ? null : (options.checkAnswer ?? brokenAnswer)(problem.answer);
    if (broken !== null) {
      throw new BenchmarkError(
        `${file}, ${row.where}: no response can be judged against the answer "${problem.answer}" in "${mapping.answer}": ${broken}`,
        'Correct the answer, or remove the row.',
      );
    }
    if (options.fields) problem.fields = plainFields(row);
    problems.push({ problem, where: row.where });
    if (problems.length >= limit) return problems;
  }
  if (problems.length > 0) return problems;
  throw new BenchmarkError(
    `${file}: contains no problems`,
    'A benchmark needs at least one; check the split and the file.',
  );
}
