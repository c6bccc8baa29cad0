/** Plain tables, and the one that a training ends with. Pure. */

import { formatDifference, formatNumber, formatPercent, formatPoints, scores } from '../runs/facts/index.js';
import type { BenchmarkRecord } from '../runs/protocol/index.js';

/** Columns as wide as their widest cell; the first one to the left, the others to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, i) =>
    Math.max(...rows.map((row) => (row[i] ?? '').length)),
  );
  return rows
    .map((row) =>
      widths
        .map((width, i) => (i === 0 ? (row[i] ?? '').padEnd(width) : (row[i] ?? '').padStart(width)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

interface Quantity {
  label: (record: BenchmarkRecord) => string;
  value: (record: BenchmarkRecord) => number | null;
  show: (value: number | null) => string;
  /** How a change is written: points for shares, a difference for the rest. */
  change: (difference: number) => string;
  /** No row where neither record has it: evaluations of earlier versions, or without an embedding model. */
  onlyIfKnown?: boolean;
}

const points = (difference: number) => `${formatPoints(difference)} points`;

const quantities: readonly Quantity[] = [
  { label: () => 'pass@1', value: (record) => record.pass_at_1, show: formatPercent, change: points },
  { label: ({ k }) => `maj@${k}`, value: (record) => record.maj_at_k, show: formatPercent, change: points },
  { label: ({ k }) => `pass@${k}`, value: (record) => record.pass_at_k, show: formatPercent, change: points },
  {
    label: ({ k }) => `distinct@${k}`,
    value: (record) => record.distinct_at_k,
    show: (value) => formatNumber(value, 2),
    change: formatDifference,
  },
  {
    label: () => 'mean similarity',
    value: (record) => record.similarity_mean,
    show: formatNumber,
    change: formatDifference,
  },
  {
    label: () => 'negative pairs',
    value: (record) => record.negative_pair_ratio,
    show: formatPercent,
    change: points,
  },
  {
    label: () => 'log det(I + S)',
    value: (record) => record.logdet_mean ?? null,
    show: (value) => formatNumber(value, 2),
    change: formatDifference,
    onlyIfKnown: true,
  },
  {
    label: () => 'text cosine',
    value: (record) => record.text_similarity_mean ?? null,
    show: formatNumber,
    change: formatDifference,
    onlyIfKnown: true,
  },
];

/** Scores before and after, one table per benchmark; an empty string when nothing was evaluated. */
export function scoreTable(benchmarks: readonly BenchmarkRecord[]): string {
  return scores(benchmarks)
    .map(({ benchmark, first, last }) => {
      const temperature = last.temperature === null ? '' : `, temperature ${last.temperature}`;
      const title = `${benchmark}: ${last.problems} problems, ${last.samples} samples each${temperature}`;
      const once = first.step === last.step;
      const head = once
        ? ['', `step ${first.step}`]
        : ['', `before (step ${first.step})`, `after (step ${last.step})`, 'change'];
      const shown = quantities.filter(
        ({ value, onlyIfKnown }) => !onlyIfKnown || value(first) !== null || value(last) !== null,
      );
      const rows = shown.map(({ label, value, show, change }) => {
        const [before, after] = [value(first), value(last)];
        if (once) return [label(last), show(before)];
        const difference = before === null || after === null ? '' : change(after - before);
        return [label(last), show(before), show(after), difference];
      });
      return `${title}\n${table([head, ...rows])}`;
    })
    .join('\n\n');
}
