/** Python at work, in this process's group, and how it ended. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { TorchCommand } from './command.js';

export interface ProcessEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Why it did not even start. */
  spawnError: string | null;
}

/** @param stdout "pipe" where its lines are read here, else it has this process's own */
export function startPython(
  { program, parameters, environment, folder }: TorchCommand,
  stdout: 'inherit' | 'pipe',
): { child: ChildProcess; end: Promise<ProcessEnd> } {
  const child = spawn(program, parameters, {
    stdio: ['ignore', stdout, 'inherit'],
    windowsHide: true,
    env: { ...process.env, ...environment },
    ...(folder !== undefined && { cwd: folder }),
  });
  const end = new Promise<ProcessEnd>((resolve) => {
    child.once('error', (error) => resolve({ code: null, signal: null, spawnError: error.message }));
    child.once('close', (code, signal) => resolve({ code, signal, spawnError: null }));
  });
  return { child, end };
}
