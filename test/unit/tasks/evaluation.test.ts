import { describe, expect, test } from 'vitest';
import type { EvaluatedProblem } from '../../../src/runs/protocol/schema.js';
import {
  countdownTask,
  evaluatedProblem,
  evaluationScores,
  numberClasses,
  problemScores,
} from '../../../src/tasks/evaluation.js';

function evaluated(id: string, marks: readonly [correct: boolean, number: number][]): EvaluatedProblem {
  const responses = marks.map(([correct, number], index) => ({
    text: '',
    answer: number < 0 ? null : String(number),
    class: number,
    correct,
    reason: '',
    tokens: index + 1,
    finished: index > 0,
  }));
  return evaluatedProblem({ id, statement: '', gold: '' }, responses);
}

test('answers are numbered alike in the order in which they come', () => {
  expect(numberClasses(['b', null, 'a', 'b', ''])).toEqual([0, -1, 1, 0, 2]);
});

test('a Countdown task asks its problems and groups equal expressions', async () => {
  const task = countdownTask('countdown-test', 5);
  expect(task.problems).toHaveLength(5);
  const numbers = task.problems[0]!.prompt.split('=')[0]!.split(',');
  const sum = numbers.join('+');
  const graded = await task.grade(0, [sum, [...numbers].reverse().join('+'), 'x', numbers.join('*')]);
  expect(graded.map((response) => response.class)).toEqual([0, 0, -1, 1]);
  expect(graded[2]).toMatchObject({ answer: null, correct: false });
  expect(() => countdownTask('nothing', 1)).toThrow(/countdown-test/);
});

describe('the record of an evaluation', () => {
  const problems = [
    // Two of three right, in one class.
    evaluated('1', [
      [true, 0],
      [true, 0],
      [false, 1],
    ]),
    // A tie of a right and a wrong answer, and none.
    evaluated('2', [
      [true, 0],
      [false, 1],
      [false, -1],
    ]),
  ];

  test('counts of a problem', () => {
    expect(problems.map(({ n, correct, answers, majority }) => [n, correct, answers, majority])).toEqual([
      [3, 2, 2, 1],
      [3, 1, 2, 0.5],
    ]);
  });

  test('scores, lengths and shares over all problems', () => {
    const record = evaluationScores(problems.map(problemScores), 3);
    expect(record).toMatchObject({
      problems: 2,
      samples: 3,
      k: 3,
      maj_at_k: 0.75,
      pass_at_k: 1,
      mean_length: 2,
      max_length: 3,
      similarity_mean: null,
    });
    expect(record.pass_at_1).toBeCloseTo(0.5, 12);
    expect(record.truncated).toBeCloseTo(2 / 6, 12);
    expect(record.unanswered).toBeCloseTo(1 / 6, 12);
    expect(record).not.toHaveProperty('pass_at');
  });

  test('more k where there are enough responses, and geometry weighted by pairs', () => {
    const many = evaluated(
      '3',
      Array.from({ length: 64 }, (_, index) => [index === 0, 0]),
    );
    const record = evaluationScores(
      [
        { ...problemScores({ ...many, pairs: 10, similarity_mean: 0.5, negative_pair_ratio: 0.1 }) },
        { ...problemScores({ ...many, pairs: 30, similarity_mean: 0.1, negative_pair_ratio: 0.5 }) },
      ],
      16,
    );
    // One right among 64: k of 64 hold it with probability k/64.
    expect(record.pass_at).toEqual({ '32': expect.closeTo(0.5, 12), '64': expect.closeTo(1, 12) });
    expect(record.similarity_mean).toBeCloseTo(0.2, 12);
    expect(record.negative_pair_ratio).toBeCloseTo(0.4, 12);
  });

  test('the distribution of S is that of all pairs, log det(I + S) and the cosine of the texts means over problems', () => {
    const [one, other] = problems.map((problem, place) => ({
      ...problem,
      pairs: 3,
      similarity_histogram: Array.from({ length: 20 }, (_, bin) => (bin === 10 + place ? 3 : 0)),
      logdet: 1 + place,
      text_similarity_mean: 0.5 + 0.2 * place,
    }));
    // Features that were not finite: no geometry, but texts.
    const without = { ...problems[0]!, pairs: 0, text_similarity_mean: 0.3 };
    const record = evaluationScores([one!, other!, without].map(problemScores), 3);
    expect(record.similarity_histogram).toEqual([...Array(10).fill(0), 3, 3, ...Array(8).fill(0)]);
    expect(record.logdet_mean).toBeCloseTo(1.5, 12);
    expect(record.text_similarity_mean).toBeCloseTo(0.5, 12);
  });

  test('where a problem was recorded without them, they are left open', () => {
    const complete = { ...problems[0]!, pairs: 3, similarity_histogram: Array(20).fill(0), logdet: 1 };
    const older = { ...problems[1]!, pairs: 3, similarity_mean: 0.5 };
    const record = evaluationScores([complete, older].map(problemScores), 3);
    expect(record).toMatchObject({ similarity_histogram: null, logdet_mean: null });
    expect(record).not.toHaveProperty('text_similarity_mean');
  });
});
