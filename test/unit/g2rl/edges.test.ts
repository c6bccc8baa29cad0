import { describe, expect, it } from 'vitest';
import { advantages } from '../../../src/g2rl/advantages.js';
import { featureDifference, tokenCounts } from '../../../src/g2rl/feature.js';
import type { ShapingSettings } from '../../../src/g2rl/settings.js';
import { isUniform, shapeGroup } from '../../../src/g2rl/shaping.js';
import { groupMetrics, pairStatistics, upperTriangle } from '../../../src/g2rl/statistics.js';

const settings: ShapingSettings = {
  method: 'g2rl',
  lambda: 0.5,
  shaping: 'signed',
  uniformGroups: 'correct',
  clip: 3,
};

describe('shapeGroup', () => {
  it('refuses what cannot be a group', () => {
    const features = new Float64Array(6);
    expect(() => shapeGroup(features, 3, [], settings)).toThrow('at least one response');
    expect(() => shapeGroup(features, 3, [1, 1, 1], settings)).toThrow(/need 9 values, got 6/);
    expect(() => shapeGroup(features, 0, [1], settings)).toThrow('feature dimension');
    expect(() => shapeGroup(features, 3, [1, Number.POSITIVE_INFINITY], settings)).toThrow(
      'rewards[1] is Infinity',
    );
  });

  it('leaves its inputs alone', () => {
    const features = Float64Array.of(3, 4, 0, 2, 1, 1);
    const rewards = [1, -1, 1];
    shapeGroup(features, 2, rewards, settings);
    expect([...features]).toEqual([3, 4, 0, 2, 1, 1]);
    expect(rewards).toEqual([1, -1, 1]);
  });

  it('finds half of the novelty of a pair at 45 degrees', () => {
    const { exploration, similarity } = shapeGroup(Float32Array.of(1, 0, 1, 1), 2, [1, -1], settings);
    expect(similarity[1]).toBeCloseTo(Math.SQRT1_2, 6);
    expect(exploration[0]).toBeCloseTo(Math.SQRT1_2, 6);
  });

  it('survives rewards so far apart that their exponentials overflow', () => {
    const { exploration } = shapeGroup(Float64Array.of(1, 0, 1, 1, 0, 1), 2, [2000, -2000, -2000], settings);
    expect(exploration.every((score) => score >= 0 && score <= 1)).toBe(true);
  });
});

describe('advantages', () => {
  it('uses the sample standard deviation of the group or of the batch', () => {
    const shaped = Float64Array.of(1, -1, 1, 1, 1, 1, 1, -1);
    // Group 1: mean 0.5, deviations 0.5, −1.5, 0.5, 0.5: variance 3/3 = 1.
    expect(advantages(shaped, 4, 'group')[0]).toBeCloseTo(0.5 / 1.0001, 12);
    // Batch: mean 0.5, eight values, variance 6/7.
    expect(advantages(shaped, 4, 'batch')[1]).toBeCloseTo(-1.5 / (Math.sqrt(6 / 7) + 1e-4), 12);
    expect(advantages(shaped, 4, 'none')[1]).toBe(-1.5);
  });

  it('is zero for groups of one and refuses parts of groups', () => {
    expect([...advantages(Float64Array.of(1, -1), 1, 'group')]).toEqual([0, 0]);
    expect(() => advantages(new Float64Array(5), 2, 'group')).toThrow('5 rewards are not whole groups of 2');
  });
});

describe('features', () => {
  it('counts tokens and refuses those outside the vocabulary', () => {
    expect([...tokenCounts([2, 0, 2], 3)]).toEqual([1, 0, 2]);
    expect(() => tokenCounts([3], 3)).toThrow('token 3 at 0 is outside the vocabulary of 3');
    expect(() => tokenCounts([-1], 3)).toThrow('outside');
  });

  it('is zero for a response without tokens', () => {
    expect([...featureDifference([0, 0], [0, 0], 0)]).toEqual([0, 0]);
    expect(() => featureDifference([0, 0], [0], 1)).toThrow('2 token counts, but 1');
  });
});

describe('statistics', () => {
  const orthogonal = shapeGroup(Float64Array.of(1, 0, 0, 1), 2, [1, -1], settings);
  const opposite = shapeGroup(Float64Array.of(1, 0, -1, 0), 2, [1, 1], settings);
  const invalid = shapeGroup(Float64Array.of(Number.NaN, 0, 1, 0), 2, [1, -1], settings);

  it('counts pairs within valid groups', () => {
    const statistics = pairStatistics([orthogonal, opposite, invalid]);
    expect(statistics.pairs).toBe(2);
    expect(statistics.meanSimilarity).toBeCloseTo(-0.5, 6);
    expect(statistics.negativePairRatio).toBe(0.5);
    expect(pairStatistics([invalid])).toEqual({ pairs: 0, meanSimilarity: null, negativePairRatio: null });
  });

  it('takes the upper triangle row by row', () => {
    expect([...upperTriangle(Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9), 3)]).toEqual([2, 3, 6]);
  });

  it('sums a step up', () => {
    const metrics = groupMetrics(
      [orthogonal, opposite, invalid],
      [
        [1, -1],
        [1, 1],
        [1, -1],
      ],
      Float64Array.of(1, -1, 0, 0, 1, -1),
    );
    expect(metrics['g2rl/invalid_groups']).toBe(1);
    // Two directions, and one line of two responses.
    expect(metrics['g2rl/logdet_mean']).toBeCloseTo((Math.log(4) + Math.log(3)) / 2, 6);
    expect(metrics['g2rl/no_signal_before']).toBeCloseTo(1 / 3, 12);
    expect(metrics['g2rl/no_signal_after']).toBeCloseTo(1 / 3, 12);
    expect(metrics['g2rl/exploration_max']).toBeCloseTo(1, 6);
    expect(metrics['g2rl/exploration_min']).toBeLessThan(1e-3);
    expect(Object.values(groupMetrics([], [], new Float64Array())).every((value) => value === 0)).toBe(true);
  });

  it('shows that shaping gives an all-correct group a signal', () => {
    const features = Float64Array.of(1, 0, 1, 0, 0, 1);
    const group = shapeGroup(features, 2, [1, 1, 1], settings);
    const metrics = groupMetrics([group], [[1, 1, 1]], advantages(group.shaped, 3, 'group'));
    expect(metrics['g2rl/no_signal_before']).toBe(1);
    expect(metrics['g2rl/no_signal_after']).toBe(0);
    expect(metrics['g2rl/scaler_min']).toBeCloseTo(0.5, 12);
    expect(metrics['g2rl/scaler_max']).toBeCloseTo(1.5, 12);
    expect(isUniform(group.shaped)).toBe(false);
  });
});
