/** The run directory as the tests read it: straight from the files, past everything that is under test. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StepMetrics } from '../../src/runs/metrics/metrics.js';
import type { BenchmarkRecord, GroupRecord, RunStatus } from '../../src/runs/protocol/schema.js';
import { yieldToOthers } from '../yield-to-others.js';
import { until } from './until.js';

export class RunFiles {
  private constructor(readonly directory: string) {}

  /** Waits for the first run of a workspace folder. */
  static async first(workspace: string): Promise<RunFiles> {
    const runs = join(workspace, '.g2rl/runs');
    const id = await until('a run directory with a status', async () => {
      const names = await readdir(runs);
      for (const name of names.filter((candidate) => !candidate.startsWith('.'))) {
        await readFile(join(runs, name, 'status.json'));
        return name;
      }
      return null;
    });
    return new RunFiles(join(runs, id));
  }

  async status(): Promise<RunStatus> {
    return JSON.parse(await readFile(join(this.directory, 'status.json'), 'utf8')) as RunStatus;
  }

  benchmarks(): Promise<BenchmarkRecord[]> {
    return this.#lines('benchmarks.jsonl');
  }

  metrics(): Promise<StepMetrics[]> {
    return this.#lines('metrics.jsonl');
  }

  groups(): Promise<GroupRecord[]> {
    return this.#lines('groups.jsonl');
  }

  /** True while the trainer's process exists; a zombie that nobody has waited for counts as gone. */
  async processExists(): Promise<boolean> {
    const { pid } = await this.status();
    try {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
      return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z';
    } catch {
      return false;
    }
  }

  /** For a run that has taken its first steps, and goes on until it is stopped. */
  async yieldToOthers(): Promise<void> {
    yieldToOthers((await this.status()).pid);
  }

  /** Ends a trainer that a failed test left behind. */
  async kill(): Promise<void> {
    const { pid } = await this.status();
    if (await this.processExists()) process.kill(-pid, 'SIGKILL');
  }

  async #lines<T>(name: string): Promise<T[]> {
    const text = await readFile(join(this.directory, name), 'utf8');
    return text
      .slice(0, text.lastIndexOf('\n') + 1)
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as T);
  }
}
