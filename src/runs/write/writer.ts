/** The trainer's side of the run directory: the only writer of everything but `run.json` and `control/stop`. */
import { readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { hasEnded } from '../facts/index.js';
import type { StepMetrics } from '../metrics/index.js';
import {
  appendLines,
  atomicWriteJson,
  type BenchmarkRecord,
  benchmarkSchema,
  endLastLine,
  errorCode,
  type GroupRecord,
  makeFolderWithin,
  type RolloutRecord,
  type RunStatus,
  rolloutsFile,
  runFileError,
  runFiles,
  type StopRequest,
  writeOverJson,
} from '../protocol/index.js';
import { JsonLinesTail } from '../read/index.js';
import { readStopRequest } from './stop-request.js';

/** What a trainer has to record of one step. */
export interface StepRecords {
  metrics: StepMetrics;
  groups: readonly GroupRecord[];
  /** The texts of the groups that are kept. */
  rollouts: readonly RolloutRecord[];
}

/** Synchronous on purpose: what a method wrote is in the file when it returns. Every method throws `RunFileError`. */
export class RunWriter {
  constructor(readonly directory: string) {}

  writeStatus(status: RunStatus): void {
    const file = this.#path(runFiles.status);
    try {
      atomicWriteJson(file, status);
    } catch (error) {
      if (!hasEnded(status.state)) throw error;
      // Nothing else would report why the run has ended.
      writeOverJson(file, status);
    }
  }

  /**
   * The records of one step. Texts come before the groups that lead to them, since readers show a group as soon as it
   * is there; metrics come last, so that a step with metrics is whole.
   */
  writeStep(step: StepRecords): void {
    this.writeRollouts(step.metrics.step, step.rollouts);
    this.appendGroups(step.groups);
    this.appendMetrics(step.metrics);
  }

  appendMetrics(metrics: StepMetrics): void {
    appendLines(this.#path(runFiles.metrics), [metrics]);
  }

  /** The groups of one step, in one write. */
  appendGroups(groups: readonly GroupRecord[]): void {
    appendLines(this.#path(runFiles.groups), groups);
  }

  /** Replaces the file of that step: after a resume a step may be sampled a second time. */
  writeRollouts(step: number, rollouts: readonly RolloutRecord[]): void {
    const file = rolloutsFile(this.directory, step);
    makeFolderWithin(dirname(file));
    try {
      rmSync(file, { force: true });
    } catch (error) {
      throw runFileError(error, 'written', file);
    }
    appendLines(file, rollouts);
  }

  /** The scores in `benchmarks.jsonl`; lines that do not parse are skipped. */
  async benchmarks(): Promise<BenchmarkRecord[]> {
    const lines = new JsonLinesTail<BenchmarkRecord>(
      this.#path(runFiles.benchmarks),
      (value) => benchmarkSchema.safeParse(value).success,
    );
    return (await lines.read()).records;
  }

  appendBenchmark(benchmark: BenchmarkRecord): void {
    appendLines(this.#path(runFiles.benchmarks), [benchmark]);
  }

  /** What someone asked for, or null. */
  readStopRequest(): StopRequest | null {
    return readStopRequest(this.directory);
  }

  clearStopRequest(): void {
    rmSync(this.#path(runFiles.stopRequest), { force: true });
  }

  /**
   * Ends a last line that a killed process left half written, so that the next append starts a new
   * line and readers skip only the broken one. To be called before a resumed run appends.
   */
  repairTails(): void {
    for (const file of [runFiles.metrics, runFiles.groups, runFiles.benchmarks]) {
      endLastLine(this.#path(file));
    }
    const rollouts = this.#path(runFiles.rollouts);
    for (const name of listOrNothing(rollouts)) {
      if (name.endsWith('.jsonl')) endLastLine(join(rollouts, name));
    }
  }

  #path(file: string): string {
    return join(this.directory, file);
  }
}

function listOrNothing(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw runFileError(error, 'read', directory);
  }
}
