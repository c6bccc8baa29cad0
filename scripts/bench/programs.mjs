/** The programs of test/bench: bundling them, and reading what they print. */
import { join } from 'node:path';
import { bundleProgram } from '../lib/bundle-program.mjs';
import { capture } from '../lib/run.mjs';

/** Bundles test/bench/<name>.ts. @returns {Promise<string>} Path of the bundle. */
export const bundle = (name) => bundleProgram(`test/bench/${name}.ts`, join('bench', `${name}.mjs`));

/** Runs a program whose last line of output is JSON. Throws what it printed when it fails. */
export async function lastLine(command, args, options) {
  const { code, output } = await capture(command, args, options);
  const line = output.trimEnd().split('\n').at(-1) ?? '';
  if (code !== 0) throw new Error(`"${command} ${args.join(' ')}" ended with exit code ${code}.\n${output}`);
  try {
    return JSON.parse(line);
  } catch {
    throw new Error(`"${command} ${args.join(' ')}" printed "${line}" last, which is not JSON.`);
  }
}

/** A Python that has TensorBoard; without one the comparison is left out, with the reason. */
export async function tensorBoard() {
  const command = process.env.G2RL_PYTHON ?? 'python3';
  const { code, output } = await capture(command, ['-c', 'import tensorboard']);
  if (code === 0) return { command, missing: '' };
  const reason = output.trim().split('\n').at(-1);
  return { command: null, missing: `not held against TensorBoard: ${command}: ${reason}` };
}
