/** The device of a run in words. */
import { availableParallelism } from 'node:os';

/** `CPU, 2 threads`. @param threads as in an experiment: 0 is one per core */
export function processorText(threads: number): string {
  const count = threads || availableParallelism();
  return `CPU, ${count} ${count === 1 ? 'thread' : 'threads'}`;
}

/** Whether `processorText` wrote it: results of another count of threads are not another device's. */
export const isProcessor = (device: string): boolean => device.startsWith('CPU');
