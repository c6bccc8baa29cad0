/** A checkpoint is whole, but was written with other settings of its adapters than those that are to read it. */
import { InputError } from '../../../errors.js';
import { linearModules } from '../../../experiment/index.js';
import { hasOnlyAdapters, readAdapterConfig } from './adapted-policy.js';
import type { LoraSettings } from './lora.js';

export class ChangedLoraError extends InputError {}

/**
 * @param directory of a checkpoint
 * @param lora of the run; undefined where all weights are trained
 * @throws ChangedLoraError naming the setting and both values
 */
export function checkSameLora(directory: string, lora: LoraSettings | undefined): void {
  const changed = changeOf(directory, lora);
  if (changed === null) return;
  throw new ChangedLoraError(
    `${directory}: ${changed}.`,
    'Restore the setting in run.json, or start a new run with the other one: a run keeps the adapters that it began with.',
  );
}

function changeOf(directory: string, lora: LoraSettings | undefined): string | null {
  if (!hasOnlyAdapters(directory)) {
    return lora ? 'has all weights, but run.json has torch.lora, which trains adapters' : null;
  }
  if (!lora) return 'has adapters, but run.json has no torch.lora';
  const { rank, alpha, targets } = readAdapterConfig(directory);
  if (rank !== lora.rank) return `has adapters of rank ${rank}; torch.lora.rank in run.json is ${lora.rank}`;
  if (alpha !== lora.alpha)
    return `has adapters with alpha ${alpha}; torch.lora.alpha in run.json is ${lora.alpha}`;
  if (targets === null || named(targets) === named(lora.targets)) return null;
  return `has adapters on ${named(targets)}; torch.lora.targets in run.json is ${named(lora.targets)}`;
}

/** The same for the same modules in any order. */
function named(targets: LoraSettings['targets']): string {
  return [...(targets === 'all-linear' ? linearModules : targets)].sort().join(', ');
}
