/** How values of metrics are written on axes and in legends. */
import { formatBytes, formatCompact, formatPercent } from '../../../src/runs/facts/index.js';
import type { MetricFormat } from '../../../src/runs/metrics/index.js';
import type { WriteValue } from './nice.js';

export const axisFormats: Readonly<Record<MetricFormat, WriteValue>> = {
  number: formatCompact,
  percent: formatPercent,
  bytes: formatBytes,
};
