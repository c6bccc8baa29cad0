import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { audit } from '../../../src/findings/audit.js';
import type { Evidence } from '../../../src/findings/finding.js';
import { factsOf, type GroupFacts } from '../../../src/findings/group-facts.js';
import { halves, isOfKind, promptsOf } from '../../../src/findings/prompts.js';
import { RULES } from '../../../src/findings/rules.js';
import { promptKinds } from '../../../src/runs/facts/prompt-kinds.js';
import type { BenchmarkRecord } from '../../../src/runs/protocol/schema.js';
import { SeriesColumns } from '../../../src/series/columns.js';
import { groupRecord, stepMetrics } from '../runs/records.js';

const steps = 100;

/** A run that is as it should be, with some series replaced: the value at each share of the run, 0 to 1. */
function evidence(
  series: Record<string, (share: number, step: number) => number> = {},
  more: Partial<Evidence> = {},
  length = steps,
): Evidence {
  const columns = new SeriesColumns();
  for (let step = 1; step <= length; step++) {
    // A little noise, the same each time.
    const noise = 1 + 0.01 * Math.sin(7 * step);
    const own = Object.entries(series).map(([name, at]) => [
      name,
      noise * at((step - 1) / (length - 1), step),
    ]);
    columns.append([{ ...stepMetrics(step), ...Object.fromEntries(own) }]);
  }
  return {
    columns,
    groups: [],
    prompts: [],
    benchmarks: [],
    step: length,
    checkpoints: [50, 100],
    checkpointEvery: 50,
    ...more,
  };
}

const found = (given: Evidence) => audit(given).findings.map(({ id }) => id);
const line = (from: number, to: number) => (share: number) => from + share * (to - from);

test('a run without anything that stands out has no findings, and each rule says whether it was applied', () => {
  const { findings, clear, unchecked } = audit(evidence());
  expect(findings).toEqual([]);
  expect(clear.length + unchecked.length).toBe(RULES.length);
  expect(unchecked.map(({ id }) => id)).toEqual([
    'silent-prompts',
    'shaping-idle',
    'evaluation-cut-off',
    'rewards-apart',
    'sampler',
    'score-fell',
    'coverage-fell',
  ]);
  const short = audit(evidence({ entropy: line(1, 0) }, {}, 9));
  expect(short.findings).toEqual([]);
  expect(short.unchecked.map(({ id }) => id)).toContain('entropy');
  expect(audit({ ...evidence(), columns: new SeriesColumns() }).findings).toEqual([]);
});

test.each<[string, Record<string, (share: number, step: number) => number>]>([
  ['no-signal', { 'g2rl/no_signal_after': line(0.1, 0.8) }],
  ['entropy', { entropy: line(1, 0.1) }],
  ['entropy', { entropy: () => 0.01 }],
  ['kl', { kl: (share) => 0.02 * share + share ** 6 }],
  ['ratios-clipped', { 'clip_ratio/low_mean': () => 0.06, 'clip_ratio/high_mean': () => 0.06 }],
  ['rewards-clipped', { 'g2rl/clip_fraction': line(0, 0.5) }],
  ['cut-off', { 'completions/clipped_ratio': line(0, 0.4) }],
  ['rewards-apart', { 'rewards/correct/mean': line(0, 1), 'rewards/format/mean': line(1, 0.2) }],
  ['sampler', { 'sampling/sampling_logp_difference/mean': line(0.005, 0.3) }],
  ['step-time', { step_time: line(1, 3) }],
  ['invalid-groups', { 'g2rl/invalid_groups': (_, step) => (step === 40 ? 2 : 0) }],
])('%s is found in a made-up run, with figures, steps and what people do', (id, series) => {
  const { findings } = audit(evidence(series));
  expect(findings.map((finding) => finding.id)).toEqual([id]);
  const [finding] = findings;
  expect(finding?.figure).toMatch(/\d/);
  expect(finding?.from).toBeLessThanOrEqual(finding?.to ?? 0);
  expect(finding?.usually).not.toBe('');
});

test('what looks similar and is none is not reported', () => {
  // The last step alone.
  expect(found(evidence({ entropy: (share) => (share === 1 ? 0.1 : 1) }))).toEqual([]);
  expect(found(evidence({ kl: line(0, 0.5) }))).toEqual([]);
  expect(found(evidence({ kl: (share) => 0.01 * share ** 6 }))).toEqual([]);
  // The first step compiles.
  expect(found(evidence({ step_time: (_, step) => (step === 1 ? 60 : 1) }))).toEqual([]);
  // Longer responses take longer.
  expect(found(evidence({ step_time: line(1, 3), 'completions/mean_length': line(10, 40) }))).toEqual([]);
  expect(found(evidence({ 'rewards/a/mean': line(0, 1), 'rewards/b/mean': line(0, 1) }))).toEqual([]);
  expect(found(evidence({ 'rewards/accuracy': line(1, 0), 'rewards/a/std': line(0, 1) }))).toEqual([]);
  // Of preferences the one is to rise and the other to fall.
  expect(found(evidence({ 'rewards/chosen': line(0, 1), 'rewards/rejected': line(1, 0) }))).toEqual([]);
  // Fewer and fewer responses have a value: that is no other reward.
  expect(found(evidence({ 'rewards/a/mean': line(1, 0), 'rewards/a/null': line(0, 1) }))).toEqual([]);
  expect(found(evidence({ 'sampling/sampling_logp_difference/mean': line(0.001, 0.01) }))).toEqual([]);
  expect(found(evidence({ 'g2rl/clip_fraction': () => Number.NaN }))).toEqual([]);
});

test('checkpoints that are not written are found', () => {
  expect(found(evidence({}, { checkpoints: [] }))).toEqual(['checkpoints']);
  expect(found(evidence({}, { checkpoints: [20], checkpointEvery: 20 }))).toEqual(['checkpoints']);
  expect(found(evidence({}, { checkpoints: [80], checkpointEvery: 20 }))).toEqual([]);
  expect(found(evidence({}, { checkpoints: [], checkpointEvery: null }))).toEqual([]);
});

test('scores that fell and responses that were cut off are found in evaluations', () => {
  const record = (step: number, given: Partial<BenchmarkRecord>): BenchmarkRecord =>
    ({
      step,
      benchmark: 'b',
      k: 8,
      pass_at_1: 0.5,
      pass_at_1_se: 0.01,
      pass_at_k: 0.8,
      pass_at_k_se: 0.01,
      truncated: 0,
      ...given,
    }) as BenchmarkRecord;
  const of = (...benchmarks: BenchmarkRecord[]) => audit(evidence({}, { benchmarks })).findings;
  expect(of(record(0, {}), record(50, { pass_at_1: 0.51 }), record(100, { pass_at_1: 0.5 }))).toEqual([]);
  expect(of(record(0, {}), record(50, { pass_at_1: 0.6 }), record(100, {}))).toMatchObject([
    {
      id: 'score-fell',
      from: 50,
      to: 100,
      tab: 'benchmarks',
      figure: expect.stringContaining('pass@1 of b'),
    },
  ]);
  expect(of(record(0, {}), record(100, { pass_at_1: 0.6, pass_at_k: 0.7 }))).toMatchObject([
    { id: 'coverage-fell', figure: expect.stringContaining('pass@8') },
  ]);
  expect(of(record(0, { truncated: 0.5 }), record(100, { truncated: 0.2 }))).toMatchObject([
    { id: 'evaluation-cut-off', from: 100, value: 0.2 },
  ]);
});

const facts = (step: number, promptId: string, correct: number, size = 4): GroupFacts => ({
  step,
  group: 0,
  promptId,
  size,
  rated: size,
  correct,
  flat: correct === 0 || correct === size,
  silent: correct === 0 || correct === size,
  unshapable: null,
  atLimit: 0,
  meanSimilarity: null,
  maxSimilarity: null,
  line: step,
});

test('prompts that never teach are found, and those without a signal are named', () => {
  const groups = Array.from({ length: 12 }, (_, index) =>
    [1, 100].map((step) => facts(step, `p${index}`, index < 4 ? 0 : index < 6 ? 4 : 2)),
  ).flat();
  const prompts = promptsOf(groups, new Map([['p0', 'two plus two']]));
  const { findings } = audit(evidence({ 'g2rl/no_signal_after': () => 0.6 }, { groups, prompts }));
  expect(findings).toMatchObject([
    {
      id: 'no-signal',
      prompts: [{ id: 'p0', prompt: 'two plus two', visits: 2, silent: 2, passRate: 0 }, {}, {}, {}, {}],
      figure: expect.stringContaining('66.7'),
    },
    { id: 'silent-prompts', value: 0.5, from: 1, to: 100, figure: expect.stringMatching(/6 of 12.*4.*2/) },
  ]);
});

test('steps in which shaping cannot act are found, with the reason', () => {
  const strength = { 'g2rl/lambda': () => 0.5 };
  const groups = Array.from({ length: steps }, (_, index) => [
    { ...facts(index + 1, 'a', 2), unshapable: index < 3 ? ('all 0' as const) : null },
    { ...facts(index + 1, 'b', 2), unshapable: index < 2 ? ('no reward' as const) : ('all 0' as const) },
  ]).flat();
  expect(audit(evidence(strength, { groups })).findings).toMatchObject([
    {
      id: 'shaping-idle',
      value: 3,
      from: 1,
      to: 3,
      tab: 'rewards',
      figure: '3 of 100 steps. In 3 each reward is 0.',
    },
  ]);
  const none = [{ ...facts(7, 'a', 0), unshapable: 'no reward' as const }];
  expect(audit(evidence(strength, { groups: none })).findings).toMatchObject([
    { id: 'shaping-idle', from: 7, to: 7, figure: '1 of 100 steps. In 1 no response has a reward.' },
  ]);
  const columns = new SeriesColumns();
  for (const step of [1, 2]) {
    columns.append([
      { ...stepMetrics(step), 'g2rl/lambda': 0.5, 'g2rl/clip_fraction': step === 2 ? 1 : 0.9 },
    ]);
  }
  expect(audit(evidence({}, { columns, step: 2 })).findings).toMatchObject([
    { id: 'shaping-idle', from: 2, to: 2, figure: '1 of 2 steps. In 1 the clip cuts each shaped reward.' },
  ]);
  // Where nothing is to be shaped, nothing is missed.
  expect(found(evidence({ 'g2rl/lambda': () => 0 }, { groups: none }))).toEqual([]);
  expect(found(evidence({}, { groups: none }))).toEqual([]);
});

test('prompts by what became of them', () => {
  const prompts = promptsOf(
    [
      ...[facts(9, 'lost', 0), facts(1, 'lost', 4)],
      ...[facts(1, 'solved', 1), facts(5, 'solved', 2), facts(9, 'solved', 4), facts(12, 'solved', 3)],
      ...[facts(1, 'never', 0), facts(2, 'never', 0)],
      facts(3, 'once', 0),
      ...[facts(1, 'always', 4), facts(2, 'always', 4)],
    ],
    new Map(),
  );
  const of = (kind: (typeof promptKinds)[number]) =>
    prompts.filter((prompt) => isOfKind(prompt, kind)).map(({ id }) => id);
  expect(Object.fromEntries(promptKinds.map((kind) => [kind, of(kind)]))).toEqual({
    all: ['lost', 'solved', 'never', 'once', 'always'],
    silent: ['lost', 'never', 'always'],
    unsolved: ['never', 'once'],
    'solved-lately': ['solved'],
    lost: ['lost'],
  });
  expect(prompts[0]?.visits.map(({ step }) => step)).toEqual([1, 9]);
  expect(prompts.map((prompt) => halves(prompt)?.later ?? null)).toEqual([0, 0.875, 0, null, 1]);
});

test('the facts of a group', () => {
  expect(factsOf({ ...groupRecord(3, 1), lengths: [5, 32] }, 7, 32)).toEqual({
    step: 3,
    group: 1,
    promptId: 'p1',
    size: 2,
    rated: 2,
    correct: 1,
    flat: false,
    silent: false,
    unshapable: null,
    atLimit: 1,
    meanSimilarity: expect.any(Number),
    maxSimilarity: expect.any(Number),
    line: 7,
  });
});

test.each([
  [{ rewards: [0, 0] }, 'all 0'],
  [{ rewards: [0, 0], left_out: [1] }, 'all 0'],
  [{ rewards: [0, 0], left_out: [0, 1] }, 'no reward'],
  [{ rewards: [0, 1] }, null],
])('whether a group with %j can be shaped', (given, reason) => {
  expect(factsOf({ ...groupRecord(3, 1), ...given }, 7, 32).unshapable).toBe(reason);
});

test('the documentation has every rule', () => {
  const text = readFileSync('docs/queries.md', 'utf8');
  for (const { id } of RULES) expect(text).toContain(`| \`${id}\` `);
});
