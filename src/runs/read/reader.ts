/** One run as read from its directory: its state and series, and the details that are viewed. Never writes. */
import { join, resolve } from 'node:path';
import type { SeriesColumns } from '../../series/index.js';
import {
  type FoundProblems,
  type FoundResponses,
  isAlive,
  mergeBenchmarks,
  type ProblemOverview,
  type RunSummary,
  type StepRollouts,
  shownState,
} from '../facts/index.js';
import type { StepMetrics } from '../metrics/index.js';
import {
  type BenchmarkRecord,
  type EvaluatedProblem,
  errorCode,
  evaluationFile,
  type GroupRecord,
  isSameProcess,
  type JsonFile,
  lockOwner,
  manifestFile,
  newerSchemaNotice,
  type ProcessIdentity,
  RunFileError,
  type RunManifest,
  type RunStatus,
  readManifest,
  rolloutsFile,
  runFileError,
  runFiles,
  statQuickly,
  statusFile,
} from '../protocol/index.js';
import { isBenchmark, withUsableGeometry } from './benchmark-lines.js';
import { CheckpointFolder } from './checkpoint-folder.js';
import { EvaluationIndex } from './evaluation-index.js';
import { GroupIndex } from './group-index.js';
import { MetricsTail } from './metrics-tail.js';
import { NewestLine } from './newest-line.js';
import { readRollouts } from './rollouts.js';
import { findResponses } from './search-rollouts.js';
import { shownManifest, shownStatus } from './shown-files.js';
import { SignsOfLife } from './signs-of-life.js';
import { readSketch } from './sketch.js';
import { JsonLinesTail } from './tail.js';
import { workerOf } from './worker.js';

/**
 * What changed. A record whose step is known already replaces it; `steps` are in the order of writing. After `reset`
 * the series must be read again; after `deleted` the folder is gone and what was read stays.
 */
export type RunDelta =
  | { kind: 'summary'; changes: Partial<RunSummary> }
  | { kind: 'metrics'; steps: readonly number[] }
  | { kind: 'benchmarks'; benchmarks: readonly BenchmarkRecord[] }
  | { kind: 'groupSteps'; steps: readonly number[] }
  | { kind: 'reset' }
  | { kind: 'deleted' };

/** Bytes of the groups that are indexed at a time: what else is new does not wait for all of a large file. */
const groupBytes = 8 * 2 ** 20;
const noGroups = { steps: [], reset: false, more: false };

/** Indexes of evaluations that are held at once. */
const heldEvaluations = 4;

export class RunReader {
  readonly #manifestFile: JsonFile<RunManifest>;
  readonly #statusFile: JsonFile<RunStatus>;
  readonly #checkpointFolder: CheckpointFolder;
  readonly #newestLine: NewestLine;
  readonly #metricsTail: MetricsTail;
  readonly #benchmarksTail: JsonLinesTail<BenchmarkRecord>;
  readonly #groupIndex: GroupIndex;
  readonly #evaluations = new Map<string, EvaluationIndex>();
  readonly #signs = new SignsOfLife();
  #isElsewhere = false;
  #readsSeries = false;
  #indexesGroups = false;
  #hasMoreGroups = false;
  /** Whether `run.json` was read just now, and nothing else yet. */
  #isNew = true;
  #benchmarks: readonly BenchmarkRecord[] = [];
  #summary: RunSummary;

  /** @throws {RunFileError} when `run.json` is missing or damaged. */
  static async open(path: string): Promise<RunReader> {
    const reader = new RunReader(...(await RunReader.begin(path)));
    await reader.read();
    return reader;
  }

  /** What a reader is made of. @throws {RunFileError} when `run.json` is missing or damaged. */
  protected static async begin(
    path: string,
  ): Promise<[directory: string, file: JsonFile<RunManifest>, manifest: RunManifest]> {
    const directory = resolve(path);
    const file = manifestFile(directory, shownManifest);
    return [directory, file, await readManifest(directory, file)];
  }

  protected constructor(
    readonly directory: string,
    file: JsonFile<RunManifest>,
    manifest: RunManifest,
  ) {
    this.#manifestFile = file;
    this.#statusFile = statusFile(directory, shownStatus);
    this.#checkpointFolder = new CheckpointFolder(directory);
    this.#newestLine = new NewestLine(join(directory, runFiles.metrics));
    this.#metricsTail = new MetricsTail(join(directory, runFiles.metrics));
    this.#benchmarksTail = new JsonLinesTail(join(directory, runFiles.benchmarks), isBenchmark);
    this.#groupIndex = new GroupIndex(join(directory, runFiles.groups));
    const { id, name } = manifest;
    const nothing = { status: null, checkpoints: [], skippedLines: {}, notice: null };
    this.#summary = { id, name, manifest, state: 'starting', ...nothing };
  }

  /** What has not changed since the last reading is the same object as before. */
  get summary(): RunSummary {
    return this.#summary;
  }

  /** Whether the process of the run cannot be seen from here: only further looks show whether it lives. */
  get isElsewhere(): boolean {
    return this.#isElsewhere;
  }

  /** Whether it is not known yet that a process that cannot be seen from here lives, or has ended. */
  get isUncertain(): boolean {
    return this.#isElsewhere && !this.#signs.hasChanged && isAlive(this.#summary.state);
  }

  /** Looks again. @throws {RunFileError} */
  async look(): Promise<void> {
    await this.read();
  }

  /** The line of `metrics.jsonl` that was written last: all that a list of runs needs of a file that may be large. */
  get newest(): StepMetrics | null {
    return this.#newestLine.record;
  }

  /** The series as far as they were read: empty until someone asks for `series`. */
  get columns(): SeriesColumns {
    return this.#metricsTail.columns;
  }

  /** The series; from now on each reading takes in what is new. @throws {RunFileError} */
  async series(): Promise<SeriesColumns> {
    if (this.readSeries()) await this.#metricsTail.read();
    return this.columns;
  }

  /** The series, or of a long file that nobody has read yet some steps of it, for a small picture. @throws {RunFileError} */
  async sketch(): Promise<SeriesColumns> {
    return this.#readsSeries ? this.series() : readSketch(join(this.directory, runFiles.metrics));
  }

  /**
   * From the next reading on the series are read.
   * @returns whether it was not so before
   */
  protected readSeries(): boolean {
    const begins = !this.#readsSeries;
    this.#readsSeries = true;
    return begins;
  }

  /** By step, then in the order of writing; of a repeated step and benchmark the last record. */
  get benchmarks(): readonly BenchmarkRecord[] {
    return this.#benchmarks;
  }

  /** Ascending. */
  get groupSteps(): readonly number[] {
    return this.#groupIndex.steps();
  }

  /**
   * From the next reading on `groupSteps` is filled, a part at a time. The file is large, so it is read only for who looks.
   * @returns whether it was not so before
   */
  protected indexGroups(): boolean {
    const begins = !this.#indexesGroups;
    this.#indexesGroups = true;
    return begins;
  }

  /** Whether groups wait for further readings. */
  protected get hasMoreGroups(): boolean {
    return this.#hasMoreGroups;
  }

  /**
   * Reads what is new: the summary, and the series, whose changes it returns. Calls must not overlap.
   * @throws {RunFileError}
   */
  protected async read(): Promise<RunDelta[]> {
    if (!this.#isNew && !(await exists(this.directory))) return [{ kind: 'deleted' }];
    const deltas = await this.#readSeries();
    this.#summary = await this.#readSummary(this.#summary);
    this.#isNew = false;
    return deltas;
  }

  /** The groups of a step; empty when it has none. @throws {RunFileError} */
  async groups(step: number): Promise<GroupRecord[]> {
    return this.#groupIndex.groups(step);
  }

  /** The texts of a step's kept groups; empty when none were kept. @throws {RunFileError} */
  async rollouts(step: number): Promise<StepRollouts> {
    return readRollouts(rolloutsFile(this.directory, step));
  }

  /** Responses and prompts with this text, from a step backwards: a part of the search. @throws {RunFileError} */
  async findResponses(text: string, from: number): Promise<FoundResponses> {
    return findResponses(this.directory, text, from);
  }

  /** The problems of an evaluation, by their counts. @throws {RunFileError} when its responses are not there. */
  async evaluation(step: number, benchmark: string): Promise<ProblemOverview[]> {
    const index = await this.#evaluationIndex(step, benchmark);
    const problems = index.problems();
    if (problems.length > 0) return problems;
    const record = this.benchmarks.find((one) => one.step === step && one.benchmark === benchmark);
    throw new RunFileError(
      `The responses of ${benchmark} at step ${step} are not in this run.`,
      record?.source === undefined
        ? 'Evaluate the checkpoint of that step again to get them.'
        : 'Its scores were imported from results that had none.',
      index.file,
    );
  }

  /** One problem with its responses; null when there is none of that id. @throws {RunFileError} */
  async problem(step: number, benchmark: string, id: string): Promise<EvaluatedProblem | null> {
    const index = await this.#evaluationIndex(step, benchmark);
    return index.problem(id);
  }

  /** Problems with this text, in the order of the evaluation: a part of the search. @throws {RunFileError} */
  async findProblems(step: number, benchmark: string, text: string, from: number): Promise<FoundProblems> {
    const index = await this.#evaluationIndex(step, benchmark);
    return index.find(text, from);
  }

  /** The index of an evaluation's responses, brought up to date; the most recent ones are kept. */
  async #evaluationIndex(step: number, benchmark: string): Promise<EvaluationIndex> {
    const file = join(this.directory, evaluationFile(step, benchmark));
    const index = this.#evaluations.get(file) ?? new EvaluationIndex(file);
    this.#evaluations.delete(file);
    this.#evaluations.set(file, index);
    const [oldest] = this.#evaluations.keys();
    if (this.#evaluations.size > heldEvaluations) this.#evaluations.delete(oldest!);
    await index.read();
    return index;
  }

  async #readSeries(): Promise<RunDelta[]> {
    const newest = await this.#newestLine.read();
    const metrics = this.#readsSeries ? await this.#metricsTail.read() : { steps: newest, reset: false };
    const benchmarks = await this.#benchmarksTail.read();
    const records = benchmarks.records.map(withUsableGeometry);
    const groups = this.#indexesGroups ? await this.#groupIndex.read(groupBytes) : noGroups;
    this.#hasMoreGroups = groups.more;
    this.#benchmarks = mergeBenchmarks(benchmarks.reset ? [] : this.#benchmarks, records);
    // A reset says "read everything again", the new records included.
    if (metrics.reset || benchmarks.reset || groups.reset) return [{ kind: 'reset' }];
    const deltas: RunDelta[] = [];
    if (metrics.steps.length > 0) deltas.push({ kind: 'metrics', steps: metrics.steps });
    if (groups.steps.length > 0) deltas.push({ kind: 'groupSteps', steps: groups.steps });
    if (records.length > 0) deltas.push({ kind: 'benchmarks', benchmarks: records });
    return deltas;
  }

  async #readSummary(before: RunSummary): Promise<RunSummary> {
    const notices: string[] = [];
    const keep = async <T>(read: () => Promise<T>, old: T): Promise<T> => {
      try {
        return await read();
      } catch (error) {
        if (!(error instanceof RunFileError)) throw error;
        notices.push(`${error.message} ${error.hint}`);
        return old;
      }
    };
    const manifest = this.#isNew
      ? before.manifest
      : await keep(() => readManifest(this.directory, this.#manifestFile), before.manifest);
    const status = await keep(() => this.#statusFile.read(), before.status);
    const newer = newerSchemaNotice(manifest) ?? (status && newerSchemaNotice(status));
    if (newer) notices.unshift(newer);
    // Whoever imports it is not its trainer.
    const worker = manifest.imported ? null : this.#livingWorker(status);
    const isOfStatus = (process: ProcessIdentity) => status !== null && isSameProcess(process, status);
    const checkpoints = await keep(() => this.#checkpointFolder.read(), before.checkpoints);
    const skippedLines = this.#skippedLines();
    return {
      id: manifest.id,
      name: manifest.name,
      manifest,
      status,
      state: shownState({
        status,
        now: Date.now(),
        statusProcessAlive: worker !== null && isOfStatus(worker),
        newerProcessAlive: worker !== null && !isOfStatus(worker),
        createdAt: manifest.createdAt,
        waits: manifest.waits,
        imported: manifest.imported !== undefined,
      }),
      checkpoints,
      skippedLines: same(before.skippedLines, skippedLines) ? before.skippedLines : skippedLines,
      notice: notices.length > 0 ? notices.join(' ') : null,
    };
  }

  /** Who works on the run, for all that is known. */
  #livingWorker(status: RunStatus | null): ProcessIdentity | null {
    const worker = workerOf(status, lockOwner(this.directory));
    this.#isElsewhere = worker.where === 'elsewhere';
    if (worker.where === 'nowhere') return null;
    const lives = worker.where === 'here' || this.#signs.look(worker.sign, status?.heartbeat ?? null);
    return lives ? worker.process : null;
  }

  #skippedLines(): Record<string, number> {
    const counts = {
      [runFiles.metrics]: this.#metricsTail.skippedLines,
      [runFiles.benchmarks]: this.#benchmarksTail.skippedLines,
      [runFiles.groups]: this.#groupIndex.skippedLines,
    };
    return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
  }
}

/** Of two short lists or objects. */
function same(a: object, b: object): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

async function exists(path: string): Promise<boolean> {
  try {
    await statQuickly(path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw runFileError(error, 'read', path);
  }
}
