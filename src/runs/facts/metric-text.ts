/** Values of metrics as people read them in a sentence. Pure. */
import { METRICS, type MetricFormat, type MetricKey } from '../metrics/index.js';
import { formatNumber, formatPercent } from './format.js';

const formats: Readonly<Record<MetricFormat, (value: number | undefined) => string>> = {
  number: (value) => formatNumber(value),
  percent: formatPercent,
  bytes: (count) => (count === undefined ? formatNumber(count) : `${formatNumber(count / 2 ** 30, 1)} GiB`),
};

/** A value of a metric with three decimals, or as a percentage. */
export function formatMetric(key: MetricKey, value: number | undefined): string {
  return formats[METRICS[key].format](value);
}
