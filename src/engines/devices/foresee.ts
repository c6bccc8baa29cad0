/** What a run will compute on, as far as it is known before its process looks. */
import { t } from '@vscode/l10n';
import type { Experiment } from '../../experiment/index.js';
import { embeddedMemoryWarning, needsOfRun } from '../embedded/plan/index.js';
import { adapterText, isSlow } from './adapter.js';
import { cannotBeUsed, DeviceError, scarceMemory, softwareText, whyTooLarge } from './choose.js';
import { lookAtGraphics } from './graphics.js';
import { type Adapter, DeviceMemory } from './memory.js';
import type { Obstacle } from './system-graphics.js';
import { isFaster, knownTrial } from './trial.js';

/**
 * @param program `dist/engine-worker.cjs`
 * @returns a sentence; null where it is the processor as always
 * @throws {DeviceError} when the GPU is asked for, and there is none
 */
export async function foreseeDevice(experiment: Experiment, program: string): Promise<string | null> {
  const { device } = experiment;
  if (device === 'cpu') return null;
  const { obstacle, triable, key, cards } = await lookAtGraphics(program);
  if (obstacle) {
    if (device === 'auto') return null;
    if (!triable) throw new DeviceError(`device: ${obstacle.message}`, obstacle.hint);
  }
  const memory = new DeviceMemory(key);
  const { adapter } = memory;
  if (device === 'webgpu') return t('It computes on {0}.', adapter ? adapterText(adapter) : t('the GPU'));
  switch (autoTakes(experiment, memory)) {
    case true:
      return adapter && t('It computes on {0}.', adapterText(adapter));
    case false:
      return null;
    default:
      return t(
        'First it measures whether a step is faster on {0}.',
        adapter?.name ?? cards[0]?.name ?? t('the GPU'),
      );
  }
}

/** Whether `auto` will take the GPU; null where that is still to be measured. */
function autoTakes(experiment: Experiment, memory: DeviceMemory): boolean | null {
  const { adapter } = memory;
  if (adapter === null) return null;
  if (adapter.failure !== null || adapter.software || isSlow(adapter)) return false;
  const needs = needsOfRun(experiment, adapter.memoryBytes);
  if (needs && whyTooLarge(adapter, needs) !== null) return false;
  const trial = knownTrial(memory, experiment);
  return trial && isFaster(adapter, trial);
}

/**
 * Why the GPU of this machine will not do for an experiment that asks for it, as far as that is known without a test: a
 * look at the system, and what earlier tests found.
 */
export async function gpuDoubt(program: string): Promise<Obstacle | null> {
  const { obstacle, key } = await lookAtGraphics(program);
  const { adapter } = new DeviceMemory(key);
  if (!adapter) return obstacle;
  const hint = t('Set device to "cpu" or "auto".');
  if (adapter.failure !== null) return { message: cannotBeUsed(adapter, adapter.failure), hint };
  return adapter.software ? { message: `${softwareText(adapter)}.`, hint } : null;
}

/**
 * A sentence when an experiment takes more memory than there is where it will compute, as far as that is known, else null.
 * @param program `dist/engine-worker.cjs`
 */
export async function memoryWarning(experiment: Experiment, program: string): Promise<string | null> {
  const { device } = experiment;
  if (device === 'cpu') return embeddedMemoryWarning(experiment);
  const { key, obstacle } = await lookAtGraphics(program);
  const memory = new DeviceMemory(key);
  // `auto` takes the GPU only where a run fits it.
  if (device === 'auto') {
    return !obstacle && autoTakes(experiment, memory) ? null : embeddedMemoryWarning(experiment);
  }
  return memory.adapter && gpuMemoryWarning(experiment, memory.adapter);
}

function gpuMemoryWarning(experiment: Experiment, adapter: Adapter): string | null {
  const needs = needsOfRun(experiment, adapter.memoryBytes);
  const scarce = needs && scarceMemory(adapter, needs);
  return scarce && t('Training may not fit: {0}. To use less: {1}.', scarce, needs.remedies.join(', '));
}
