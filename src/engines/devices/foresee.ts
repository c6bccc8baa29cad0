/** What a run will compute on, as far as it is known before its process looks. */
import { t } from '@vscode/l10n';
import type { Experiment } from '../../experiment/index.js';
import { adapterText } from './adapter.js';
import { DeviceError } from './choose.js';
import { lookAtGraphics } from './graphics.js';
import { DeviceMemory } from './memory.js';
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
