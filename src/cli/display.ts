/** What the terminal shows of a run while it goes: a few redrawn lines, or one plain line per step. Pure. */

import {
  formatDuration,
  formatMetric,
  formatNumber,
  formatPercent,
  formatRate,
  progress,
  type RunView,
  stepsText,
  timeLeft,
} from '../runs/facts/index.js';
import { HEADLINE_METRICS, METRICS, type MetricKey, type StepMetrics } from '../runs/metrics/index.js';
import type { BenchmarkRecord } from '../runs/protocol/index.js';
import type { SeriesColumns } from '../series/index.js';

const blocks = '▁▂▃▄▅▆▇█';

/** Values as a row of blocks, the newest `width` means of them, lowest to highest. */
export function sparkline(values: readonly number[], width: number): string {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return '';
  const size = Math.max(1, Math.ceil(finite.length / width));
  const means: number[] = [];
  for (let start = 0; start < finite.length; start += size) {
    const part = finite.slice(start, start + size);
    means.push(part.reduce((sum, value) => sum + value, 0) / part.length);
  }
  const lowest = Math.min(...means);
  const range = Math.max(...means) - lowest;
  return means
    .map((value) => blocks[range > 0 ? Math.round(((value - lowest) / range) * (blocks.length - 1)) : 0])
    .join('');
}

export function progressBar(share: number, width: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * width);
  return '█'.repeat(filled) + '░'.repeat(width - filled);
}

type KnownStep = { step: number } & Partial<StepMetrics>;

const shown = (metrics: KnownStep, key: MetricKey): string => formatMetric(key, metrics[key]);

/** One plain line for a step, for logs. */
export function lineOf(metrics: KnownStep, totalSteps: number): string {
  return [
    `step ${metrics.step}/${totalSteps}`,
    `${formatNumber(metrics.step_time, 2)} s`,
    ...[...HEADLINE_METRICS, 'kl' as const].map((key) => `${METRICS[key].short} ${shown(metrics, key)}`),
  ].join('  ');
}

export function benchmarkLine(record: BenchmarkRecord): string {
  return `evaluated ${record.benchmark} at step ${record.step}: pass@1 ${formatPercent(record.pass_at_1)}  maj@${record.k} ${formatPercent(record.maj_at_k)}  pass@${record.k} ${formatPercent(record.pass_at_k)}  (${formatDuration(record.seconds ?? 0)})`;
}

const sparklineWidth = 30;

function series(label: string, shown: string, values: readonly number[]): string {
  return `  ${label.padEnd(16)}${shown.padStart(8)}  ${sparkline(values, sparklineWidth)}`;
}

/** A run whose series are read. */
export type DrawnRun = RunView & { columns: SeriesColumns };

/** The lines that are redrawn, none wider than the terminal. */
export function formatRun(
  { summary, newest: last, columns: read, benchmarks }: DrawnRun,
  columns: number,
): string[] {
  const { status, state } = summary;
  const { share } = progress(summary);
  const left = timeLeft(summary);
  const rate = status?.secondsPerStep ? `  ${formatRate(status.secondsPerStep)}` : '';
  const rest = left && `  ${left}`;
  const lines = [
    `${summary.name}  ${state}`,
    `  ${progressBar(share, 30)} step ${stepsText(summary)}${rate}${rest}`,
  ];
  if (status?.evaluation) {
    const { benchmark, done, total: problems } = status.evaluation;
    lines.push(`  ${progressBar(problems > 0 ? done / problems : 0, 30)} ${benchmark} ${done}/${problems}`);
  }
  if (last) {
    for (const key of HEADLINE_METRICS) {
      lines.push(series(METRICS[key].short, shown(last, key), [...(read.column(key) ?? [])]));
    }
  }
  const newest = benchmarks.at(-1);
  if (newest) lines.push(`  ${benchmarkLine(newest)}`);
  if (summary.notice) lines.push(`  ${summary.notice}`);
  return lines.map((line) => line.slice(0, Math.max(1, columns - 1)));
}
