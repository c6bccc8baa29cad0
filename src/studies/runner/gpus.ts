/**
 * Which run computes on which GPU. Every GPU has a lock beside all studies of this user; the trainer of a run holds
 * those of its GPUs until its process is gone, however it went, so that no two runs are ever on one.
 */
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { GpuUse } from '../../engines/torch/environment/index.js';
import { KnownError } from '../../errors.js';
import { giveLock, type ProcessIdentity, releaseLock, takeLock } from '../../runs/protocol/index.js';

/** GPUs that are held by this process until they are given to a trainer. */
export interface TakenGpus {
  /** For the environment of the trainer. */
  environment: { CUDA_VISIBLE_DEVICES: string };
  give(trainer: ProcessIdentity): void;
  release(): void;
}

const gpuLocks = (): string => join(tmpdir(), `g2rl-gpus-${userInfo().uid}`);

/**
 * Takes as many free GPUs as a run needs.
 * @returns null when too few of them are free now
 * @throws {KnownError} when the machine has too few
 */
export function takeGpus(gpus: readonly GpuUse[], count: number, locks = gpuLocks()): TakenGpus | null {
  if (gpus.length < count) {
    throw new KnownError(
      `A run of this study needs ${count} ${count === 1 ? 'GPU' : 'GPUs'}; this machine shows ${gpus.length}.`,
      'Lower torch.processes, or show it more GPUs (CUDA_VISIBLE_DEVICES).',
    );
  }
  const lockOf = (uuid: string) => join(locks, uuid);
  const taken: string[] = [];
  const release = () => {
    for (const uuid of taken) releaseLock(lockOf(uuid));
  };
  try {
    for (const { uuid, free } of gpus) {
      if (taken.length === count) break;
      if (free && takeLock(lockOf(uuid)) === null) taken.push(uuid);
    }
  } catch (error) {
    release();
    throw error;
  }
  if (taken.length < count) {
    release();
    return null;
  }
  return {
    environment: { CUDA_VISIBLE_DEVICES: taken.join(',') },
    give: (trainer) => {
      for (const uuid of taken) giveLock(lockOf(uuid), trainer);
    },
    release,
  };
}
