/** What a step's rewards become: sums, labels for the methods that need them, and records. */
import { expect, test } from 'vitest';
import {
  gradeRollout,
  groupRecords,
  rolloutRecords,
} from '../../../../src/engines/embedded/graded-rollout.js';
import { rewardMetrics } from '../../../../src/engines/embedded/step-metrics.js';
import { experimentSchema } from '../../../../src/experiment/schema.js';
import type { Verdict } from '../../../../src/tasks/types.js';

const verdicts: Verdict[] = [1, -1, -1, 1].map((reward) => ({
  correct: reward > 0,
  reward: reward as 1 | -1,
  answer: '',
  reason: 'said',
}));
const notes = [null, 'long', null, null];
const values = (name: string, weight: number, all: (number | null)[]) => ({
  name,
  weight,
  values: all,
  notes,
});

function graded(method: string, components: ReturnType<typeof values>[] | null, groups = 1) {
  const experiment = experimentSchema.parse({ method: { name: method, k: 2, embeddingModel: 'a/b' } });
  const features = Float32Array.of(1, 0, 0, 1, 1, 1, -1, 0.5);
  const embeddings = method === 'evol-rl' ? { data: features, width: 2 } : null;
  const prompts = new Array(groups).fill({ id: 'p', text: '1,2=3:' });
  const evidence = { features, embeddings, lambda: 0.5, components };
  return gradeRollout(experiment, prompts, ['a', 'b', 'c', 'd'], verdicts, evidence as never);
}

const judge = values('correct', 1, [1, -1, -1, 1]);

test.each(['evol-rl', 'pass-at-k'])(
  '%s is trained by the verdicts where the judge is among the rewards',
  (method) => {
    const alone = graded(method, null);
    const judged = graded(method, [judge, values('other', -10, [1, 2, 3, 4])]);
    expect(judged.advantages).toEqual(alone.advantages);
    // Without it a reward above 0 is correct: the others' way round.
    const own = graded(method, [values('other', 1, [-2, 5, 3, -1])]);
    const turned = [...graded(method, [values('other', 1, [-1, 1, 1, -1])]).advantages];
    expect([...own.advantages]).toEqual(turned);
    expect(turned[1]).toBeGreaterThan(0);
  },
);

test('sums are shaped, and a response without a reward is left out everywhere', () => {
  const step = graded('g2rl', [values('a', 0.5, [2, null, -4, 0]), values('b', 1, [null, null, 1, 1])]);
  expect(step.rewards).toEqual([[1, Number.NaN, -1, 1]]);
  const responses = verdicts.map(() => ({
    tokens: [1, 2],
    logProbabilities: new Float32Array(2),
    finished: true,
  }));
  const [record] = groupRecords(3, step, responses);
  expect(record).toMatchObject({
    rewards: [1, 0, -1, 1],
    components: { a: [2, null, -4, 0], b: [null, null, 1, 1] },
    left_out: [1],
  });
  expect([record!.shaped[1], record!.scalers[1], record!.advantages[1]]).toEqual([0, 1, 0]);
  const [kept] = rolloutRecords(3, step, responses, 'all');
  expect(kept!.responses[1]).toMatchObject({
    reward: 0,
    rewards: { a: null, b: null },
    notes: { a: 'long', b: 'long' },
  });
  expect(kept!.responses[0]).not.toHaveProperty('notes');
  const metrics = rewardMetrics(step);
  expect(metrics.reward).toBeCloseTo(1 / 3, 12);
  expect(metrics['rewards/accuracy']).toBe(0.5);
  expect(metrics).toMatchObject({
    'rewards/a/mean': -2 / 3,
    'rewards/a/null': 0.25,
    'rewards/b/null': 0.5,
    'rewards/b/std': 0,
  });
});

test('the spread of the rewards is that of all responses of a step, as TRL logs it', () => {
  const step = graded('g2rl', [values('a', 1, [1, 1, null, -1])], 2);
  expect(rewardMetrics(step).reward_std).toBeCloseTo(Math.sqrt(4 / 3), 12);
});

test('a step in which no response has a reward has figures all the same', () => {
  const step = graded('g2rl', [values('a', 1, [null, null, null, null])]);
  expect([...step.advantages]).toEqual([0, 0, 0, 0]);
  const metrics = rewardMetrics(step);
  expect(metrics).toMatchObject({ reward: 0, reward_std: 0, 'rewards/a/null': 1, 'g2rl/clip_fraction': 0 });
  expect(Object.keys(metrics)).not.toContain('rewards/a/mean');
});
