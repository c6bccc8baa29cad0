/** The run that is killed: some seconds of the embedded engine, mostly checkpoints, with evaluations in between. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeTinyPolicy } from '../integration/trainer.js';

export const steps = 40;
export const keptCheckpoints = 3;

const experiment = {
  name: 'torture',
  threads: 1,
  // A random policy is never right: only the shaping of all-wrong groups gives it a gradient.
  method: { uniformGroups: 'all' },
  rollout: { promptsPerStep: 4, groupSize: 4, maxNewTokens: 8 },
  optimization: { steps, learningRate: 1e-3, minibatches: 2 },
  // 10 and 30 have a checkpoint of their own before the evaluation, 5 and 15 have none.
  evaluation: { every: 5, benchmarks: [{ samples: 4, limit: 160 }] },
  checkpoints: { every: 2, keep: keptCheckpoints },
};

export function writePolicy(root: string): string {
  // Matrices so large that prompts differ in their answers.
  return writeTinyPolicy(join(root, 'policy'), 12);
}

/** Makes the folder of a life. Returns its experiment file. */
export function writeExperiment(folder: string, policy: string): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'torture.g2rl.json');
  writeFileSync(file, JSON.stringify({ ...experiment, policy }));
  return file;
}
