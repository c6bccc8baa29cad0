/** What the time of a step depends on, as a short name. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Experiment } from '../../experiment/index.js';

export function stepShape({ policy, rollout, optimization, method, task, threads }: Experiment): string {
  const { promptsPerStep, groupSize, maxNewTokens } = rollout;
  const { minibatches, epochs, klCoefficient, importanceSamplingLevel } = optimization;
  const parts = [
    configOf(policy),
    [promptsPerStep, groupSize, maxNewTokens],
    [minibatches, epochs, klCoefficient > 0, importanceSamplingLevel],
    [method.name, task.name],
    threads || availableParallelism(),
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}

/** A folder that cannot be read is reported where the run reads it. */
function configOf(policy: string): string {
  try {
    return readFileSync(join(policy, 'config.json'), 'utf8');
  } catch {
    return policy;
  }
}
