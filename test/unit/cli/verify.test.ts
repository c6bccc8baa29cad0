import { PassThrough, Readable } from 'node:stream';
import { expect, test, vi } from 'vitest';
import { verify } from '../../../src/cli/verify.js';

vi.mock(import('../../../src/answers/index.js'), async (original) => {
  const answers = await original();
  return {
    ...answers,
    verifyAnswer: (gold, prediction, ...rest) => {
      if (gold === 'defect') throw new Error('a defect');
      return answers.verifyAnswer(gold, prediction, ...rest);
    },
  };
});

async function verdicts(lines: readonly string[]): Promise<{ failed: number; results: object[] }> {
  const output = new PassThrough();
  const { failed } = await verify(Readable.from([lines.join('\n')]), output, 'math');
  output.end();
  const text = (await output.toArray()).join('');
  return {
    failed,
    results: text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object),
  };
}

test('every line has its verdict, or says by its number what is wrong', async () => {
  const { failed, results } = await verdicts([
    '{"gold": "1/2", "pred": "So it is \\\\boxed{0.5}."}',
    'nothing',
    '{"gold": 5}',
    '{"gold": "defect", "pred": "5"}',
    '{"gold": 5, "pred": "7"}',
  ]);
  expect(failed).toBe(3);
  expect(results).toEqual([
    {
      equivalent: true,
      extracted: '0.5',
      reason: 'numeric',
      read: { text: '0.5', start: 16, end: 19, rule: 'box' },
      why: 'Read “0.5” in the last box: it is the gold answer “1/2”.',
    },
    { error: expect.stringContaining('line 2: not valid JSON') },
    { error: 'line 3: pred: must be a string or a number' },
    { error: 'line 4: cannot be judged: a defect' },
    expect.objectContaining({ equivalent: false, reason: 'different' }),
  ]);
});
