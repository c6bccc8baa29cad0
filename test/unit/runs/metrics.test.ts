import { expect, test } from 'vitest';
import { chartsOf, type MetricTable, otherCharts, rewardCharts } from '../../../src/runs/metrics/charts.js';
import { DEVICE_METRICS, METRICS, type Metric } from '../../../src/runs/metrics/metrics.js';
import { metricsSchema, metricsSchemaOf } from '../../../src/runs/protocol/schema.js';
import { stepMetrics } from './records.js';

const linesOf = (newest: object | undefined, starts: string) =>
  chartsOf('training', newest)
    .filter(({ title }) => title.startsWith(starts))
    .map(({ title, lines }) => [title, lines.map(({ label, key }) => [label, key])]);

test('GPUs get one chart a quantity with one line a card; runs without them none', () => {
  const step = {
    ...stepMetrics(1),
    'gpu/0/utilization': 0.9,
    'gpu/1/utilization': 0.5,
    'gpu/10/utilization': 0.5,
    'gpu/0/memory_used': 2 ** 33,
  };
  expect(linesOf(step, 'GPU')).toEqual([
    [
      'GPU utilization',
      [
        ['GPU 0', 'gpu/0/utilization'],
        ['GPU 1', 'gpu/1/utilization'],
        ['GPU 10', 'gpu/10/utilization'],
      ],
    ],
    ['GPU memory', [['GPU 0', 'gpu/0/memory_used']]],
  ]);
  expect(chartsOf('training', step).find(({ title }) => title === 'GPU memory')!.format).toBe('bytes');
  expect(linesOf(stepMetrics(1), 'GPU')).toEqual([]);
  expect(linesOf(undefined, 'GPU')).toEqual([]);
});

test('what vLLM sampled is compared with the policy in runs that report it', () => {
  const names = ['mean', 'min', 'max'].map((name) => `sampling/importance_sampling_ratio/${name}`);
  const step = { ...stepMetrics(1), ...Object.fromEntries(names.map((name) => [name, 1])) };
  expect(linesOf(step, 'vLLM').map(([title]) => title)).toEqual(['vLLM: importance ratio']);
  expect(linesOf(stepMetrics(2), 'vLLM')).toEqual([]);
  expect(linesOf(undefined, 'vLLM')).toEqual([]);
});

test('a metric added to the table is required of trainers, described, and drawn', () => {
  const added: Metric = {
    label: 'Tokens of thought',
    short: 'thought',
    format: 'number',
    unit: 'tokens',
    help: 'Tokens before the answer',
    chart: { tab: 'training', title: 'Response length' },
    written: 'always',
    smooth: true,
  };
  const table: MetricTable = { ...METRICS, 'my/thought': added };
  const schema = metricsSchemaOf(table);
  expect(schema.safeParse(stepMetrics(1)).error?.issues[0]?.path).toEqual(['my/thought']);
  expect(schema.safeParse({ ...stepMetrics(1), 'my/thought': 3 }).success).toBe(true);
  expect(schema.shape['my/thought']!.description).toBe('Tokens before the answer');
  const length = chartsOf('training', stepMetrics(1), table).find(
    ({ title }) => title === 'Response length',
  )!;
  expect(length.lines.at(-1)).toEqual({ label: 'thought', key: 'my/thought', smooth: true });
});

test('every metric has words, and the schema knows it', () => {
  for (const [key, metric] of Object.entries<Metric>({ ...METRICS, ...DEVICE_METRICS })) {
    expect([key, metric.label.length > 0 && metric.short.length > 0 && metric.help.length > 0]).toEqual([
      key,
      true,
    ]);
  }
  expect(Object.keys(metricsSchema.shape)).toEqual(['step', 'time', ...Object.keys(METRICS)]);
  const titles = (['training', 'geometry', 'rewards'] as const).flatMap((tab) => chartsOf(tab, undefined));
  expect(titles).toHaveLength(19);
});

test('means are smoothed; extremes, shares, counts and what is set are not', () => {
  const all = Object.entries<Metric>({ ...METRICS, ...DEVICE_METRICS });
  const smoothed = all.filter(([, { smooth }]) => smooth).map(([key]) => key);
  expect(smoothed).toEqual(expect.arrayContaining(['reward', 'loss', 'entropy', 'completions/mean_length']));
  expect(
    smoothed.filter((key) => /(^|[/_])(min|max)(_|$)|learning_rate|num_tokens|invalid/.test(key)),
  ).toEqual([]);
  const shares = all.filter(([, { format }]) => format === 'percent').map(([key]) => key);
  // The share of correct responses is the mean reward on another scale.
  expect(shares.filter((key) => smoothed.includes(key))).toEqual(['rewards/accuracy']);
});

test('what no tab draws can be chosen: what the table knows first, then all other names', () => {
  const step = { ...stepMetrics(1), 'my/metric': 1, another: 2, 'gpu/0/power': 300, 'time/verifier': 0.1 };
  const charts = otherCharts(Object.keys(step));
  expect(charts.map(({ title }) => title)).toEqual([
    'Seconds of the verifier',
    'Tokens so far',
    'Ratios clipped from below',
    'Ratios clipped from above',
    'Groups with equal rewards',
    'Invalid groups',
    'Seconds of the features',
    'another',
    'my/metric',
  ]);
  expect(charts.at(-1)?.lines).toEqual([{ label: 'my/metric', key: 'my/metric', smooth: false }]);
  expect(otherCharts([])).toEqual([]);
});

test('each reward has a chart of its means; deviations and what is missing are drawn together', () => {
  const step = {
    ...stepMetrics(1),
    'rewards/format/mean': 0.5,
    'rewards/format/std': 0.1,
    'rewards/my/own/mean': 3,
    'rewards/my/own/std': 2,
    'rewards/my/own/null': 0.25,
  };
  const drawn = (titles: RegExp) =>
    chartsOf('rewards', step)
      .filter(({ title }) => titles.test(title))
      .map(({ title, lines }) => [title, lines.map(({ label, key }) => [label, key])]);
  expect(drawn(/^Reward (format|my)|each reward|without/)).toEqual([
    ['Reward format', [['mean', 'rewards/format/mean']]],
    ['Reward my/own', [['mean', 'rewards/my/own/mean']]],
    ['Groups without signal', expect.anything()],
    [
      'Spread of each reward',
      [
        ['format', 'rewards/format/std'],
        ['my/own', 'rewards/my/own/std'],
      ],
    ],
    ['Responses without a value', [['my/own', 'rewards/my/own/null']]],
  ]);
  expect(chartsOf('training', step)).toEqual(chartsOf('training', stepMetrics(1)));
  expect(otherCharts(Object.keys(step))).toEqual(otherCharts(Object.keys(stepMetrics(1))));
  expect(rewardCharts(Object.keys(step)).map(({ title, lines }) => [title, lines[0]?.key])).toEqual([
    ['Mean of a reward: format', 'rewards/format/mean'],
    ['Mean of a reward: my/own', 'rewards/my/own/mean'],
    ['Spread of a reward: format', 'rewards/format/std'],
    ['Spread of a reward: my/own', 'rewards/my/own/std'],
    ['Responses without this reward: my/own', 'rewards/my/own/null'],
  ]);
});
