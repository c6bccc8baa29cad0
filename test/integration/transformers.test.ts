/** What the engine writes, transformers reads: the same weights and the same greedy text. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { readPolicyFolder, Sampler, weightBlocks } from '../../src/engine/index.js';
import { exitOf, makeRun, readStatus, startTrainer } from './trainer.js';

const maxNewTokens = 24;
const prompts = ['3,7,12=27:', '2,2=1:', '19,4,8,15=60:', '20,20,1=99:', '5,6=30:', '1,2,3,4=24:'];

/** A Python that has what the checkpoint test imports, or why there is none. */
function findPython(): { python: string } | { missing: string } {
  const python = process.env.G2RL_PYTHON ?? 'python3';
  const needed = 'import pytest, safetensors, torch, transformers';
  const check = spawnSync(python, ['-c', needed], { encoding: 'utf8' });
  if (check.status === 0) return { python };
  const reason = check.error?.message ?? check.stderr.trim().split('\n').at(-1);
  return { missing: `${python}: ${reason}. Set G2RL_PYTHON to a Python with torch and transformers.` };
}

/** The engine's likeliest text after each prompt. */
async function greedyCompletions(folder: string): Promise<string[]> {
  const policy = readPolicyFolder(folder);
  const sampler = new Sampler(policy.config, weightBlocks(policy.config, policy.layout), { threads: 1 });
  const { responses } = await sampler.sample(policy.weights, {
    prompts: prompts.map((prompt) => policy.tokenizer.encode(prompt)),
    samplesPerPrompt: 1,
    maxNewTokens,
    temperature: 0,
    // Greedy sampling does not look at them.
    fillUniforms: (target) => target.fill(0),
  });
  await sampler.release();
  return responses.map(({ tokens }) => policy.tokenizer.decode(tokens));
}

test('a checkpoint loads in transformers and writes the same greedy text', async (ctx) => {
  const found = findPython();
  if ('missing' in found) return ctx.skip(found.missing);

  // A high rate, so that the checkpoint is far from the random start and its texts differ from one another.
  const directory = makeRun({
    optimization: { steps: 8, learningRate: 1e-2, warmupSteps: 0 },
    checkpoints: { every: 8 },
    evaluation: { every: 0, benchmarks: [{ samples: 1, limit: 1 }] },
  });
  expect(await exitOf(startTrainer(directory))).toBe(0);
  expect(readStatus(directory)?.checkpointStep).toBe(8);
  const checkpoint = join(directory, 'checkpoints/step-000008');

  const completions = await greedyCompletions(checkpoint);
  expect(new Set(completions).size).toBeGreaterThan(1);
  const expected = join(directory, 'expected.json');
  writeFileSync(expected, JSON.stringify({ prompts, completions, maxNewTokens }));

  const test = resolve(import.meta.dirname, '../python/test_checkpoint.py');
  const run = spawnSync(found.python, ['-m', 'pytest', '--quiet', test], {
    encoding: 'utf8',
    env: { ...process.env, G2RL_CHECKPOINT: checkpoint, G2RL_EXPECTED: expected, HF_HUB_OFFLINE: '1' },
  });
  expect(run.status, `${run.stdout}\n${run.stderr}`).toBe(0);
  expect(run.stdout).toContain('3 passed');
});
