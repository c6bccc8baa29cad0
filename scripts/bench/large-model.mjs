/** A model of real size for evaluation: loading, sampling, memory. */
import { figure } from './figures.mjs';
import { bundle, lastLine } from './programs.mjs';

const responses = 8;
const newTokens = 16;

/** @returns {Promise<import('./figures.mjs').Figure[]>} */
export async function largeModelFigures({ threads }) {
  const program = await bundle('large-model');
  const result = await lastLine('node', [program, String(threads), String(responses), String(newTokens)]);
  const size = `${(result.parameters / 1e9).toFixed(1)} B parameters, bfloat16 in shards`;
  return [
    { name: `loading a model of ${size}`, value: result.loadSeconds, unit: 'seconds' },
    { name: 'its prompt of 100 tokens', value: result.promptSeconds, unit: 'seconds' },
    { name: `its sampling, ${responses} responses at once`, value: result.tokensPerSecond, unit: 'tokens' },
    {
      name: 'its peak memory',
      value: result.peakBytes,
      unit: 'bytes',
      goal: { of: 'value', atMost: 8 * 2 ** 30 },
    },
  ].map(figure);
}
