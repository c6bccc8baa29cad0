import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { advantages } from '../../../src/g2rl/advantages.js';
import { feature, featureDifference, tokenCounts } from '../../../src/g2rl/feature.js';
import type { ShapingSettings } from '../../../src/g2rl/settings.js';
import { shapeGroup } from '../../../src/g2rl/shaping.js';

interface ShapingCase {
  name: string;
  settings: ShapingSettings;
  features: (number | string)[][];
  rewards: number[];
  expected: {
    similarity: number[][];
    exploration: number[];
    scalers: number[];
    shaped: number[];
    clipped: number;
    invalid: boolean;
    advantages: { group: number[]; none: number[] };
  };
}

interface FeatureCase {
  name: string;
  tokens: number[];
  probabilitySum: number[];
  weights: number[][];
  expected: number[];
}

function load<Case>(file: string): Case[] {
  return JSON.parse(readFileSync(new URL(`../../vectors/${file}`, import.meta.url), 'utf8')) as Case[];
}

/** Largest error relative to max(1, |expected|). */
function largestError(actual: ArrayLike<number>, expected: readonly number[]): number {
  expect(actual.length).toBe(expected.length);
  return expected.reduce((worst, value, i) => {
    const error = Math.abs(actual[i]! - value) / Math.max(1, Math.abs(value));
    return Number.isNaN(error) ? Number.POSITIVE_INFINITY : Math.max(worst, error);
  }, 0);
}

const run = (test: ShapingCase, precision: Float32ArrayConstructor | Float64ArrayConstructor) =>
  shapeGroup(
    precision.from(test.features.flat().map(Number)),
    test.features[0]!.length,
    test.rewards,
    test.settings,
  );

const shapingCases = load<ShapingCase>('shaping.json');

describe('shaping vectors', () => {
  it.each(shapingCases)('$name', (test) => {
    const { expected } = test;
    const group = run(test, Float64Array);
    const size = test.rewards.length;
    expect(largestError(group.similarity, expected.similarity.flat())).toBeLessThan(1e-12);
    for (const [i, score] of expected.exploration.entries()) {
      expect(Math.abs(group.exploration[i]! - score)).toBeLessThan(score < 1e-3 ? 1e-6 : 1e-9);
    }
    expect(largestError(group.scalers, expected.scalers)).toBeLessThan(1e-9);
    expect(largestError(group.shaped, expected.shaped)).toBeLessThan(1e-9);
    expect(group.clipped).toBe(expected.clipped);
    expect(group.invalid).toBe(expected.invalid);
    expect(largestError(advantages(group.shaped, size, 'group'), expected.advantages.group)).toBeLessThan(
      1e-9,
    );
    expect(largestError(advantages(group.shaped, size, 'batch'), expected.advantages.group)).toBeLessThan(
      1e-9,
    );
    expect(largestError(advantages(group.shaped, size, 'none'), expected.advantages.none)).toBeLessThan(1e-9);
  });

  it('holds in float32 where float32 can hold it', () => {
    const wide = shapingCases.filter(({ name }) => /^(random|wide|uniform|all correct|clip)/.test(name));
    expect(wide.length).toBeGreaterThan(20);
    for (const test of wide) {
      expect(largestError(run(test, Float32Array).shaped, test.expected.shaped)).toBeLessThan(1e-4);
    }
  });

  it('passes rewards through to the last bit where nothing is shaped', () => {
    const plain = shapingCases.filter(({ settings }) => settings.method !== 'g2rl' || settings.lambda === 0);
    expect(plain.length).toBeGreaterThan(5);
    for (const test of plain) expect([...run(test, Float64Array).shaped]).toEqual(test.rewards);
  });
});

describe('feature vectors', () => {
  it.each(load<FeatureCase>('features.json'))('$name', (test) => {
    const counts = tokenCounts(test.tokens, test.weights.length);
    const difference = featureDifference(counts, test.probabilitySum, test.tokens.length);
    const result = feature(difference, test.weights.flat(), test.expected.length);
    expect(largestError(result, test.expected)).toBeLessThan(1e-12);
  });
});
