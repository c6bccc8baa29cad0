/** Quick fixes: which are offered for what is wrong, and what they make of the file. */
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { engineChecks } from '../../../src/engines/checks/engine-checks.js';
import { applyFix, difference } from '../../../src/experiment/fixes.js';
import { parseExperiment } from '../../../src/experiment/load.js';
import { ExperimentError, type ExperimentProblem } from '../../../src/experiment/problems.js';

const options = { mediaDirectory: resolve('media'), engineChecks };
const formatting = { tabSize: 2, insertSpaces: true, eol: '\n' };

function found(text: string): ExperimentProblem[] {
  try {
    return [...parseExperiment(text, '/a.g2rl.json', options).warnings];
  } catch (error) {
    if (!(error instanceof ExperimentError)) throw error;
    return [...error.problems, ...error.warnings];
  }
}

/** The titles of the fixes of the only problem, and the file after the first of them. */
function fixed(text: string): { titles: string[]; text: string | null } {
  const problems = found(text);
  expect(problems.map(({ message }) => message)).toHaveLength(1);
  const fixes = problems[0]?.fixes ?? [];
  const change = fixes[0]?.change;
  return {
    titles: fixes.map(({ title }) => title),
    text: change ? applyFix(text, change, formatting) : null,
  };
}

test.each([
  ['a misspelt key', '{ "sed": 1 } // why', '{ "seed": 1 } // why', 'Change "sed" to "seed"'],
  [
    'a key whose right name is there, too',
    '{\n  "sed": 1,\n  "seed": 2\n}',
    '{\n  "seed": 2\n}',
    'Remove "sed"',
  ],
  [
    'a key of another section',
    '{\n  "learningRate": 1e-4\n}',
    '{\n  "optimization": {\n    "learningRate": 0.0001\n  }\n}',
    'Move "learningRate" to optimization.learningRate',
  ],
  [
    'a misspelt value',
    '{ "method": { "name": "gpro" } }',
    '{ "method": { "name": "grpo" } }',
    'Set "name" to "grpo"',
  ],
  ['a value below its bound', '{ "seed": -1 }', '{ "seed": 0 }', 'Set "seed" to 0'],
  [
    'a value above its bound',
    '{ "method": { "lambda": 2 } }',
    '{ "method": { "lambda": 1 } }',
    'Set "lambda" to 1',
  ],
  ['a number as a string', '{ "seed": "7" }', '{ "seed": 7 }', 'Set "seed" to 7'],
  ['a number that is not whole', '{ "seed": 1.6 }', '{ "seed": 2 }', 'Set "seed" to 2'],
  [
    'a value that must divide another',
    '{ "optimization": { "minibatches": 3 } }',
    '{ "optimization": { "minibatches": 2 } }',
    'Set "minibatches" to 2',
  ],
  [
    'a benchmark that there is not',
    '{ "evaluation": { "benchmarks": [{ "name": "countdown-tets" }] } }',
    '{ "evaluation": { "benchmarks": [{ "name": "countdown-test" }] } }',
    'Set "name" to "countdown-test"',
  ],
  ['a policy', '{ "policy": "countdwon" }', '{ "policy": "countdown" }', 'Set "policy" to "countdown"'],
  [
    'responses longer than the policy reads',
    '{ "rollout": { "maxNewTokens": 4096 } }',
    '{ "rollout": { "maxNewTokens": 127 } }',
    'Set "maxNewTokens" to 127',
  ],
])('%s', (_name, before, after, title) => {
  const { titles, text } = fixed(before);
  expect(titles[0]).toBe(title);
  expect(text).toBe(after);
});

test('a number in quotes where one with a fraction is wanted', () => {
  expect(fixed('{ "method": { "lambda": "0.25" } }').text).toBe('{ "method": { "lambda": 0.25 } }');
});

test('the comments and the trailing comma of a file survive', () => {
  const before = '{\n  // one\n  "seed": 1, // two\n  "sed": 3, // three\n}\n';
  const { text } = fixed(before);
  expect(found(text ?? '')).toEqual([]);
  for (const comment of ['// one', '// two']) expect(text).toContain(comment);
});

test.each([
  [
    'method',
    '{"name": "grpo", "lambda": 0.5}',
    'method.lambda: has no effect',
    'Only g2rl and dirl read it.',
  ],
  [
    'method',
    '{"entropyCoefficient": 0.1}',
    'method.entropyCoefficient: has no effect',
    'Only entropy reads it.',
  ],
  ['task', '{"dataset": "x"}', 'task.dataset: has no effect', 'Only the task "problems" reads it.'],
  [
    'task',
    '{"name": "problems", "maxTarget": 9}',
    'task.maxTarget: has no effect',
    'Only the task "countdown" reads it.',
  ],
  [
    'optimization',
    '{"clipRange": 0.1}',
    'optimization.clipRange: has no effect',
    'With one update for each batch the ratio is always 1.',
  ],
])('%s %s: a setting that nobody reads is said, and can be removed', (section, value, message, hint) => {
  const problems = found(`{"${section}": ${value}}`);
  expect(problems).toMatchObject([{ message, hint, unused: true }]);
  expect(problems[0]?.fixes?.[0]?.title).toMatch(/^Remove /);
});

test.each([
  ['optimization.learningRate', '{"optimization": {"learningRate": 100}}'],
  ['rollout.temperature', '{"rollout": {"temperature": 0.01}}'],
  ['rollout.temperature', '{"rollout": {"temperature": 5}}'],
  ['rollout.groupSize', '{"rollout": {"groupSize": 2}}'],
  ['optimization.klCoefficient', '{"optimization": {"klCoefficient": 10}}'],
  ['method.entropyCoefficient', '{"method": {"name": "entropy", "entropyCoefficient": 0}}'],
  [
    'evaluation.benchmarks[0].samples',
    '{"evaluation": {"benchmarks": [{"name": "countdown-test", "temperature": 0, "samples": 4}]}}',
  ],
])('%s: %s runs with a warning', (path, text) => {
  expect(found(text)).toMatchObject([{ path }]);
  const { text: after } = fixed(text);
  expect(found(after ?? '')).toEqual([]);
});

test('defaults of other settings are not warned of', () => {
  expect(found('{"method": {"name": "grpo"}, "task": {"name": "problems"}}')).toEqual([]);
});

test('a decay of 1, which divides by 0, is refused', () => {
  expect(found('{"optimization": {"beta2": 1}}')).toMatchObject([{ path: 'optimization.beta2' }]);
});

test('warnings are known beside what refuses the run', () => {
  const paths = found('{"policy": "countdwon", "optimization": {"learningRate": 1}}').map(({ path }) => path);
  expect(paths).toEqual(['policy', 'optimization.learningRate']);
});

test('the difference of two texts is one edit', () => {
  expect(difference('abcabc', 'abcXabc')).toEqual({ offset: 3, length: 0, text: 'X' });
  expect(difference('aaa', 'aa')).toEqual({ offset: 2, length: 1, text: '' });
  expect(difference('same', 'same')).toEqual({ offset: 4, length: 0, text: '' });
});
