/** Who works on a run: by its process where that can be seen, by what it writes where it cannot. */
import { hasEnded } from '../facts/index.js';
import { isSameProcess, type ProcessIdentity, type RunStatus, sightOf } from '../protocol/index.js';

export type Worker =
  /** A process that is seen to live. */
  | { where: 'here'; process: ProcessIdentity }
  /** A process in another container or on another machine: it lives if `sign` changes between two looks. */
  | { where: 'elsewhere'; process: ProcessIdentity; sign: string }
  | { where: 'nowhere' };

/** As far as one look shows. @param owner whom the lock names */
export function workerOf(status: RunStatus | null, owner: ProcessIdentity | null): Worker {
  const ownerSight = owner ? sightOf(owner) : 'gone';
  if (owner && ownerSight === 'alive') return { where: 'here', process: owner };
  const statusSight = status ? sightOf(status) : 'gone';
  if (status && statusSight === 'alive') return { where: 'here', process: status };
  const sign = [status?.heartbeat, status?.state, status?.step, owner?.pid, owner?.processStart].join(' ');
  const isOver = status !== null && hasEnded(status.state);
  if (status && statusSight === 'elsewhere' && !isOver) return { where: 'elsewhere', process: status, sign };
  // A trainer keeps the lock after its last word.
  const hasSpoken = isOver && owner !== null && isSameProcess(owner, status);
  if (owner && ownerSight === 'elsewhere' && !hasSpoken) return { where: 'elsewhere', process: owner, sign };
  return { where: 'nowhere' };
}
