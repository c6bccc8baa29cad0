import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { weightBlocks } from '../../src/engines/embedded/model/blocks.js';
import { type Policy, readPolicyFolder } from '../../src/engines/embedded/model/policy-folder.js';
import { runtimeOptions } from '../../src/engines/embedded/provider.js';
import { Sampler } from '../../src/engines/embedded/rollout.js';
import { scratch } from '../scratch.js';
import { policyLogits } from '../unit/engines/embedded/policy-logits.js';
import { requirePython, runPython } from './python.js';
import { exitOf, makeRun, readStatus, startTrainer, writeTinyPolicy } from './trainer.js';

const maxNewTokens = 24;
const prompts = ['3,7,12=27:', '2,2=1:', '19,4,8,15=60:', '20,20,1=99:', '5,6=30:', '1,2,3,4=24:'];
const options = runtimeOptions(1);

/** The engine's likeliest text after each prompt. */
async function greedyCompletions({ config, layout, weights, tokenizer }: Policy): Promise<string[]> {
  const sampler = new Sampler(config, weightBlocks(config, layout), options);
  const { responses } = await sampler.sample(weights, {
    prompts: prompts.map((prompt) => tokenizer.encode(prompt)),
    samplesPerPrompt: 1,
    maxNewTokens,
    temperature: 0,
    // Greedy sampling does not look at them.
    fillUniforms: (target) => target.fill(0),
  });
  await sampler.release();
  return responses.map(({ tokens }) => tokenizer.decode(tokens));
}

test('a checkpoint loads in transformers and writes the same greedy text', async (context) => {
  const python = requirePython(context);
  const directory = makeRun(
    {
      optimization: { steps: 2, learningRate: 1e-2, warmupSteps: 0 },
      evaluation: { every: 0, benchmarks: [{ samples: 1, limit: 1 }] },
    },
    20,
  );
  expect(await exitOf(startTrainer(directory))).toBe(0);
  expect(readStatus(directory)?.checkpointStep).toBe(2);
  const checkpoint = join(directory, 'checkpoints/step-000002');

  const completions = await greedyCompletions(readPolicyFolder(checkpoint));
  // The comparison says little unless the texts differ from prompt to prompt, and from those before training.
  expect(new Set(completions).size).toBeGreaterThan(3);
  const start = await greedyCompletions(readPolicyFolder(join(directory, '../policy')));
  expect(completions).not.toEqual(start);

  const expected = join(directory, 'expected.json');
  writeFileSync(expected, JSON.stringify({ prompts, completions, maxNewTokens }));
  const output = runPython(python, ['-m', 'pytest', '--quiet', 'test_checkpoint.py'], '', {
    G2RL_CHECKPOINT: checkpoint,
    G2RL_EXPECTED: expected,
  });
  expect(output).toContain('3 passed');
});

interface SavedPolicy {
  tokens: number[][];
  logits: number[][][];
}

const types = ['float32', 'bfloat16'];
let saved: string | undefined;

/** The folder of policies that transformers has saved, each in a folder of its type; Python is started once. */
function savePolicies(python: string): string {
  const folder = scratch('saved');
  runPython(python, ['save_policy.py', writeTinyPolicy(scratch('tokenizer')), folder, ...types]);
  return folder;
}

test.for(types)('a %s policy saved by transformers gives the same logits here', async (type, context) => {
  const python = requirePython(context);
  saved ??= savePolicies(python);
  const folder = join(saved, type);
  // The half-precision one comes in shards: that is how transformers saves what is large.
  const shards = readdirSync(folder).filter((name) => name.endsWith('.safetensors'));
  expect(shards.length > 1).toBe(type === 'bfloat16');

  const policy = readPolicyFolder(folder);
  const expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as SavedPolicy;
  expect(prompts.slice(0, expected.tokens.length).map((prompt) => policy.tokenizer.encode(prompt))).toEqual(
    expected.tokens,
  );
  for (const [index, tokens] of expected.tokens.entries()) {
    const found = (await policyLogits(policy, tokens)).flat();
    const error = found.map((value, entry) => Math.abs(value - expected.logits[index]!.flat()[entry]!));
    expect(Math.max(...error)).toBeLessThan(1e-4);
  }
});
