import { expect, test } from 'vitest';
import { multiples, niceStep } from '../../../webview/src/lib/nice.js';

test('steps of axes are 1, 2 or 5 times a power of ten', () => {
  expect([0.03, 0.05, 0.2, 0.61, 1, 1.1, 4, 7, 30].map(niceStep)).toEqual([
    0.05, 0.05, 0.2, 1, 1, 2, 5, 10, 50,
  ]);
  expect(multiples(0.1, 0.7, 1.25)).toEqual([0.7, 0.8, 0.9, 1, 1.1, 1.2]);
  expect(multiples(2, -3, 3)).toEqual([-2, 0, 2]);
  expect(multiples(1, 0.2, 0.8)).toEqual([]);
});
