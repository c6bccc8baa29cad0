/** The GPU as people ask about it: `g2rl devices` and the editor. */
import { gradientFailure, measureAdapter } from './adapter.js';
import { type Graphics, lookAtGraphics } from './graphics.js';
import { type Adapter, DeviceMemory } from './memory.js';
import { type DeviceTester, testDevice } from './test-process.js';

export interface GpuInspection {
  graphics: Graphics;
  /** Null where there is nothing to test: `graphics.obstacle` says why. */
  adapter: Adapter | null;
}

/**
 * @param again tests it even if it was tested before
 * @throws the signal's reason
 */
export async function inspectGpu(tester: DeviceTester, again: boolean): Promise<GpuInspection> {
  const graphics = await lookAtGraphics(tester.program);
  if (graphics.obstacle && !graphics.triable) return { graphics, adapter: null };
  const memory = new DeviceMemory(graphics.key);
  const known = again ? null : memory.adapter;
  if (known) return { graphics, adapter: known };
  const measured = await measureAdapter(graphics, memory, tester);
  if (measured.failure !== null) return { graphics, adapter: measured };
  const failure = gradientFailure(await testDevice({ kind: 'start' }, tester));
  const adapter = { ...measured, failure };
  memory.keepAdapter(adapter);
  return { graphics, adapter };
}
