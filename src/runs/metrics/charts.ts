/** From the table of metrics to charts: which there are on a tab, and which lines each has. Pure. */
import { type ChartTab, DEVICE_METRICS, METRICS, type Metric, type MetricFormat } from './metrics.js';

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
  return [...charts.values()];
}

/**
 * What `metrics.jsonl` has besides the charts of the tabs, one chart a name: metrics that the table draws nowhere, then
 * those that it does not know, by name.
 */
export function otherCharts(names: Iterable<string>, table: MetricTable = METRICS): MetricChart[] {
  const written = new Set(names);
  const isDevice = (key: string) =>
    Object.keys(DEVICE_METRICS).some((pattern) => devicesOf(pattern, { [key]: 0 }).length > 0);
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
    .filter((key) => !Object.hasOwn(table, key) && !isDevice(key) && key !== 'step' && key !== 'time')
    .sort()
    .map((key): MetricChart => {
      const lines = [{ label: key, key, smooth: false }];
      return { title: key, help: '', format: 'number', unit: '', lines };
    });
  return [...known, ...unknown];
}

/** Names in a step that fit a pattern, with the number that stands for its `*`, ascending. */
function devicesOf(pattern: string, step: object): [key: string, device: number][] {
  const [start = '', end = ''] = pattern.split('*');
  return Object.keys(step)
    .filter((key) => key.startsWith(start) && key.endsWith(end))
    .map((key): [string, number] => [key, Number(key.slice(start.length, key.length - end.length))])
    .filter(([, device]) => Number.isInteger(device))
    .sort(([, a], [, b]) => a - b);
}
