/** The series of a run's GPUs: `gpu/0/utilization`, `gpu/0/memory_used`, `gpu/0/power`, for each GPU. Pure. */
import type { StepMetrics } from '../../../src/runs/protocol/index.js';
import type { Curve } from './curves.js';
import { bytes, compact, percent } from './format.js';

const kinds = [
  {
    name: 'utilization',
    title: 'GPU utilization',
    help: 'Share of the time in which a GPU computed, mean over the step',
    format: percent,
  },
  {
    name: 'memory_used',
    title: 'GPU memory',
    help: 'Memory of a GPU in use, the most in the step, all processes counted',
    format: bytes,
  },
  { name: 'power', title: 'GPU power', help: 'Watts, mean over the step', format: compact },
] as const;

/** Charts with one line a GPU; none when the run has no such series. */
export function gpuCurves(metrics: readonly StepMetrics[]): Curve[] {
  // The GPUs of a run do not change: its newest step names them all.
  const newest = metrics.at(-1);
  if (!newest) return [];
  return kinds.flatMap(({ name, ...curve }) => {
    const lines = Object.keys(newest)
      .map((key) => /^gpu\/(\d+)\/(\w+)$/.exec(key))
      .filter((match) => match?.[2] === name)
      .map((match) => [`GPU ${match![1]}`, match![0]] as const);
    return lines.length === 0 ? [] : [{ ...curve, lines }];
  });
}
