/** What a run will compute on, as far as it is known before its process looks. */
import { t } from '@vscode/l10n';
import type { Experiment } from '../../experiment/index.js';
import { needsOfRun } from '../embedded/plan/index.js';
import { adapterText } from './adapter.js';
import { cannotBeUsed, DeviceError, scarceMemory, softwareText } from './choose.js';
import { lookAtGraphics } from './graphics.js';
import { DeviceMemory } from './memory.js';
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
  if (adapter && (adapter.failure !== null || adapter.software)) return null;
  const trial = adapter && knownTrial(memory, experiment);
  if (!trial) {
    const name = adapter?.name ?? cards[0]?.name ?? t('the GPU');
    return t('First it measures whether a step is faster on {0}.', name);
  }
  return isFaster(adapter, trial) ? t('It computes on {0}.', adapterText(adapter)) : null;
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

/** A sentence when an experiment that asks for the GPU takes more memory than is known to be there, else null. */
export async function gpuMemoryWarning(experiment: Experiment, program: string): Promise<string | null> {
  if (experiment.device !== 'webgpu') return null;
  const { adapter } = new DeviceMemory((await lookAtGraphics(program)).key);
  const needs = needsOfRun(experiment);
  const scarce = adapter && needs && scarceMemory(adapter, needs);
  return scarce && t('Training may not fit: {0}. To use less: {1}.', scarce, needs.remedies.join(', '));
}
