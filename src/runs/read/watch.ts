/** A run that is watched: reads as soon as a file changes, and now and then while a process works on it. */
import type { FSWatcher } from 'chokidar';
import { hasEnded, type ProblemOverview, type RunSummary } from '../facts/index.js';
import type { StepMetrics } from '../metrics/index.js';
import {
  type BenchmarkRecord,
  type EvaluatedProblem,
  type GroupRecord,
  type RolloutRecord,
  RunFileError,
} from '../protocol/index.js';
import { Coalescer, Listeners, type Subscription } from './events.js';
import { type RunDelta, RunReader } from './reader.js';

/** Finds what a file watcher missed (network drives), and a process that died without a word. */
const POLL_MILLISECONDS = 2000;
/** chokidar reports a file at most every 50 ms and drops what comes between. */
export const TRAILING_MILLISECONDS = 70;

/** Folders in a run with many files that nobody needs to be told about one by one. */
function isUnwatched(path: string): boolean {
  return /[\\/](rollouts|evaluations|control|step-\d+)([\\/]|$)/.test(path) || path.endsWith('.tmp');
}

/** Starts a file watcher; the library is loaded only now. */
export async function watchFiles(path: string, depth: number): Promise<FSWatcher> {
  const { watch } = await import('chokidar');
  return watch(path, {
    depth,
    ignoreInitial: true,
    atomic: false,
    // Below the watched folder only: where that lies, folders may have any name.
    ignored: (found) => isUnwatched(found.slice(path.length)),
  });
}

export class RunWatcher {
  readonly #listeners = new Listeners<RunDelta>();
  readonly #coalescer = new Coalescer(() => this.#read(), TRAILING_MILLISECONDS);
  #poll: NodeJS.Timeout | null = null;
  #files: FSWatcher | null = null;
  #deleted = false;
  #disposed = false;
  #problem: string | null = null;

  /** @throws {RunFileError} when the run cannot be read at all. */
  static async open(directory: string): Promise<RunWatcher> {
    return new RunWatcher(await RunReader.open(directory));
  }

  constructor(private readonly reader: RunReader) {}

  get directory(): string {
    return this.reader.directory;
  }

  get summary(): RunSummary {
    const { summary } = this.reader;
    return this.#problem === null ? summary : { ...summary, notice: this.#problem };
  }

  get metrics(): readonly StepMetrics[] {
    return this.reader.metrics;
  }

  get benchmarks(): readonly BenchmarkRecord[] {
    return this.reader.benchmarks;
  }

  /** Ascending. Empty until the groups were asked for once and read; then a `groupSteps` delta follows. */
  get groupSteps(): readonly number[] {
    this.#indexGroups();
    return this.reader.groupSteps;
  }

  get deleted(): boolean {
    return this.#deleted;
  }

  onChange(listener: (delta: RunDelta) => void): Subscription {
    return this.#listeners.add(listener);
  }

  /**
   * Begins to report changes. With `files: false` someone else watches the folder and calls `changed`.
   */
  async start(options: { files: boolean } = { files: true }): Promise<void> {
    if (options.files) {
      const files = await watchFiles(this.directory, 1);
      if (this.#disposed) {
        await files.close();
        return;
      }
      this.#files = files;
      files.on('all', () => this.changed());
      // Without a watcher (too many of them on this machine) the poll still reads everything.
      files.on('error', () => this.changed());
      await new Promise<void>((resolve) => files.once('ready', () => resolve()));
    }
    // What happened between the first reading and the watcher's start.
    await this.refresh();
    this.#schedulePoll();
  }

  /** Something in the folder changed. */
  changed(): void {
    this.#coalescer.request();
  }

  /** Reads now; resolves when it has. */
  async refresh(): Promise<void> {
    await this.#coalescer.run();
  }

  /** The groups of a step; empty when it has none. @throws {RunFileError} */
  async groups(step: number): Promise<GroupRecord[]> {
    if (!this.reader.indexesGroups) {
      this.reader.indexGroups();
      await this.refresh();
    }
    return this.reader.groups(step);
  }

  /** @throws {RunFileError} when the texts of that step were not kept. */
  /** The problems of an evaluation, by their counts. @throws {RunFileError} when its responses are not there. */
  async evaluation(step: number, benchmark: string): Promise<ProblemOverview[]> {
    const index = await this.reader.evaluation(step, benchmark);
    const problems = index.problems();
    if (problems.length > 0) return problems;
    throw new RunFileError(
      `The responses of ${benchmark} at step ${step} are not in this run.`,
      'They are kept since evaluations write them; scores that were imported may come without.',
      this.directory,
    );
  }

  /** One problem with its responses; null when there is none of that id. @throws {RunFileError} */
  async problem(step: number, benchmark: string, id: string): Promise<EvaluatedProblem | null> {
    const index = await this.reader.evaluation(step, benchmark);
    return index.problem(id);
  }

  async rollouts(step: number): Promise<RolloutRecord[]> {
    return this.reader.rollouts(step);
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    this.#listeners.clear();
    this.#coalescer.dispose();
    if (this.#poll) clearTimeout(this.#poll);
    await this.#files?.close();
  }

  #indexGroups(): void {
    if (this.reader.indexesGroups) return;
    this.reader.indexGroups();
    this.changed();
  }

  async #read(): Promise<void> {
    if (this.#deleted || this.#disposed) return;
    let deltas: RunDelta[];
    const problemBefore = this.#problem;
    try {
      deltas = await this.reader.refresh();
      this.#problem = null;
    } catch (error) {
      this.#problem = error instanceof Error ? error.message : String(error);
      deltas = [];
    }
    if (this.#problem !== problemBefore && !deltas.some(({ kind }) => kind === 'summary')) {
      deltas.push({ kind: 'summary' });
    }
    if (this.#disposed) return;
    for (const delta of deltas) {
      if (delta.kind === 'deleted') this.#deleted = true;
      this.#listeners.emit(delta);
    }
    this.#schedulePoll();
  }

  #schedulePoll(): void {
    const over = this.#deleted || hasEnded(this.summary.state);
    if (this.#poll || this.#disposed || over) return;
    this.#poll = setTimeout(() => {
      this.#poll = null;
      void this.#coalescer.run();
    }, POLL_MILLISECONDS);
  }
}
