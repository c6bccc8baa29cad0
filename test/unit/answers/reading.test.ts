import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readAnswer } from '../../../src/answers/extract.js';
import type { ExtractionKind } from '../../../src/answers/kinds.js';
import { judge } from '../../../src/answers/verify.js';

interface Case {
  group: string;
  gold: string;
  response: string;
  kind?: ExtractionKind;
  prompt?: string;
  choices?: string[];
  accepted: boolean;
}
const cases = JSON.parse(
  readFileSync(new URL('../../vectors/reading.json', import.meta.url), 'utf8'),
) as Case[];

test.each([...new Set(cases.map(({ group }) => group))])('verdicts on responses: %s', (group) => {
  const wrong = cases
    .filter((one) => one.group === group)
    .filter(({ gold, response, kind, accepted, ...asked }) => {
      return judge(gold, response, kind, asked).accepted !== accepted;
    });
  expect(wrong).toEqual([]);
});

describe('what is read, where and by which rule', () => {
  test.each([
    ['So \\boxed{ 7 } it is.', 'math', '7', 'box'],
    ['x = \\boxed{\\frac{1}{2}}', 'math', '\\frac{1}{2}', 'box'],
    ['<think>\\boxed{1}</think>The answer is $x+1$.', 'math', 'x+1', 'announcement'],
    ['<think>3</think><answer>\n7\n</answer>', 'math', '7', 'tag'],
    ['5 + 8 = **13**', 'math', '13', 'bold'],
    ['We have 3 cats and 4 dogs, 7 animals.', 'math', '7', 'last'],
    ['x^2 + 1', 'math', 'x^2 + 1', 'whole'],
    ['<think>A?</think>\nThe answer is (B).', 'choice', 'B', 'announcement'],
    ['C is too small. So B is correct.', 'choice', 'B', 'choice'],
  ] as const)('%j', (response, kind, text, rule) => {
    const read = readAnswer(response, kind);
    expect(read).toMatchObject({ text, rule });
    expect(response.slice(read!.start, read!.end)).toContain(text);
  });

  test('several boxes are read as one answer, from the first to the last', () => {
    const response = 'We get $x = \\boxed{3}$ and $y = \\boxed{8}$.';
    expect(readAnswer(response)).toEqual({
      text: 'x = 3, y = 8',
      start: response.indexOf('\\boxed'),
      end: response.lastIndexOf('}') + 1,
      rule: 'boxes',
    });
  });

  test.each([
    ['5', 'So \\boxed{7}', 'Read “7” in the last box; the gold answer is “5”: the two are not the same.'],
    ['7', 'So \\boxed{7}', 'Read “7” in the last box: it is the gold answer “7”.'],
    ['7', '<think>7', 'The response gives no answer.'],
  ])('a sentence says why: %s and %s', (gold, response, why) => {
    expect(judge(gold, response).why).toBe(why);
  });
});

const million = (text: string) => text.repeat(Math.ceil(1e6 / text.length));
test.each([
  ['open boxes', million('\\boxed{')],
  ['nested boxes', `${million('\\boxed{x')}1${million('}')}`],
  ['boxes in a list', million('\\boxed{1} and ')],
  ['braces', `${million('{')}1${million('}')}`],
  ['open formulas', million('\\(')],
  ['open tags', million('<answer>')],
  ['open thoughts', million('<think>')],
  ['announcements', million('the answer is ')],
  ['announcements in Chinese', million('答案')],
  ['spaces', `1${million(' ')}2`],
  ['lines', million(' \n')],
  ['stars', million('**')],
  ['backslashes', million('\\')],
  ['prices', million('$5 and ')],
  ['letters', million('B or ')],
  ['one word', million('think')],
])('a megabyte of %s takes time in proportion to its length', (_, text) => {
  const start = performance.now();
  judge('7', text);
  judge('C', text, 'choice');
  judge('7', `${text} The answer is 7.`);
  expect(performance.now() - start).toBeLessThan(6000);
});
