/** A reward that gives no usable value, or none at all. */
import { KnownError } from '../errors.js';

const fix = 'Fix it, then resume the run: it continues after its newest checkpoint.';

/** @param how a program ended */
export const hintAfter = (how: string): string =>
  how.includes('SIGKILL') ? `A system kills a program when memory runs out. ${fix}` : fix;

/** The run fails with it; its newest checkpoint stays. */
export class RewardError extends KnownError {
  override readonly name = 'RewardError';

  /** @param problem file and line first where they are known, without a full stop */
  constructor(reward: string, problem: string, hint = fix) {
    super(`Reward "${reward}": ${problem.replace(/\.$/, '')}.`, hint);
  }
}
