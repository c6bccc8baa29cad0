import { expect, test } from 'vitest';
import { factsOf } from '../../../src/findings/group-facts.js';
import {
  flatRewards,
  isFlat,
  isJudged,
  isRight,
  ownRewards,
  rewardsText,
} from '../../../src/runs/facts/group-rewards.js';
import { groupRecord } from './records.js';

const components = { correct: [1, -1], format: [0.5, 0.5], short: [null, -3] };
const group = { ...groupRecord(1, 0), components, rewards: [0.6, -1.2] };

test('the judge says what is right, whatever the sum is; without it the sum does', () => {
  const poor = { ...group, rewards: [-5, 5] };
  expect([isRight(poor, 0), isRight(poor, 1), isJudged(poor)]).toEqual([true, false, true]);
  const { correct: _, ...others } = components;
  const own = { ...poor, components: others };
  expect([isRight(own, 0), isRight(own, 1), isJudged(own)]).toEqual([false, true, false]);
  expect(isRight(groupRecord(1, 0), 0)).toBe(true);
  expect(ownRewards(group)).toEqual(['format', 'short']);
  expect(ownRewards(groupRecord(1, 0))).toEqual([]);
});

test('a group may be flat in one reward and not in another; responses that are left out do not count', () => {
  expect(flatRewards(group)).toEqual(['format', 'short']);
  expect(flatRewards(groupRecord(1, 0))).toEqual([]);
  expect(isFlat(group)).toBe(false);
  expect(isFlat({ ...group, rewards: [0, 0.5], left_out: [0] })).toBe(true);
  expect(factsOf(group, 1, 10)).toMatchObject({ flatIn: ['format', 'short'], correct: 1, flat: false });
  expect(factsOf(groupRecord(1, 0), 1, 10)).not.toHaveProperty('flatIn');
});

test('the means of a step in a line', () => {
  const step = { 'rewards/accuracy': 1, 'rewards/a/mean': 0.25, 'rewards/a/std': 1, 'rewards/b-c/mean': -3 };
  expect(rewardsText(step)).toBe('a 0.250 · b-c −3.000');
  expect(rewardsText({ reward: 1 })).toBe('');
});
