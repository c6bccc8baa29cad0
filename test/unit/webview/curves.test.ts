import { expect, test } from 'vitest';
import { parseSetupMessage } from '../../../src/contract/setup-messages.js';
import { vllmCurves } from '../../../webview/src/lib/curves.js';
import { gpuCurves } from '../../../webview/src/lib/gpus.js';
import { stepMetrics } from '../runs/records.js';

test('GPUs get one chart a quantity with one line a card; runs without them none', () => {
  const step = {
    ...stepMetrics(1),
    'gpu/0/utilization': 0.9,
    'gpu/1/utilization': 0.5,
    'gpu/0/memory_used': 2 ** 33,
  };
  const curves = gpuCurves([stepMetrics(0), step]);
  expect(curves.map(({ title, lines }) => [title, lines])).toEqual([
    [
      'GPU utilization',
      [
        ['GPU 0', 'gpu/0/utilization'],
        ['GPU 1', 'gpu/1/utilization'],
      ],
    ],
    ['GPU memory', [['GPU 0', 'gpu/0/memory_used']]],
  ]);
  expect(curves[1]!.format!(2 ** 33)).toBe('8.0 GiB');
  expect(gpuCurves([stepMetrics(1)])).toEqual([]);
  expect(gpuCurves([])).toEqual([]);
});

test('what vLLM sampled is compared with the policy in runs that tell it', () => {
  const names = ['mean', 'min', 'max'].map((name) => `sampling/importance_sampling_ratio/${name}`);
  const step = { ...stepMetrics(1), ...Object.fromEntries(names.map((name) => [name, 1])) };
  expect(vllmCurves([stepMetrics(0), step]).map(({ title }) => title)).toEqual(['vLLM: importance ratio']);
  expect(vllmCurves([step, stepMetrics(2)])).toEqual([]);
  expect(vllmCurves([])).toEqual([]);
});

test.each([
  [
    { type: 'install', cpu: 'yes', extra: 1 },
    { type: 'install', cpu: false },
  ],
  [
    { type: 'install', cpu: true },
    { type: 'install', cpu: true },
  ],
  [{ type: 'check', command: 'rm' }, { type: 'check' }],
  [
    { type: 'error', message: 'x'.repeat(9000) },
    { type: 'error', message: 'x'.repeat(4000) },
  ],
  [{ type: 'launch' }, null],
  ['install', null],
  [null, null],
])('a message of the setup page %#', (value, expected) => {
  expect(parseSetupMessage(value)).toEqual(expected);
});
