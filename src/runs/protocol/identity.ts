/** A process as it is recorded for readers in other containers and on other machines, and whether they may look at it. */
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { commandOutput, looksAlive, processStartTime } from './process.js';

export interface ProcessIdentity {
  pid: number;
  processStart: string;
  /** Name of its machine, for people. */
  host?: string | undefined;
  /** Where its pid means this process, see `pidScope`. Absent where an earlier version wrote it, null when unknown. */
  pidScope?: string | null | undefined;
}

/** What is visible of a process from here. `elsewhere`: its pid means nothing here, and only what it writes counts. */
export type Sight = 'alive' | 'gone' | 'elsewhere';

function currentScope(): string | null {
  try {
    if (process.platform === 'linux') {
      // In a namespace that has the /proc of another one, pids would be looked up among the other's.
      if (readlinkSync('/proc/self') !== String(process.pid)) return null;
      const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
      return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
    }
    if (process.platform === 'darwin') return commandOutput('sysctl', ['-n', 'kern.bootsessionuuid']);
    if (process.platform === 'win32') {
      const key = 'HKLM\\SOFTWARE\\Microsoft\\Cryptography';
      return commandOutput('reg', ['query', key, '/v', 'MachineGuid'])?.match(/[0-9a-f-]{36}/i)?.[0] ?? null;
    }
  } catch {
    return null;
  }
  return hostname();
}

let scope: string | null | undefined;

/**
 * The processes among which a pid means the same as here: those of one machine since its boot, on Linux of one pid
 * namespace, as each container has its own. A host name does not do: containers and machines may share it. Null when
 * it cannot be told. Python writes it by the same rule.
 */
function pidScope(): string | null {
  if (scope === undefined) scope = currentScope();
  return scope;
}

let own: ProcessIdentity | undefined;

export function ownIdentity(): ProcessIdentity {
  own ??= identityOf(process.pid);
  return { ...own };
}

/** A process of this scope. One that is gone already has an empty start time. */
export function identityOf(pid: number): ProcessIdentity {
  return { pid, processStart: processStartTime(pid) ?? '', host: hostname(), pidScope: pidScope() };
}

/** Whether the pids of a process and of this one mean the same, as far as is known. */
export function isInScope({ processStart, host, pidScope: other }: ProcessIdentity): boolean {
  if (other !== undefined) return other !== null && other === pidScope();
  // Written by an earlier version: on Linux the start time begins with the boot.
  const boot = /^[0-9a-f]{8}-[0-9a-f-]{27}(?=:)/.exec(processStart)?.[0];
  if (boot !== undefined && process.platform === 'linux' && !ownIdentity().processStart.startsWith(boot)) {
    return false;
  }
  return host === undefined || host === hostname();
}

export function sightOf(identity: ProcessIdentity): Sight {
  if (!isInScope(identity)) return 'elsewhere';
  const alive = looksAlive(identity.pid, identity.processStart);
  if (alive === null) return 'elsewhere';
  return alive ? 'alive' : 'gone';
}

/** Whether two records name one process. */
export function isSameProcess(a: ProcessIdentity, b: ProcessIdentity): boolean {
  const sameScope = a.pidScope === undefined || b.pidScope === undefined || a.pidScope === b.pidScope;
  return a.pid === b.pid && a.processStart === b.processStart && sameScope;
}
