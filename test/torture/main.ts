/** `npm run torture`: see scripts/torture.mjs. */
import { parseArgs } from 'node:util';
import { torture } from './index.js';
import { tortureStudies } from './studies.js';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    parallel: { type: 'string', default: '2' },
    life: { type: 'string', default: '0' },
    studies: { type: 'boolean', default: false },
  },
});

function wholeNumber(name: Exclude<keyof typeof values, 'studies'>, least: number): number {
  const value = Number(values[name]);
  if (Number.isInteger(value) && value >= least) return value;
  process.stderr.write(`--${name} is "${values[name]}"; it must be a whole number from ${least}.\n`);
  process.exit(2);
}

// Trainers outlive this process unless it ends by itself.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

const { kills, lives, seconds, mismatches } = await (values.studies ? tortureStudies : torture)({
  kills: wholeNumber('kills', 1),
  seed: wholeNumber('seed', 0),
  parallel: wholeNumber('parallel', 1),
  firstLife: wholeNumber('life', 0),
  say: (line) => process.stdout.write(`${line}\n`),
});
process.stdout.write(
  `${kills} kills, ${lives} lives, ${mismatches.length} mismatches, ${seconds.toFixed(0)} seconds\n`,
);
process.exitCode = mismatches.length > 0 ? 1 : 0;
