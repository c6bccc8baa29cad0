/** Runs of the torch engine as tests start and watch them. */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { engineChecks } from '../../src/engines/checks/engine-checks.js';
import { loadExperiment } from '../../src/experiment/load.js';
import { type CreatedRun, createRun } from '../../src/runs/control/launch.js';
import type { StepMetrics } from '../../src/runs/metrics/metrics.js';
import { livingOwner } from '../../src/runs/protocol/lock.js';
import { RunReader } from '../../src/runs/read/reader.js';
import { readLines } from './trainer.js';

/** An experiment of a few seconds; its policy is a folder beside it. */
export const short = {
  name: 'tiny',
  engine: 'torch',
  policy: 'policy',
  threads: 1,
  method: { uniformGroups: 'all' },
  rollout: { promptsPerStep: 3, groupSize: 4, maxNewTokens: 8 },
  optimization: { steps: 3, learningRate: 1e-3, warmupSteps: 1 },
  evaluation: { every: 0, benchmarks: [{ samples: 2, limit: 6 }] },
  checkpoints: { every: 1 },
  torch: { cpu: true },
};
export const endless = { ...short, optimization: { ...short.optimization, steps: 100_000 } };

export function writeExperiment(folder: string, name: string, content: object): string {
  const file = join(folder, `${name}.g2rl.json`);
  writeFileSync(file, JSON.stringify(content));
  return file;
}

/** A run as the editor makes it. */
export function makeTorchRun(folder: string, content: object): Promise<CreatedRun> {
  const mediaDirectory = resolve('media');
  const file = writeExperiment(folder, 'test', content);
  const { experiment } = loadExperiment(file, { mediaDirectory, engineChecks });
  const runsDirectory = join(folder, 'runs');
  return createRun({ experiment, experimentFile: file, runsDirectory, mediaDirectory, version: '0.0.0' });
}

export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  seconds = 90,
): Promise<void> {
  const end = Date.now() + 1000 * seconds;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`Waited in vain for ${what}.`);
    await sleep(20);
  }
}

export const stateOf = async (directory: string) => (await RunReader.open(directory)).summary.state;
export const metricsOf = (directory: string): StepMetrics[] => {
  try {
    return readLines<StepMetrics>(join(directory, 'metrics.jsonl'));
  } catch {
    return [];
  }
};

/** Every living process that has the run's folder on its command line. */
export function processesOf(directory: string): { pid: number; command: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const words = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        const zombie = stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
        // The trainer has it in its request.
        const works = words.some((word) => word.includes(directory));
        return works && !zombie ? [{ pid: Number(name), command: words.join(' ') }] : [];
      } catch {
        return [];
      }
    });
}

/** Whether another process may take the run over. One that is ending has no command line any more, and is there still. */
export const nobodyWorksOn = (directory: string): boolean =>
  processesOf(directory).length === 0 && livingOwner(directory) === null;
