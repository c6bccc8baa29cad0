/** The rewards of an experiment: their names, where each comes from, and the files behind them. */
import { existsSync, statSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { t } from '@vscode/l10n';
import { judgeReward } from '../reward-names.js';
import { type FieldPath, formatPath } from './field-path.js';
import { remove, setTo } from './fixes.js';
import { nearestName } from './nearest.js';
import type { CheckReport } from './reports.js';
import type { RewardSettings } from './reward-schema.js';
import type { Experiment } from './schema.js';

/** Methods that look at which responses are correct, and not at how large rewards are. */
const labelMethods: readonly string[] = ['evol-rl', 'pass-at-k'];

/** The parts of `rewards.py:has_steps`. */
export function pythonReward(python: string): { file: string; function: string } {
  const colon = python.lastIndexOf(':');
  return { file: python.slice(0, colon), function: python.slice(colon + 1) };
}

/** Whether a name is looked up in the PATH, as a shell does. */
const isBare = (program: string): boolean => !/[\\/]/.test(program);

/**
 * The rewards with absolute paths. Of a command the program is a file when it is written as a path, and an argument when
 * there is a file of that name beside the experiment.
 * @param existing the absolute path of a file that must be there
 */
export function resolveRewards(
  rewards: readonly RewardSettings[],
  folder: string,
  existing: (file: string, path: FieldPath) => string,
): RewardSettings[] {
  return rewards.map((reward, i): RewardSettings => {
    const { python, command } = reward;
    if (python !== undefined) {
      const { file, function: name } = pythonReward(python);
      return { ...reward, python: `${existing(file, ['rewards', i, 'python'])}:${name}` };
    }
    if (command === undefined) return reward;
    const [program = '', ...rest] = command;
    const found = isBare(program) ? program : existing(program, ['rewards', i, 'command', 0]);
    const argument = (text: string) => {
      const path = resolve(folder, text);
      return !isAbsolute(text) && existsSync(path) && statSync(path).isFile() ? path : text;
    };
    return { ...reward, command: [found, ...rest.map(argument)] };
  });
}

export function checkRewards(
  { rewards = [], method }: Experiment,
  error: CheckReport,
  warn: CheckReport,
): void {
  const isJudged = rewards.some(({ name }) => name === judgeReward);
  const isLabelled = isJudged && labelMethods.includes(method.name);
  if (!isLabelled && rewards.length > 0 && rewards.every(({ weight }) => weight === 0)) {
    warn(
      ['rewards'],
      t('{0}: each weight is 0, and nothing is learned', 'rewards'),
      t('Give a reward that is to be trained on another weight.'),
    );
  }
  rewards.forEach((reward, i) => {
    const at = (...field: string[]): FieldPath => ['rewards', i, ...field];
    if (rewards.findIndex(({ name }) => name === reward.name) < i) {
      error(
        at('name'),
        t('{0}: "{1}" is listed twice', formatPath(at('name')), reward.name),
        t('Give one of them another name, or remove it.'),
        { ...remove(at()), title: t('Remove this reward') },
      );
    }
    checkSource(reward, at, error);
    if (isLabelled && reward.name !== judgeReward && reward.weight !== 0) {
      warn(
        at('weight'),
        t(
          '{0}: {1} is trained by what the judge says alone; "{2}" is only logged',
          formatPath(at()),
          method.name,
          reward.name,
        ),
        t('Set its weight to 0 to say so, or choose another method.'),
        setTo(at('weight'), 0),
      );
    }
  });
}

/** Each reward but the judge has one place that its values come from. */
function checkSource(
  { name, python, command }: RewardSettings,
  at: (...field: string[]) => FieldPath,
  error: CheckReport,
): void {
  const hasProgram = python !== undefined || command !== undefined;
  if (python !== undefined && command !== undefined) {
    error(
      at('command'),
      t('{0}: a reward has either "python" or "command"', formatPath(at())),
      t('Remove one of them.'),
      remove(at('command')),
      remove(at('python')),
    );
  } else if (name === judgeReward && hasProgram) {
    error(
      at('name'),
      t('{0}: "{1}" is the judge of the task', formatPath(at('name')), judgeReward),
      t('Give a reward of your own another name.'),
      remove(at(python === undefined ? 'command' : 'python')),
    );
  } else if (name !== judgeReward && !hasProgram) {
    const isMisspelled = nearestName(name, [judgeReward]) !== undefined;
    error(
      at(),
      t('{0}: "{1}" has neither "python" nor "command"', formatPath(at()), name),
      isMisspelled
        ? t('Did you mean "{0}"?', judgeReward)
        : t('Only "{0}", the judge of the task, needs neither.', judgeReward),
      isMisspelled
        ? setTo(at('name'), judgeReward)
        : setTo(at('python'), `rewards.py:${name.replaceAll('-', '_')}`),
    );
  }
}
