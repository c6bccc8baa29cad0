/** The process that a status names, which may run on another machine that shares the folder. */
import { hostname } from 'node:os';
import { hasEnded, heartbeatFreshMilliseconds } from '../facts/index.js';
import { isProcessAlive, type RunStatus } from '../protocol/index.js';

/** Whether its process would be one of another machine, which cannot be looked at from here. */
export function isElsewhere({ host }: RunStatus): boolean {
  return host !== undefined && host !== hostname();
}

/** Another machine's is assumed alive until its status says that it has ended, or its heartbeat stops. */
export function isStatusProcessAlive(status: RunStatus): boolean {
  return isElsewhere(status) ? !hasEnded(status.state) : isProcessAlive(status.pid, status.processStart);
}

/** The machine on which a run continues, when it is not this one; else null. */
export function hostElsewhere(status: RunStatus | null): string | null {
  if (!status || !isElsewhere(status) || hasEnded(status.state)) return null;
  const age = Math.abs(Date.now() - Date.parse(status.heartbeat));
  return age <= heartbeatFreshMilliseconds ? status.host! : null;
}
