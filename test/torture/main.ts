/** `npm run torture`: see scripts/torture.mjs. */
import { parseArgs } from 'node:util';
import { torture } from './index.js';
import { tortureJudge } from './judge.js';
import { tortureStudies } from './studies.js';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    parallel: { type: 'string', default: '2' },
    life: { type: 'string', default: '0' },
    judge: { type: 'string', default: '0' },
    studies: { type: 'boolean', default: false },
  },
});

function wholeNumber(name: Exclude<keyof typeof values, 'studies'>, least: number): number {
  const value = Number(values[name]);
  if (Number.isInteger(value) && value >= least) return value;
  process.stderr.write(`--${name} is "${values[name]}"; it must be a whole number from ${least}.\n`);
  process.exit(2);
}

const say = (line: string) => process.stdout.write(`${line}\n`);
const pairs = wholeNumber('judge', 0);
if (pairs > 0) {
  const { failures, slowest, seconds } = tortureJudge({ pairs, seed: wholeNumber('seed', 0), say });
  say(
    `${pairs} pairs, ${failures} failures, slowest ${slowest.toFixed(0)} ms, ${seconds.toFixed(0)} seconds`,
  );
  process.exit(failures > 0 ? 1 : 0);
}

// Trainers outlive this process unless it ends by itself.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

const { kills, lives, seconds, mismatches } = await (values.studies ? tortureStudies : torture)({
  kills: wholeNumber('kills', 1),
  seed: wholeNumber('seed', 0),
  parallel: wholeNumber('parallel', 1),
  firstLife: wholeNumber('life', 0),
  say,
});
process.stdout.write(
  `${kills} kills, ${lives} lives, ${mismatches.length} mismatches, ${seconds.toFixed(0)} seconds\n`,
);
process.exitCode = mismatches.length > 0 ? 1 : 0;
