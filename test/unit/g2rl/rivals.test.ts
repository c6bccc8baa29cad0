/** What holds for every group of pass-at-k, evol-rl and dirl, and for λ. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DirlSettings, shapeDirl } from '../../../src/g2rl/dirl.js';
import { shapeEvolRl } from '../../../src/g2rl/evol-rl.js';
import { lambdaOfStep } from '../../../src/g2rl/lambda.js';
import { passAtKAdvantages } from '../../../src/g2rl/pass-at-k.js';
import { type ShapedGroup, shapeGroup } from '../../../src/g2rl/shaping.js';

interface Group {
  rows: number[][];
  alignment: number[];
  rewards: number[];
}

const dimension = 3;
/** No zero rows, whose direction is nothing that could be scaled. */
const row = fc
  .array(fc.integer({ min: -20, max: 20 }), { minLength: dimension, maxLength: dimension })
  .filter((values) => values.some((value) => value !== 0));
const groups: fc.Arbitrary<Group> = fc.integer({ min: 1, max: 8 }).chain((size) => {
  const each = { minLength: size, maxLength: size };
  return fc.record({
    rows: fc.array(row, each),
    alignment: fc.array(fc.integer({ min: -3, max: 3 }), each),
    rewards: fc.array(fc.constantFrom(1, -1), each),
  });
});
const settings: fc.Arbitrary<DirlSettings> = fc.record({
  lambda: fc.double({ min: 0, max: 1, noNaN: true }),
  uniformGroups: fc.constantFrom('correct', 'all', 'none'),
  clip: fc.double({ min: 0.1, max: 5, noNaN: true }),
  memorySign: fc.constantFrom('paper', 'code'),
});

const flat = ({ rows }: Group) => Float64Array.from(rows.flat());
const dirl = (group: Group, chosen: DirlSettings) =>
  shapeDirl(flat(group), dimension, group.alignment, group.rewards, chosen);
const unshaped = (group: Group) =>
  shapeGroup(flat(group), dimension, group.rewards, {
    method: 'grpo',
    lambda: 0.5,
    shaping: 'signed',
    uniformGroups: 'all',
    clip: 3,
  });
const evolRl = (group: Group) => shapeEvolRl(unshaped(group), flat(group), dimension, group.rewards);

/** Near a perfect overlap rounding is seen through a root, and a spread near its threshold changes sides. */
function isClear(group: Group): boolean {
  const { similarity } = unshaped(group);
  const size = group.rewards.length;
  return similarity.every((cosine, at) => at % (size + 1) === 0 || Math.abs(cosine) < 0.999);
}

const inOrder = (group: Group, order: readonly number[]): Group => ({
  rows: order.map((from) => group.rows[from]!),
  alignment: order.map((from) => group.alignment[from]!),
  rewards: order.map((from) => group.rewards[from]!),
});

const shapers: [string, (group: Group) => ShapedGroup][] = [
  ['evol-rl', evolRl],
  ['dirl', (group) => dirl(group, { lambda: 1, uniformGroups: 'all', clip: 3, memorySign: 'paper' })],
];

describe.each(shapers)('%s', (_, shaped) => {
  it('treats responses alike whatever their order', () => {
    const withOrder = groups.filter(isClear).chain((group) =>
      fc.record({
        group: fc.constant(group),
        order: fc.shuffledSubarray([...group.rewards.keys()], { minLength: group.rewards.length }),
      }),
    );
    fc.assert(
      fc.property(withOrder, ({ group, order }) => {
        const straight = shaped(group);
        const moved = shaped(inOrder(group, order));
        for (const [to, from] of order.entries()) {
          expect(Math.abs(moved.shaped[to]! - straight.shaped[from]!)).toBeLessThan(1e-6);
          expect(Math.abs(moved.scalers[to]! - straight.scalers[from]!)).toBeLessThan(1e-6);
        }
      }),
    );
  });

  it('does not depend on the length of rows', () => {
    const scales = fc.array(fc.double({ min: 1, max: 1000, noNaN: true }), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(groups.filter(isClear), scales, (group, factors) => {
        const longer = {
          ...group,
          rows: group.rows.map((values, i) => values.map((value) => value * factors[i]!)),
        };
        const straight = shaped(group);
        const scaled = shaped(longer);
        for (const [i, value] of straight.shaped.entries()) {
          expect(Math.abs(scaled.shaped[i]! - value)).toBeLessThan(1e-3);
        }
      }),
    );
  });
});

describe('evol-rl', () => {
  it('gives every correct response more than any wrong one', () => {
    fc.assert(
      fc.property(groups, (group) => {
        const { shaped, scalers } = evolRl(group);
        for (const [i, reward] of group.rewards.entries()) {
          expect(shaped[i]).toBeGreaterThanOrEqual(reward > 0 ? 0.5 : -1);
          expect(shaped[i]).toBeLessThanOrEqual(reward > 0 ? 1 : -0.5);
          expect(scalers[i]! * reward).toBeCloseTo(shaped[i]!, 12);
        }
      }),
    );
  });

  it('refuses embeddings that are none', () => {
    const group = { rows: [[1, 0, 0]], alignment: [1], rewards: [1] };
    const embed = (...values: number[]) =>
      shapeEvolRl(unshaped(group), Float64Array.from(values), values.length, [1]);
    expect(() => embed(Number.NaN)).toThrow('NaN or infinite');
    expect(() => shapeEvolRl(unshaped(group), new Float64Array(3), 2, [1])).toThrow('got 3 values');
  });
});

describe('dirl', () => {
  it('stays within its bounds: against the direction novelty counts the other way', () => {
    fc.assert(
      fc.property(groups, settings, (group, chosen) => {
        const { exploration, scalers, shaped } = dirl(group, { ...chosen, clip: 3 });
        for (const [i, reward] of group.rewards.entries()) {
          expect(exploration[i]).toBeGreaterThanOrEqual(0);
          expect(exploration[i]).toBeLessThanOrEqual(1);
          const gain = (scalers[i]! - 1) * reward;
          expect(Math.abs(gain)).toBeLessThanOrEqual(chosen.lambda + 1e-12);
          const sign = group.alignment[i]! > 0 || chosen.memorySign === 'code' ? 1 : -1;
          expect(gain * sign).toBeGreaterThanOrEqual(0);
          expect(shaped[i]! * reward).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  it('is exactly GRPO with λ = 0, to the last bit', () => {
    fc.assert(
      fc.property(groups, settings, (group, chosen) => {
        const { shaped, scalers, clipped } = dirl(group, { ...chosen, lambda: 0 });
        expect([...shaped]).toEqual(group.rewards);
        expect(scalers.every((scaler) => scaler === 1)).toBe(true);
        expect(clipped).toBe(0);
      }),
    );
  });

  it('leaves a group as it is whose alignment is not finite, and refuses one of another length', () => {
    const group = {
      rows: [
        [1, 0, 0],
        [0, 1, 0],
        [1, 1, 0],
      ],
      alignment: [1, Number.NaN, 1],
      rewards: [1, -1, 1],
    };
    const chosen: DirlSettings = { lambda: 1, uniformGroups: 'all', clip: 3, memorySign: 'paper' };
    expect(dirl(group, chosen)).toMatchObject({ invalid: true, shaped: Float64Array.from(group.rewards) });
    expect(() => dirl({ ...group, alignment: [1] }, chosen)).toThrow(
      '3 rewards need as many alignments, got 1',
    );
  });
});

describe('pass-at-k', () => {
  const cases = fc
    .array(fc.constantFrom(1, -1), { minLength: 1, maxLength: 12 })
    .chain((rewards) =>
      fc.record({ rewards: fc.constant(rewards), k: fc.integer({ min: 1, max: rewards.length }) }),
    );

  it('sums to 0 in a group, and never favours a wrong response', () => {
    fc.assert(
      fc.property(cases, ({ rewards, k }) => {
        const found = passAtKAdvantages(rewards, rewards.length, k);
        expect(found.reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 9);
        for (const [i, reward] of rewards.entries()) expect(found[i]! * reward).toBeGreaterThanOrEqual(0);
        const scaled = passAtKAdvantages(
          rewards.map((reward) => (reward > 0 ? 0.1 : 0)),
          rewards.length,
          k,
        );
        expect(scaled).toEqual(found);
      }),
    );
  });

  it('is GRPO with the deviation of the population where k is 1', () => {
    fc.assert(
      fc.property(cases, ({ rewards }) => {
        const mean = rewards.reduce((sum, value) => sum + value, 0) / rewards.length;
        const deviation = Math.sqrt(1 - mean * mean);
        for (const [i, value] of passAtKAdvantages(rewards, rewards.length, 1).entries()) {
          expect(value).toBeCloseTo(deviation === 0 ? 0 : (rewards[i]! - mean) / deviation, 12);
        }
      }),
    );
  });

  it('takes each group by itself, and large ones', () => {
    const together = passAtKAdvantages([1, -1, -1, -1, 1, 1, -1, -1], 4, 2);
    expect(together.subarray(0, 4)).toEqual(passAtKAdvantages([1, -1, -1, -1], 4, 2));
    expect(together.subarray(4)).toEqual(passAtKAdvantages([1, 1, -1, -1], 4, 2));
    const large = passAtKAdvantages(
      Array.from({ length: 4096 }, (_, i) => (i < 2 ? 1 : -1)),
      4096,
      2048,
    );
    expect(large.every(Number.isFinite)).toBe(true);
    expect(large[0]).toBeGreaterThan(0);
  });

  it('refuses a k that the group does not have', () => {
    expect(() => passAtKAdvantages([1, -1], 2, 3)).toThrow('from 1 to the group size 2, got 3');
    expect(() => passAtKAdvantages([1, -1], 2, 0)).toThrow('got 0');
    expect(() => passAtKAdvantages([1, -1, 1], 2, 1)).toThrow('3 rewards are not whole groups of 2');
  });
});

describe('λ of a step', () => {
  const method = { lambda: 0.8, lambdaWarmupSteps: 4 };
  it.each([
    ['constant', [0.8, 0.8, 0.8, 0.8]],
    ['linear', [0.7, 0.6, 0.4, 0]],
    ['warm-up', [0.2, 0.4, 0.8, 0.8]],
  ] as const)('%s', (lambdaSchedule, expected) => {
    for (const [i, step] of [1, 2, 4, 8].entries()) {
      expect(lambdaOfStep(step, 8, { ...method, lambdaSchedule })).toBeCloseTo(expected[i]!, 12);
    }
  });
});
