/** The GPU that ONNX Runtime takes, as a test finds it. */
import { t } from '@vscode/l10n';
import { cardMemory } from './card-memory.js';
import type { Graphics } from './graphics.js';
import type { Adapter, DeviceMemory } from './memory.js';
import { type DeviceTester, failureOf, type TestedDevice, testDevice } from './test-process.js';

/** Drivers that compute on the processor: Mesa's, Google's, Microsoft's. */
const softwareNames = /llvmpipe|lavapipe|swiftshader|basic render|\bwarp\b/i;

/** Largest error of a gradient, relative to that of the processor: rounding alone gives about 10⁻⁶. */
const largestError = 1e-3;

/** Measures it and remembers what it found; whether it computes rightly is asked before each run. */
export async function measureAdapter(
  graphics: Graphics,
  memory: DeviceMemory,
  tester: DeviceTester,
): Promise<Adapter> {
  const measured = await testDevice({ kind: 'adapter' }, tester);
  const { adapter, maxBufferBytes, float16 = false, speed } = measured;
  const name = adapter ?? graphics.cards[0]?.name ?? t('unknown GPU');
  const software = softwareNames.test(name);
  const found: Adapter = {
    name,
    software,
    maxBufferBytes,
    memoryBytes: await cardMemory(graphics.cards, name, software),
    float16,
    speed: speed?.cpu === undefined ? null : { webgpu: speed.webgpu, cpu: speed.cpu },
    failure: failureOf(measured),
  };
  memory.keepAdapter(found);
  return found;
}

/** Why it is not to be trusted, as a sentence. What fails after the gradient is the experiment's. */
export function gradientFailure(tested: TestedDevice): string | null {
  const { gradientError } = tested;
  if (gradientError === undefined) return failureOf(tested) ?? t('It could not be tested.');
  if (gradientError !== null && gradientError <= largestError) return null;
  const error = gradientError?.toExponential(1) ?? t('not a number');
  return t('Its driver computes wrongly: a gradient differs from that of the processor ({0}).', error);
}

/** Whether it computes no faster than the processor, as a driver without a GPU does. */
export const isSlow = ({ speed }: Adapter): boolean => speed !== null && speed.webgpu <= speed.cpu;

/** `NVIDIA GeForce RTX 4060 (WebGPU)` */
export const adapterText = ({ name }: Adapter): string => `${name} (WebGPU)`;
