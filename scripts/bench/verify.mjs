/** Judging answers against Python's math-verify: the same pairs, one after the other, one core each. */
import { capture } from '../lib/run.mjs';
import { figure, median } from './figures.mjs';
import { bundle, lastLine } from './programs.mjs';

const cases = 'test/vectors/answers.json';

/** @returns {Promise<import('./figures.mjs').Figure[]>} */
export async function verifyFigures({ rounds }) {
  const command = process.env.G2RL_PYTHON ?? 'python3';
  const { code, output } = await capture(command, ['-c', 'import math_verify']);
  if (code !== 0) {
    const reason = output.trim().split('\n').at(-1);
    throw new Error(`${command}: ${reason}. Set G2RL_PYTHON to a Python with math-verify.`);
  }
  const program = await bundle('verify');
  const pairs = [];
  for (let round = 0; round < Math.min(rounds, 3); round++) {
    const ours = await lastLine('node', [program, cases, '5']);
    const theirs = await lastLine(command, ['test/bench/math_verify_pairs.py', cases, '1']);
    pairs.push({ ours, theirs });
  }
  const middle = (value) => median(pairs.map(value));
  return [
    {
      name: `judging a pair of answers, mean of ${pairs[0].ours.pairs}`,
      value: middle(({ ours }) => ours.mean),
      unit: 'milliseconds',
      reference: {
        name: `math-verify ${pairs[0].theirs.version}`,
        value: middle(({ theirs }) => theirs.mean),
      },
      ratio: middle(({ ours, theirs }) => theirs.mean / ours.mean),
      goal: { of: 'ratio', atLeast: 3 },
    },
    {
      name: 'judging a pair of answers, 99th percentile',
      value: middle(({ ours }) => ours.p99),
      unit: 'milliseconds',
      reference: {
        name: `math-verify ${pairs[0].theirs.version}`,
        value: middle(({ theirs }) => theirs.p99),
      },
      goal: { of: 'value', atMost: 50 },
    },
  ].map(figure);
}
