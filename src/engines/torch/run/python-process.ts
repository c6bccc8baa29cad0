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
  // Meant for the embedded engine: PyTorch has its own way with memory.
  const { MALLOC_ARENA_MAX, MALLOC_TRIM_THRESHOLD_, MALLOC_MMAP_THRESHOLD_, ...own } = process.env;
  const child = spawn(program, parameters, {
    stdio: ['ignore', stdout, 'inherit'],
    windowsHide: true,
    // GPUs are numbered as nvidia-smi numbers them, not by speed, unless the person wants that.
    env: { CUDA_DEVICE_ORDER: 'PCI_BUS_ID', ...own, ...environment },
    ...(folder !== undefined && { cwd: folder }),
  });
  const end = new Promise<ProcessEnd>((resolve) => {
    child.once('error', (error) => resolve({ code: null, signal: null, spawnError: error.message }));
    child.once('close', (code, signal) => resolve({ code, signal, spawnError: null }));
  });
  return { child, end };
}
