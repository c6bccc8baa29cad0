/** How values of metrics are written on axes and in legends. */
import type { MetricFormat } from '../../../src/runs/metrics/index.js';
import { bytes, compact, percent } from './format.js';

export const axisFormats: Readonly<Record<MetricFormat, (value: number | null | undefined) => string>> = {
  number: compact,
  percent,
  bytes,
};
