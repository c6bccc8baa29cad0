import { describe, expect, it } from 'vitest';
import { CounterRandom, fillUniform, streamOf, uniform } from '../../src/random.js';

/** Pearson's statistic of counts against equal expectations. */
function chiSquared(counts: ArrayLike<number>, expected: number): number {
  let sum = 0;
  for (let i = 0; i < counts.length; i++) sum += (counts[i]! - expected) ** 2 / expected;
  return sum;
}

describe('uniform', () => {
  it('never changes: resumed runs and benchmarks depend on it', () => {
    expect([uniform(0, 0, 0), uniform(1, 0, 0), uniform(0, 1, 0), uniform(0, 0, 1)]).toMatchInlineSnapshot(`
      [
        0.7594418525695801,
        0.24560660123825073,
        0.006222724914550781,
        0.31059253215789795,
      ]
    `);
    expect(streamOf('prompts', 7)).toMatchInlineSnapshot(`2879128205`);
  });

  it('gives multiples of 2^-24 below 1, exact in float32', () => {
    for (let i = 0; i < 10_000; i++) {
      const value = uniform(3, 5, i);
      expect(value >= 0 && value < 1 && Math.fround(value) === value).toBe(true);
      expect(Number.isInteger(value * 2 ** 24)).toBe(true);
    }
  });

  it.each([
    ['counters', (i: number) => uniform(7, 11, i)],
    ['streams', (i: number) => uniform(7, i, 11)],
    ['seeds', (i: number) => uniform(i, 7, 11)],
    ['derived streams', (i: number) => uniform(0, streamOf('sampling', i), 0)],
    ['high counters', (i: number) => uniform(0, 0, i * 65536)],
  ])('is even, and its neighbours independent, along %s', (_name, draw) => {
    const count = 64_000;
    const single = new Float64Array(64);
    const pairs = new Float64Array(64);
    for (let i = 0; i < count; i++) {
      const value = draw(i);
      single[Math.floor(value * 64)]! += 1;
      pairs[Math.floor(value * 8) * 8 + Math.floor(draw(i + 1) * 8)]! += 1;
    }
    // 63 degrees of freedom: 120 is exceeded once in 50,000 times.
    expect(chiSquared(single, count / 64)).toBeLessThan(120);
    expect(chiSquared(pairs, count / 64)).toBeLessThan(120);
  });

  it('has streams that are not shifted copies of one another', () => {
    const draws = (stream: number) => Array.from({ length: 3000 }, (_, i) => uniform(0, stream, i));
    const first = new Set(draws(1));
    // Among 3,000 × 3,000 pairs of 24-bit numbers about half a coincidence is expected.
    for (let stream = 2; stream < 20; stream++) {
      expect(draws(stream).filter((value) => first.has(value)).length).toBeLessThan(10);
    }
  });

  it('fills arrays with the same numbers, from any place', () => {
    const filled = new Float32Array(5);
    fillUniform(filled, 9, 8, 100);
    expect([...filled]).toEqual([100, 101, 102, 103, 104].map((counter) => uniform(9, 8, counter)));
  });
});

describe('CounterRandom', () => {
  it('walks one stream', () => {
    const random = new CounterRandom(4, 2);
    expect([random.next(), random.next()]).toEqual([uniform(4, 2, 0), uniform(4, 2, 1)]);
  });

  it('draws integers, items and orders evenly', () => {
    const random = new CounterRandom(0, 0);
    const integers = new Float64Array(7);
    const orders = new Map<string, number>();
    for (let i = 0; i < 24_000; i++) {
      integers[random.below(7)]! += 1;
      const order = random.shuffle(['a', 'b', 'c', 'd']).join('');
      orders.set(order, (orders.get(order) ?? 0) + 1);
    }
    expect(chiSquared(integers, 24_000 / 7)).toBeLessThan(35);
    expect(orders.size).toBe(24);
    expect(chiSquared([...orders.values()], 1000)).toBeLessThan(65);
    expect(() => random.pick([])).toThrow(RangeError);
  });
});
