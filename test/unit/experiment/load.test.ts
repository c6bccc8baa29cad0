import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { engineChecks } from '../../../src/engines/checks/engine-checks.js';
import { loadExperiment, parseExperiment } from '../../../src/experiment/load.js';
import { ExperimentError, type ExperimentProblem } from '../../../src/experiment/problems.js';
import { experimentSchema } from '../../../src/experiment/schema.js';
import { scratch } from '../../scratch.js';

let root: string;
let file: string;
let mediaDirectory: string;

beforeAll(() => {
  root = scratch('experiment');
  file = join(root, 'a.g2rl.json');
  mediaDirectory = join(root, 'media');
  for (const policy of [join(mediaDirectory, 'policies', 'countdown'), join(root, 'mine')]) {
    mkdirSync(policy, { recursive: true });
    for (const name of ['config.json', 'model.safetensors', 'tokenizer.json']) {
      writeFileSync(join(policy, name), '{}');
    }
  }
  mkdirSync(join(root, 'hollow'));
});

function load(text: string, set: string[] = []) {
  return parseExperiment(text, file, { mediaDirectory, engineChecks, set });
}

function problems(text: string, set: string[] = []): readonly ExperimentProblem[] {
  try {
    load(text, set);
  } catch (error) {
    if (error instanceof ExperimentError) return error.problems;
    throw error;
  }
  throw new Error('it was accepted');
}

test('comments, trailing commas and defaults; shipped and own policies become absolute', () => {
  const { experiment, warnings } = load('{ // short\n "rollout": {"groupSize": 8,}, /* x */ }');
  expect(experiment.rollout).toMatchObject({ groupSize: 8, promptsPerStep: 16 });
  expect(experiment.policy).toBe(join(mediaDirectory, 'policies', 'countdown'));
  expect(warnings).toEqual([]);
  expect(load('{"policy": "./mine"}').experiment.policy).toBe(join(root, 'mine'));
});

test('every problem is reported at once, at its place, in plain words', () => {
  const found = problems(
    '{\n  "optimization": {\n    "learningRate": -1,\n    "step": 3\n  },\n  "method": {"name": "g2lr"},\n  "rollout": {"keep": "some", "groupSize": 1.5}\n}',
  );
  expect(found.map(({ line, column, message, hint }) => ({ line, column, message, hint }))).toEqual([
    { line: 3, column: 21, message: 'optimization.learningRate: must be greater than 0; got -1', hint: '' },
    {
      line: 4,
      column: 5,
      message: 'optimization.step: there is no such field',
      hint: 'Did you mean "steps"?',
    },
    {
      line: 6,
      column: 22,
      message:
        'method.name: must be one of "g2rl", "grpo", "entropy", "evol-rl", "pass-at-k", "dirl"; got "g2lr"',
      hint: 'Did you mean "g2rl"?',
    },
    {
      line: 7,
      column: 23,
      message: expect.stringContaining('rollout.keep: must be "all" or "none" or') as string,
      hint: '',
    },
    { line: 7, column: 44, message: 'rollout.groupSize: must be a whole number; got 1.5', hint: '' },
  ]);
});

test('a field in the wrong section is told where it belongs', () => {
  expect(problems('{"learningRate": 1}')[0]?.hint).toBe('It belongs under optimization.learningRate.');
});

test('a newer version is refused with one clear message', () => {
  expect(problems('{"schema": 2, "somethingNew": true}')).toMatchObject([
    { path: 'schema', message: expect.stringContaining('version 2') as string, hint: 'Update G2RL Lab.' },
  ]);
});

test('what is not JSON, empty, missing, a folder', () => {
  expect(problems('{\n "a" 1}')[0]).toMatchObject({
    line: 2,
    message: expect.stringContaining('":"') as string,
  });
  expect(problems(' ')[0]?.message).toBe('the file is empty');
  expect(problems('[]')[0]?.message).toBe('the file: must be an object in { }; got []');
  expect(() => loadExperiment(join(root, 'none.json'), { mediaDirectory, engineChecks })).toThrow(
    /there is no file/,
  );
  expect(() => loadExperiment(root, { mediaDirectory, engineChecks })).toThrow(/is a folder/);
});

test('overrides: numbers, texts, lists, unknown keys, and problems that say where they came from', () => {
  const { experiment } = load('{}', [
    'optimization.learningRate=2e-4',
    'method.name=grpo',
    'task.numberCounts=[3]',
    'evaluation.benchmarks[0].limit=7',
  ]);
  expect(experiment.optimization.learningRate).toBe(2e-4);
  expect(experiment.method.name).toBe('grpo');
  expect(experiment.task.numberCounts).toEqual([3]);
  expect(experiment.evaluation.benchmarks).toMatchObject([{ name: 'countdown-test', limit: 7 }]);
  expect(problems('{}', ['optimization.learnigRate=1'])[0]).toMatchObject({
    origin: 'override',
    hint: 'Did you mean "learningRate"?',
  });
  expect(problems('{}', ['steps'])[0]?.message).toContain('write --set key=value');
});

test('rules between fields', () => {
  expect(problems('{"optimization": {"minibatches": 3}}')[0]).toMatchObject({
    message: expect.stringContaining('must divide rollout.promptsPerStep (16); got 3') as string,
    hint: 'Possible values: 1, 2, 4, 8, 16.',
  });
  expect(problems('{"evaluation": {"benchmarks": [{"name": "countdown-tset"}]}}')[0]?.hint).toBe(
    'Did you mean "countdown-test"?',
  );
  expect(load('{"rollout": {"groupSize": 1}}').warnings[0]?.message).toContain('no advantage');
});

test('policies and task files that are not there, and fields written twice', () => {
  expect(problems('{"policy": "countdwon"}')[0]?.hint).toBe('Did you mean "countdown"?');
  expect(problems('{"policy": "hollow"}')[0]?.message).toContain('lacks config.json');
  expect(problems('{"task": {"file": "p.jsonl"}}')[0]?.message).toContain('task.file: there is no file');
  expect(problems('{"seed": 1, "seed": 2}')[0]?.message).toBe('seed: written twice');
});

test.each([
  ['threads', 100_000, 1024],
  ['rollout.groupSize', 1_000_000, 4096],
  ['rollout.promptsPerStep', 1e9, 65_536],
  ['rollout.maxNewTokens', 1e9, 1_048_576],
  ['optimization.steps', 1e12, 10_000_000],
  ['optimization.epochs', 1e6, 1000],
  ['evaluation.benchmarks[0].samples', 1e9, 65_536],
  ['checkpoints.keep', 1e9, 10_000_000],
  ['torch.nodes', 1e9, 65_536],
  ['torch.lora.rank', 1e9, 16_384],
])('%s has a bound, which the message gives', (field, value, most) => {
  expect(problems('{}', [`${field}=${value}`])[0]?.message).toBe(
    `${field}: must be at most ${most}; got ${value}`,
  );
});

test('every whole number of an experiment has a bound', () => {
  const schema = z.toJSONSchema(experimentSchema, { io: 'input' });
  const open: string[] = [];
  const visit = (node: unknown, path: string): void => {
    if (typeof node !== 'object' || node === null) return;
    if ('type' in node && node.type === 'integer' && 'maximum' in node && Number(node.maximum) > 2 ** 31) {
      open.push(path);
    }
    for (const [key, value] of Object.entries(node)) visit(value, `${path}/${key}`);
  };
  visit(schema, '');
  // The version of the file, which is compared with that of the program.
  expect(open).toEqual(['/properties/schema']);
});

test('responses that no memory holds are refused with an estimate', () => {
  const set = ['rollout.promptsPerStep=1024', 'rollout.groupSize=1024', 'rollout.maxNewTokens=65536'];
  expect(problems('{}', set)[0]?.message).toBe(
    'rollout: 1024 × 1024 responses of up to 65536 tokens take about 1,024 GiB of memory; at most 64 GiB are possible',
  );
});

test('an override goes at most one place beyond the end of a list', () => {
  const set = (entry: string) => problems('{"evaluation": {"benchmarks": [{}]}}', [entry])[0];
  expect(set('evaluation.benchmarks[9999999]=1')).toMatchObject({
    origin: 'override',
    message: 'evaluation.benchmarks[9999999]: the list has 1 entry, so the next is [1]',
  });
  expect(problems('{}', ['evaluation.benchmarks[3].limit=1'])[0]?.message).toContain('has 0 entries');
  const { experiment } = load('{"evaluation": {"benchmarks": [{}]}}', [
    'evaluation.benchmarks[1].name=math500',
  ]);
  expect(experiment.evaluation.benchmarks).toHaveLength(2);
});

test('a null character is refused where it stands', () => {
  expect(problems('{"policy": "a\\u0000b"}')[0]).toMatchObject({
    path: 'policy',
    message: 'policy: contains a null character (\\u0000)',
  });
  const file = '{"evaluation": {"benchmarks": [{"file": "\\u0000"}]}}';
  expect(problems(file)[0]?.path).toBe('evaluation.benchmarks[0].file');
});
