/** One table of what a trainer reports of each step, and the charts that are drawn from it. Pure. */
export { chartsOf, type MetricChart, type MetricTable, otherCharts, rewardCharts } from './charts.js';
export {
  type ChartTab,
  HEADLINE_METRICS,
  METRICS,
  type MetricFormat,
  type MetricKey,
  type StepMetrics,
} from './metrics.js';
