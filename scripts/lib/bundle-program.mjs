/** Programs of the tests in TypeScript, as one file that Node runs. */
import { join } from 'node:path';
import { build } from 'esbuild';
import { cache } from './paths.mjs';

/**
 * @param {string} entry the program, from the root of the checkout
 * @param {string} file what its bundle is called in the cache
 * @returns {Promise<string>} path of the bundle
 */
export async function bundleProgram(entry, file) {
  const outfile = join(cache, file);
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    logLevel: 'warning',
  });
  return outfile;
}
