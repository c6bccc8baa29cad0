/** On what the embedded engine computes. */
import { t } from '@vscode/l10n';
import { KnownError } from '../../errors.js';
import type { Experiment, RequestedDevice } from '../../experiment/index.js';
import { type ChosenDevice, type DeviceNeeds, processor } from '../contract/index.js';
import { needsOfRun } from '../embedded/plan/index.js';
import { describeMemory, gibibytes, type MemoryEstimate } from '../memory/index.js';
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

/** Less than this every GPU has. */
const worthSaying = 2 ** 29;

/**
 * Of a run, and with `experiment` null of other work of the engine, whose `otherNeeds` are given where they are large.
 * Says in `log` why, except where there is nothing to choose. A GPU that is taken has just passed a test.
 * @throws {DeviceError} when the GPU was asked for and cannot be used
 * @throws the signal's reason
 */
export async function chooseDevice(
  requested: RequestedDevice,
  experiment: Experiment | null,
  tester: DeviceTester & { cacheDirectory?: string },
  log: (line: string) => void,
  otherNeeds: DeviceNeeds | null = null,
  look: typeof lookAtGraphics = lookAtGraphics,
): Promise<ChosenDevice> {
  if (requested === 'cpu' || (requested === 'auto' && experiment === null)) return processor;
  const graphics = await look(tester.program);
  const memory = new DeviceMemory(graphics.key, tester.cacheDirectory);
  // What a run needs depends on the memory that is there: with little of it, weights are kept in fewer bits.
  const needsOn = ({ memoryBytes }: Adapter) =>
    otherNeeds ?? (experiment && needsOfRun(experiment, memoryBytes));
  const choice = new DeviceChoice(graphics, memory, tester, needsOn, log);
  return requested === 'auto' && experiment !== null ? choice.faster(experiment) : choice.gpu(experiment);
}

class DeviceChoice {
  constructor(
    private readonly graphics: Graphics,
    private readonly memory: DeviceMemory,
    private readonly tester: DeviceTester,
    private readonly needsOn: (adapter: Adapter) => DeviceNeeds | null,
    private readonly log: (line: string) => void,
  ) {}

  /** The GPU, or an error. */
  async gpu(experiment: Experiment | null): Promise<ChosenDevice> {
    const { obstacle, triable } = this.graphics;
    if (obstacle && !triable) throw new DeviceError(`device: ${obstacle.message}`, obstacle.hint);
    const known = this.memory.adapter;
    // What failed once may have been repaired meanwhile.
    const adapter = known && known.failure === null ? known : await this.#measure();
    const needs = this.needsOn(adapter);
    const tooLarge = adapter.failure === null && needs && tooLargeFor(adapter, needs);
    if (tooLarge) {
      const { message, remedy } = tooLarge;
      throw new DeviceError(
        `device: ${message}`,
        `${t('To use less: {0}.', remedy)} ${useProcessor(experiment)}`,
      );
    }
    const tested = adapter.failure === null ? await this.#test(adapter, experiment, false) : null;
    const failure = adapter.failure ?? (tested && gradientFailure(tested));
    if (failure !== null) {
      throw new DeviceError(
        `device: ${cannotBeUsed(adapter, failure)}`,
        `${t('Update its driver.')} ${useProcessor(experiment)}`,
      );
    }
    if (adapter.software) this.log(softwareText(adapter));
    const scarce = needs && scarceMemory(adapter, needs);
    if (scarce) this.log(t('may not fit: {0}', scarce));
    return this.#take(adapter);
  }

  /** The GPU where a step is faster there. */
  async faster(experiment: Experiment): Promise<ChosenDevice> {
    const { obstacle, cards, triable } = this.graphics;
    // Where there is nothing to choose, nothing is said.
    if (obstacle) return cards.length > 0 || triable ? this.#stay(obstacle.message) : processor;
    if (this.memory.adapter === null) this.log(t('tests the GPU, once for this machine'));
    const adapter = this.memory.adapter ?? (await this.#measure());
    if (adapter.failure !== null) {
      return this.#stay(`${cannotBeUsed(adapter, adapter.failure)} ${t('"g2rl devices" tests it again.')}`);
    }
    if (adapter.software) return this.#stay(softwareText(adapter));
    if (isSlow(adapter)) return this.#stay(t('{0} multiplies matrices no faster', adapter.name));
    const needs = this.needsOn(adapter);
    const tooLarge = needs && whyTooLarge(adapter, needs);
    if (tooLarge) return this.#stay(tooLarge);
    const known = knownTrial(this.memory, experiment);
    if (known && !isFaster(adapter, known)) return this.#stay(trialText(adapter, known));
    if (!known) this.log(t('measures a step of this experiment on the GPU and on the processor'));
    const tested = await this.#test(adapter, experiment, !known);
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
    const { memoryBytes } = adapter;
    const request = { kind: 'start', ...(experiment && { experiment }), trial, memoryBytes } as const;
    const tested = await testDevice(request, this.tester);
    const failure = gradientFailure(tested);
    if (failure !== null) this.memory.keepAdapter({ ...adapter, failure });
    return tested;
  }

  #take(adapter: Adapter, reason = ''): ChosenDevice {
    const name = adapterText(adapter);
    const memory = this.needsOn(adapter)?.memory;
    if (memory && memory.bytes > worthSaying) {
      this.log(t('takes {0} of the memory of {1}', describeMemory(memory), adapter.name));
    }
    this.log(reason === '' ? t('computes on {0}', name) : t('computes on {0}: {1}', name, reason));
    return { device: 'webgpu', name, memoryBytes: adapter.memoryBytes };
  }

  #stay(reason: string): ChosenDevice {
    this.log(t('computes on the processor: {0}', reason));
    return processor;
  }
}

const useProcessor = (experiment: Experiment | null) =>
  experiment === null
    ? t('On the processor: --device cpu.')
    : t('Set device to "cpu" to train on the processor.');

export const cannotBeUsed = ({ name }: Adapter, failure: string) =>
  t('{0} cannot be used. {1}', name, failure);

export const softwareText = ({ name }: Adapter): string =>
  t('{0} is a driver that computes on the processor, and is slower than the processor without it', name);

/**
 * Which buffer is larger than the adapter allows, or that all of its memory is too little for what must stay there, as a
 * sentence with what helps; null when it can be tried.
 */
function tooLargeFor(
  { name, maxBufferBytes, memoryBytes }: Adapter,
  needs: DeviceNeeds,
): { message: string; remedy: string } | null {
  const [largest] = needs.buffers
    .filter(({ bytes }) => maxBufferBytes !== null && bytes > maxBufferBytes)
    .sort((a, b) => b.bytes - a.bytes);
  if (largest && maxBufferBytes !== null) {
    const message = t(
      '{0} allows buffers of at most {1} (maxBufferSize); {2} take {3}',
      name,
      mebibytes(maxBufferBytes),
      largest.name,
      mebibytes(largest.bytes),
    );
    return { message, remedy: largest.remedy };
  }
  const parts = needs.memory.parts.filter(({ kind }) => kind === 'weights');
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  if (memoryBytes === null || bytes <= memoryBytes) return null;
  const message = memoryText(name, memoryBytes, { bytes, parts });
  return { message, remedy: needs.remedies.join(', ') };
}

/** Why `auto` does not take it, as a sentence; null when nothing is too large, as far as that is known. */
export function whyTooLarge(adapter: Adapter, needs: DeviceNeeds): string | null {
  return tooLargeFor(adapter, needs)?.message ?? scarceMemory(adapter, needs);
}

/** That the estimate is more than its memory, as a sentence; null when it is not, or nothing is known. */
export function scarceMemory({ name, memoryBytes }: Adapter, { memory }: DeviceNeeds): string | null {
  if (memoryBytes === null || memory.bytes <= memoryBytes) return null;
  return memoryText(name, memoryBytes, memory);
}

const memoryText = (name: string, has: number, takes: MemoryEstimate): string =>
  t('{0} has {1} of memory; this takes {2}', name, gibibytes(has), describeMemory(takes));

const mebibytes = (bytes: number) => `${Math.round(bytes / 2 ** 20).toLocaleString('en')} MiB`;
