/** One run as read from its directory: what is there now, and at each refresh what changed. Never writes. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { RunModel, type RunSummary, shownState } from '../facts/index.js';
import type { StepMetrics } from '../metrics/index.js';
import {
  type BenchmarkRecord,
  checkpointDirectory,
  errorCode,
  evaluationFile,
  type GroupRecord,
  type JsonObject,
  livingOwner,
  newerSchemaNotice,
  parseStepName,
  type RolloutRecord,
  RunFileError,
  type RunManifest,
  readManifest,
  readStatus,
  rolloutsFile,
  runFileError,
  runFiles,
} from '../protocol/index.js';
import { EvaluationIndex } from './evaluation-index.js';
import { GroupIndex } from './group-index.js';
import { isStatusProcessAlive } from './status-process.js';
import { JsonLinesTail, parseObject } from './tail.js';

/**
 * What changed. A record whose step is known already replaces it. After `reset` the series must be read again;
 * after `deleted` the folder is gone and what was read stays.
 */
export type RunDelta =
  | { kind: 'summary' }
  | { kind: 'metrics'; metrics: readonly StepMetrics[] }
  | { kind: 'benchmarks'; benchmarks: readonly BenchmarkRecord[] }
  | { kind: 'groupSteps'; steps: readonly number[] }
  | { kind: 'reset' }
  | { kind: 'deleted' };

function hasStep(value: JsonObject): boolean {
  return Number.isInteger(value.step);
}

function isBenchmark(value: JsonObject): boolean {
  return hasStep(value) && typeof value.benchmark === 'string' && typeof value.pass_at_1 === 'number';
}

function isRollout(value: JsonObject): boolean {
  return hasStep(value) && Number.isInteger(value.group) && Array.isArray(value.responses);
}

/** Indexes of evaluations that are held at once. */
const heldEvaluations = 4;

export class RunReader {
  readonly #model = new RunModel();
  readonly #metricsTail: JsonLinesTail<StepMetrics>;
  readonly #benchmarksTail: JsonLinesTail<BenchmarkRecord>;
  readonly #groupIndex: GroupIndex;
  readonly #evaluations = new Map<string, EvaluationIndex>();
  #indexesGroups = false;
  #overview: RunSummary;
  #seen: string;

  /** @throws {RunFileError} when `run.json` is missing or damaged. */
  static async open(path: string): Promise<RunReader> {
    const directory = resolve(path);
    const manifest = await readManifest(directory);
    const reader = new RunReader(directory, manifest);
    await reader.refresh();
    return reader;
  }

  private constructor(
    readonly directory: string,
    manifest: RunManifest,
  ) {
    this.#metricsTail = new JsonLinesTail(join(directory, runFiles.metrics), hasStep);
    this.#benchmarksTail = new JsonLinesTail(join(directory, runFiles.benchmarks), isBenchmark);
    this.#groupIndex = new GroupIndex(join(directory, runFiles.groups));
    const { id, name } = manifest;
    this.#overview = {
      id,
      name,
      manifest,
      state: 'starting',
      status: null,
      checkpoints: [],
      skippedLines: {},
      notice: null,
    };
    this.#seen = '';
  }

  get summary(): RunSummary {
    return this.#overview;
  }

  get metrics(): readonly StepMetrics[] {
    return this.#model.metrics;
  }

  get benchmarks(): readonly BenchmarkRecord[] {
    return this.#model.benchmarks;
  }

  get groupSteps(): readonly number[] {
    return this.#model.groupSteps;
  }

  /** From the next refresh on `groupSteps` is filled. The file is large, so it is read only for who looks. */
  indexGroups(): void {
    this.#indexesGroups = true;
  }

  get indexesGroups(): boolean {
    return this.#indexesGroups;
  }

  /** Reads what is new. Calls must not overlap. @throws {RunFileError} */
  async refresh(): Promise<RunDelta[]> {
    if (!(await exists(this.directory))) return [{ kind: 'deleted' }];
    const deltas = await this.#readSeries();
    const before = this.#seen;
    this.#overview = await this.#readOverview();
    this.#seen = JSON.stringify(this.#overview);
    if (this.#seen !== before) deltas.push({ kind: 'summary' });
    return deltas;
  }

  /** The groups of a step; empty when it has none. @throws {RunFileError} */
  async groups(step: number): Promise<GroupRecord[]> {
    return this.#groupIndex.groups(step);
  }

  /** The texts of a step's kept groups. @throws {RunFileError} when there are none. */
  async rollouts(step: number): Promise<RolloutRecord[]> {
    const file = rolloutsFile(this.directory, step);
    let content: Buffer;
    try {
      content = await readFile(file);
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw runFileError(error, 'read', file);
      const hint = 'rollout.keep in the experiment decides how many are kept.';
      throw new RunFileError(`The texts of step ${step} were not kept.`, hint, file);
    }
    const groups = new Map<number, RolloutRecord>();
    for (const line of content.toString('utf8').split('\n')) {
      const value = parseObject(Buffer.from(line));
      if (value && isRollout(value)) groups.set(Number(value.group), value as RolloutRecord);
    }
    return [...groups.values()].sort((a, b) => a.group - b.group);
  }

  /** The index of an evaluation's responses, brought up to date; those looked at last are kept. */
  async evaluation(step: number, benchmark: string): Promise<EvaluationIndex> {
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
    const deltas: RunDelta[] = [];
    const metrics = await this.#metricsTail.read();
    const benchmarks = await this.#benchmarksTail.read();
    const groups = this.#indexesGroups ? await this.#groupIndex.read() : { steps: [], reset: false };
    if (metrics.reset) this.#model.clearMetrics();
    if (benchmarks.reset) this.#model.clearBenchmarks();
    if (groups.reset) this.#model.clearGroupSteps();
    this.#model.addMetrics(metrics.records);
    this.#model.addBenchmarks(benchmarks.records);
    this.#model.addGroupSteps(groups.steps);
    // A reset says "read everything again", the new records included.
    if (metrics.reset || benchmarks.reset || groups.reset) return [{ kind: 'reset' }];
    if (metrics.records.length > 0) deltas.push({ kind: 'metrics', metrics: metrics.records });
    if (groups.steps.length > 0) deltas.push({ kind: 'groupSteps', steps: groups.steps });
    if (benchmarks.records.length > 0) deltas.push({ kind: 'benchmarks', benchmarks: benchmarks.records });
    return deltas;
  }

  async #readOverview(): Promise<RunSummary> {
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
    const manifest = await keep(() => readManifest(this.directory), this.#overview.manifest);
    const status = await keep(() => readStatus(this.directory), this.#overview.status);
    const newer = newerSchemaNotice(manifest) ?? (status && newerSchemaNotice(status));
    if (newer) notices.unshift(newer);
    const statusProcessAlive = status !== null && isStatusProcessAlive(status);
    const owner = livingOwner(this.directory);
    return {
      id: manifest.id,
      name: manifest.name,
      manifest,
      status,
      state: shownState({
        status,
        now: Date.now(),
        statusProcessAlive,
        newerProcessAlive: owner !== null && owner.pid !== status?.pid,
        createdAt: manifest.createdAt,
        waits: manifest.waits,
      }),
      checkpoints: await keep(() => listCheckpoints(this.directory), this.#overview.checkpoints),
      skippedLines: this.#skippedLines(),
      notice: notices.length > 0 ? notices.join(' ') : null,
    };
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

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw runFileError(error, 'read', path);
  }
}

/** Complete checkpoints of a run, by step. They are renamed into place, so a folder of that name is whole. */
async function listCheckpoints(runDirectory: string): Promise<RunSummary['checkpoints']> {
  const directory = join(runDirectory, runFiles.checkpoints);
  let names: string[];
  try {
    names = await readdir(directory);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw runFileError(error, 'read', directory);
  }
  return names
    .map(parseStepName)
    .filter((step) => step !== null)
    .sort((a, b) => a - b)
    .map((step) => ({ step, path: checkpointDirectory(runDirectory, step) }));
}
