/** From the table of metrics to charts: which there are on a tab, and which lines each has. Pure. */
import { t } from '@vscode/l10n';
import { rewardMean } from '../../reward-names.js';
import {
  type ChartTab,
  DEVICE_METRICS,
  METRICS,
  type Metric,
  type MetricFormat,
  REWARD_METRICS,
} from './metrics.js';

export interface ChartLine {
  label: string;
  /** Name in `metrics.jsonl`. */
  key: string;
  /** Whether a moving average may be drawn over it. */
  smooth: boolean;
}

/** One chart over steps. */
export interface MetricChart {
  title: string;
  help: string;
  format: MetricFormat;
  /** Empty for numbers without one. */
  unit: string;
  lines: ChartLine[];
}

/** Any table of metrics; ours unless a test brings another. */
export type MetricTable = Readonly<Record<string, Metric>>;

/**
 * The charts of a tab in the order of the table.
 * @param newest the newest step: what only some runs have is drawn where it has it
 */
export function chartsOf(
  tab: ChartTab,
  newest: object | undefined,
  table: MetricTable = METRICS,
): MetricChart[] {
  const charts = new Map<string, MetricChart>();
  const draw = ({ chart, help, format, unit, short, smooth }: Metric, key: string, label = short) => {
    if (chart?.tab !== tab) return;
    const known = charts.get(chart.title) ?? { title: chart.title, help, format, unit, lines: [] };
    known.lines.push({ label, key, smooth });
    charts.set(chart.title, known);
  };
  for (const [key, metric] of Object.entries(table)) {
    if (metric.written === 'always' || (newest && key in newest)) draw(metric, key);
  }
  for (const [pattern, metric] of Object.entries<Metric>(DEVICE_METRICS)) {
    for (const [key, device] of devicesOf(pattern, newest ?? {}))
      draw(metric, key, `${metric.short} ${device}`);
  }
  if (tab === 'rewards')
    return [...rewardMeans(newest ?? {}), ...charts.values(), ...rewardSpreads(newest ?? {})];
  return [...charts.values()];
}

/** One chart for each reward, whose scales differ: its mean. */
function rewardMeans(step: object): MetricChart[] {
  const pattern = rewardMean('*');
  const { help, format, unit, short, smooth } = REWARD_METRICS[pattern];
  return namesIn(pattern, step).map(([key, name]) => ({
    title: t('Reward {0}', name),
    help,
    format,
    unit,
    lines: [{ label: short, key, smooth }],
  }));
}

/** One chart for the deviations and one for what is missing, a line for each reward. */
function rewardSpreads(step: object): MetricChart[] {
  return (['rewards/*/std', 'rewards/*/null'] as const).flatMap((pattern) => {
    const { help, format, unit, smooth, chart } = REWARD_METRICS[pattern];
    const lines = namesIn(pattern, step).map(([key, name]) => ({ label: name, key, smooth }));
    return lines.length === 0 ? [] : [{ title: chart?.title ?? pattern, help, format, unit, lines }];
  });
}

/** The series of single rewards, each as a chart of its own. */
export function rewardCharts(names: Iterable<string>): MetricChart[] {
  const step = Object.fromEntries([...names].map((name) => [name, 0]));
  return Object.entries<Metric>(REWARD_METRICS).flatMap(
    ([pattern, { label, short, help, format, unit, smooth }]) =>
      namesIn(pattern, step).map(([key, name]) => ({
        title: `${label}: ${name}`,
        help,
        format,
        unit,
        lines: [{ label: short, key, smooth }],
      })),
  );
}

/**
 * What `metrics.jsonl` has besides the charts of the tabs, one chart a name: metrics that the table draws nowhere, then
 * those that it does not know, by name.
 */
export function otherCharts(names: Iterable<string>, table: MetricTable = METRICS): MetricChart[] {
  const written = new Set(names);
  const isDevice = (key: string) =>
    Object.keys(DEVICE_METRICS).some((pattern) => devicesOf(pattern, { [key]: 0 }).length > 0);
  const isReward = (key: string) =>
    Object.keys(REWARD_METRICS).some((pattern) => namesIn(pattern, { [key]: 0 }).length > 0);
  const known = Object.entries(table)
    .filter(([key, { chart }]) => chart === null && written.has(key))
    .map(([key, { label, short, help, format, unit, smooth }]) => ({
      title: label,
      help,
      format,
      unit,
      lines: [{ label: short, key, smooth }],
    }));
  const unknown = [...written]
    .filter((key) => !Object.hasOwn(table, key) && !isDevice(key) && !isReward(key))
    .filter((key) => key !== 'step' && key !== 'time')
    .sort()
    .map((key): MetricChart => {
      const lines = [{ label: key, key, smooth: false }];
      return { title: key, help: '', format: 'number', unit: '', lines };
    });
  return [...known, ...unknown];
}

/** Names in a step that fit a pattern, with what stands for its `*`. */
function namesIn(pattern: string, step: object): [key: string, name: string][] {
  const [start = '', end = ''] = pattern.split('*');
  return Object.keys(step)
    .filter((key) => key.startsWith(start) && key.endsWith(end) && key.length > start.length + end.length)
    .map((key): [string, string] => [key, key.slice(start.length, key.length - end.length)]);
}

/** The same where it is a number, ascending. */
function devicesOf(pattern: string, step: object): [key: string, device: number][] {
  return namesIn(pattern, step)
    .map(([key, name]): [string, number] => [key, Number(name)])
    .filter(([, device]) => Number.isInteger(device))
    .sort(([, a], [, b]) => a - b);
}
