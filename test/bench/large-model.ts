/**
 * Loading and sampling a model of Qwen3-0.6B's shape. `large-model.mjs <threads> <responses> <new tokens>`; the last
 * line is JSON.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { weightBlocks } from '../../src/engines/embedded/model/blocks.js';
import { readPolicyFolder } from '../../src/engines/embedded/model/policy-folder.js';
import { runtimeOptions } from '../../src/engines/embedded/provider.js';
import { Sampler } from '../../src/engines/embedded/rollout.js';
import { fillUniform } from '../../src/random.js';
import { peakRssBytes } from './index.js';
import { writeLargePolicy } from './large-policy.js';

const [threads, responses, newTokens] = process.argv.slice(2).map(Number) as [number, number, number];
const folder = mkdtempSync(join(tmpdir(), 'g2rl-large-'));
try {
  const parameters = writeLargePolicy(folder);
  const start = performance.now();
  const policy = readPolicyFolder(folder);
  const loadSeconds = (performance.now() - start) / 1000;
  // The tokenizer's own is no end here either.
  policy.config = { ...policy.config, eosTokenIds: [] };
  const blocks = weightBlocks(policy.config, policy.layout);
  const sampler = new Sampler(policy.config, blocks, runtimeOptions(threads));
  const sample = async (maxNewTokens: number) => {
    const began = performance.now();
    await sampler.sample(policy.weights, {
      prompts: [Array.from({ length: 100 }, (_, index) => 1000 + index)],
      samplesPerPrompt: responses,
      maxNewTokens,
      temperature: 1,
      fillUniforms: (target, position) => fillUniform(target, 0, 1, position * responses),
    });
    return (performance.now() - began) / 1000;
  };
  // The prompt and the first token are in both: the difference is decoding alone.
  await sample(1);
  const first = await sample(1);
  const whole = await sample(newTokens + 1);
  console.log(
    JSON.stringify({
      parameters,
      loadSeconds,
      promptSeconds: first,
      tokensPerSecond: (responses * newTokens) / (whole - first),
      peakBytes: peakRssBytes(),
    }),
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
