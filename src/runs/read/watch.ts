/** A run that is watched: reads as soon as a file changes, and now and then while a process works on it. */
import { errorText } from '../../errors.js';
import type { SeriesColumns } from '../../series/index.js';
import { changedFields, hasEnded, type RunSummary } from '../facts/index.js';
import type { GroupRecord } from '../protocol/index.js';
import { Coalescer, Listeners, type Subscription } from './events.js';
import { type FolderWatch, matters, watchFolder } from './folder-watch.js';
import { type RunDelta, RunReader } from './reader.js';
import { WorkWatch } from './work-watch.js';

/** Finds what a file watcher missed (network drives), and a process that died without a final status. */
const pollMilliseconds = 2000;
/** The same for a run that has ended: it may be resumed, scored or renamed on another machine. */
export const endedPollMilliseconds = 5000;
/** A network drive may show a change a moment after its event. */
export const trailingMilliseconds = 70;

/** A reader that reads by itself and reports what changed. */
export class RunWatcher extends RunReader {
  readonly #listeners = new Listeners<RunDelta>();
  readonly #coalescer = new Coalescer(() => this.#readAndReport(), trailingMilliseconds);
  #firstSeries: Promise<void> | null = null;
  #poll: NodeJS.Timeout | null = null;
  #files: FolderWatch | null = null;
  readonly #work = new WorkWatch(this.directory, () => this.changed());
  #reports = false;
  #isFollowed = false;
  #deleted = false;
  #disposed = false;
  #problem: string | null = null;

  /** @throws {RunFileError} when the run cannot be read at all. */
  static override async open(path: string): Promise<RunWatcher> {
    const run = new RunWatcher(...(await RunReader.begin(path)));
    await run.read();
    return run;
  }

  override get summary(): RunSummary {
    const summary = super.summary;
    return this.#problem === null ? summary : { ...summary, notice: this.#problem };
  }

  /** Ascending. Empty until the groups were asked for once and read; then a `groupSteps` delta follows. */
  override get groupSteps(): readonly number[] {
    if (this.indexGroups()) this.changed();
    return super.groupSteps;
  }

  /** The series, read at the first time; a `metrics` delta says that they are there. */
  override async series(): Promise<SeriesColumns> {
    if (this.readSeries()) this.#firstSeries = this.refresh();
    await this.#firstSeries;
    return this.columns;
  }

  get deleted(): boolean {
    return this.#deleted;
  }

  onChange(listener: (delta: RunDelta) => void): Subscription {
    return this.#listeners.add(listener);
  }

  /** Begins to report changes, with `files: false` only those that it finds when it looks now and then. */
  async start(options: { files: boolean } = { files: true }): Promise<void> {
    this.#reports = options.files;
    if (options.files) {
      this.#files = watchFolder(this.directory, (path) => {
        if (matters(path)) this.changed();
      });
    }
    // What happened between the first reading and the watcher's start.
    await this.refresh();
    this.#schedulePoll();
  }

  /**
   * Begins to report changes for who has watched the folder since before this run was opened: it calls `changed`, and
   * `refresh` now and then while the run has ended.
   */
  follow(): void {
    this.#isFollowed = true;
    this.#reports = true;
    this.#followWork();
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
  override async groups(step: number): Promise<GroupRecord[]> {
    if (this.indexGroups()) await this.refresh();
    for (;;) {
      const groups = await super.groups(step);
      if (groups.length > 0 || !this.hasMoreGroups || this.#disposed) return groups;
      await this.refresh();
    }
  }

  dispose(): void {
    this.#disposed = true;
    this.#listeners.clear();
    this.#coalescer.dispose();
    if (this.#poll) clearTimeout(this.#poll);
    this.#files?.close();
    this.#work.follow(false);
  }

  async #readAndReport(): Promise<void> {
    if (this.#deleted || this.#disposed) return;
    const before = this.summary;
    let deltas: RunDelta[] = [];
    try {
      deltas = await this.read();
      this.#problem = null;
    } catch (error) {
      this.#problem = errorText(error);
    }
    const changes = changedFields(before, this.summary);
    if (changes) deltas.push({ kind: 'summary', changes });
    if (this.#disposed) return;
    for (const delta of deltas) {
      if (delta.kind === 'deleted') this.#deleted = true;
      this.#listeners.emit(delta);
    }
    this.#followWork();
    this.#schedulePoll();
    // After this reading, for which others may wait.
    if (this.hasMoreGroups) setImmediate(() => this.changed());
  }

  #followWork(): void {
    this.#work.follow(this.#reports && !this.#deleted && !this.#disposed && !hasEnded(this.summary.state));
  }

  #schedulePoll(): void {
    if (this.#poll || this.#disposed || this.#deleted) return;
    const over = hasEnded(this.summary.state);
    if (over && this.#isFollowed) return;
    this.#poll = setTimeout(
      () => {
        this.#poll = null;
        void this.#coalescer.run();
      },
      over ? endedPollMilliseconds : pollMilliseconds,
    );
    // Who follows a run to its end does not wait for what may come after it.
    if (over) this.#poll.unref();
  }
}
