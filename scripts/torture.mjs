/**
 * Kills runs of the embedded engine at random moments and compares each with one that was left alone:
 * `npm run torture -- --kills 300 [--seed 1] [--parallel 2] [--life 0] [--studies]`. Linux only.
 * With `--studies` whole studies are killed: their runners and the trainers of their runs.
 * `npm run torture -- --judge 1000000` judges so many random pairs of answers instead: none may crash, or take half a second.
 * The same seed draws the same lives; `--life` begins with that one. What must hold stands in test/torture/index.ts.
 */
import { bundleProgram } from './lib/bundle-program.mjs';
import { must, run } from './lib/run.mjs';

// The judge needs no trainer.
if (!process.argv.includes('--judge')) await must('npm', ['run', '--silent', 'build:node']);
const program = await bundleProgram('test/torture/main.ts', 'torture.mjs');
process.exitCode = await run('node', [program, ...process.argv.slice(2)]);
