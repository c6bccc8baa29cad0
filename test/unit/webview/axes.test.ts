import { expect, test } from 'vitest';
import { axisFormats } from '../../../webview/src/lib/metric-format.js';
import { axisTexts, multiples, niceStep } from '../../../webview/src/lib/nice.js';

test('steps of axes are 1, 2 or 5 times a power of ten', () => {
  expect([0.03, 0.05, 0.2, 0.61, 1, 1.1, 4, 7, 30].map(niceStep)).toEqual([
    0.05, 0.05, 0.2, 1, 1, 2, 5, 10, 50,
  ]);
  expect(multiples(0.1, 0.7, 1.25)).toEqual([0.7, 0.8, 0.9, 1, 1.1, 1.2]);
  expect(multiples(2, -3, 3)).toEqual([-2, 0, 2]);
  expect(multiples(1, 0.2, 0.8)).toEqual([]);
});

test('labels of an axis tell its values apart, with no more decimals than that takes', () => {
  const { number, percent, bytes } = axisFormats;
  expect(axisTexts([0, 0.5, 1], number)).toEqual(['0', '0.5', '1']);
  expect(axisTexts([3.038, 3.04, 3.042, 3.044], number)).toEqual(['3.038', '3.040', '3.042', '3.044']);
  expect(axisTexts([-0.00100002, -0.00100001], number)).toEqual(['−0.00100002', '−0.00100001']);
  expect(axisTexts([123_450, 123_460], number)).toEqual(['123450', '123460']);
  expect(axisTexts([0.125, 0.1252, 0.1254], percent)).toEqual(['12.50 %', '12.52 %', '12.54 %']);
  expect(
    axisTexts(
      [12.25, 12.3].map((gib) => gib * 2 ** 30),
      bytes,
    ),
  ).toEqual(['12.25 GiB', '12.30 GiB']);
  expect(axisTexts([7], number)).toEqual(['7']);
});
