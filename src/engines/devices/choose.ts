/** On what a run of the embedded engine computes. */
import { t } from '@vscode/l10n';
import { KnownError } from '../../errors.js';
import type { Experiment, RequestedDevice } from '../../experiment/index.js';
import type { ChosenDevice } from '../contract/index.js';
import { adapterText, gradientFailure, isSlow, testAdapter } from './adapter.js';
import { type Graphics, lookAtGraphics } from './graphics.js';
import { type Adapter, DeviceMemory, type Trial } from './memory.js';
import { stepShape } from './shape.js';
import { type DeviceTester, type TestedDevice, testDevice } from './test-process.js';

/** The GPU was asked for, and cannot be used. */
export class DeviceError extends KnownError {
  override readonly name = 'DeviceError';
}

/** The GPU must save a tenth of the time: two measurements of the same differ by less. */
const leastGain = 0.9;

const processor: ChosenDevice = { device: 'cpu', name: null };
const useProcessor = () => t('Set device to "cpu" to train on the processor.');

/**
 * Of a run, and with `experiment` null of other work of the engine. Says in `log` why, except where there is nothing to choose. A GPU that is taken has just passed a test.
 * @throws {DeviceError} when the GPU was asked for and cannot be used
 * @throws the signal's reason
 */
export async function chooseDevice(
  requested: RequestedDevice,
  experiment: Experiment | null,
  tester: DeviceTester & { cacheDirectory?: string },
  log: (line: string) => void,
  look: typeof lookAtGraphics = lookAtGraphics,
): Promise<ChosenDevice> {
  if (requested === 'cpu' || (requested === 'auto' && experiment === null)) return processor;
  const graphics = await look(tester.program);
  const memory = new DeviceMemory(graphics.key, tester.cacheDirectory);
  return requested === 'auto' && experiment !== null
    ? chooseFaster(experiment, graphics, memory, tester, log)
    : chooseGpu(experiment, graphics, memory, tester, log);
}

async function chooseGpu(
  experiment: Experiment | null,
  graphics: Graphics,
  memory: DeviceMemory,
  tester: DeviceTester,
  log: (line: string) => void,
): Promise<ChosenDevice> {
  const { obstacle, triable } = graphics;
  if (obstacle && !triable) throw new DeviceError(`device: ${obstacle.message}`, obstacle.hint);
  const known = memory.adapter;
  // What failed once may have been repaired meanwhile.
  const adapter = known && known.failure === null ? known : await testAdapter(graphics, memory, tester);
  const refuse = (failure: string) =>
    new DeviceError(
      `device: ${t('{0} cannot be used. {1}', adapter.name, failure)}`,
      t('Update its driver. {0}', useProcessor()),
    );
  if (adapter.failure !== null) throw refuse(adapter.failure);
  if (adapter.software) log(softwareText(adapter));
  const tested = await testDevice({ kind: 'start', ...(experiment && { experiment }), trial: false }, tester);
  const failure = gradientFailure(tested);
  if (failure !== null) throw refuse(failure);
  const tooLarge = tooLargeFor(adapter, tested);
  if (tooLarge !== null) {
    const hint = t(
      'Lower rollout.groupSize or rollout.maxNewTokens, or use a smaller policy. {0}',
      useProcessor(),
    );
    throw new DeviceError(`device: ${tooLarge}`, hint);
  }
  log(t('computes on {0}', adapterText(adapter)));
  return { device: 'webgpu', name: adapterText(adapter) };
}

async function chooseFaster(
  experiment: Experiment,
  graphics: Graphics,
  memory: DeviceMemory,
  tester: DeviceTester,
  log: (line: string) => void,
): Promise<ChosenDevice> {
  if (graphics.obstacle) return processor;
  const stay = (reason: string): ChosenDevice => {
    log(t('computes on the processor: {0}', reason));
    return processor;
  };
  if (memory.adapter === null) log(t('tests the GPU, once for this machine'));
  const adapter = memory.adapter ?? (await testAdapter(graphics, memory, tester));
  if (adapter.failure !== null) return stay(t('{0} cannot be used. {1}', adapter.name, adapter.failure));
  if (adapter.software) return stay(softwareText(adapter));
  if (isSlow(adapter)) return stay(t('{0} multiplies matrices no faster', adapter.name));
  const shape = stepShape(experiment);
  const known = memory.trial(shape);
  if (known && !isFaster(known)) return stay(trialText(adapter, known));
  if (!known) log(t('measures a step of this experiment on the GPU and on the processor'));
  const tested = await testDevice({ kind: 'start', experiment, trial: !known }, tester);
  const failure = gradientFailure(tested);
  if (failure !== null) {
    // It passed once: of another experiment the same may be right.
    return stay(t('{0} cannot be used. {1}', adapter.name, failure));
  }
  const tooLarge = tooLargeFor(adapter, tested);
  if (tooLarge !== null) return stay(tooLarge);
  const trial = known ?? trialOf(tested);
  if (trial === null) return stay(t('the step on {0} could not be measured', adapter.name));
  if (!known) memory.keepTrial(shape, trial);
  if (!isFaster(trial)) return stay(trialText(adapter, trial));
  log(t('computes on {0}: {1}', adapterText(adapter), trialText(adapter, trial)));
  return { device: 'webgpu', name: adapterText(adapter) };
}

function trialOf({ stepSeconds }: TestedDevice): Trial | null {
  return stepSeconds ? { webgpu: stepSeconds.webgpu, cpu: stepSeconds.cpu ?? null } : null;
}

const isFaster = ({ webgpu, cpu }: Trial): boolean => cpu === null || webgpu < leastGain * cpu;

function trialText({ name }: Adapter, { webgpu, cpu }: Trial): string {
  const seconds = (value: number) => value.toPrecision(2);
  return cpu === null
    ? t('a step takes {0} s on {1}, and many times as long on the processor', seconds(webgpu), name)
    : t('a step takes {0} s on {1} and {2} s on the processor', seconds(webgpu), name, seconds(cpu));
}

const softwareText = ({ name }: Adapter): string =>
  t('{0} is a driver that computes on the processor, and is slower than the processor without it', name);

/** Which buffer of the run is larger than the adapter allows, as a sentence; null when all fit. */
function tooLargeFor({ name, maxBufferBytes }: Adapter, { buffers = [] }: TestedDevice): string | null {
  if (maxBufferBytes === null) return null;
  const [largest] = buffers.filter(({ bytes }) => bytes > maxBufferBytes).sort((a, b) => b.bytes - a.bytes);
  if (!largest) return null;
  const mebibytes = (bytes: number) => `${Math.round(bytes / 2 ** 20).toLocaleString('en')} MiB`;
  return t(
    '{0} allows buffers of at most {1} (maxBufferSize); {2} take {3}',
    name,
    mebibytes(maxBufferBytes),
    largest.name,
    mebibytes(largest.bytes),
  );
}
