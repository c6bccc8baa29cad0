import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { extractAnswer } from '../../../src/answers/extract.js';
import { withoutThoughts } from '../../../src/answers/thoughts.js';
import { groupEquivalent, verifyAnswer } from '../../../src/answers/verify.js';

interface Case {
  kind: string;
  gold: string;
  prediction: string;
  equivalent: boolean;
}
const { cases } = JSON.parse(
  readFileSync(new URL('../../vectors/answers.json', import.meta.url), 'utf8'),
) as { cases: Case[] };
const thoughts = JSON.parse(
  readFileSync(new URL('../../vectors/thoughts.json', import.meta.url), 'utf8'),
) as { name: string; prompt: string; response: string; answered: string }[];
const kinds = [...new Set(cases.map(({ kind }) => kind))];

describe('verdicts that Python is held to as well', () => {
  test.each(kinds)('%s', (kind) => {
    const wrong = cases
      .filter((one) => one.kind === kind)
      .filter(({ gold, prediction, equivalent }) => verifyAnswer(gold, prediction).equivalent !== equivalent);
    expect(wrong).toEqual([]);
  });

  test('a bare gold answer as the response is always accepted', () => {
    const refused = cases
      .filter(({ kind }) => kind !== 'response')
      .filter(({ gold }) => !verifyAnswer(gold, `\\boxed{${gold}}`).equivalent);
    expect(refused).toEqual([]);
  });
});

test.each(thoughts)('thoughts: $name', ({ prompt, response, answered }) => {
  expect(withoutThoughts(response, prompt)).toBe(answered);
});

test('what the policy thinks is no answer, whether it or its prompt began to', () => {
  expect(verifyAnswer('3', '<think>\\boxed{3}')).toMatchObject({ equivalent: false, extracted: null });
  const verdict = (response: string) => verifyAnswer('4', response, 'math', '1+3=<think>\n').equivalent;
  expect(['so \\boxed{4} maybe', 'so \\boxed{5}</think>\\boxed{4}'].map(verdict)).toEqual([false, true]);
});

describe('extraction', () => {
  test.each([
    ['so \\boxed{\\frac{1}{2}} is it', '\\frac{1}{2}'],
    ['\\boxed{\\sqrt{\\frac{a}{b}}} \\]', '\\sqrt{\\frac{a}{b}}'],
    ['\\fbox{7}', '7'],
    ['\\boxed 5.', '5'],
    ['First \\boxed{1}. Much later, after a long argument that fills the line, \\boxed{2}.', '2'],
    ['$\\boxed{2}$, $\\boxed{3}$ and $\\boxed{5}$', '2, 3, 5'],
    ['\\boxed{15\\frac{39}{40}}, or \\boxed{\\frac{639}{40}}', '\\frac{639}{40}'],
    ['The answer is $x+1$.', 'x+1'],
    ['the final answer is: **12**', '12'],
    ['Answer: 3,000 dollars', '3,000 dollars'],
    ['#### 1,234', '1,234'],
    ['We have 3 cats and 4 dogs, 7 animals.', '7'],
    ['<think>\\boxed{1}</think>It is \\boxed{2}', '2'],
    ['<think>\\boxed{1}', null],
    ['\\boxed{4}<|im_end|>\\boxed{5}', '4'],
    ['', null],
    ['I do not know.', null],
  ])('%j', (response, expected) => {
    expect(extractAnswer(response)).toBe(expected);
  });

  test.each([
    ['\\boxed{B}', 'B'],
    ['\\boxed{\\text{(C)}}', 'C'],
    ['The answer is (D).', 'D'],
    ['**Answer: E**', 'E'],
    ['The correct option is B, since A is wrong.', 'B'],
    ['(A)', 'A'],
    ['c', 'C'],
    ['B. Paris', 'B'],
    ['\\boxed{B. Paris}', 'B'],
    ['Option **C** fits best.', 'C'],
    ['Reasoning …\n\nD', 'D'],
    ['A long story without any choice', null],
  ])('choice %j', (response, expected) => {
    expect(extractAnswer(response, 'choice')).toBe(expected);
  });
});

test('classes of equivalent answers, numbered as they come', () => {
  expect(groupEquivalent(['1/2', null, '0.5', '2', '\\frac{1}{2}', '2.0'])).toEqual([0, -1, 0, 1, 0, 1]);
});

test.each([
  ['a tower of powers', '9^{9^{9^{9^9}}}'],
  ['deep brackets', '('.repeat(5000)],
  ['deep fractions', `${'\\frac{1}{'.repeat(300)}${'}'.repeat(300)}`],
  ['deep braces', `${'{'.repeat(1990)}1${'}'.repeat(1990)}`],
  ['a huge factorial', '(10^9)!'],
  ['a long sum', `${'1+'.repeat(1990)}1`],
  ['a sum of many terms', '\\sum_{k=1}^{10^9} k^k'],
  ['a long number', '9'.repeat(3900)],
  ['a long decimal power', '1.23456789^{199}^{199}'],
  ['many boxes', '\\boxed{1} and '.repeat(2000)],
  ['many open boxes', '\\boxed{'.repeat(2000)],
  ['many dollars', '$'.repeat(20_000)],
  ['many announcements', 'the answer is '.repeat(1500)],
  ['long lists', Array.from({ length: 900 }, (_, index) => index).join(',')],
  ['long names of tags', `<${'think'.repeat(20_000)}`],
  ['spaces', `1${' '.repeat(19_000)}2`],
])('%s takes bounded time and does not throw', (_, text) => {
  const start = performance.now();
  verifyAnswer('7', text);
  verifyAnswer(text, text);
  verifyAnswer(text, '\\boxed{7}');
  verifyAnswer(text, `${text} `, 'choice');
  expect(performance.now() - start).toBeLessThan(2000);
});

test.each([
  ['7:00 pm', '\\textrm{7 pm}'],
  ['May 3, 2020', '\\mbox{May 3, 2020}'],
  ['\\emptyset', '\\textrm{no solution}'],
  ['B', '\\texttt{B}'],
  ['\\text{(A) } 5', '\\textrm{(A) } 5'],
])('words are the same in every command for them: %s and %s', (gold, prediction) => {
  expect(verifyAnswer(gold, `\\boxed{${prediction}}`).equivalent).toBe(true);
});
