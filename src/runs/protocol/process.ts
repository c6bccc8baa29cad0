/** Which process a pid means: the same number can be given to another program later, its start time cannot. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const commandMilliseconds = 5000;

function linuxStartTime(pid: number): string | null {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field is the program's name in parentheses, which may hold spaces and parentheses itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state] = fields;
  // A zombie has ended; its exit code has just not been read yet.
  if (state === 'Z' || state === 'X') return null;
  const ticks = fields[19];
  // Ticks count from the boot, so the boot is a part of the time.
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return ticks === undefined ? null : `${boot}:${ticks}`;
}

function commandOutput(command: string, parameters: string[]): string | null {
  const text = execFileSync(command, parameters, {
    encoding: 'utf8',
    timeout: commandMilliseconds,
    stdio: ['ignore', 'pipe', 'ignore'],
    windowsHide: true,
    env: { ...process.env, LC_ALL: 'C' },
  }).trim();
  return text === '' ? null : text;
}

/**
 * When the process `pid` started, as the operating system reports it, or null when there is no such process.
 * The string means something only when compared with another one of the same machine.
 */
export function processStartTime(pid: number): string | null {
  if (!Number.isInteger(pid) || pid <= 0) return null;
  try {
    if (process.platform === 'linux') return linuxStartTime(pid);
    if (process.platform === 'win32') {
      const script = `(Get-Process -Id ${pid}).StartTime.ToUniversalTime().Ticks`;
      return commandOutput('powershell.exe', ['-NoProfile', '-NonInteractive', '-Command', script]);
    }
    return commandOutput('ps', ['-o', 'lstart=', '-p', String(pid)]);
  } catch {
    return null;
  }
}

/** Processes seen with their start time. Elsewhere than on Linux asking again starts a program each time. */
const seen = new Set<string>();

/** Whether exactly the process that started then still runs. */
export function isProcessAlive(pid: number, processStart: string): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    // Cheap, and enough for the common case that no process has this pid any more.
    process.kill(pid, 0);
  } catch (error) {
    const denied = typeof error === 'object' && error !== null && 'code' in error && error.code === 'EPERM';
    if (!denied) return false;
  }
  const key = `${pid} ${processStart}`;
  if (process.platform !== 'linux' && seen.has(key)) return true;
  const same = processStartTime(pid) === processStart;
  if (same && process.platform !== 'linux') seen.add(key);
  return same;
}
