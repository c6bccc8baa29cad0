/** What state a run is shown in, which is not always what its status file says. Pure. */
import { t } from '@vscode/l10n';
import type { RunState, RunStatus, ShownRunState } from '../protocol/index.js';

/** Between the creation of a run and its first status a trainer has to load. */
const startMilliseconds = 10_000;

/** The state in a word. */
export function stateText(state: ShownRunState): string {
  switch (state) {
    case 'starting':
      return t('starting');
    case 'running':
      return t('running');
    case 'evaluating':
      return t('evaluating');
    case 'stopping':
      return t('stopping');
    case 'finished':
      return t('finished');
    case 'stopped':
      return t('stopped');
    case 'failed':
      return t('failed');
    case 'lost':
      return t('lost');
    case 'imported':
      return t('imported');
  }
}

export interface StateEvidence {
  status: RunStatus | null;
  /** Unix time, milliseconds. */
  now: number;
  /** Whether the process that the status names lives, for all that is known. */
  statusProcessAlive: boolean;
  /** Whether another process than the status's was started for the run and lives. */
  newerProcessAlive: boolean;
  /** ISO 8601: creation of the run. */
  createdAt: string;
  /** Whether a script starts it, whenever someone does. */
  waits?: boolean | undefined;
  /** Whether another program has trained it. */
  imported?: boolean | undefined;
}

const ended: ReadonlySet<RunState> = new Set(['finished', 'stopped', 'failed']);

export function hasEnded(state: ShownRunState): boolean {
  return state === 'lost' || state === 'imported' || ended.has(state);
}

/** Whether a process works on the run. */
export function isAlive(state: ShownRunState): boolean {
  return !hasEnded(state);
}

/**
 * Whether a run in this state has work left that Resume would do. Its steps do not decide that: after the last one
 * comes the last evaluation, and only a run that is through with it has finished.
 */
export function isResumable(state: ShownRunState): boolean {
  return state !== 'finished' && state !== 'imported' && hasEnded(state);
}

/** The GPU that a run of the embedded engine computed on last, as `status.json` names it; null for the processor. */
export function gpuOf(status: RunStatus | null): string | null {
  return status?.device?.endsWith('(WebGPU)') ? status.device : null;
}

export function shownState(evidence: StateEvidence): ShownRunState {
  const { status, now } = evidence;
  if (evidence.imported) return 'imported';
  if (evidence.newerProcessAlive) return 'starting';
  if (!status) {
    // Its script may start it at any time; until then nothing runs.
    if (evidence.waits) return 'stopped';
    return Math.abs(now - Date.parse(evidence.createdAt)) < startMilliseconds ? 'starting' : 'lost';
  }
  // "Stopped" is reported when the process has ended, not when it announces that it will end.
  if (status.state === 'stopped' && evidence.statusProcessAlive) return 'stopping';
  if (ended.has(status.state)) return status.state;
  return evidence.statusProcessAlive ? status.state : 'lost';
}
