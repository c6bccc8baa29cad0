import { describe, expect, it } from 'vitest';
import { mustKeepOrder, rightChoice, shuffleChoices } from '../../../src/benchmarks/choices.js';
import { plainPrompt, problemMessages } from '../../../src/benchmarks/prompts.js';
import { useFiles } from './files.js';

const files = useFiles();

describe('the right choice', () => {
  const names = ['red', 'green', 'blue'];
  it.each([
    ['B', names, undefined, 1],
    ['b', names, undefined, 1],
    ['(C)', names, 'letter', 2],
    ['A.', names, 'letter', 0],
    ['D', names, undefined, null],
    ['2', names, undefined, 2],
    ['3', names, 'index', null],
    ['blue', names, 'text', 2],
    ['Blue', names, 'text', null],
    ['2', ['1', '2', '3'], 'text', 1],
    ['2', ['1', '2', '3'], 'index', 2],
    ['0', ['0', '1', '2'], undefined, 0],
    ['B', ['B', 'A'], 'letter', 1],
  ] as const)('%s of %j as %s is %s', (answer, choices, form, index) => {
    expect(rightChoice(answer, choices, form)).toBe(index);
  });

  it('is not guessed between two readings', () => {
    expect(() => rightChoice('2', ['1', '2', '3'], undefined)).toThrow('both the text of one choice');
    expect(() => rightChoice('B', ['B', 'A'], undefined)).toThrow(RangeError);
  });
});

describe('the order of choices', () => {
  const choices = ['w', 'x', 'y', 'z'];

  it('depends on the seed and the id, and keeps the right choice right', () => {
    const orders = new Set<string>();
    const places = [0, 0, 0, 0];
    for (let i = 0; i < 400; i++) {
      const shown = shuffleChoices(`p${i}`, choices, 2, 0);
      expect(shown).toEqual(shuffleChoices(`p${i}`, choices, 2, 0));
      expect(shown.choices['ABCD'.indexOf(shown.answer)]).toBe('y');
      orders.add(shown.choices.join(''));
      places['ABCD'.indexOf(shown.answer)]!++;
    }
    expect(orders.size).toBe(24);
    for (const place of places) expect(Math.abs(place - 100)).toBeLessThan(40);
    const seeds = new Set(
      Array.from({ length: 50 }, (_, seed) => shuffleChoices('p', choices, 2, seed).choices.join('')),
    );
    expect(seeds.size).toBeGreaterThan(15);
  });

  it.each([
    ['All of the above'],
    ['None of these'],
    ['Both A and C'],
    ['A and B only'],
    ['(A) and (D)'],
    ['Only B'],
    ['both of the above'],
    ['none of the above answers'],
  ])('stays with "%s"', (choice) => {
    expect(mustKeepOrder(['one', 'two', choice])).toBe(true);
    const shown = shuffleChoices('p', ['one', 'two', 'three', choice], 3, 5);
    expect(shown).toEqual({ choices: ['one', 'two', 'three', choice], answer: 'D' });
  });

  it.each(['A cat and a dog', 'above the line', 'None', 'the sum of all of them', 'DNA and RNA', 'Plan B'])(
    'is free with "%s"',
    (choice) => {
      expect(mustKeepOrder([choice, 'other'])).toBe(false);
    },
  );
});

describe('multiple choice from a file', () => {
  it('is found by its field of choices', async () => {
    files.write('choice.jsonl', '{"problem":"Which?","choices":["n","y"],"answer":"B","id":"q"}\n');
    const { problems, answerKind } = await files.load({ file: 'choice.jsonl' });
    expect(answerKind).toBe('choice');
    expect(problems[0]?.choices?.['AB'.indexOf(problems[0].answer)]).toBe('y');
  });

  it('may have a JSON list in a CSV file, or a column for each choice', async () => {
    files.write('list.csv', 'q,opts,key\nWhich?,"[""n"", ""y"", 3]",2\n');
    const fields = { problem: 'q', choices: 'opts', answer: 'key' };
    const listed = await files.load({ file: 'list.csv', fields });
    expect(listed.problems[0]?.choices?.['ABC'.indexOf(listed.problems[0].answer)]).toBe('3');
    files.write('columns.csv', 'q,good,bad\nWhich?,y,n\n');
    const columns = { problem: 'q', choices: ['bad', 'good'], answer: 'good', answerAs: 'text' } as const;
    const apart = await files.load({ file: 'columns.csv', fields: columns });
    expect(apart.problems[0]?.choices?.['AB'.indexOf(apart.problems[0].answer)]).toBe('y');
  });

  it.each([
    [
      '{"problem":"a","choices":["n","y"],"answer":"C"}',
      /the answer "C" is not one of the 2 choices\n.*"answerAs"/,
    ],
    ['{"problem":"a","choices":["n"],"answer":"A"}', /has 1 choices/],
    ['{"problem":"a","choices":"n, y","answer":"A"}', /"choices" is not a list of strings/],
    ['{"problem":"a","choices":["1","2"],"answer":"1"}', /line 1: the answer "1" is both .*\n.*"answerAs"/],
  ])('%s is refused', async (row, message) => {
    files.write('refused.jsonl', `${row}\n`);
    expect(await files.failure({ file: 'refused.jsonl' })).toMatch(message);
  });
});

describe('prompts', () => {
  it('ask for reasoning and a boxed answer', () => {
    const problem = { id: 'p', problem: 'What is $1+1$?', answer: '2' };
    const messages = problemMessages(problem, 'math');
    expect(messages).toEqual([
      { role: 'system', content: 'Please reason step by step, and put your final answer within \\boxed{}.' },
      { role: 'user', content: 'What is $1+1$?' },
    ]);
    expect(plainPrompt(messages)).toMatch(/\\boxed\{\}\.\n\nWhat is \$1\+1\$\?\n\n$/);
  });

  it('show choices with their letters', () => {
    const problem = { id: 'p', problem: 'Which?', answer: 'B', choices: ['n', 'y'] };
    const [system, user] = problemMessages(problem, 'choice');
    expect(system?.content).toContain('the letter of your final answer within \\boxed{}');
    expect(user?.content).toBe('Which?\n\nA. n\nB. y');
  });
});
