/**
 * Kills runs of the embedded engine at random moments and compares each with one that was left alone:
 * `npm run torture -- --kills 300 [--seed 1] [--parallel 2] [--life 0]`. Linux only.
 * The same seed draws the same lives; `--life` begins with that one. What must hold stands in test/torture/index.ts.
 */
import { join } from 'node:path';
import { build } from 'esbuild';
import { cache } from './lib/paths.mjs';
import { must, run } from './lib/run.mjs';

await must('npm', ['run', '--silent', 'build:node']);
const outfile = join(cache, 'torture.mjs');
await build({
  entryPoints: ['test/torture/main.ts'],
  outfile,
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  logLevel: 'warning',
});
process.exitCode = await run('node', [outfile, ...process.argv.slice(2)]);
