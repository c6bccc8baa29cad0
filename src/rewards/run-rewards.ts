/** All rewards of a run: their functions and programs, started once and asked at the same time. */
import { InputError } from '../errors.js';
import type { RewardSettings } from '../experiment/index.js';
import { judgeReward } from '../reward-names.js';
import type { TorchPlace } from '../runs/protocol/index.js';
import { largestReward } from './limits.js';
import { LineProgram } from './line-program.js';
import { PythonFunction } from './python-function.js';
import { RewardError } from './reward-error.js';
import type { RewardInput, RewardSource, RewardValues } from './types.js';

export interface RewardPlace {
  /** Working directory of programs: the folder of the experiment file. */
  folder: string;
  /** `reward-guard.cjs`. */
  guard: string;
  /** Where Python is; needed by functions in Python. */
  python: TorchPlace | undefined;
  log(line: string): void;
}

/** Values of one reward for the responses of a step. */
export interface NamedValues extends RewardValues {
  name: string;
  weight: number;
}

export class RunRewards {
  private constructor(
    private readonly settings: readonly RewardSettings[],
    private readonly sources: ReadonlyMap<string, RewardSource>,
  ) {}

  /** @throws RewardError when one cannot be started */
  static async start(settings: readonly RewardSettings[], place: RewardPlace): Promise<RunRewards> {
    const sources = new Map<string, RewardSource>();
    const rewards = new RunRewards(settings, sources);
    try {
      const loading = settings.map(async (reward) => {
        const log = (line: string) => place.log(`reward ${reward.name}: ${line}`);
        if (reward.command) {
          sources.set(reward.name, new LineProgram({ ...place, ...reward, command: reward.command, log }));
        } else if (reward.python !== undefined) {
          const source = functionOf(reward, reward.python, place, log);
          sources.set(reward.name, source);
          await source.load();
        }
      });
      await Promise.all(loading);
    } catch (error) {
      await rewards.close();
      throw error;
    }
    return rewards;
  }

  /**
   * The values of all rewards for a step.
   * @param verdicts what the judge gives each response
   * @throws RewardError
   */
  async score(responses: readonly RewardInput[], verdicts: readonly number[]): Promise<NamedValues[]> {
    return Promise.all(
      this.settings.map(async ({ name, weight }) => {
        const source = this.sources.get(name);
        if (source) return { name, weight, ...(await source.score(responses)) };
        if (name !== judgeReward) throw new RewardError(name, 'it was not started');
        return { name, weight, values: [...verdicts], notes: verdicts.map(() => null) };
      }),
    );
  }

  /** Ends all processes. */
  async close(): Promise<void> {
    await Promise.all([...this.sources.values()].map((source) => source.close()));
  }
}

function functionOf(
  { name, seconds }: RewardSettings,
  python: string,
  { python: place, folder }: RewardPlace,
  log: (line: string) => void,
): PythonFunction {
  if (!place) {
    throw new RewardError(
      name,
      `${python} is a Python function, and no Python was found`,
      'Install Python 3.9 or newer, or set "g2rl.python" (--python in the terminal) to one, then resume the run.',
    );
  }
  const { python: interpreter, packageFolder } = place;
  return new PythonFunction({ name, python, seconds, folder, interpreter, packageFolder, log });
}

/**
 * The rewards of responses: Σ weight · value over the values that are there, NaN where there is none.
 * @throws InputError when one is beyond single precision
 */
export function weightedSums(rewards: readonly NamedValues[], responses: number): number[] {
  return Array.from({ length: responses }, (_, i) => {
    const there = rewards.flatMap(({ weight, values }) => {
      const value = values[i];
      return value === null || value === undefined ? [] : [weight * value];
    });
    if (there.length === 0) return Number.NaN;
    const sum = there.reduce((total, value) => total + value, 0);
    const tooLarge = [...there, sum].find((value) => !(Math.abs(value) <= largestReward));
    if (tooLarge === undefined) return sum;
    throw new InputError(
      `rewards: the weighted sum of response ${i} (from 0) needs ${tooLarge}, and the largest number of single precision is 3.4e38.`,
      'Give smaller rewards, or smaller weights in the run.json of the run; then resume it.',
    );
  });
}
