/** What a reader gives, kept for a test. */

import { findLogs, formatOf } from '../../../src/logs/find.js';
import type { FoundRun, LoggedGroup, LogSink, Marks, RunFacts } from '../../../src/logs/formats/log.js';

export class Collected implements LogSink {
  readonly known: RunFacts = {};
  readonly steps = new Map<number, Record<string, number>>();
  readonly times = new Map<number, number>();
  readonly rollouts = new Map<number, LoggedGroup[]>();
  readonly files: [string, number][] = [];
  readonly left: string[] = [];
  calls = 0;

  facts(facts: RunFacts): void {
    Object.assign(this.known, facts, { settings: { ...this.known.settings, ...facts.settings } });
  }

  values(step: number, time: number | null, values: Iterable<readonly [string, number]>): void {
    this.calls++;
    this.steps.set(step, { ...this.steps.get(step), ...Object.fromEntries(values) });
    if (time !== null) this.times.set(step, time);
  }

  resumed(from: number): void {
    for (const step of this.steps.keys()) if (step >= from) this.steps.delete(step);
  }

  groups(step: number, groups: readonly LoggedGroup[], replaces: boolean): void {
    this.rollouts.set(step, [...(replaces ? [] : (this.rollouts.get(step) ?? [])), ...groups]);
  }

  async results(file: string, step: number): Promise<void> {
    this.files.push([file, step]);
  }

  skipped(text: string): void {
    this.left.push(text);
  }

  progress(): void {}
}

/** Reads what is new of a run. */
export async function read(run: FoundRun, marks: Marks = {}, into = new Collected()): Promise<Collected> {
  await formatOf(run.format).read(run, marks, into, new AbortController().signal);
  return into;
}

/** The only run of a path, and what it gives. */
export async function readOnly(path: string): Promise<Collected & { found: FoundRun }> {
  const [found, ...others] = await findLogs(path);
  if (!found || others.length > 0) throw new Error(`${others.length + (found ? 1 : 0)} runs in ${path}`);
  return Object.assign(await read(found), { found });
}
