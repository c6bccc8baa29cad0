/** The programs of test/bench: bundling them, and reading what they print. */
import { join } from 'node:path';
import { build } from 'esbuild';
import { cache } from '../lib/paths.mjs';
import { capture } from '../lib/run.mjs';

/** Bundles test/bench/<name>.ts. @returns {Promise<string>} Path of the bundle. */
export async function bundle(name) {
  const outfile = join(cache, 'bench', `${name}.mjs`);
  await build({
    entryPoints: [`test/bench/${name}.ts`],
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    logLevel: 'warning',
  });
  return outfile;
}

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
