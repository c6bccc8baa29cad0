/** The torch engine's Python, for tests that need one. */
import { spawnSync } from 'node:child_process';
import { delimiter, resolve } from 'node:path';
import { expect, type TestContext } from 'vitest';
import type { TorchPlace } from '../../src/runs/protocol/torch-place.js';

const packageFolder = resolve(import.meta.dirname, '../../src/torch');

/** Looked for and not imported, which takes seconds; one that is there and broken is to fail the test. */
const missing = `
from importlib.util import find_spec
names = "torch trl transformers datasets safetensors pytest".split()
print(*[name for name in names if find_spec(name) is None], sep=", ", end="")
`;

let found: { python: string; problem: string | null } | undefined;

function look(): { python: string; problem: string | null } {
  const python = process.env.G2RL_PYTHON ?? 'python3';
  const { error, status, stdout, stderr } = spawnSync(python, ['-c', missing], { encoding: 'utf8' });
  if (error || status !== 0) return { python, problem: error?.message ?? stderr.trim() };
  return { python, problem: stdout === '' ? null : `there is no ${stdout}` };
}

/** A Python that has what the tests import; skips the test with the reason when there is none. */
export function requirePython({ skip }: TestContext): string {
  found ??= look();
  const { python, problem } = found;
  if (problem === null) return python;
  return skip(`${python}: ${problem}. Set G2RL_PYTHON to a Python with torch and trl.`);
}

/** The environment in which `python -m g2rl_torch` is the checkout's. */
export function pythonEnvironment(more: Record<string, string> = {}): NodeJS.ProcessEnv {
  const path = [packageFolder, process.env.PYTHONPATH ?? ''].join(delimiter);
  return { ...process.env, HF_HUB_OFFLINE: '1', PYTHONPATH: path, ...more };
}

/** Runs Python to its end and returns its standard output; what it says on standard error is the failure's message. */
export function runPython(
  python: string,
  args: string[],
  input = '',
  environment: Record<string, string> = {},
): string {
  const result = spawnSync(python, args, {
    cwd: resolve(import.meta.dirname, '../python'),
    encoding: 'utf8',
    input,
    maxBuffer: 2 ** 26,
    env: pythonEnvironment(environment),
  });
  expect(result.status, `${result.stdout}\n${result.stderr}`).toBe(0);
  return result.stdout;
}

/** Where the torch engine is: the checkout's package, and this interpreter. */
export const torchPlace = (python: string): TorchPlace => ({ python, packageFolder });
