/** The torch engine against this one: the same task, scores and shaping, and run directories that readers accept. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import type { z } from 'zod';
import { shape } from '../../src/cli/shape.js';
import { readPolicyFolder } from '../../src/engines/embedded/model/policy-folder.js';
import { CounterRandom } from '../../src/random.js';
import {
  benchmarkSchema,
  groupSchema,
  metricsSchema,
  rolloutSchema,
  statusSchema,
  trainerStateSchema,
} from '../../src/runs/protocol/schema.js';
import { verifyCountdown } from '../../src/tasks/countdown.js';
import { benchmarkNames, benchmarkPrompts } from '../../src/tasks/countdown-benchmarks.js';
import { trainingPrompts } from '../../src/tasks/prompts.js';
import { scoreBenchmark } from '../../src/tasks/scoring.js';
import { requirePython, runPython } from './python.js';
import { makeRun } from './trainer.js';

const readJson = (...path: string[]): unknown => JSON.parse(readFileSync(join(...path), 'utf8'));

/** All lines of a file, each read as the schema says and holding nothing that it does not name. */
function readLines<Shape extends z.ZodObject>(schema: Shape, ...path: string[]): z.infer<Shape>[] {
  const known = Object.keys(schema.shape);
  return readFileSync(join(...path), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => {
      const value: unknown = JSON.parse(line);
      expect(known).toEqual(expect.arrayContaining(Object.keys(value as object)));
      return schema.parse(value);
    });
}

test('a run of the torch engine is read as the schemas say', (context) => {
  const python = requirePython(context);
  const directory = makeRun(
    {
      optimization: { steps: 4, learningRate: 1e-3, minibatches: 2 },
      evaluation: { every: 2, benchmarks: [{ samples: 4, limit: 8 }] },
      checkpoints: { every: 2 },
    },
    20,
  );
  runPython(python, ['-m', 'g2rl_torch', 'run', directory]);

  const status = statusSchema.parse(readJson(directory, 'status.json'));
  expect(status).toMatchObject({ state: 'finished', step: 4, totalSteps: 4, checkpointStep: 4, error: null });
  const metrics = readLines(metricsSchema, directory, 'metrics.jsonl');
  expect(metrics.map(({ step }) => step)).toEqual([1, 2, 3, 4]);
  expect(metrics.at(-1)?.num_tokens).toBe(status.tokens);
  const groups = readLines(groupSchema, directory, 'groups.jsonl');
  expect(groups).toHaveLength(16);
  for (const { m, similarity, advantages } of groups) {
    expect(similarity).toHaveLength((m * (m - 1)) / 2);
    expect(advantages).toHaveLength(m);
  }
  expect(readLines(benchmarkSchema, directory, 'benchmarks.jsonl').map(({ step }) => step)).toEqual([
    0, 2, 4,
  ]);
  for (const name of readdirSync(join(directory, 'rollouts'))) {
    expect(readLines(rolloutSchema, directory, 'rollouts', name)).toHaveLength(4);
  }
  const checkpoint = join(directory, 'checkpoints/step-000004');
  expect(trainerStateSchema.parse(readJson(checkpoint, 'trainer/state.json'))).toMatchObject({
    step: 4,
    optimizerSteps: 8,
    tokens: status.tokens,
  });
  // This engine reads what that one wrote, and it has learned something.
  const { weights } = readPolicyFolder(checkpoint);
  expect(weights).not.toEqual(readPolicyFolder(join(directory, '../policy')).weights);
});

/** Texts that a policy may write to `3,7,12=27:` and the like, right, wrong and odd. */
const oddTexts = [
  [
    '',
    ' ',
    '3+',
    '3++4',
    '(3',
    '3)',
    '03+4',
    '-3',
    '3 + 4',
    '3.5',
    'x',
    '1e3',
    '٣',
    '😀',
    '3/(4-4)',
    '9'.repeat(16),
  ],
  [
    '('.repeat(33),
    `${'('.repeat(32)}3${')'.repeat(32)}`,
    '1+'.repeat(150),
    '999999999999999*999999999999999',
    '6/4',
  ],
].flat();

test('the task says the same in both engines', (context) => {
  const python = requirePython(context);
  const task = { name: 'countdown', numberCounts: [2, 3, 4], maxNumber: 30, maxTarget: 200 };
  const [seed, steps, count, limit, k] = [2 ** 31 - 1, [1, 2, 77], 12, 25, 5];
  const source = trainingPrompts(task, seed);
  const prompts = steps.flatMap((step) => source.promptsForStep(step, count));
  const random = new CounterRandom(1, 2);
  const responses = prompts.flatMap(({ numbers }, index) => {
    const shuffled = Array.from({ length: 6 }, () => {
      const parts = random.shuffle([...numbers]).map(String);
      return parts.reduce(
        (left, right) => `${random.pick(['', '('])}${left}${random.pick(['+', '-', '*', '/'])}${right}`,
      );
    });
    const balanced = shuffled.map((one) => one + ')'.repeat(one.split('(').length - 1));
    return [...balanced, random.pick(oddTexts)].map((response) => [index, response] as const);
  });
  responses.push(...oddTexts.map((response) => [0, response] as const));
  const problems = Array.from({ length: 40 }, () =>
    Array.from({ length: 5 + random.below(8) }, () => {
      const answer = random.pick(['', 'a', 'b', 'c', 'd']);
      return { answer, correct: answer === 'a' || answer === 'c' };
    }),
  );

  const request = JSON.stringify({ task, seed, steps, count, limit, responses, problems, k });
  const found = JSON.parse(runPython(python, ['task_answers.py'], request));

  expect(found.prompts).toEqual(prompts.map((prompt) => prompt.text));
  for (const name of benchmarkNames) {
    expect(found.benchmarks[name]).toEqual(benchmarkPrompts(name, limit).map((prompt) => prompt.text));
  }
  const verdicts = responses.map(([index, response]) => {
    const { correct, answer, reason } = verifyCountdown(prompts[index]!, response);
    return { correct, answer, reason };
  });
  expect(found.verdicts).toEqual(verdicts);
  const scores = scoreBenchmark(problems, k);
  expect(found.scores.pass_at_1).toBeCloseTo(scores.passAt1, 12);
  expect(found.scores.pass_at_1_se).toBeCloseTo(scores.passAt1StandardError, 12);
  expect(found.scores.maj_at_k).toBeCloseTo(scores.majAtK, 12);
  expect(found.scores.pass_at_k).toBeCloseTo(scores.passAtK, 12);
  expect(found.scores.distinct_at_k).toBeCloseTo(scores.distinctAtK, 12);
});

/** Numbers anywhere in a value, in order; all else must be equal. */
function numbersOf(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbersOf) : [];
}

test('`shape` speaks the same lines in both languages', async (context) => {
  const python = requirePython(context);
  const random = new CounterRandom(3, 4);
  const lines = ['signed', 'unit', 'eq12'].flatMap((shaping) =>
    ['group', 'none'].map((scaleRewards) => ({
      features: Array.from({ length: 6 }, () => Array.from({ length: 5 }, () => random.next() - 0.5)),
      rewards: Array.from({ length: 6 }, () => random.pick([-1, 1])),
      shaping,
      scaleRewards,
      lambda: 0.75,
    })),
  );
  const invalid = { features: [['NaN'], [1]], rewards: [1, -1] };
  const input = [...lines, invalid, { features: [], rewards: [] }].map((line) => `${JSON.stringify(line)}\n`);

  const output = new PassThrough();
  await shape(Readable.from(input), output);
  output.end();
  const expected = (await text(output)).trimEnd().split('\n');
  const script = 'import sys; from g2rl_torch.method.lines import shape; shape(sys.stdin, sys.stdout)';
  const found = runPython(python, ['-c', script], input.join('')).trimEnd().split('\n');

  expect(found).toHaveLength(expected.length);
  for (const [index, line] of found.entries()) {
    const [ours, theirs] = [JSON.parse(expected[index]!), JSON.parse(line)];
    expect(Object.keys(theirs)).toEqual(Object.keys(ours));
    const numbers = numbersOf(ours);
    for (const [place, value] of numbersOf(theirs).entries()) expect(value).toBeCloseTo(numbers[place]!, 9);
  }
  expect(JSON.parse(found.at(-2)!).invalid).toBe(true);
  expect(JSON.parse(found.at(-1)!).error).toMatch(/^line 8: /);
});
