import { describe, expect, it } from 'vitest';
import { inRounds } from '../../../src/tasks/rounds.js';

const items = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];

describe('inRounds', () => {
  it('gives every item once a round, in a new order each round, over steps that cross rounds', () => {
    const forStep = inRounds(items, 3, 'test');
    const steps = Array.from({ length: 14 }, (_, place) => forStep(place + 1, 4)).flat();
    const rounds = Array.from({ length: 8 }, (_, round) => steps.slice(round * 7, round * 7 + 7));
    for (const round of rounds) expect(round.toSorted()).toEqual(items);
    expect(new Set(rounds.map(String)).size).toBeGreaterThan(5);
  });

  it('begins with the first places, and a run that began in the older order keeps that', () => {
    const order = inRounds(items, 3, 'test')(1, 21);
    const older = inRounds(items, 3, 'test', 0);
    expect([...older(1, 7), ...older(2, 7)]).toEqual(order.slice(7));
    const [first, second] = [inRounds(items, 3, 'test')(1, 3), inRounds(items, 3, 'test')(2, 3)];
    expect(new Set([...first, ...second]).size).toBe(6);
  });

  it('depends on seed, purpose and step alone', () => {
    const forStep = inRounds(items, 3, 'test');
    const later = forStep(9, 4);
    expect(inRounds(items, 3, 'test')(9, 4)).toEqual(later);
    const other = (seed: number, purpose: string) => inRounds(items, seed, purpose)(1, 7).join('');
    const orders = [other(3, 'test'), other(4, 'test'), other(3, 'validation')];
    expect(new Set(orders).size).toBe(3);
    expect(() => inRounds([], 0, 'test')).toThrow('nothing to go through');
  });
});
