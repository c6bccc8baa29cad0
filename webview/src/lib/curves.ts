/** Charts of the training tab. Pure. */
import type { StepMetrics } from '../../../src/runs/protocol/index.js';

export interface Curve {
  title: string;
  help: string;
  lines: readonly (readonly [label: string, key: string])[];
  format?: (value: number | null | undefined) => string;
}

const vllm: readonly Curve[] = [
  {
    title: 'vLLM: log-probabilities off by',
    help: 'How far the log-probabilities that vLLM sampled with are from the policy’s own, over response tokens',
    lines: [
      ['mean', 'sampling/sampling_logp_difference/mean'],
      ['max', 'sampling/sampling_logp_difference/max'],
    ],
  },
  {
    title: 'vLLM: importance ratio',
    help: 'Probability of a response under the policy over that under vLLM; those above 3 are left out of the update',
    lines: [
      ['mean', 'sampling/importance_sampling_ratio/mean'],
      ['min', 'sampling/importance_sampling_ratio/min'],
      ['max', 'sampling/importance_sampling_ratio/max'],
    ],
  },
];

/** Those of a run whose responses vLLM samples; none for all others. */
export function vllmCurves(metrics: readonly StepMetrics[]): readonly Curve[] {
  const newest = metrics.at(-1);
  return newest ? vllm.filter(({ lines }) => lines.every(([, key]) => key in newest)) : [];
}
