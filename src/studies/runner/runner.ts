/**
 * Works through the runs of a study: begins those that are missing, resumes those that ended early, waits for those
 * that are at work, and never repeats one that has finished. It keeps nothing that the folders do not say, so that it
 * may be killed at any time and another one goes on.
 */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorText, KnownError, reasonOf, reportOf } from '../../errors.js';
import type { EngineChecks } from '../../experiment/index.js';
import {
  createRun,
  runProcess,
  type StartOptions,
  startTrainer,
  statusOf,
  stopRun,
} from '../../runs/control/index.js';
import {
  endLastLine,
  type ProcessIdentity,
  type RunStatus,
  runFiles,
  type StopRequest,
} from '../../runs/protocol/index.js';
import {
  readStudy,
  recordStudyRun,
  type StudyFolder,
  type StudyRun,
  type StudyRunRecord,
  type StudyState,
  studyFiles,
} from '../folder/index.js';
import { runExperiment, seedsOf } from '../plan/index.js';
import { adoptable, runsOfStudy } from './existing-runs.js';
import type { TakenGpus } from './gpus.js';
import type { StudyStatusKeeper } from './status-keeper.js';

export interface RunnerHost {
  trainerPath: string;
  mediaDirectory: string;
  version: string;
  engineChecks: EngineChecks;
  /** What a torch run starts with; null for the embedded engine. */
  torch: (StartOptions['torch'] & { device: string; versions: Record<string, string> }) | null;
  /** Where the embedded engine finds Python for rewards; absent where no run of the study needs it. */
  rewardPython?: StartOptions['torch'];
  /** GPUs for one run, for studies that take those that are free; null when too few are free now. */
  takeGpus(count: number): Promise<TakenGpus | null>;
}

/** A run that fails this often without having come further is left to people. */
const mostFailures = 2;

const pollMilliseconds = 200;

/** As Node and Python say it. */
const diskIsFull = /\bENOSPC\b|\bEDQUOT\b|no space left|quota exceeded/i;

/** How often it is looked whether others have left a GPU. */
const gpuMilliseconds = 5000;

interface Entry {
  run: StudyRun;
  directory: string | null;
  phase: 'waiting' | 'active' | 'finished' | 'failed' | 'stopped';
  failures: number;
  /** Why it failed last, where its trainer could say it. */
  error: RunStatus['error'];
  /** Step from which its trainer began. */
  begunAt: number;
}

export class StudyRunner {
  #entries: Entry[] = [];
  #stop: StopRequest['mode'] | null = null;
  /** Why no further run is begun. */
  #obstacle: unknown = null;
  #isToldOfGpus = false;
  /** When to look for free GPUs again, milliseconds; null while none is waited for. */
  #gpusAt: number | null = null;

  constructor(
    private readonly directory: string,
    private readonly host: RunnerHost,
    private readonly keeper: StudyStatusKeeper,
    private readonly log: (line: string) => void,
  ) {}

  /** The runs at work are asked to stop, with a checkpoint unless it is to be now. */
  stop(mode: StopRequest['mode']): void {
    if (this.#stop === 'now') return;
    this.#stop = mode;
    this.keeper.change({ state: 'stopping' });
  }

  /** @returns how the study ended, after its final status was written */
  async run(): Promise<StudyState> {
    const study = await readStudy(this.directory);
    await this.#takeStock(study);
    while (this.#stop === null) {
      for (const entry of this.#entries) if (entry.phase === 'active') await this.#look(entry);
      if (this.#obstacle === null) await this.#fill(study);
      this.#count();
      const isWaiting = this.#gpusAt !== null && this.#obstacle === null;
      if (!isWaiting && !this.#entries.some(({ phase }) => phase === 'active')) break;
      await sleep(pollMilliseconds);
    }
    if (this.#stop !== null) await this.#stopAll();
    this.#count();
    return this.#end();
  }

  /** What exists already: the study's own runs, and others that are the same experiments with the same seeds. */
  async #takeStock(study: StudyFolder): Promise<void> {
    endLastLine(join(this.directory, studyFiles.runs));
    const own = await runsOfStudy(study);
    // Every variant with the first seed, then with the next: what is finished can be compared at any time.
    const seeds = seedsOf(study.manifest.study);
    const inTurn = study.runs.toSorted((a, b) => seeds.indexOf(a.seed) - seeds.indexOf(b.seed));
    this.#entries = inTurn.map((run) => ({
      run,
      directory: this.#unlessGone(run.directory) ?? own.get(run) ?? null,
      phase: 'waiting',
      failures: 0,
      error: null,
      begunAt: 0,
    }));
    for (const entry of this.#entries) {
      if (entry.directory !== null && entry.run.directory !== entry.directory) this.#record(entry, 'begun');
    }
    const missing = this.#entries.filter(({ directory }) => directory === null);
    const source = this.#source(study);
    for (const [run, directory] of await adoptable(
      study,
      missing.map(({ run }) => run),
      source,
    )) {
      const entry = missing.find((candidate) => candidate.run === run)!;
      entry.directory = directory;
      this.#record(entry, 'adopted');
      this.log(`${basename(directory)} is adopted for ${run.arm.name}, seed ${run.seed}.`);
    }
    for (const entry of this.#entries) {
      if (entry.directory === null) continue;
      const status = await statusOf(entry.directory);
      if (status?.state === 'finished') entry.phase = 'finished';
      // Left behind by a runner that is gone, or started by a person: it is waited for.
      else if (await runProcess(entry.directory)) entry.phase = 'active';
    }
  }

  /** A run that was deleted is begun again, as one that never was. */
  #unlessGone(directory: string | null): string | null {
    if (directory === null || existsSync(join(directory, runFiles.manifest))) return directory;
    this.log(`${basename(directory)} is gone.`);
    return null;
  }

  #source({ manifest }: StudyFolder) {
    const { experimentFile, experimentText, name, threads, engine } = manifest;
    const { mediaDirectory, engineChecks } = this.host;
    return { experimentFile, experimentText, name, threads, auto: engine, mediaDirectory, engineChecks };
  }

  #record({ run, directory }: Entry, how: StudyRunRecord['how']): void {
    recordStudyRun(this.directory, run, directory!, how);
  }

  async #look(entry: Entry): Promise<void> {
    const directory = entry.directory!;
    if (await runProcess(directory)) return;
    const status = await statusOf(directory);
    if (status?.state === 'finished') {
      entry.phase = 'finished';
      this.log(`${basename(directory)} finished.`);
    } else if (status?.state === 'stopped') {
      // A person stopped this one: it stays so until the study is resumed.
      entry.phase = 'stopped';
      this.log(`${basename(directory)} was stopped at step ${status.step}.`);
    } else this.#failed(entry, status);
  }

  #failed(entry: Entry, status: RunStatus | null): void {
    const directory = entry.directory!;
    const reason = status?.error
      ? `${status.error.message} ${status.error.hint}`
      : 'its process ended without a word.';
    // Whoever was killed but came further is no failure of the run.
    if (!status?.error && (status?.step ?? 0) > entry.begunAt) entry.failures = 0;
    entry.error = status?.error ?? null;
    if (entry.error && diskIsFull.test(entry.error.message)) {
      // The others would only fail as well: they are waited for, and all go on when there is space again.
      entry.phase = 'waiting';
      const hint =
        'The disk is full. Free some space, then resume the study: nothing that is finished is repeated.';
      this.#obstacle ??= new KnownError(entry.error.message, hint);
      this.log(`${basename(directory)} failed: ${reason}`);
      return;
    }
    entry.failures++;
    const isGivenUp = entry.failures >= mostFailures;
    entry.phase = isGivenUp ? 'failed' : 'waiting';
    const next = isGivenUp ? 'It is left as it is.' : 'It is resumed.';
    this.log(`${basename(directory)} failed: ${reason} ${next}`);
  }

  /** Begins and resumes runs until as many are at work as may be. */
  async #fill(study: StudyFolder): Promise<void> {
    const { parallel } = study.manifest.study;
    const most = parallel === 'gpus' ? Number.POSITIVE_INFINITY : parallel;
    if (this.#gpusAt !== null && Date.now() < this.#gpusAt) return;
    this.#gpusAt = null;
    for (const entry of this.#entries) {
      if (this.#stop !== null || this.#entries.filter(({ phase }) => phase === 'active').length >= most)
        return;
      if (entry.phase !== 'waiting') continue;
      try {
        if (parallel === 'gpus') {
          if (!(await this.#startOnGpus(entry, study))) return;
        } else await this.#start(entry, study, {});
        entry.phase = 'active';
      } catch (error) {
        // A full disk or a policy that is gone stops every run: those at work are waited for.
        this.#obstacle = error;
        this.log(errorText(error));
        return;
      }
    }
  }

  /** @returns false when too few GPUs are free now: they are looked for again later */
  async #startOnGpus(entry: Entry, study: StudyFolder): Promise<boolean> {
    const { arm, seed } = entry.run;
    const { torch } = runExperiment(arm, seed, this.#source(study));
    const gpus = await this.host.takeGpus(torch.processes);
    if (!gpus) {
      this.#gpusAt = Date.now() + gpuMilliseconds;
      if (!this.#isToldOfGpus) this.log('It waits for free GPUs.');
      this.#isToldOfGpus = true;
      return false;
    }
    this.#isToldOfGpus = false;
    try {
      gpus.give(await this.#start(entry, study, gpus.environment));
    } catch (error) {
      gpus.release();
      throw error;
    }
    return true;
  }

  async #start(
    entry: Entry,
    study: StudyFolder,
    environment: Readonly<Record<string, string>>,
  ): Promise<ProcessIdentity> {
    const { trainerPath, torch, rewardPython, mediaDirectory, version } = this.host;
    const python = torch ?? rewardPython;
    const options: StartOptions = { trainerPath, environment, ...(python && { torch: python }) };
    entry.directory = this.#unlessGone(entry.directory);
    if (entry.directory !== null) {
      entry.begunAt = (await statusOf(entry.directory))?.step ?? 0;
      const trainer = await startTrainer(entry.directory, options);
      this.log(`${basename(entry.directory)} is resumed at step ${entry.begunAt}.`);
      return trainer;
    }
    const { variant, point, seed, arm } = entry.run;
    const { manifest } = study;
    const { directory } = await createRun({
      experiment: runExperiment(arm, seed, this.#source(study)),
      experimentFile: manifest.experimentFile,
      runsDirectory: manifest.runsDirectory,
      mediaDirectory,
      version,
      ...(torch && { torch }),
      study: { id: manifest.id, variant, seed, point },
    });
    entry.directory = directory;
    this.#record(entry, 'begun');
    const trainer = await startTrainer(directory, options);
    this.log(`${basename(directory)} is begun: ${arm.name}, seed ${seed}.`);
    return trainer;
  }

  async #stopAll(): Promise<void> {
    const mode = this.#stop!;
    const active = this.#entries.filter(({ phase }) => phase === 'active');
    const stopped = await Promise.allSettled(active.map(({ directory }) => stopRun(directory!, { mode })));
    for (const [place, result] of stopped.entries()) {
      if (result.status === 'rejected') this.log(reasonOf(result.reason));
      else if (result.value.status?.state === 'finished') active[place]!.phase = 'finished';
    }
  }

  #count(): void {
    const of = (wanted: Entry['phase']) => this.#entries.filter(({ phase }) => phase === wanted).length;
    this.keeper.change({ totalSteps: this.#entries.length, step: of('finished'), failed: of('failed') });
  }

  #end(): StudyState {
    const failed = this.#entries.filter(({ phase }) => phase === 'failed');
    if (this.#obstacle !== null && this.#stop === null) {
      if (!(this.#obstacle instanceof KnownError)) throw this.#obstacle;
      return this.keeper.end('failed', reportOf(this.#obstacle, 'Resume the study when that is resolved.'));
    }
    const isComplete = this.#entries.every(({ phase }) => phase === 'finished');
    if (isComplete) return this.keeper.end('finished', null);
    const isStopped = this.#stop !== null || failed.length === 0;
    if (isStopped) return this.keeper.end('stopped', null);
    const names = failed.slice(0, 3).map(({ directory }) => basename(directory!));
    const { error } = failed[0] ?? { error: null };
    const message = `${failed.length} of ${this.#entries.length} runs failed twice: ${names.join(', ')}${failed.length > 3 ? ', …' : ''}.`;
    return this.keeper.end('failed', {
      message: error ? `${message} The first: ${error.message}` : message,
      hint: `${error?.hint ?? 'Look at the log of each.'} Resuming the study tries them again.`,
    });
  }
}
