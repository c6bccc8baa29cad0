/** Run folders as many people have them: of several methods, seeds and states, most with one name. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { experimentSchema } from '../../src/experiment/schema.js';
import type { RunState } from '../../src/runs/protocol/run-states.js';
import { benchmarkRecord, stepMetrics } from '../unit/runs/records.js';
import { statusOf } from '../unit/views/fixtures.js';

export interface WrittenRun {
  id: string;
  name: string;
  method: 'g2rl' | 'grpo' | 'entropy';
  seed: number;
  state: RunState;
  directory: string;
}

const states = ['finished', 'stopped', 'failed'] as const;
const methods = ['g2rl', 'grpo', 'entropy'] as const;

/** Writes so many runs that have ended, the first one the oldest. */
export async function writeRuns(runsDirectory: string, count: number): Promise<WrittenRun[]> {
  const runs: WrittenRun[] = [];
  for (let index = 0; index < count; index++) {
    const id = `20260101-0000${String(index).padStart(2, '0')}-short-aaaa`;
    const run: WrittenRun = {
      id,
      name: index % 5 === 4 ? `countdown-with-a-rather-long-name-${index}` : 'short',
      method: methods[index % 3] ?? 'g2rl',
      seed: Math.floor(index / 3),
      state: states[Math.floor(index / 2) % 3] ?? 'finished',
      directory: join(runsDirectory, id),
    };
    await writeRun(run, Date.now() - (count - index) * 3_600_000);
    runs.push(run);
  }
  return runs;
}

async function writeRun({ id, name, method, seed, state, directory }: WrittenRun, time: number) {
  const experiment = experimentSchema.parse({
    name: 'short',
    seed,
    method: { name: method },
    optimization: { steps: 40 },
  });
  const step = state === 'finished' ? 40 : 20 + seed;
  const manifest = {
    schema: 1,
    id,
    name,
    createdAt: new Date(time).toISOString(),
    experiment,
    experimentFile: null,
    engine: 'embedded',
    device: 'CPU, 2 threads',
    policyChecksum: '00',
    versions: {},
    git: null,
    seed,
    parent: null,
  };
  const error = state === 'failed' ? { message: 'The disk is full.', hint: 'Free some space.' } : null;
  const status = statusOf({ state, step, totalSteps: 40, pid: 1, error });
  const metrics = Array.from({ length: step }, (_, index) => stepMetrics(index + 1, -0.5 + index / 40));
  const benchmarks = [benchmarkRecord(0, 0.3), benchmarkRecord(step, 0.4 + seed / 50)];
  const lines = (records: readonly object[]) => `${records.map((line) => JSON.stringify(line)).join('\n')}\n`;
  await mkdir(join(directory, 'checkpoints', `step-${String(step).padStart(6, '0')}`), { recursive: true });
  await Promise.all([
    writeFile(join(directory, 'status.json'), JSON.stringify(status)),
    writeFile(join(directory, 'metrics.jsonl'), lines(metrics)),
    writeFile(join(directory, 'benchmarks.jsonl'), lines(benchmarks)),
  ]);
  await writeFile(join(directory, 'run.json'), JSON.stringify(manifest));
}
