import { test } from 'vitest';
import { runtimeOptions } from '../../../../src/engines/embedded/provider.js';

/** What the tests of graphs run on: the project `webgpu` of vitest.config.ts runs the same files on a GPU's driver. */
export const options = runtimeOptions(1, process.env.G2RL_TEST_DEVICE === 'webgpu' ? 'webgpu' : 'cpu');

/** A test that not every device has: on the others there is none, rather than one that is always skipped. */
export const testIf =
  (isOne: boolean) =>
  (name: string, body: () => void | Promise<void>): void => {
    if (isOne) test(name, body);
  };

/** What an engine says of itself, the same on every device, takes a GPU's driver on the processor too long. */
export const testOnProcessor = testIf(options.device === 'cpu');
export const testOnGpu = testIf(options.device === 'webgpu');
