/** What rewards get to know of a prompt. */
import { expect, test } from 'vitest';
import { answersTask } from '../../../src/tasks/answers-task.js';
import { problemTraining } from '../../../src/tasks/training.js';

test('a problem is known by its answer and all fields of its row, its own names first', () => {
  const problem = { id: 'a', problem: '1 + 1?', answer: '2' };
  const fields = { answer: 'two', tests: ['x'], gold: 'ignored' };
  const rowOf = (more: object) => {
    const task = answersTask('sums', 'math', [{ ...problem, ...more }], ({ problem: text }) => text);
    const training = problemTraining(task, 0);
    return training.row(training.promptsForStep(1, 1)[0]!);
  };
  const known = { prompt_id: 'a', gold: '2', kind: 'math', choices: null };
  expect(rowOf({ fields })).toEqual({ ...known, answer: 'two', tests: ['x'] });
  expect(rowOf({})).toEqual(known);
});
