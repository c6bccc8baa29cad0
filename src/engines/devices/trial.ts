/** A step of an experiment, measured on the GPU and on the processor. */
import { t } from '@vscode/l10n';
import type { Adapter, Trial } from './memory.js';
import { failureOf, type TestedDevice } from './test-process.js';

/** The GPU must save a tenth of the time: two measurements of the same differ by less. */
const leastGain = 0.9;

export function trialOf(tested: TestedDevice): Trial {
  const { stepSeconds } = tested;
  if (!stepSeconds) return { failure: failureOf(tested) ?? t('It could not be measured.') };
  return { webgpu: stepSeconds.webgpu, cpu: stepSeconds.cpu ?? null };
}

export const isFaster = (trial: Trial): boolean =>
  !('failure' in trial) && (trial.cpu === null || trial.webgpu < leastGain * trial.cpu);

export function trialText({ name }: Adapter, trial: Trial): string {
  if ('failure' in trial) return t('a step of this experiment fails on {0}. {1}', name, trial.failure);
  const seconds = (value: number) => value.toPrecision(2);
  const { webgpu, cpu } = trial;
  return cpu === null
    ? t('a step takes {0} s on {1}, and many times as long on the processor', seconds(webgpu), name)
    : t('a step takes {0} s on {1} and {2} s on the processor', seconds(webgpu), name, seconds(cpu));
}
