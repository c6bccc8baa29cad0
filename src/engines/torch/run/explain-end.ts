/** Why Python ended without a final status, as far as its exit and its log show. */
import type { ErrorReport } from '../../../errors.js';
import type { ProcessEnd } from './python-process.js';

const setUpHint = 'Run "G2RL: Set Up GPU Engine" to see what is missing, then resume the run.';
const lookAtLog = 'Look at log.txt in the run folder, then resume the run.';
/** A resume goes by run.json and not by the experiment file. */
const memoryHint =
  "Look at log.txt, then resume the run. Memory may have run out: if so, lower torch.rowsPerPass in the run's run.json first, or start a new run with a lower rollout.promptsPerStep, rollout.groupSize or rollout.maxNewTokens.";

/** @param log what Python wrote */
export function explainEnd({ code, signal, spawnError }: ProcessEnd, log: string): ErrorReport {
  if (spawnError !== null) return { message: `Python cannot be started: ${spawnError}`, hint: setUpHint };
  const first = firstEnd(log);
  if (signal === 'SIGKILL' || first?.signal === 'SIGKILL') {
    return { message: `The training process${signal ? '' : ofRank(first)} was killed.`, hint: memoryHint };
  }
  // The others only report that it is missing.
  const error = lastError(log, first?.rank) ?? (first?.signal ? null : lastError(log));
  if (error !== null) {
    const broken = /^(ImportError|ModuleNotFoundError|OSError: .*\.so)/.test(error);
    return { message: error, hint: broken ? setUpHint : lookAtLog };
  }
  const by = signal ?? first?.signal;
  const how = by ? `by ${by}` : `with exit code ${first?.code ?? code}`;
  return { message: `The training process${ofRank(first)} ended unexpectedly, ${how}.`, hint: lookAtLog };
}

/** How the process ended that ended before the others, as accelerate reports it. */
interface FirstEnd {
  /** Null when there was only one. */
  rank: string | null;
  code: number | null;
  signal: string | null;
}

const ofRank = (end: FirstEnd | null): string => (end?.rank ? ` of rank ${end.rank}` : '');

/** From torch's summary of several processes, or from accelerate's own complaint of one; null without either. */
function firstEnd(log: string): FirstEnd | null {
  const summary = log.slice(log.lastIndexOf('Root Cause (first observed failure)'));
  const [, rank, code] = /^\s*rank\s*: (\d+).*\n\s*exitcode\s*: (-?\d+)/m.exec(summary) ?? [];
  if (rank !== undefined) {
    const signal = /\bSignal \d+ \((SIG\w+)\)/.exec(summary)?.[1] ?? null;
    return { rank, code: Number(code), signal };
  }
  const died = /CalledProcessError: .*g2rl_torch.* died with <Signals\.(SIG\w+): \d+>/.exec(log);
  return died ? { rank: null, code: null, signal: died[1]! } : null;
}

/** They say only that a process of the run has ended; why is said before. */
const wrapper = /(ChildFailedError|SignalException|CalledProcessError: .*g2rl_torch.*)(:|$)/;

/**
 * The last line of a traceback: `ModuleNotFoundError: No module named 'trl'`.
 * @param rank only of that process; with several, lines begin with it
 */
function lastError(log: string, rank?: string | null): string | null {
  const error = /^([A-Za-z_]\w*\.)*[A-Z]\w*(Error|Exception)(:|$)/;
  const lines = log
    .split('\n')
    .filter((line) => !rank || line.startsWith(`[default${rank}]:`))
    .map((line) => line.replace(/^\[\w+\]:/, '').trim())
    .filter((line) => error.test(line) && !wrapper.test(line));
  return lines.at(-1) ?? null;
}
