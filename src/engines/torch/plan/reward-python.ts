/** The Python for reward functions of a run of the embedded engine, which needs none otherwise. */
import { t } from '@vscode/l10n';
import type { Experiment } from '../../../experiment/index.js';
import type { EnvironmentReport } from '../environment/index.js';
import { EnvironmentError } from './plan.js';

/** Whether a run needs one: the torch engine has its own. */
export const needsRewardPython = ({ engine, rewards = [] }: Experiment): boolean =>
  engine !== 'torch' && rewards.some(({ python }) => python !== undefined);

/**
 * The chosen interpreter, or the one that would run the torch engine, or else any that starts: functions may need
 * packages, and that is where they are installed.
 * @throws {EnvironmentError}
 */
export function rewardPython(
  experiment: Experiment,
  { interpreter, interpreters }: EnvironmentReport,
): string {
  const found = interpreter?.python ? interpreter : interpreters.find(({ python }) => python !== null);
  if (found) return found.path;
  const { name } = experiment.rewards?.find(({ python }) => python !== undefined) ?? { name: '' };
  throw new EnvironmentError(
    interpreter === null
      ? t('The reward "{0}" is a Python function, and no Python was found.', name)
      : t('The reward "{0}" is a Python function, and {1} does not start.', name, interpreter.path),
    t('Install Python 3.9 or newer, or set "g2rl.python" (--python in the terminal) to one.'),
    { remedy: { kind: 'setup' } },
  );
}
