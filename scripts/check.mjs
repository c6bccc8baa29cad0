/**
 * What can be said without running the program: style, types, arrows between rooms, unused code, the committed schema, translations.
 * `npm run check`; `npm test` counts each as one test.
 */
import { fileURLToPath } from 'node:url';
import { run } from './lib/run.mjs';

/** Programs that only say yes or no. */
export const checks = [
  ['biome', 'check', '.'],
  ['tsc', '--noEmit'],
  ['svelte-check', '--tsconfig', 'webview/tsconfig.json', '--fail-on-warnings'],
  ['depcruise', '--config', 'scripts/check/arrows.mjs', 'src', 'webview/src'],
  ['knip', '--no-progress'],
  ['node', 'scripts/schema.mjs', '--check'],
  ['node', 'scripts/l10n.mjs', '--check'],
];

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, ...args] of checks) {
    if ((await run(name, args)) !== 0) process.exitCode = 1;
  }
}
