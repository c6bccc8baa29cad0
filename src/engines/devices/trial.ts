/** A step of an experiment, measured on the GPU and on the processor; where that takes too long, products of matrices decide. */
import { t } from '@vscode/l10n';
import type { Experiment } from '../../experiment/index.js';
import { trialPart } from '../embedded/plan/index.js';
import { modelShape } from '../memory/index.js';
import type { Adapter, DeviceMemory, Trial } from './memory.js';
import { stepShape } from './shape.js';
import { failureOf, type TestedDevice } from './test-process.js';

/** The GPU must save a tenth of the time: two measurements of the same differ by less. */
const leastGain = 0.9;
/** Products of matrices are not all of a step: the GPU must be so many times as fast at them. */
const leastSpeedup = 2;

/** What is known of a step without measuring it now: earlier findings, or that it takes too long. */
export function knownTrial(memory: DeviceMemory, experiment: Experiment): Trial | null {
  const shape = modelShape(experiment.policy);
  if (shape && trialPart(experiment, shape) === null) return { tooLong: true };
  return memory.trial(stepShape(experiment));
}

export function trialOf(tested: TestedDevice): Trial {
  const { stepSeconds, done } = tested;
  if (!stepSeconds) return { failure: failureOf(tested) ?? t('It could not be measured.') };
  if (done && stepSeconds.cpu === undefined) return { tooLong: true };
  return { webgpu: stepSeconds.webgpu, cpu: stepSeconds.cpu ?? null };
}

export function isFaster({ speed }: Adapter, trial: Trial): boolean {
  if ('failure' in trial) return false;
  if ('tooLong' in trial) return speed !== null && speed.webgpu >= leastSpeedup * speed.cpu;
  return trial.cpu === null || trial.webgpu < leastGain * trial.cpu;
}

export function trialText({ name, speed }: Adapter, trial: Trial): string {
  if ('failure' in trial) return t('a step of this experiment fails on {0}. {1}', name, trial.failure);
  if ('tooLong' in trial) {
    if (speed === null) return t('measuring a step of this experiment would take too long');
    return t(
      'measuring a step of this experiment would take too long; {0} multiplies matrices {1} times as fast as the processor',
      name,
      (speed.webgpu / speed.cpu).toFixed(1),
    );
  }
  const seconds = (value: number) => value.toPrecision(2);
  const { webgpu, cpu } = trial;
  return cpu === null
    ? t('a step takes {0} s on {1}, and many times as long on the processor', seconds(webgpu), name)
    : t('a step takes {0} s on {1} and {2} s on the processor', seconds(webgpu), name, seconds(cpu));
}
