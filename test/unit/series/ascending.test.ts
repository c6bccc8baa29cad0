import fc from 'fast-check';
import { expect, it } from 'vitest';
import { lowerBound } from '../../../src/series/ascending.js';

it('finds the first place that is not below a value', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 20 })),
      fc.integer({ min: -1, max: 21 }),
      (values, value) => {
        const sorted = values.toSorted((a, b) => a - b);
        const place = sorted.findIndex((other) => other >= value);
        expect(lowerBound(sorted, value)).toBe(place === -1 ? sorted.length : place);
      },
    ),
  );
});
