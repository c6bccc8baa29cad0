/** The judge's version says by what rules a score came about: it is raised with every verdict that changes. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { JUDGE } from '../../../src/answers/identity.js';
import { verifyAnswer } from '../../../src/answers/verify.js';

interface Pair {
  gold: string;
  prediction?: string;
  response?: string;
}

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../vectors/${name}.json`, import.meta.url), 'utf8'));

test('verdicts that change raise the version', () => {
  const { cases: answers } = read('answers') as { cases: Pair[] };
  const { cases: adversary } = read('adversary') as { cases: Pair[] };
  const hash = createHash('sha256');
  // Pairs that are added change the digest too: a new version for them costs nothing.
  for (const pair of [...answers, ...(read('reading') as Pair[]), ...adversary]) {
    const response = pair.response ?? pair.prediction ?? '';
    const { equivalent, extracted } = verifyAnswer(pair.gold, response);
    hash.update(JSON.stringify([pair.gold, response, equivalent, extracted]));
  }
  const found = { version: JUDGE.version, digest: hash.digest('hex').slice(0, 16) };
  // When this fails: raise the version in src/answers/identity.ts, and write what was found here.
  expect(found).toEqual({ version: 2, digest: '6502ff9fdb958a35' });
});
