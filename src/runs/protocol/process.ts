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

/** What a program of the system writes, without the space around it; null when that is nothing. */
export function commandOutput(command: string, parameters: string[]): string | null {
  const text = execFileSync(command, parameters, {
    encoding: 'utf8',
    timeout: commandMilliseconds,
    stdio: ['ignore', 'pipe', 'ignore'],
    windowsHide: true,
    env: { ...process.env, LC_ALL: 'C' },
  }).trim();
  return text === '' ? null : text;
}

/** As `commandOutput`, of a script of Windows PowerShell. */
export const powershellOutput = (script: string): string | null =>
  commandOutput('powershell.exe', ['-NoProfile', '-NonInteractive', '-Command', script]);

/**
 * When the process `pid` started, as the operating system reports it, or null when there is no such process.
 * The string means something only when compared with another one of the same machine.
 */
export function processStartTime(pid: number): string | null {
  if (!Number.isInteger(pid) || pid <= 0) return null;
  try {
    if (process.platform === 'linux') return linuxStartTime(pid);
    if (process.platform === 'win32') {
      return powershellOutput(`(Get-Process -Id ${pid}).StartTime.ToUniversalTime().Ticks`);
    }
    return commandOutput('ps', ['-o', 'lstart=', '-p', String(pid)]);
  } catch {
    return null;
  }
}

/** Processes seen with their start time. Elsewhere than on Linux asking again starts a program each time. */
const seen = new Set<string>();

/**
 * Whether exactly the process that started then still runs; null when this user may not see whether it does, as with
 * another user's process where /proc is hidden.
 */
export function looksAlive(pid: number, processStart: string): boolean | null {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  let mayLook = true;
  try {
    // Cheap, and enough for the common case that no process has this pid any more.
    process.kill(pid, 0);
  } catch (error) {
    const denied = typeof error === 'object' && error !== null && 'code' in error && error.code === 'EPERM';
    if (!denied) return false;
    mayLook = false;
  }
  const key = `${pid} ${processStart}`;
  if (process.platform !== 'linux' && seen.has(key)) return true;
  const start = processStartTime(pid);
  if (start === null && !mayLook) return null;
  const same = start === processStart;
  if (same && process.platform !== 'linux') seen.add(key);
  return same;
}

/** Whether exactly the process that started then is seen to run. */
export function isProcessAlive(pid: number, processStart: string): boolean {
  return looksAlive(pid, processStart) === true;
}
