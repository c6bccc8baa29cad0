/** The whole step against TRL's GRPOTrainer on torch CPU: same policy, prompts, lengths, KL and threads. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { capture } from '../lib/run.mjs';
import { figure, median } from './figures.mjs';
import { bundle } from './programs.mjs';
import { Stepper } from './stepper.mjs';

const warmUps = 2;

async function python() {
  const command = process.env.G2RL_PYTHON ?? 'python3';
  const { code, output } = await capture(command, ['-c', 'import torch, transformers, datasets, trl']);
  if (code === 0) return command;
  const reason = output.trim().split('\n').at(-1);
  throw new Error(`${command}: ${reason}. Set G2RL_PYTHON to a Python with torch, transformers and trl.`);
}

/** @returns {Promise<import('./figures.mjs').Figure[]>} */
export async function trlFigures({ policy, threads, rounds }) {
  const command = await python();
  const scratch = mkdtempSync(join(tmpdir(), 'g2rl-bench-'));
  const prompts = join(scratch, 'prompts.json');
  const arguments_ = [policy, prompts, String(threads)];
  const running = [];
  const start = async (...program) => {
    const { stepper, ready } = await Stepper.start(...program);
    running.push(stepper);
    return { stepper, ready };
  };
  try {
    // Ours first: it writes the prompts. Idle threads must not spin while the other side works.
    const ours = await start('node', [await bundle('forced-step'), ...arguments_]);
    const trl = await start(command, ['test/bench/trl_step.py', ...arguments_], {
      OMP_WAIT_POLICY: 'passive',
    });
    const pairs = [];
    for (let round = -warmUps; round < rounds; round++) {
      const pair = { ours: await ours.stepper.step(), trl: await trl.stepper.step() };
      if (pair.ours.responseTokens !== pair.trl.responseTokens) {
        throw new Error(`${pair.ours.responseTokens} tokens here, ${pair.trl.responseTokens} in TRL.`);
      }
      if (round >= 0) pairs.push(pair);
    }
    return figures(pairs, trl.ready);
  } finally {
    for (const stepper of running) await stepper.end();
    rmSync(scratch, { recursive: true, force: true });
  }
}

function figures(pairs, versions) {
  const middle = (value) => median(pairs.map(value));
  const name = `TRL ${versions.trl} on torch ${versions.torch}`;
  return [
    {
      name: 'whole step (16 prompts × 16 responses × 32 tokens)',
      value: middle(({ ours }) => ours.seconds),
      unit: 'seconds',
      reference: { name, value: middle(({ trl }) => trl.seconds) },
      ratio: middle(({ ours, trl }) => trl.seconds / ours.seconds),
      goal: { of: 'ratio', atLeast: 3 },
    },
    ...['rollout', 'reference', 'update'].map((phase) => ({
      name: `of that step, ${phase}`,
      value: middle(({ ours }) => ours[`${phase}Seconds`]),
      unit: 'seconds',
    })),
    {
      name: 'peak memory of these steps',
      value: pairs.at(-1).ours.peakRssBytes,
      unit: 'bytes',
      reference: { name, value: pairs.at(-1).trl.peakRssBytes },
      ratio: pairs.at(-1).ours.peakRssBytes / pairs.at(-1).trl.peakRssBytes,
    },
  ].map(figure);
}
