/** The embedded engine on the processor and on the GPU that ONNX Runtime finds: `test/bench/device.ts`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { capture } from '../lib/run.mjs';
import { figure, median } from './figures.mjs';
import { bundle, lastLine } from './programs.mjs';
import { Stepper } from './stepper.mjs';

/** Goal of what the features add to a step. */
const featureShare = 0.01;
/** Goals of the shipped policy's launches. */
const launchGoals = { gradient: 597 };

/** @returns {Promise<import('./figures.mjs').Figure[]>} */
export async function deviceFigures({ policy, threads, limit }) {
  const program = await bundle('device');
  const settings = ['--threads', String(threads), '--seconds', String(limit)];
  const { measured, agreement, launches, failed } = await lastLine('node', [program, policy, ...settings]);
  const notes = failed.map(({ what, reason }) => `${what}: ${reason}`);
  if (measured.length === 0) throw new Error(notes.join('\n'));
  const torch = await torchFigure({ policy, threads }).catch((error) => {
    notes.push(`PyTorch on the same device: ${error.message}`);
    return null;
  });
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
    ...(torch ? [torch] : []),
    ...Object.entries(launches).map(([name, { launches: count }]) => ({
      name: `launches of ${name}`,
      value: count,
      unit: 'count',
      ...(launchGoals[name] && { goal: { of: 'value', atMost: launchGoals[name] } }),
    })),
    ...Object.entries(agreement ?? {})
      .filter(([, value]) => typeof value === 'number')
      .map(([name, value]) => ({ name, value, unit: 'ratio' })),
    ...notes.map((note) => ({ name: 'not measured', value: Number.NaN, unit: 'count', note })),
  ].map(figure);
}

/** The same step of the shipped policy by TRL on the GPU that PyTorch finds. Throws with what is missing. */
async function torchFigure({ policy, threads }) {
  const command = process.env.G2RL_PYTHON ?? 'python3';
  const check = 'import torch, transformers, datasets, trl; assert torch.cuda.is_available(), "no CUDA GPU"';
  const { code, output } = await capture(command, ['-c', check]);
  if (code !== 0) throw new Error(`${command}: ${output.trim().split('\n').at(-1)}`);
  const scratch = mkdtempSync(join(tmpdir(), 'g2rl-bench-'));
  const prompts = join(scratch, 'prompts.json');
  const rows = '256';
  try {
    // It writes the prompts.
    const ours = await Stepper.start('node', [await bundle('forced-step'), policy, prompts, String(threads)]);
    await ours.stepper.end();
    const parameters = ['test/bench/trl_step.py', policy, prompts, String(threads), rows, 'cuda'];
    const { stepper, ready } = await Stepper.start(command, parameters);
    try {
      // The first ones compile and warm up.
      for (let step = 0; step < 2; step++) await stepper.step();
      const seconds = [];
      for (let step = 0; step < 7; step++) seconds.push((await stepper.step()).seconds);
      const name = `step of 0.8M parameters, TRL ${ready.trl} on torch ${ready.torch}, ${ready.device}`;
      return { name, value: median(seconds), unit: 'seconds' };
    } finally {
      await stepper.end();
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
