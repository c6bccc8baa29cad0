/** What the time of a step depends on, as a short name. */
import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { Experiment } from '../../experiment/index.js';
import { modelShape } from '../memory/index.js';

export function stepShape(experiment: Experiment): string {
  const { policy, rollout, optimization, method, task, threads, torch } = experiment;
  const { promptsPerStep, groupSize, maxNewTokens } = rollout;
  const { minibatches, epochs, klCoefficient, importanceSamplingLevel } = optimization;
  const parts = [
    // The sizes: a model of the hub and its folder are the same policy.
    modelShape(policy) ?? policy,
    torch.lora ? [torch.lora.rank, torch.lora.targets] : null,
    [torch.gradientCheckpointing ?? null, torch.rowsPerPass ?? null],
    [promptsPerStep, groupSize, maxNewTokens],
    [minibatches, epochs, klCoefficient > 0, importanceSamplingLevel],
    [method.name, task.name],
    threads || availableParallelism(),
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}
