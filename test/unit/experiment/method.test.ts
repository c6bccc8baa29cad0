/** Presets and the settings of methods: what an experiment file means, and what is refused by key. */
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { engineChecks } from '../../../src/engines/checks/engine-checks.js';
import { parseExperiment } from '../../../src/experiment/load.js';
import { presetSettings } from '../../../src/experiment/preset.js';
import { ExperimentError, type ExperimentProblem } from '../../../src/experiment/problems.js';
import { experimentSchema } from '../../../src/experiment/schema.js';
import { writeExperiment } from '../../../src/experiment/write.js';

const options = { mediaDirectory: resolve('media'), engineChecks };
const load = (content: object, set: string[] = []) =>
  parseExperiment(JSON.stringify(content), '/folder/a.g2rl.json', { ...options, set });

function problems(content: object, set: string[] = []): readonly ExperimentProblem[] {
  try {
    return load(content, set).warnings;
  } catch (error) {
    if (error instanceof ExperimentError) return error.problems;
    throw error;
  }
}

describe('method.preset', () => {
  it('stands for plain settings, which the run keeps', () => {
    const { experiment, warnings } = load({ method: { preset: 'authors' } });
    expect(warnings).toEqual([]);
    expect(experiment.method).toMatchObject({
      name: 'g2rl',
      preset: 'authors',
      shaping: 'eq12',
      uniformGroups: 'all',
      lambda: 0.5,
      clip: 3,
    });
    expect(experiment.optimization.minibatches).toBe(8);
    // A run.json is read again without any preset being filled in.
    expect(experimentSchema.parse(experiment)).toEqual(experiment);
    expect(load({ method: { preset: 'text' } }).experiment).toMatchObject({
      method: { shaping: 'signed', uniformGroups: 'correct', lambda: 0.5 },
      optimization: { minibatches: 1 },
    });
  });

  it.each([
    [16, 8],
    [12, 6],
    [7, 7],
    [11, 1],
    [1, 1],
  ])('divides %i prompts into %i minibatches', (prompts, minibatches) => {
    expect(presetSettings('authors', prompts).get('optimization.minibatches')).toBe(minibatches);
    const { experiment } = load({ method: { preset: 'authors' } }, [`rollout.promptsPerStep=${prompts}`]);
    expect(experiment.optimization.minibatches).toBe(minibatches);
  });

  it('can come from an override, and is said twice without harm', () => {
    const { experiment } = load({ method: { shaping: 'eq12' } }, ['method.preset=authors']);
    expect(experiment.method.uniformGroups).toBe('all');
    expect(experiment.method.preset).toBe('authors');
  });

  it('is written as a file again without what it stands for', () => {
    const { experiment } = load({ method: { preset: 'authors', lambdaSchedule: 'linear' } });
    const text = writeExperiment(experiment, { ...options, folder: '/folder' });
    expect(JSON.parse(text).method).toEqual({ name: 'g2rl', preset: 'authors', lambdaSchedule: 'linear' });
    expect(load(JSON.parse(text)).experiment).toEqual(experiment);
  });

  it.each<[string, object, string[], object]>([
    [
      'a key of the file',
      { method: { preset: 'authors', shaping: 'unit' } },
      [],
      {
        path: 'method.shaping',
        message: 'method.shaping: the preset "authors" sets it to "eq12"; got "unit"',
        hint: 'Remove it, or method.preset.',
      },
    ],
    [
      'the minibatches',
      { method: { preset: 'text' }, optimization: { minibatches: 4 } },
      [],
      {
        path: 'optimization.minibatches',
        message: 'optimization.minibatches: the preset "text" sets it to 1; got 4',
      },
    ],
    [
      'an override',
      { method: { preset: 'authors' } },
      ['method.lambda=1'],
      { path: 'method.lambda', origin: 'override' },
    ],
    [
      'the file under a preset from outside',
      { method: { uniformGroups: 'none' } },
      ['method.preset=authors'],
      {
        path: 'method.preset',
        origin: 'override',
        message: 'method.preset: "authors" sets method.uniformGroups to "all", but the experiment has "none"',
        hint: 'Remove method.uniformGroups from the experiment, or set it to "all" as well.',
      },
    ],
    [
      'another method',
      { method: { name: 'grpo', preset: 'text' } },
      [],
      { path: 'method.preset', message: 'method.preset: only g2rl has presets, not grpo' },
    ],
    [
      'no value',
      { method: { preset: 'authors', clip: null } },
      [],
      { path: 'method.clip', message: 'method.clip: must be a number; got null' },
    ],
    ['a name that is none', { method: { preset: 'paper' } }, [], { path: 'method.preset' }],
  ])('refuses %s', (_name, content, set, expected) => {
    const found = problems(content, set);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject(expected);
  });

  it('says what a study is, and how methods are compared', () => {
    expect(problems({ experiment: 'a.g2rl.json', variants: {} })).toMatchObject([
      { message: 'this is a study, not an experiment', hint: expect.stringContaining('g2rl study') },
    ]);
    const [problem] = problems({ method: { preset: 'authors' } }, ['method.name=grpo']);
    expect(problem?.hint).toContain('write the settings that it stands for');
  });

  it('leaves a section that is none to the schema', () => {
    expect(problems({ method: { preset: 'authors' }, optimization: 3 })[0]?.message).toMatch(
      /^optimization: must be/,
    );
  });
});

describe('settings of the methods', () => {
  it('refuses a k above the group', () => {
    const group = { rollout: { groupSize: 4 } };
    const [problem] = problems({ ...group, method: { name: 'pass-at-k', k: 5 } });
    expect(problem).toMatchObject({
      path: 'method.k',
      message: 'method.k: 5 responses are more than the 4 of a group',
    });
    expect(problem?.fixes?.[0]?.title).toBe('Set "k" to 1');
    expect(problems({ ...group, method: { name: 'pass-at-k', k: 2 } })).toEqual([]);
    expect(problems({ rollout: { groupSize: 2 }, method: { name: 'pass-at-k' } })[0]?.path).toBe('method.k');
  });

  it.each([
    [{ method: { name: 'grpo', k: 2 } }, 'method.k', 'Only pass-at-k reads it.'],
    [
      { method: { name: 'pass-at-k' }, optimization: { scaleRewards: 'batch' } },
      'optimization.scaleRewards',
      '',
    ],
    [{ method: { name: 'pass-at-k', lambdaSchedule: 'linear' } }, 'method.lambdaSchedule', ''],
    [
      { method: { lambdaWarmupSteps: 5 } },
      'method.lambdaWarmupSteps',
      'Only the schedule "warm-up" reads it.',
    ],
    [{ method: { memorySign: 'code' } }, 'method.memorySign', 'Only dirl reads it.'],
    [{ engine: 'torch', device: 'webgpu' }, 'device', 'Only the embedded engine reads it.'],
  ])('%j: says what has no effect', (content, path, hint) => {
    const [problem, ...others] = problems(content);
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ path, unused: true });
    expect(problem?.hint).toContain(hint);
  });
});

describe('settings with which a method does nothing', () => {
  it.each([
    [{ method: { name: 'pass-at-k', k: 8 }, rollout: { groupSize: 8 } }, 'method.k', 2],
    [
      {
        method: { lambdaSchedule: 'warm-up', lambdaWarmupSteps: 300 },
        optimization: { steps: 200 },
      },
      'method.lambdaWarmupSteps',
      20,
    ],
    [
      { method: { lambdaSchedule: 'linear' }, optimization: { steps: 1, warmupSteps: 0 } },
      'method.lambdaSchedule',
      'constant',
    ],
  ])('%j: is warned of at %s', (content, path, value) => {
    const [problem, ...others] = problems(content);
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ path, fixes: [{ change: { value } }] });
  });
});
