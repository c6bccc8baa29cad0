import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { engineChecks } from '../../../src/engines/checks/engine-checks.js';
import { applyFix } from '../../../src/experiment/fixes.js';
import { ExperimentError, type ExperimentProblem } from '../../../src/experiment/problems.js';
import { settingDifferences } from '../../../src/studies/plan/differences.js';
import { type LoadedStudy, loadStudy, parseStudy } from '../../../src/studies/plan/load.js';
import { keyOf } from '../../../src/studies/plan/points.js';
import { differencesFromPlan } from '../../../src/studies/plan/run-experiment.js';
import { scratch } from '../../scratch.js';

let folder: string;

beforeAll(() => {
  folder = scratch('studies');
  writeFileSync(
    join(folder, 'base.g2rl.json'),
    '{ // short\n "name": "base", "optimization": {"steps": 4, "warmupSteps": 0}, "evaluation": {"benchmarks": [{"name": "countdown-test", "limit": 20}]} }',
  );
  writeFileSync(join(folder, 'unscored.g2rl.json'), '{"evaluation": {"benchmarks": []}}');
  writeFileSync(join(folder, 'full.g2rl.json'), '{"method": {"lambda": 0.5}}');
  writeFileSync(join(folder, 'shaped.g2rl.json'), '{"method": {"shaping": "unit"}}');
  writeFileSync(join(folder, 'broken.g2rl.json'), '{"method": {"name": "g2lr"}}');
});

const mediaDirectory = join(import.meta.dirname, '../../../media');

function load(study: object | string): LoadedStudy {
  const text = typeof study === 'string' ? study : JSON.stringify(study, null, 1);
  return parseStudy(text, join(folder, 'a.g2rl-study.json'), { mediaDirectory, engineChecks });
}

function problems(study: object | string): readonly ExperimentProblem[] {
  try {
    load(study);
  } catch (error) {
    if (error instanceof ExperimentError) return error.problems;
    throw error;
  }
  throw new Error('it was accepted');
}

const variants = { grpo: { 'method.name': 'grpo' }, g2rl: { 'method.name': 'g2rl' } };
const study = { schema: 1, name: 'helps', experiment: 'base.g2rl.json', variants };

describe('a study file', () => {
  it('has every variant at every point of the grid', () => {
    const loaded = load({
      ...study,
      grid: { 'optimization.learningRate': [1e-4, 2e-4], 'method.clip': [3] },
      seeds: [7, 3],
    });
    expect(loaded.arms.map(({ name }) => name)).toEqual([
      'grpo learningRate=0.0001 clip=3',
      'grpo learningRate=0.0002 clip=3',
      'g2rl learningRate=0.0001 clip=3',
      'g2rl learningRate=0.0002 clip=3',
    ]);
    expect(loaded.arms[3]!.experiment).toMatchObject({
      method: { name: 'g2rl', clip: 3 },
      optimization: { learningRate: 2e-4, steps: 4 },
    });
    expect(loaded.seeds).toEqual([7, 3]);
  });

  it('takes comments, five seeds, the first variant and the first benchmark unless it says otherwise', () => {
    const loaded = load(
      `{ // why\n "experiment": "base.g2rl.json", "variants": ${JSON.stringify(variants)}, }`,
    );
    expect(loaded.seeds).toEqual([0, 1, 2, 3, 4]);
    expect(loaded.study).toMatchObject({
      baseline: 'grpo',
      score: { benchmark: 'countdown-test', metric: 'pass_at_1', step: 'last' },
      parallel: 1,
    });
    expect(loaded.warnings).toEqual([]);
  });

  it('names settings whole where their last parts are the same', () => {
    const grid = { 'checkpoints.every': [2], 'evaluation.every': [2] };
    expect(load({ ...study, grid }).arms[0]!.name).toBe('grpo checkpoints.every=2 evaluation.every=2');
  });

  it('warns of too few seeds to tell anything', () => {
    expect(load({ ...study, seeds: 1 }).warnings[0]!.message).toMatch(/^seeds: one seed cannot tell/);
  });

  it('has the same key for the same run, however its point is written', () => {
    expect(keyOf({ variant: 'a', point: { 'x.y': 1, z: 2 }, seed: 0 })).toBe(
      keyOf({ variant: 'a', point: { z: 2, 'x.y': 1 }, seed: 0 }),
    );
    expect(keyOf({ variant: 'a', point: {}, seed: 0 })).not.toBe(keyOf({ variant: 'a', point: {}, seed: 1 }));
  });
});

describe('a study file that cannot be run', () => {
  it.each<[string, object | string, RegExp, RegExp]>([
    [
      'an unknown setting of a variant',
      { ...study, variants: { ...variants, c: { 'method.lambdaa': 1 } } },
      /^variants\.c: method\.lambdaa: there is no such field$/,
      /^Did you mean "lambda"\?$/,
    ],
    [
      'an unknown setting of the grid',
      { ...study, grid: { 'optimization.learninRate': [1] } },
      /^grid: optimization\.learninRate: there is no such field$/,
      /Did you mean "learningRate"/,
    ],
    [
      'a value out of bounds',
      { ...study, grid: { 'method.lambda': [0.5, 2] } },
      /^grid: method\.lambda: must be at most 1; got 2$/,
      /^$/,
    ],
    [
      'a setting of no section',
      { ...study, grid: { lambda: [1] } },
      /^grid: lambda: there is no such field$/,
      /belongs under method\.lambda/,
    ],
    [
      'a baseline that is no variant',
      { ...study, baseline: 'gpro' },
      /^baseline: there is no variant "gpro"$/,
      /Did you mean "grpo"/,
    ],
    [
      'a baseline that is like none of them',
      { ...study, variants: { a: {}, b: { 'method.name': 'grpo' } }, baseline: 'c' },
      /^baseline: there is no variant "c"$/,
      /^Variants: a, b\.$/,
    ],
    [
      'a benchmark that is not scored',
      { ...study, score: { benchmark: 'countdown-tset' } },
      /^score\.benchmark: "grpo" is not evaluated on "countdown-tset"$/,
      /Did you mean "countdown-test"/,
    ],
    [
      'no benchmark at all',
      { ...study, experiment: 'unscored.g2rl.json' },
      /^score: the experiment is evaluated on no benchmark$/,
      /evaluation\.benchmarks/,
    ],
    [
      'a variant that turns the scores off',
      { ...study, variants: { ...variants, c: { 'evaluation.benchmarks': [], 'method.lambda': 0.1 } } },
      /^score\.benchmark: "c" is not evaluated on/,
      /evaluation\.benchmarks/,
    ],
    [
      'an unknown metric',
      { ...study, score: { metric: 'pass_at_2' } },
      /^score\.metric: must be one of/,
      /Did you mean "pass_at_1"/,
    ],
    [
      'variants that are the same',
      { ...study, variants: { ...variants, again: { 'method.name': 'grpo' } } },
      /^variants\.again: "again" and "grpo" are the same experiment$/,
      /Change a setting/,
    ],
    [
      'a variant that is written twice',
      '{"experiment": "base.g2rl.json", "variants": {"a": {}, "a": {"method.lambda": 0}}}',
      /^variants\.a: written twice$/,
      /Keep one/,
    ],
    [
      'a seed of a variant',
      { ...study, variants: { a: { seed: 3 } } },
      /^variants\.a: "seed" cannot be set by a study$/,
      /"seeds"/,
    ],
    ['a seed that is listed twice', { ...study, seeds: [1, 2, 1] }, /^seeds: 1 is listed twice$/, /Keep one/],
    [
      'a value that is listed twice',
      { ...study, grid: { 'method.clip': [1, 1] } },
      /^grid\.method\.clip: 1 is listed twice$/,
      /Keep one/,
    ],
    [
      'a setting of a variant and of the grid',
      { ...study, grid: { 'method.name': ['grpo'] } },
      /^variants\.grpo: "method\.name" is also in the grid, as "method\.name"$/,
      /Keep it in one/,
    ],
    [
      'a section of a variant that the grid looks into',
      { ...study, variants: { a: { method: { name: 'grpo' } } }, grid: { 'method.clip': [1] } },
      /^variants\.a: "method" is also in the grid, as "method\.clip"$/,
      /Keep it in one/,
    ],
    [
      'an unknown section in the grid',
      { ...study, grid: { 'optimisation.learningRate': [1] } },
      /^grid: optimisation: there is no such field$/,
      /Did you mean "optimization"/,
    ],
    [
      'a setting without a name',
      { ...study, grid: { 'method.': [1] } },
      /^grid: "method\." is not the path of a setting$/,
      /optimization\.learningRate/,
    ],
    [
      'a step after the last',
      { ...study, score: { step: 5 } },
      /^score\.step: "grpo" ends at step 4, before step 5$/,
      /before the first step and at step 4/,
    ],
    [
      'a step that is not evaluated',
      { ...study, grid: { 'evaluation.every': [2] }, score: { step: 3 } },
      /^score\.step: "grpo every=2" is not evaluated at step 3$/,
      /every 2 steps and at step 4/,
    ],
    [
      'a metric as people say it',
      { ...study, score: { metric: 'maj@16' } },
      /^score\.metric: must be one of/,
      /Did you mean "maj_at_k"/,
    ],
    [
      'a seed that is no whole number',
      { ...study, seeds: [1, 1.5] },
      /^seeds\[1\]: must be a whole number; got 1\.5$/,
      /^$/,
    ],
    ['a seed that is a text', { ...study, seeds: ['1'] }, /^seeds\[0\]: must be a number; got "1"$/, /^$/],
    [
      'an empty list of seeds',
      { ...study, seeds: [] },
      /^seeds: must be a list that is not empty; got \[\]$/,
      /^$/,
    ],
    [
      'a name that leads elsewhere',
      { ...study, variants: { '../x\u202e\n': {} } },
      /^variants: "\.\.\/x\\u202e\\n" cannot be a name here: use 1 to 48 letters/,
      /^$/,
    ],
    [
      'variants as a list',
      { ...study, variants: [] },
      /^variants: must be an object in \{ \}; got \[\]$/,
      /^$/,
    ],
    [
      'a study in place of its experiment',
      { ...study, experiment: 'a.g2rl-study.json' },
      /^experiment: .*a\.g2rl-study\.json is a study$/,
      /experiment file/,
    ],
    ['an experiment', { method: { name: 'grpo' } }, /^this is an experiment, not a study$/, /"variants"/],
    ['nothing', '', /^the file is empty$/, /New Study/],
    ['no variants', { ...study, variants: {} }, /^variants: name at least one variant; got \{\}$/, /^$/],
    ['no seeds', { ...study, seeds: 0 }, /^seeds: must be at least 1/, /^$/],
    ['too many runs', { ...study, seeds: 60_000 }, /^the study has 120,000 runs; at most 100,000/, /grid/],
    [
      'engines that are mixed',
      { ...study, variants: { ...variants, c: { engine: 'torch' } } },
      /^"grpo" and "c" would run on different engines: engine "embedded" → "torch"$/,
      /same "engine"/,
    ],
    [
      'an experiment that is not there',
      { ...study, experiment: 'nope.g2rl.json' },
      /^experiment: there is no file .*nope/,
      /relative to the study/,
    ],
    ['a later version', { ...study, schema: 2 }, /^schema: this study is of version 2/, /Update/],
    [
      'a misspelled field',
      { ...study, variant: {} },
      /^variant: there is no such field$/,
      /Did you mean "variants"/,
    ],
    ['no JSON', '{"variants": ', /^not valid JSON/, /^$/],
  ])('%s', (_, bad, message, hint) => {
    const [first] = problems(bad);
    expect(first!.message).toMatch(message);
    expect(first!.hint).toMatch(hint);
    expect(first!.file).toBe(join(folder, 'a.g2rl-study.json'));
  });

  it.each<[string, object, string]>([
    [
      // The experiment sets it as well.
      'a setting that is taken there',
      {
        ...study,
        experiment: 'full.g2rl.json',
        variants: { ...variants, c: { 'method.lambdaa': 1 } },
      },
      '"method.lambda": 1',
    ],
    [
      'the setting',
      { ...study, variants: { ...variants, c: { 'method.lambdaa': 1 } } },
      '"method.lambda": 1',
    ],
    ['where it belongs', { ...study, grid: { lambda: [1] } }, '"method.lambda": ['],
    [
      'a value in bounds',
      { ...study, variants: { ...variants, c: { 'method.lambda': 3 } } },
      '"method.lambda": 1',
    ],
    ['the baseline', { ...study, baseline: 'gpro' }, '"baseline": "grpo"'],
    ['the benchmark', { ...study, score: { benchmark: 'countdown-tset' } }, '"benchmark": "countdown-test"'],
    ['the metric', { ...study, score: { metric: 'pass_at_2' } }, '"metric": "pass_at_1"'],
    ['the step', { ...study, score: { step: 3 } }, '"step": 4'],
    [
      'the section in the grid',
      { ...study, grid: { 'optimisation.learningRate': [1e-4] } },
      '"optimization.learningRate": [',
    ],
    ['one of each seed', { ...study, seeds: [1, 2, 1] }, '"seeds": [\n  1,\n  2\n ]'],
  ])('offers to write %s', (_, bad, fixed) => {
    const text = JSON.stringify(bad, null, 1);
    const [fix] = problems(text)[0]!.fixes!;
    const result = applyFix(text, fix!.change, { tabSize: 1, insertSpaces: true, eol: '\n' });
    expect(result).toContain(fixed);
    expect(() => load(result!)).not.toThrow();
  });

  it('underlines the setting', () => {
    const [problem] = problems({ ...study, variants: { a: { 'method.lambda': 3 } } });
    expect(problem).toMatchObject({ line: 7, path: 'variants.a.method.lambda' });
  });

  it('underlines a preset that the experiment contradicts, and a setting that contradicts its preset', () => {
    const shaped = { ...study, experiment: 'shaped.g2rl.json' };
    const [problem] = problems({ ...shaped, variants: { a: { 'method.preset': 'authors' } } });
    expect(problem).toMatchObject({
      path: 'variants.a.method.preset',
      message:
        'variants.a: method.preset: "authors" sets method.shaping to "eq12", but the experiment has "unit"',
    });
    const both = { 'method.preset': 'text', 'method.lambda': 1 };
    expect(problems({ ...study, variants: { a: both } })[0]).toMatchObject({
      path: 'variants.a.method.lambda',
      message: 'variants.a: method.lambda: the preset "text" sets it to 0.5; got 1',
    });
    const { arms } = load({ ...study, variants: { ...variants, authors: { 'method.preset': 'authors' } } });
    expect(arms.at(-1)?.experiment).toMatchObject({
      method: { shaping: 'eq12' },
      optimization: { minibatches: 8 },
    });
  });

  it('says what is wrong with its experiment there', () => {
    const [problem] = problems({ ...study, experiment: 'broken.g2rl.json' });
    expect(problem).toMatchObject({ file: join(folder, 'broken.g2rl.json'), path: 'method.name' });
  });

  it('is missing', () => {
    const missing = join(folder, 'missing.g2rl-study.json');
    expect(() => loadStudy(missing, { mediaDirectory, engineChecks })).toThrow(
      /there is no file .*study files are named/s,
    );
  });
});

describe('differences', () => {
  it('tell absent from null and look into sections, not into lists', () => {
    expect(
      settingDifferences([
        { name: 'a', method: { lambda: 0.5, model: null }, list: [{ a: 1, b: 2 }] },
        { name: 'b', method: { lambda: 1 }, list: [{ b: 2, a: 1 }] },
      ]),
    ).toEqual([
      { path: 'method.lambda', values: [{ value: 0.5 }, { value: 1 }] },
      { path: 'method.model', values: [{ value: null }, 'absent'] },
    ]);
  });

  it('are none where the shipped policy is that of another version', () => {
    expect(
      settingDifferences([
        { policy: '/ext/g2rl-lab-0.1.0/media/policies/countdown' },
        { policy: 'C:\\ext\\g2rl-lab-0.2.0\\media\\policies\\countdown' },
      ]),
    ).toEqual([]);
    const { experiment } = load(study).arms[0]!;
    const { clip, ...method } = experiment.method;
    expect(clip).toBeDefined();
    const older = { ...experiment, method } as typeof experiment;
    expect(differencesFromPlan(experiment, older)).toEqual([]);
    expect(
      differencesFromPlan({ ...experiment, method: { ...experiment.method, clip: 7 } }, older),
    ).toHaveLength(1);
    // Its settings stand beside it.
    const named = { ...experiment, method: { ...experiment.method, preset: 'text' as const } };
    expect(differencesFromPlan(named, experiment)).toEqual([]);
  });

  it('are none where the device was left open', () => {
    const { experiment } = load(study).arms[0]!;
    const [auto, cpu] = (['auto', 'cpu'] as const).map((device) => ({ ...experiment, device }));
    expect(differencesFromPlan(auto!, cpu!)).toEqual([]);
    expect(differencesFromPlan(cpu!, { ...experiment, device: 'webgpu' })).toHaveLength(1);
  });

  it('are none of the same', () => {
    expect(settingDifferences([{ a: 1 }, { a: 1 }, { a: 1 }])).toEqual([]);
  });
});
