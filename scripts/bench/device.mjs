/** The embedded engine on the processor and on the GPU that ONNX Runtime finds: `test/bench/device.ts`. */
import { figure } from './figures.mjs';
import { bundle, lastLine } from './programs.mjs';

/** Goal of what the features add to a step. */
const featureShare = 0.01;

/** @returns {Promise<import('./figures.mjs').Figure[]>} */
export async function deviceFigures({ policy, threads, limit }) {
  const program = await bundle('device');
  const settings = ['--threads', String(threads), '--seconds', String(limit)];
  const { measured, agreement, launches, failed } = await lastLine('node', [program, policy, ...settings]);
  const notes = failed.map(({ what, reason }) => `${what}: ${reason}`);
  if (measured.length === 0) throw new Error(notes.join('\n'));
  return [
    ...measured.flatMap(({ device, size, stepSeconds, tokensPerSecond, featureShare: share }) => {
      const other = measured.find((one) => one.size === size && one.device === 'cpu');
      const reference = device !== 'cpu' && other && { name: 'processor', value: other.stepSeconds };
      return [
        {
          name: `step of ${size} parameters, ${device}`,
          value: stepSeconds,
          unit: 'seconds',
          ...(reference && { reference, ratio: reference.value / stepSeconds }),
        },
        { name: `tokens of ${size} parameters, ${device}`, value: tokensPerSecond, unit: 'tokens' },
        {
          name: `features of ${size} parameters, ${device}`,
          value: share * stepSeconds,
          unit: 'seconds',
          reference: { name: 'step', value: stepSeconds },
          ratio: share,
          goal: { of: 'ratio', atMost: featureShare },
        },
      ];
    }),
    ...Object.entries(launches).map(([name, { launches: count }]) => ({
      name: `launches of ${name}`,
      value: count,
      unit: 'count',
    })),
    ...Object.entries(agreement ?? {})
      .filter(([, value]) => typeof value === 'number')
      .map(([name, value]) => ({ name, value, unit: 'ratio' })),
    ...notes.map((note) => ({ name: 'not measured', value: Number.NaN, unit: 'count', note })),
  ].map(figure);
}
