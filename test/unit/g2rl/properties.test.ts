import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advantages } from '../../../src/g2rl/advantages.js';
import type { ShapingSettings } from '../../../src/g2rl/settings.js';
import { shapeGroup } from '../../../src/g2rl/shaping.js';
import { idleShaping } from '../../../src/g2rl/statistics.js';

const settingsArbitrary: fc.Arbitrary<ShapingSettings> = fc.record({
  method: fc.constantFrom('g2rl', 'grpo', 'entropy'),
  lambda: fc.double({ min: 0, max: 1, noNaN: true }),
  shaping: fc.constantFrom('signed', 'unit', 'eq12'),
  uniformGroups: fc.constantFrom('correct', 'all', 'none'),
  clip: fc.double({ min: 0.1, max: 5, noNaN: true }),
});

interface Group {
  dimension: number;
  rows: number[][];
  rewards: number[];
}

/** Feature values on a grid, so that duplicates, opposites and zero features come up often. */
const groupArbitrary: fc.Arbitrary<Group> = fc
  .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 5 }))
  .chain(([size, dimension]) =>
    fc.record({
      dimension: fc.constant(dimension),
      rows: fc.array(
        fc.array(
          fc.integer({ min: -6, max: 6 }).map((value) => value / 4),
          { minLength: dimension, maxLength: dimension },
        ),
        { minLength: size, maxLength: size },
      ),
      rewards: fc.array(fc.constantFrom(1, -1), { minLength: size, maxLength: size }),
    }),
  );

const shape = (group: Group, settings: ShapingSettings) =>
  shapeGroup(Float64Array.from(group.rows.flat()), group.dimension, group.rewards, settings);

/**
 * Moving a rounding error in S through the root moves ν by up to its own root, 1e-8; a group whose spread is
 * just at the threshold would then change sides. Such groups say nothing about the property.
 */
const isFarFromDegenerate = (exploration: Float64Array) => {
  const spread = Math.max(...exploration) - Math.min(...exploration);
  return spread < 1e-9 || spread > 1e-3;
};

const expectClose = (a: Float64Array, b: Float64Array, tolerance: number) => {
  for (let i = 0; i < a.length; i++) expect(Math.abs(a[i]! - b[i]!)).toBeLessThan(tolerance);
};

describe('shapeGroup', () => {
  it('stays within its bounds and never flips the sign of a reward', () => {
    fc.assert(
      fc.property(groupArbitrary, settingsArbitrary, (group, settings) => {
        const result = shape(group, settings);
        const size = group.rewards.length;
        for (let i = 0; i < size; i++) {
          expect(result.exploration[i]).toBeGreaterThanOrEqual(0);
          expect(result.exploration[i]).toBeLessThanOrEqual(1);
          for (let j = 0; j < size; j++) {
            const cosine = result.similarity[i * size + j]!;
            expect(Math.abs(cosine)).toBeLessThanOrEqual(1);
            expect(cosine).toBe(result.similarity[j * size + i]);
          }
          expect(result.shaped[i]! * group.rewards[i]!).toBeGreaterThanOrEqual(0);
          expect(result.scalers[i]! * group.rewards[i]!).toBeCloseTo(result.shaped[i]!, 12);
          if (settings.method === 'g2rl' && settings.lambda > 0) {
            expect(Math.abs(result.shaped[i]!)).toBeLessThanOrEqual(settings.clip);
            expect(result.scalers[i]!).toBeLessThanOrEqual(1 + settings.lambda);
          }
        }
      }),
    );
  });

  it('treats responses alike whatever their order', () => {
    const withOrder = groupArbitrary.chain((group) =>
      fc.record({
        group: fc.constant(group),
        order: fc.shuffledSubarray([...group.rewards.keys()], { minLength: group.rewards.length }),
      }),
    );
    fc.assert(
      fc.property(withOrder, settingsArbitrary, ({ group, order }, settings) => {
        const straight = shape(group, settings);
        fc.pre(isFarFromDegenerate(straight.exploration));
        const moved = shape(
          {
            dimension: group.dimension,
            rows: order.map((from) => group.rows[from]!),
            rewards: order.map((from) => group.rewards[from]!),
          },
          settings,
        );
        const size = order.length;
        for (const [to, from] of order.entries()) {
          expect(Math.abs(moved.exploration[to]! - straight.exploration[from]!)).toBeLessThan(1e-6);
          expect(Math.abs(moved.shaped[to]! - straight.shaped[from]!)).toBeLessThan(1e-3);
          for (const [to2, from2] of order.entries()) {
            expect(moved.similarity[to * size + to2]).toBe(straight.similarity[from * size + from2]);
          }
        }
      }),
    );
  });

  it('does not depend on the length of features', () => {
    const scales = fc.array(fc.double({ min: 0.1, max: 1000, noNaN: true }), { minLength: 9, maxLength: 9 });
    fc.assert(
      fc.property(groupArbitrary, scales, settingsArbitrary, (group, factors, settings) => {
        const straight = shape(group, settings);
        // The ε in the norm makes a duplicate's ν about 1e-4 instead of 0, and that depends on the length.
        fc.pre(isFarFromDegenerate(straight.exploration) && Math.min(...straight.exploration) > 0.1);
        const scaled = shape(
          { ...group, rows: group.rows.map((row, i) => row.map((value) => value * factors[i]!)) },
          settings,
        );
        expectClose(scaled.similarity, straight.similarity, 1e-6);
        expectClose(scaled.exploration, straight.exploration, 1e-5);
        expectClose(scaled.shaped, straight.shaped, 0.02);
      }),
    );
  });

  it('is exactly GRPO with lambda 0, to the last bit', () => {
    fc.assert(
      fc.property(
        groupArbitrary,
        settingsArbitrary,
        fc.constantFrom('group' as const, 'batch' as const, 'none' as const),
        (group, settings, scale) => {
          const none = shape(group, { ...settings, method: 'g2rl', lambda: 0 });
          const grpo = shape(group, { ...settings, method: 'grpo' });
          expect(none).toEqual(grpo);
          expect([...none.shaped]).toEqual(group.rewards);
          expect(none.scalers.every((scaler) => scaler === 1)).toBe(true);
          const size = group.rewards.length;
          expect(advantages(none.shaped, size, scale)).toEqual(advantages(grpo.shaped, size, scale));
        },
      ),
    );
  });

  it('gives the text of the paper with signed shaping: novel ones weigh more, redundant ones less', () => {
    fc.assert(
      fc.property(groupArbitrary, (group) => {
        const result = shape(group, {
          method: 'g2rl',
          lambda: 0.5,
          shaping: 'signed',
          uniformGroups: 'all',
          clip: 3,
        });
        const { exploration, scalers } = result;
        fc.pre(Math.max(...exploration) - Math.min(...exploration) > 1e-3);
        const novel = exploration.indexOf(Math.max(...exploration));
        const redundant = exploration.indexOf(Math.min(...exploration));
        expect(scalers[novel]).toBeCloseTo(1.5, 12);
        expect(scalers[redundant]).toBeCloseTo(0.5, 12);
      }),
    );
  });
});

/** Groups whose rewards are of any size, from −1000 to 1000, some of them missing. */
const anyRewards = (max: number, missing = 0): fc.Arbitrary<Group> =>
  groupArbitrary.chain((group) =>
    fc.record({
      dimension: fc.constant(group.dimension),
      rows: fc.constant(group.rows),
      rewards: fc.array(
        fc.oneof(
          { weight: 4, arbitrary: fc.integer({ min: -1e6, max: 1e6 }).map((value) => (value / 1e6) * max) },
          { weight: missing, arbitrary: fc.constant(Number.NaN) },
        ),
        { minLength: group.rewards.length, maxLength: group.rewards.length },
      ),
    }),
  );

const shapingSettings: fc.Arbitrary<ShapingSettings> = fc.record({
  method: fc.constant('g2rl' as const),
  lambda: fc.double({ min: 0.01, max: 1, noNaN: true }),
  shaping: fc.constantFrom('signed', 'unit', 'eq12'),
  uniformGroups: fc.constantFrom('correct', 'all', 'none'),
  clip: fc.double({ min: 2, max: 5, noNaN: true }),
});

describe('rewards of any scale', () => {
  it('at most 1 in size are shaped by the formulas as printed, to the last bit', () => {
    fc.assert(
      fc.property(anyRewards(1), shapingSettings, (group, settings) => {
        const { exploration, scalers, shaped } = shape(group, settings);
        const spread = Math.max(...exploration) - Math.min(...exploration);
        const isLeft =
          group.rewards.every((reward) => reward === group.rewards[0]) && settings.uniformGroups !== 'all';
        fc.pre(spread >= 1e-6 && !isLeft);
        for (const [i, reward] of group.rewards.entries()) {
          const bar = (exploration[i]! - Math.min(...exploration)) / spread;
          const direction = { signed: 2 * bar - 1, unit: bar, eq12: reward * bar }[settings.shaping];
          expect(scalers[i]).toBe(1 + settings.lambda * direction);
          expect(shaped[i]).toBe(reward * scalers[i]!);
        }
      }),
    );
  });

  it('of which one is at least 1 in size are shaped alike in every unit', () => {
    fc.assert(
      fc.property(anyRewards(1), shapingSettings, fc.nat(8), (group, settings, power) => {
        const largest = Math.max(...group.rewards.map(Math.abs));
        fc.pre(largest > 1e-3);
        // Powers of 2 change no digit.
        const unit = 2 ** Math.ceil(-Math.log2(largest));
        const one = shape({ ...group, rewards: group.rewards.map((reward) => reward * unit) }, settings);
        const factor = 2 ** power;
        const other = shape(
          { ...group, rewards: group.rewards.map((reward) => reward * unit * factor) },
          settings,
        );
        expect(other.exploration).toEqual(one.exploration);
        expect(other.scalers).toEqual(one.scalers);
        expect([...other.shaped]).toEqual([...one.shaped].map((value) => value * factor));
        expect(other.clipped).toBe(one.clipped);
      }),
    );
  });

  it('are never flattened: the clip does not act, and of two with the same novelty the larger stays larger', () => {
    fc.assert(
      fc.property(anyRewards(1000), shapingSettings, (group, settings) => {
        const size = group.rewards.length;
        const { shaped, scalers, clipped } = shape(group, settings);
        expect(clipped).toBe(0);
        for (let i = 0; i < size; i++) {
          for (let j = 0; j < size; j++) {
            const [a, b] = [group.rewards[i]!, group.rewards[j]!];
            if (scalers[i] === scalers[j] && a > b) expect(shaped[i]).toBeGreaterThan(shaped[j]!);
          }
          expect(shaped[i]! * group.rewards[i]!).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  it('that are missing change nothing for the other responses', () => {
    fc.assert(
      fc.property(
        anyRewards(3, 2),
        shapingSettings,
        fc.constantFrom('group' as const, 'batch' as const, 'none' as const),
        (group, settings, scale) => {
          const there = group.rewards.flatMap((reward, i) => (Number.isNaN(reward) ? [] : [i]));
          fc.pre(there.length > 0);
          const part = {
            dimension: group.dimension,
            rows: there.map((i) => group.rows[i]!),
            rewards: there.map((i) => group.rewards[i]!),
          };
          const [whole, alone] = [shape(group, settings), shape(part, settings)];
          const signal = advantages(whole.shaped, group.rewards.length, scale);
          const ofPart = advantages(alone.shaped, there.length, scale);
          for (const [place, i] of there.entries()) {
            expect(whole.exploration[i]).toBe(alone.exploration[place]);
            expect(whole.shaped[i]).toBe(alone.shaped[place]);
            expect(whole.scalers[i]).toBe(alone.scalers[place]);
            expect(signal[i]).toBe(ofPart[place]);
          }
          for (const [i, reward] of group.rewards.entries()) {
            if (!Number.isNaN(reward)) continue;
            expect([whole.shaped[i], whole.scalers[i], signal[i]]).toEqual([Number.NaN, 1, 0]);
          }
        },
      ),
    );
  });

  it('at which shaping cannot act are noticed', () => {
    const features = Float64Array.of(1, 0, 0, 1);
    const settings = { method: 'g2rl', lambda: 1, shaping: 'signed', uniformGroups: 'all', clip: 3 } as const;
    const idle = (rewards: number[], clip = 3) =>
      idleShaping([shapeGroup(features, 2, rewards, { ...settings, clip })], [rewards]);
    expect(idle([0, 0])).toBe('zero');
    expect(idle([0, Number.NaN])).toBe('zero');
    expect(idle([0, 1])).toBeNull();
    expect(idle([10, 12])).toBeNull();
    expect(idle([10, 12], 0.5)).toBe('clipped');
    expect(idle([Number.NaN, Number.NaN])).toBe('none');
  });
});

describe('advantages', () => {
  it('sum to zero in every group and are zero for uniform ones', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 4, maxLength: 4 }), {
          minLength: 1,
          maxLength: 4,
        }),
        fc.constantFrom('group' as const, 'batch' as const, 'none' as const),
        (groups, scale) => {
          groups.push([0.1, 0.1, 0.1, 0.1]);
          const result = advantages(Float64Array.from(groups.flat()), 4, scale);
          for (let start = 0; start < result.length; start += 4) {
            const part = result.subarray(start, start + 4);
            expect(Math.abs(part.reduce((sum, value) => sum + value, 0))).toBeLessThan(1e-9);
          }
          expect([...result.subarray(-4)]).toEqual([0, 0, 0, 0]);
        },
      ),
    );
  });
});
