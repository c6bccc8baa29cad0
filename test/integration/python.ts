/** The torch engine's Python, for tests that need one. */
import { spawnSync } from 'node:child_process';
import { delimiter, resolve } from 'node:path';
import { expect, type TestContext } from 'vitest';
import type { TorchPlace } from '../../src/runs/protocol/torch-place.js';

const packageFolder = resolve(import.meta.dirname, '../../src/torch');

/** A Python that has what the torch engine imports; skips the test with the reason when there is none. */
export function requirePython({ skip }: TestContext): string {
  const python = process.env.G2RL_PYTHON ?? 'python3';
  const check = spawnSync(python, ['-c', 'import torch, trl, datasets'], { encoding: 'utf8' });
  if (check.status === 0) return python;
  const reason = check.error?.message ?? check.stderr.trim().split('\n').at(-1);
  return skip(`${python}: ${reason}. Set G2RL_PYTHON to a Python with torch and trl.`);
}

/** Runs Python to its end and returns its standard output; what it says on standard error is the failure's message. */
export function runPython(
  python: string,
  args: string[],
  input = '',
  environment: Record<string, string> = {},
): string {
  const path = [packageFolder, process.env.PYTHONPATH ?? ''].join(delimiter);
  const result = spawnSync(python, args, {
    cwd: resolve(import.meta.dirname, '../python'),
    encoding: 'utf8',
    input,
    maxBuffer: 2 ** 26,
    env: { ...process.env, HF_HUB_OFFLINE: '1', PYTHONPATH: path, ...environment },
  });
  expect(result.status, `${result.stdout}\n${result.stderr}`).toBe(0);
  return result.stdout;
}

/** Where the torch engine is: the checkout's package, and this interpreter. */
export const torchPlace = (python: string): TorchPlace => ({ python, packageFolder });
