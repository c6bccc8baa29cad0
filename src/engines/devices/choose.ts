/** On what the embedded engine computes. */
import { t } from '@vscode/l10n';
import { KnownError } from '../../errors.js';
import type { Experiment, RequestedDevice } from '../../experiment/index.js';
import type { ChosenDevice } from '../contract/index.js';
import { adapterText, gradientFailure, isSlow, measureAdapter } from './adapter.js';
import { type Graphics, lookAtGraphics } from './graphics.js';
import { type Adapter, DeviceMemory } from './memory.js';
import { stepShape } from './shape.js';
import { type DeviceTester, type TestedDevice, testDevice } from './test-process.js';
import { isFaster, knownTrial, trialOf, trialText } from './trial.js';

/** The GPU was asked for, and cannot be used. */
export class DeviceError extends KnownError {
  override readonly name = 'DeviceError';
}

const processor: ChosenDevice = { device: 'cpu', name: null };

/**
 * Of a run, and with `experiment` null of other work of the engine. Says in `log` why, except where there is nothing to
 * choose. A GPU that is taken has just passed a test.
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
  const choice = new DeviceChoice(graphics, memory, tester, log);
  return requested === 'auto' && experiment !== null ? choice.faster(experiment) : choice.gpu(experiment);
}

class DeviceChoice {
  constructor(
    private readonly graphics: Graphics,
    private readonly memory: DeviceMemory,
    private readonly tester: DeviceTester,
    private readonly log: (line: string) => void,
  ) {}

  /** The GPU, or an error. */
  async gpu(experiment: Experiment | null): Promise<ChosenDevice> {
    const { obstacle, triable } = this.graphics;
    if (obstacle && !triable) throw new DeviceError(`device: ${obstacle.message}`, obstacle.hint);
    const known = this.memory.adapter;
    // What failed once may have been repaired meanwhile.
    const adapter = known && known.failure === null ? known : await this.#measure();
    const tested = adapter.failure === null ? await this.#test(adapter, experiment, false) : null;
    const tooLarge = tested && tooLargeFor(adapter, tested);
    if (tooLarge) {
      const smaller = t('Lower rollout.groupSize or rollout.maxNewTokens, or use a smaller policy.');
      throw new DeviceError(`device: ${tooLarge}`, `${smaller} ${useProcessor()}`);
    }
    const failure = adapter.failure ?? (tested && gradientFailure(tested));
    if (failure !== null) {
      throw new DeviceError(
        `device: ${cannotBeUsed(adapter, failure)}`,
        `${t('Update its driver.')} ${useProcessor()}`,
      );
    }
    if (adapter.software) this.log(softwareText(adapter));
    return this.#take(adapter);
  }

  /** The GPU where a step is faster there. */
  async faster(experiment: Experiment): Promise<ChosenDevice> {
    if (this.graphics.obstacle) return processor;
    if (this.memory.adapter === null) this.log(t('tests the GPU, once for this machine'));
    const adapter = this.memory.adapter ?? (await this.#measure());
    if (adapter.failure !== null) {
      return this.#stay(`${cannotBeUsed(adapter, adapter.failure)} ${t('"g2rl devices" tests it again.')}`);
    }
    if (adapter.software) return this.#stay(softwareText(adapter));
    if (isSlow(adapter)) return this.#stay(t('{0} multiplies matrices no faster', adapter.name));
    const known = knownTrial(this.memory, experiment);
    if (known && !isFaster(adapter, known)) return this.#stay(trialText(adapter, known));
    if (!known) this.log(t('measures a step of this experiment on the GPU and on the processor'));
    const tested = await this.#test(adapter, experiment, !known);
    const tooLarge = tooLargeFor(adapter, tested);
    if (tooLarge !== null) return this.#stay(tooLarge);
    const failure = gradientFailure(tested);
    if (failure !== null) return this.#stay(cannotBeUsed(adapter, failure));
    const trial = known ?? trialOf(tested);
    if (!known) this.memory.keepTrial(stepShape(experiment), trial);
    return isFaster(adapter, trial)
      ? this.#take(adapter, trialText(adapter, trial))
      : this.#stay(trialText(adapter, trial));
  }

  #measure(): Promise<Adapter> {
    return measureAdapter(this.graphics, this.memory, this.tester);
  }

  /** Whether it computes rightly; one that does not is remembered. */
  async #test(adapter: Adapter, experiment: Experiment | null, trial: boolean): Promise<TestedDevice> {
    const { maxBufferBytes } = adapter;
    const request = { kind: 'start', ...(experiment && { experiment }), maxBufferBytes, trial } as const;
    const tested = await testDevice(request, this.tester);
    const failure = tooLargeFor(adapter, tested) === null ? gradientFailure(tested) : null;
    if (failure !== null) this.memory.keepAdapter({ ...adapter, failure });
    return tested;
  }

  #take(adapter: Adapter, reason = ''): ChosenDevice {
    const name = adapterText(adapter);
    this.log(reason === '' ? t('computes on {0}', name) : t('computes on {0}: {1}', name, reason));
    return { device: 'webgpu', name };
  }

  #stay(reason: string): ChosenDevice {
    this.log(t('computes on the processor: {0}', reason));
    return processor;
  }
}

const useProcessor = () => t('Set device to "cpu" to train on the processor.');

const cannotBeUsed = ({ name }: Adapter, failure: string) => t('{0} cannot be used. {1}', name, failure);

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
