/**
 * Whether a process is a trainer of a run, by its command line. A run's folder may come from anyone, and a pid in it may
 * be that of any program.
 */
import { readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseObject } from './json.js';
import { commandOutput, powershellOutput } from './process.js';

/** The words of a command line, on Linux; elsewhere one text. Null when this user may not read it. */
function commandLine(pid: number): string[] | null {
  try {
    if (process.platform === 'linux') {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
    }
    const text =
      process.platform === 'win32'
        ? powershellOutput(
            `(Get-CimInstance Win32_Process -Filter 'ProcessId=${pid}').CommandLine`,
          )?.replaceAll('\\"', '"')
        : commandOutput('ps', ['-ww', '-o', 'args=', '-p', String(pid)]);
    const [, before, after] = /^(.*)\srun\s+"?(.+?)"?$/s.exec(text ?? '') ?? [];
    return before === undefined || after === undefined ? null : [before, 'run', after];
  } catch {
    return null;
  }
}

function workingDirectory(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '/';
  }
}

function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}

/** Trainers are called `… run <JSON with the directory>`, those of Python `… run <directory>`. */
export function isTrainerOf(runDirectory: string, pid: number): boolean {
  const words = commandLine(pid) ?? [];
  const [word, request] = words.slice(-2);
  if (word !== 'run' || request === undefined) return false;
  const directory = parseObject(request)?.directory ?? request;
  if (typeof directory !== 'string') return false;
  return real(resolve(workingDirectory(pid), directory)) === real(runDirectory);
}
