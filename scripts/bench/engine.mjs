/** Figures of the engine alone: operations against the runtime's own best, sampling, what the method adds. */
import { figure } from './figures.mjs';
import { bundle, lastLine } from './programs.mjs';

/** @returns {Promise<import('./figures.mjs').Figure[]>} */
export async function engineFigures({ policy, threads, rounds }) {
  const result = await lastLine('node', [await bundle('engine'), policy, String(threads), String(rounds)]);
  return [
    {
      name: 'update (gradient and AdamW, 256 × 44 tokens)',
      value: result.trainingGflops,
      unit: 'gflops',
      reference: { name: "ONNX Runtime's matrix product", value: result.peakGflops },
      ratio: result.trainingShareOfPeak,
      goal: { of: 'ratio', atLeast: 0.6 },
    },
    {
      name: 'sampling (256 responses of 32 tokens)',
      value: result.decodeTokensPerSecond,
      unit: 'tokens',
    },
    {
      name: 'features and shaping',
      value: result.featureSeconds,
      unit: 'seconds',
      reference: { name: 'whole step of the default experiment', value: result.stepSeconds },
      ratio: result.featureShareOfStep,
      goal: { of: 'ratio', atMost: 0.02 },
    },
    ...['rollout', 'reference', 'update'].map((phase) => ({
      name: `of the default experiment's step, ${phase}`,
      value: result[`${phase}Seconds`],
      unit: 'seconds',
      reference: { name: 'step', value: result.stepSeconds },
    })),
  ].map(figure);
}
