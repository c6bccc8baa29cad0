import { describe, expect, it } from 'vitest';
import { lastBoxed } from '../../../src/benchmarks/boxed.js';
import { plainFields } from '../../../src/benchmarks/row.js';
import { useFiles } from './files.js';

const files = useFiles();
let made = 0;

/** A JSON Lines file of these rows; its name. */
function jsonl(...rows: object[]): string {
  made++;
  files.write(`rows${made}.jsonl`, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return `rows${made}.jsonl`;
}

describe('fields', () => {
  it('are taken by the names given, and optional ones where they are', async () => {
    const file = jsonl(
      { q: ' 1+1? ', a: 2, name: 'x', why: 'because', topic: 'sums' },
      { q: '2+2?', a: '4', name: 'y' },
    );
    const fields = { problem: 'q', answer: 'a', id: 'name', solution: 'why', category: 'topic' };
    const { problems } = await files.load({ name: 'sums', file, fields });
    expect(problems).toEqual([
      { id: 'x', problem: '1+1?', answer: '2', solution: 'because', category: 'sums' },
      { id: 'y', problem: '2+2?', answer: '4' },
    ]);
  });

  it('of a row are all kept where they are asked for', async () => {
    const row = { question: 'a', problem: 'b', answer: 1, tests: ['x', { y: [1.5, null] }] };
    const { problems } = await files.load({ name: 'mine', file: jsonl(row) }, { fields: true });
    expect(problems).toEqual([{ id: 'mine-0', problem: 'b', answer: '1', fields: row }]);
    const values = { big: 2n ** 60n, small: 7n, when: new Date(0), bytes: new Uint8Array(3) };
    expect(plainFields({ where: 'row 1', values })).toEqual({
      big: '1152921504606846976',
      small: 7,
      when: '1970-01-01T00:00:00.000Z',
    });
  });

  it('without ids are numbered from 0 under the name of the benchmark', async () => {
    const file = jsonl({ problem: 'a', answer: '1' }, { problem: 'b', answer: '2' });
    const { problems } = await files.load({ name: 'mine', file });
    expect(problems.map(({ id }) => id)).toEqual(['mine-0', 'mine-1']);
  });

  it('that are missing are named, with those that are there, the most similar first', async () => {
    const file = jsonl({ problem: 'a', answer: '1' }, { solution: 'b', problems: 'b', answer: '1' });
    expect(await files.failure({ file })).toMatch(
      /rows\d+\.jsonl, line 2: has no "problem"\nIts fields are problems, .*"problem": "problems"/,
    );
    const wrong = jsonl({ question: 'a', answer: '1' });
    expect(await files.failure({ file: wrong, fields: { id: 'key' } })).toContain('has no "key"');
  });

  it.each([
    [{ problem: '', answer: '1' }, /line 1: "problem" is empty\nFill in the problem/],
    [{ problem: 'a', answer: '  ' }, /line 1: "answer" is empty/],
    [{ problem: 'a', answer: null }, /line 1: has no "answer"/],
    [{ problem: [{ content: 'a' }], answer: '1' }, /line 1: "problem" is a list, not a string/],
    [{ problem: 'a', answer: { value: 1 } }, /line 1: "answer" is an object, not a string/],
  ])('of %j are refused', async (row, message) => {
    expect(await files.failure({ file: jsonl(row) })).toMatch(message);
  });

  it('that repeat an id are named with the first', async () => {
    const file = jsonl(
      { id: 7, problem: 'a', answer: '1' },
      { id: 8, problem: 'b', answer: '1' },
      { id: '7', problem: 'c', answer: '1' },
    );
    expect(await files.failure({ file })).toMatch(
      /line 3: the id "7" is also that of line 1\n.*make the ids unique/,
    );
  });

  it.each([
    ['\\frac{1', 'it has a { without a }'],
    ['1}', 'it has a } without a {'],
    ['$x', 'it has a $ without another'],
  ])('with the gold answer %s are refused', async (answer, reason) => {
    const message = await files.failure({ file: jsonl({ problem: 'a', answer }) });
    expect(message).toContain(
      `line 1: no response can be judged against the answer "${answer}" in "answer": ${reason}`,
    );
  });

  it.each(['$5', '$\\frac{1}{2}$', '\\{1, 2\\}', '\\$18', '[0, 1)', '5 \\%'])(
    'may have the gold answer %s',
    async (answer) => {
      const { problems } = await files.load({ file: jsonl({ problem: 'a', answer }) });
      expect(problems[0]?.answer).toBe(answer);
    },
  );

  it('can be checked by whoever judges', async () => {
    const file = jsonl({ problem: 'a', answer: '12' }, { problem: 'b', answer: 'twelve' });
    const checkAnswer = (answer: string) => (/^\d+$/.test(answer) ? null : 'it is no number');
    expect(await files.failure({ file }, { checkAnswer })).toContain('line 2: no response');
  });
});

describe('answers in solutions', () => {
  it('are taken out of boxes and after ####', async () => {
    const boxed = jsonl({ problem: 'a', solution: 'So \\boxed{1}, no, $\\boxed{\\frac{1}{2}}$.' });
    const fields = { answer: 'solution' };
    const first = await files.load({ file: boxed, fields: { ...fields, answerIn: 'boxed' } });
    expect(first.problems[0]?.answer).toBe('\\frac{1}{2}');
    const marked = jsonl({ problem: 'a', solution: '2 + 2 = <<2+2=4>>4\n#### 1,234' });
    const second = await files.load({ file: marked, fields: { ...fields, answerIn: '####' } });
    expect(second.problems[0]?.answer).toBe('1,234');
    const none = jsonl({ problem: 'a', solution: 'It is 4.' });
    expect(await files.failure({ file: none, fields: { ...fields, answerIn: 'boxed' } })).toMatch(
      /line 1: "solution" has no \\boxed/,
    );
  });

  it.each([
    ['\\boxed{1} and \\boxed{2}', '2'],
    ['\\boxed{\\text{a {b} c}}', '\\text{a {b} c}'],
    ['\\fbox{7}', '7'],
    ['\\boxed{\\{1\\}}', '\\{1\\}'],
    ['\\boxed{3} then \\boxed{4', '3'],
    ['the answer is $\\boxed 5$.', '5'],
    ['\\boxed {6}', '6'],
    ['no box', null],
  ])('%s', (solution, answer) => {
    expect(lastBoxed(solution)).toBe(answer);
  });
});
