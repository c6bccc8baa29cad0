/** Why Python ended without a last word, as far as its exit and its log tell. */
import type { RunStatus } from '../runs/schema.js';
import type { ProcessEnd } from './torch-run.js';

const SET_UP = 'Run "G2RL: Set Up GPU Engine" to see what is missing, then resume the run.';
const LOOK = 'Look at log.txt in the run folder, then resume the run.';

/** @param log what Python wrote */
export function explainEnd(
  { code, signal, spawnError }: ProcessEnd,
  log: string,
): NonNullable<RunStatus['error']> {
  if (spawnError !== null) return { message: `Python cannot be started: ${spawnError}`, hint: SET_UP };
  if (signal === 'SIGKILL') {
    return {
      message: 'The training process was killed.',
      hint: 'Memory may have run out: lower torch.rowsPerPass, rollout.groupSize or rollout.maxNewTokens if so, and resume the run.',
    };
  }
  const error = lastError(log);
  if (error !== null) {
    const broken = /^(ImportError|ModuleNotFoundError|OSError: .*\.so)/.test(error);
    return { message: error, hint: broken ? SET_UP : LOOK };
  }
  const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
  return { message: `The training process ended unexpectedly, ${how}.`, hint: LOOK };
}

/** The last line of a traceback: `ModuleNotFoundError: No module named 'trl'`. */
function lastError(log: string): string | null {
  const error = /^([A-Za-z_]\w*\.)*[A-Z]\w*(Error|Exception)(:|$)/;
  const lines = log
    .split('\n')
    // With several processes lines begin with the rank.
    .map((line) => line.replace(/^\[\w+\]:/, ''))
    .filter((line) => error.test(line));
  return lines.at(-1)?.trim() ?? null;
}
