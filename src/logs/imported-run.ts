/** A log as a run folder: made once for each log, and brought up to date whenever that has grown. */
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import {
  atomicWriteJson,
  type ImportedFrom,
  isObject,
  type JsonObject,
  makeFolder,
  ownIdentity,
  type ProcessIdentity,
  parseObject,
  RUN_SCHEMA_VERSION,
  readManifest,
  readRegularFileSync,
  readStatus,
  releaseLock,
  runFiles,
  runIdOf,
  takeLock,
} from '../runs/protocol/index.js';
import { updateManifest } from '../runs/read/index.js';
import { formatOf } from './find.js';
import {
  type FoundRun,
  type LogSink,
  type Marks,
  type RunFacts,
  SourceReplaced,
  type TableMap,
} from './formats/index.js';
import { GroupFile } from './group-file.js';
import { metricName } from './names.js';
import { SeriesFile } from './series-file.js';
import { experimentOf } from './settings.js';

/** How far the log was read, and what was written until then. */
const marksFile = join('control', 'import.json');
/** Of a smaller number is a run that an earlier version has read: it is read again. */
const marksSchema = 2;
/** Settings of a log that are kept: models have thousands that say nothing. */
const mostSettings = 400;
/** Lines about what was left out, for each reading. */
const mostSkipped = 100;

export interface ImportOptions {
  /** Files results of another program of evaluation in the run. */
  fileResults(directory: string, file: string, step: number): Promise<void>;
  onProgress?: (share: number) => void;
}

/** What a reading has brought. */
export interface ImportOutcome {
  changed: boolean;
  /** Greatest step of the run; null without any. */
  step: number | null;
  /** What could not be taken: how much, and the first of it. */
  skipped: number;
  firstSkipped: string | null;
}

/** Those of runs are counted from 0. */
const isStep = (step: number): boolean => Number.isSafeInteger(step) && step >= 0;

/** The same log has the same token, whoever imports it. */
const tokenOf = ({ format, source, run }: FoundRun): string =>
  createHash('sha256')
    .update([format, resolve(source), run].join('\0'))
    .digest('hex')
    .slice(0, 8);

/** The folder that a log has under a root of runs, whether it is there or not. */
export function importedFolder(found: FoundRun, root: string): string {
  const token = tokenOf(found);
  const names = existsSync(root) ? readdirSync(root) : [];
  const known = names.find(
    (name) => name.endsWith(`-${token}`) && existsSync(join(root, name, runFiles.manifest)),
  );
  return join(root, known ?? runIdOf(found.name, new Date(found.created), token));
}

export class ImportedRun {
  #facts: RunFacts;
  #written: string;
  /** What was last written of how far the log was read. */
  #marked = '';
  #tokens = 0;
  /** Greatest step; null before the first. */
  #lastStep: number | null = null;
  /** Whether nothing of the log was written yet. */
  #isEmpty = false;

  private constructor(
    readonly directory: string,
    private readonly found: FoundRun,
    private readonly map: TableMap | undefined,
    private marks: Marks,
    private series: SeriesFile,
    private groups: GroupFile,
    facts: RunFacts,
  ) {
    this.#facts = facts;
    this.#written = JSON.stringify(facts);
  }

  /**
   * The run of a log, ready to be brought up to date by this process alone.
   * @returns the process that does so already, if there is one
   * @throws RunFileError
   */
  static async open(found: FoundRun, root: string): Promise<ImportedRun | ProcessIdentity> {
    const directory = importedFolder(found, resolve(root));
    makeFolder(directory);
    const owner = takeLock(directory);
    if (owner) return owner;
    try {
      return await ImportedRun.#opened(directory, found);
    } catch (error) {
      releaseLock(directory);
      throw error;
    }
  }

  static async #opened(directory: string, found: FoundRun): Promise<ImportedRun> {
    const isNew = !existsSync(join(directory, runFiles.manifest));
    if (isNew) atomicWriteJson(join(directory, runFiles.manifest), manifestOf(directory, found));
    const known = (await readManifest(directory)).imported;
    const map = found.map ?? known?.map;
    if (found.map) await updateImported(directory, { map: found.map });
    const before = readMarks(directory);
    const series = await SeriesFile.open(join(directory, runFiles.metrics));
    const groups = new GroupFile(directory);
    const isWhole =
      before !== null && series.isWhole && before.metrics === series.size && before.groups === groups.size;
    const status = isWhole ? await readStatus(directory) : null;
    const facts: RunFacts = isWhole ? { ...(known?.settings && { settings: known.settings }) } : {};
    const run = new ImportedRun(directory, found, map, isWhole ? before.marks : {}, series, groups, facts);
    run.#isEmpty = isNew;
    run.#lastStep = status?.step ?? null;
    run.#tokens = status?.tokens ?? 0;
    if (!isWhole) await run.#startOver();
    return run;
  }

  /** What was written belongs to another state of the log: it is read from its start. */
  async #startOver(): Promise<void> {
    for (const name of [runFiles.metrics, runFiles.groups, runFiles.rollouts]) {
      rmSync(join(this.directory, name), { recursive: true, force: true });
    }
    this.marks = {};
    this.#lastStep = null;
    this.series = await SeriesFile.open(join(this.directory, runFiles.metrics));
    this.groups = new GroupFile(this.directory);
  }

  /**
   * Takes in what the log has more than before. What was read until a failure stays.
   * @throws LogError, RunFileError; the signal's reason
   */
  async update(options: ImportOptions, signal: AbortSignal): Promise<ImportOutcome> {
    const skipped: string[] = [];
    let changed = false;
    const sink: LogSink = {
      facts: (facts) => {
        const settings = { ...this.#facts.settings, ...facts.settings };
        this.#facts = { ...this.#facts, ...facts, ...(Object.keys(settings).length > 0 && { settings }) };
      },
      values: (step, time, values) => {
        if (!isStep(step)) return void skipped.push(`${this.found.source}: values of step ${step}`);
        changed = true;
        this.#lastStep = Math.max(step, this.#lastStep ?? step);
        this.series.put(step, time, this.#named(values));
      },
      resumed: (step) => {
        if (this.#lastStep === null || step > this.#lastStep) return;
        changed = true;
        this.series.forget(step);
        this.#lastStep = step > 0 ? step - 1 : null;
      },
      groups: (step, groups, replaces) => {
        if (!isStep(step)) return void skipped.push(`${this.found.source}: responses of step ${step}`);
        changed = true;
        this.#lastStep = Math.max(step, this.#lastStep ?? step);
        this.groups.put(step, groups, replaces);
      },
      results: async (file, step) => {
        changed = true;
        await options.fileResults(this.directory, file, step);
        if (isStep(step)) this.#lastStep = Math.max(step, this.#lastStep ?? step);
      },
      skipped: (text) => void skipped.push(text),
      progress: (share) => options.onProgress?.(share),
    };
    const run = { ...this.found, ...(this.map && { map: this.map }) };
    const format = formatOf(run.format);
    try {
      await format.read(run, this.marks, sink, signal).catch(async (error: unknown) => {
        if (!(error instanceof SourceReplaced)) throw error;
        await this.#startOver();
        await format.read(run, this.marks, sink, signal);
      });
      this.#isEmpty = false;
    } finally {
      // A log that cannot be read from its start leaves no run.
      if (this.#isEmpty && !changed) rmSync(this.directory, { recursive: true, force: true });
      else {
        this.#isEmpty = false;
        this.series.flush();
        this.#note(skipped);
        await this.#commit(changed);
      }
    }
    return {
      changed,
      step: this.#lastStep,
      skipped: skipped.length,
      firstSkipped: skipped[0] ?? null,
    };
  }

  /** Others may bring it up to date from now on. */
  close(): void {
    if (existsSync(this.directory)) releaseLock(this.directory);
  }

  *#named(values: Iterable<readonly [string, number]>): Generator<[string, number]> {
    for (const [name, value] of values) {
      if (!Number.isFinite(value)) continue;
      const known = metricName(name);
      if (known === 'num_tokens') this.#tokens = value;
      yield [known, value];
    }
  }

  #note(skipped: readonly string[]): void {
    if (skipped.length === 0) return;
    const shown = skipped.slice(0, mostSkipped).map((text) => `left out: ${text}`);
    if (skipped.length > mostSkipped) shown.push(`left out: ${skipped.length - mostSkipped} more`);
    appendFileSync(join(this.directory, runFiles.log), `${shown.join('\n')}\n`);
  }

  async #commit(changed: boolean): Promise<void> {
    const isNew = !existsSync(join(this.directory, runFiles.status));
    const facts = JSON.stringify(this.#facts);
    if (isNew || facts !== this.#written) await this.#writeFacts();
    this.#written = facts;
    if (isNew || changed) atomicWriteJson(join(this.directory, runFiles.status), this.#status());
    const { marks, series, groups } = this;
    const read = { schema: marksSchema, metrics: series.size, groups: groups.size, marks };
    if (JSON.stringify(read) === this.#marked) return;
    atomicWriteJson(join(this.directory, marksFile), read);
    this.#marked = JSON.stringify(read);
  }

  #status(): JsonObject {
    const { firstTime, lastTime } = this.series;
    const date = (seconds: number | null) =>
      new Date(seconds === null ? this.found.created : 1000 * seconds).toISOString();
    return {
      schema: RUN_SCHEMA_VERSION,
      // Nothing here knows whether the trainer still works.
      state: 'finished',
      ...ownIdentity(),
      startedAt: date(firstTime),
      heartbeat: date(lastTime ?? firstTime),
      step: this.#lastStep ?? 0,
      totalSteps: this.#facts.totalSteps ?? 0,
      tokens: this.#tokens,
      secondsPerStep: null,
      evaluation: null,
      checkpointStep: null,
      error: null,
    };
  }

  async #writeFacts(): Promise<void> {
    const { settings = {}, totalSteps, tags, notes } = this.#facts;
    const manifest = await readManifest(this.directory);
    const { seed } = settings;
    const shown = Object.fromEntries(Object.entries(settings).slice(0, mostSettings));
    atomicWriteJson(join(this.directory, runFiles.manifest), {
      ...manifest,
      experiment: experimentOf(this.found.name, settings, totalSteps ?? null),
      ...(Number.isInteger(seed) && { seed }),
      // What a person has written here stays.
      tags: manifest.tags ?? tags ?? [],
      ...(notes && manifest.notes === undefined && { notes }),
      imported: { ...manifest.imported, settings: shown },
    });
  }
}

function manifestOf(directory: string, { format, source, run, name, created, map }: FoundRun): JsonObject {
  return {
    schema: RUN_SCHEMA_VERSION,
    id: basename(directory),
    name,
    createdAt: new Date(created).toISOString(),
    experiment: experimentOf(name, {}, null),
    experimentFile: null,
    imported: {
      format: formatOf(format).title,
      source,
      ...(run !== '' && { run }),
      ...(map && { map }),
      importedAt: new Date().toISOString(),
    },
  };
}

async function updateImported(directory: string, changes: Partial<ImportedFrom>): Promise<void> {
  const { imported } = await readManifest(directory);
  if (imported) await updateManifest(directory, { imported: { ...imported, ...changes } });
}

function readMarks(directory: string): { marks: Marks; metrics: number; groups: number } | null {
  const file = join(directory, marksFile);
  if (!existsSync(file)) return null;
  const value = parseObject(readRegularFileSync(file));
  if (!value || value.schema !== marksSchema || !isObject(value.marks)) return null;
  return { marks: value.marks as Marks, metrics: Number(value.metrics), groups: Number(value.groups) };
}
