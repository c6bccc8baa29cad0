/** Pairs that SymPy made, and accepted pairs that a small change made wrong: see test/vectors/make_adversary.py. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { verifyAnswer } from '../../../src/answers/verify.js';

interface Case {
  kind: string;
  change: string;
  gold: string;
  prediction: string;
  equivalent: boolean;
}
const { cases } = JSON.parse(
  readFileSync(new URL('../../vectors/adversary.json', import.meta.url), 'utf8'),
) as { cases: Case[] };

const judged = (equivalent: boolean) =>
  cases
    .filter((one) => one.equivalent === equivalent)
    .filter(({ gold, prediction }) => verifyAnswer(gold, `\\boxed{${prediction}}`).equivalent !== equivalent);

test('nothing wrong is accepted', () => {
  expect(cases.filter(({ equivalent }) => !equivalent).length).toBeGreaterThan(600);
  expect(judged(false)).toEqual([]);
});

test('nothing right is refused', () => {
  expect(cases.filter(({ equivalent }) => equivalent).length).toBeGreaterThan(300);
  expect(judged(true)).toEqual([]);
});
