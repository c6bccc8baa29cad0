/** The series of a run, gathered from deltas: for a step (and benchmark) the last record counts. Pure. */

import type { StepMetrics } from '../metrics/index.js';
import type { BenchmarkRecord } from '../protocol/index.js';

/** A record of `records`, sorted by step, at whose place `record` stands; puts it in or replaces. */
function place<T extends { step: number }>(records: T[], record: T, isSame: (a: T, b: T) => boolean): void {
  let index = records.length;
  while (index > 0 && records[index - 1]!.step >= record.step) {
    index--;
    const known = records[index]!;
    if (known.step === record.step && isSame(known, record)) {
      records[index] = record;
      return;
    }
  }
  // Behind others of the same step, in the order of writing.
  while (index < records.length && records[index]!.step === record.step) index++;
  records.splice(index, 0, record);
}

export class RunModel {
  readonly #metrics: StepMetrics[] = [];
  readonly #benchmarks: BenchmarkRecord[] = [];
  readonly #groupSteps = new Set<number>();

  /** By step, ascending. */
  get metrics(): readonly StepMetrics[] {
    return this.#metrics;
  }

  /** By step, then in the order of writing. */
  get benchmarks(): readonly BenchmarkRecord[] {
    return this.#benchmarks;
  }

  /** Ascending. */
  get groupSteps(): readonly number[] {
    return [...this.#groupSteps].sort((a, b) => a - b);
  }

  addMetrics(metrics: readonly StepMetrics[]): void {
    for (const record of metrics) place(this.#metrics, record, () => true);
  }

  addBenchmarks(benchmarks: readonly BenchmarkRecord[]): void {
    for (const record of benchmarks) {
      place(this.#benchmarks, record, (a, b) => a.benchmark === b.benchmark);
    }
  }

  addGroupSteps(steps: readonly number[]): void {
    for (const step of steps) this.#groupSteps.add(step);
  }

  clearMetrics(): void {
    this.#metrics.length = 0;
  }

  clearBenchmarks(): void {
    this.#benchmarks.length = 0;
  }

  clearGroupSteps(): void {
    this.#groupSteps.clear();
  }
}
