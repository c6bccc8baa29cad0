import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { engineChecks } from '../../../src/engines/checks/engine-checks.js';
import { describeMemory, modelShape, parameterCount } from '../../../src/engines/memory/index.js';
import { estimateMemory } from '../../../src/engines/torch/plan/memory.js';
import { loadExperiment, parseExperiment } from '../../../src/experiment/load.js';
import { ExperimentError } from '../../../src/experiment/problems.js';
import { experimentSchema } from '../../../src/experiment/schema.js';
import { rowsPerPass } from '../../../src/experiment/torch-schema.js';
import { scratch } from '../../scratch.js';

const mediaDirectory = resolve('media');
let root: string;

beforeAll(() => {
  root = scratch('torch-experiment');
  writeFileSync(join(root, 'fsdp.yaml'), 'distributed_type: FSDP\n');
  writeFileSync(join(root, 'alone.yaml'), "# distributed_type: FSDP\ndistributed_type: 'NO'\n");
  writeFileSync(join(root, 'alone.json'), '{"num_processes": 4, "distributed_type": "MULTI_CPU"}');
  mkdirSync(join(root, 'sentences'));
  writeFileSync(join(root, 'direction.json'), '[1, 0]');
  writeFileSync(join(root, 'recall.jsonl'), '"Who wrote Faust?"\n');
  mkdirSync(join(root, 'adapters'));
  writeFileSync(join(root, 'adapters/adapter_config.json'), '{}');
  const sharded = join(root, 'sharded');
  mkdirSync(sharded);
  for (const name of ['config.json', 'model.safetensors.index.json', 'tokenizer.json']) {
    writeFileSync(join(sharded, name), '{}');
  }
});

function problemsOf(content: object, auto?: 'embedded' | 'torch'): string[] {
  try {
    const options = { mediaDirectory, engineChecks, ...(auto && { auto }) };
    const { warnings } = parseExperiment(JSON.stringify(content), join(root, 'a.g2rl.json'), options);
    return warnings.map(({ message }) => `warning: ${message}`);
  } catch (error) {
    if (!(error instanceof ExperimentError)) throw error;
    return error.problems.map(({ message, hint }) => `${message} | ${hint}`);
  }
}

const torch = (content: object) => ({ engine: 'torch', ...content });

test.each<[string, object, RegExp]>([
  [
    'a batch over processes',
    torch({ rollout: { promptsPerStep: 3, groupSize: 6 }, torch: { processes: 4 } }),
    /^rollout\.promptsPerStep: 3 prompts × 6 responses do not divide into 1 minibatches on 4 processes \| Use 4 prompts/,
  ],
  [
    'a configuration that starts one process',
    torch({ torch: { processes: 4, accelerateConfig: 'alone.yaml' } }),
    /^torch\.accelerateConfig: its distributed_type NO starts one process, not 4 \| Set distributed_type to MULTI_GPU/,
  ],
  [
    'the same as JSON',
    torch({ torch: { processes: 2, accelerateConfig: 'alone.json' } }),
    /^torch\.accelerateConfig: its distributed_type MULTI_CPU starts one process, not 2/,
  ],
  ['a group of one', torch({ rollout: { groupSize: 1 } }), /^rollout\.groupSize: .*at least 2/],
  [
    'answers to a benchmark that are longer',
    torch({ evaluation: { benchmarks: [{ name: 'countdown-test', maxNewTokens: 500 }] } }),
    /^evaluation\.benchmarks\[0\]\.maxNewTokens: 500 and a prompt are more than the 128 positions of the policy \| Use at most 104/,
  ],
  [
    'responses longer than the policy reads',
    torch({ rollout: { maxNewTokens: 500 } }),
    /^rollout\.maxNewTokens: 500 .*\| Use at most \d+\./,
  ],
  [
    'EVOL-RL without embeddings',
    torch({ method: { name: 'evol-rl' } }),
    /^method\.embeddingModel: evol-rl needs one/,
  ],
  [
    'an embedding folder that is not there',
    torch({ method: { name: 'evol-rl', embeddingModel: 'nowhere' } }),
    /^method\.embeddingModel: there is no folder/,
  ],
  ...['./nowhere', '../nowhere'].map((folder): [string, object, RegExp] => [
    `${folder}, which is no name of the hub`,
    { evaluation: { embeddingModel: folder } },
    /^evaluation\.embeddingModel: there is no folder/,
  ]),
  [
    'EVOL-RL without embeddings on the embedded engine',
    { method: { name: 'evol-rl' } },
    /^method\.embeddingModel: evol-rl needs one/,
  ],
  [
    'DiRL on the embedded engine',
    { method: { name: 'dirl', direction: 'direction.json' } },
    /^method\.name: .*only the torch engine/,
  ],
  ['DiRL without a direction', torch({ method: { name: 'dirl' } }), /^method\.direction: dirl needs one/],
  [
    'DiRL with one set of prompts',
    torch({ method: { name: 'dirl', recallPrompts: 'recall.jsonl' } }),
    /^method\.reasoningPrompts: dirl needs it beside recallPrompts/,
  ],
  [
    'a direction that is not there',
    torch({ method: { name: 'dirl', direction: 'none.json' } }),
    /^method\.direction: there is no file/,
  ],
  [
    'another judge on the embedded engine',
    { task: { name: 'problems', judge: 'math-verify' } },
    /^task\.judge: math-verify is a Python program, which only the torch engine runs/,
  ],
  ['vLLM on the processor', torch({ torch: { cpu: true, vllm: {} } }), /^torch\.vllm: vLLM samples on GPUs/],
  [
    'a tensor-parallel size',
    torch({ torch: { processes: 4, vllm: { tensorParallel: 3 } } }),
    /^torch\.vllm\.tensorParallel: 3 does not divide the 4/,
  ],
  [
    'a configuration that is not there',
    torch({ torch: { accelerateConfig: 'none.yaml' } }),
    /^torch\.accelerateConfig: there is no file/,
  ],
  [
    'a server that is no address',
    torch({ torch: { vllm: { mode: 'server', server: 'gpu-box' } } }),
    /^torch\.vllm\.server: /,
  ],
  ['adapters as a policy', { policy: 'adapters' }, /^policy: .*adapters has adapters only.*g2rl merge/],
  [
    'a target of adapters that no layer has, on the embedded engine',
    { torch: { lora: { targets: ['q_proj', 'layers.0.self_attn.qproj'] } } },
    /^torch\.lora\.targets\[1\]: no linear module of a layer is named layers\.0\.self_attn\.qproj/,
  ],
])('%s is named', (_name, content, expected) => {
  const problems = problemsOf(content);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(expected);
});

test('what the torch engine can do is accepted', () => {
  for (const content of [
    torch({
      policy: 'Qwen/Qwen3-1.7B-Base',
      rollout: { maxNewTokens: 8192 },
      optimization: { learningRate: 1e-6 },
    }),
    torch({ policy: 'sharded' }),
    torch({ method: { name: 'evol-rl', embeddingModel: 'sentences' } }),
    torch({ method: { name: 'evol-rl', embeddingModel: 'someone/sentences' } }),
    { method: { name: 'evol-rl', embeddingModel: 'someone/sentences' } },
    torch({ method: { name: 'dirl', direction: 'direction.json' } }),
    torch({ method: { name: 'dirl', reasoningPrompts: 'recall.jsonl', recallPrompts: 'recall.jsonl' } }),
    { evaluation: { embeddingModel: 'someone/sentences' } },
    torch({ torch: { processes: 4, accelerateConfig: 'fsdp.yaml', lora: {}, vllm: { tensorParallel: 2 } } }),
    {
      policy: 'Qwen/Qwen3-0.6B',
      rollout: { maxNewTokens: 512 },
      torch: { lora: { targets: ['q_proj', 'mlp.up_proj'] }, gradientCheckpointing: true, rowsPerPass: 4 },
    },
  ]) {
    expect(problemsOf(content)).toEqual([]);
  }
});

test('auto takes the rules of the engine that it stands for', () => {
  const content = { engine: 'auto', policy: 'Qwen/Qwen3-1.7B-Base', rollout: { groupSize: 1 } };
  expect(problemsOf(content)).toEqual([expect.stringContaining('warning: rollout.groupSize')]);
  expect(problemsOf(content, 'torch')).toEqual([expect.stringContaining('at least 2')]);
  expect(problemsOf(content, 'embedded')).toEqual([expect.stringContaining('warning: rollout.groupSize')]);
});

test('settings that nobody reads are warned of', () => {
  expect(problemsOf({ torch: { processes: 2 } })).toEqual([
    'warning: torch: the embedded engine reads lora, gradientCheckpointing and rowsPerPass only',
  ]);
});

test('sizes of published models', () => {
  const billions = (name: string) => parameterCount(modelShape(`Qwen/Qwen3-${name}`)!) / 1e9;
  expect(billions('0.6B')).toBeCloseTo(0.596, 3);
  expect(billions('1.7B-Base')).toBeCloseTo(1.721, 3);
  expect(billions('4B')).toBeCloseTo(4.022, 3);
  expect(billions('8B-Base')).toBeCloseTo(8.191, 3);
  expect(modelShape('someone/unknown')).toBeNull();
  // The shipped policy, from its config.json, against what is in its file.
  expect(parameterCount(modelShape(resolve('media/policies/countdown'))!)).toBe(790_528);
});

test('memory: halves with half the precision, and adapters need no optimizer for the weights', () => {
  const shape = modelShape('Qwen/Qwen3-8B-Base')!;
  const estimate = (settings: object) =>
    estimateMemory(
      experimentSchema.parse({
        engine: 'torch',
        rollout: { maxNewTokens: 256, promptsPerStep: 1 },
        torch: settings,
      }),
      shape,
      1,
      80 * 2 ** 30,
    );
  const part = (settings: object, name: string) =>
    estimate(settings).parts.find((one) => one.name === name)?.bytes ?? 0;
  expect(part({}, 'optimizer (AdamW)')).toBe(8 * parameterCount(shape));
  expect(part({ dtype: 'bfloat16' }, 'weights') * 2).toBe(part({}, 'weights'));
  expect(part({ lora: {} }, 'optimizer (AdamW)')).toBeLessThan(part({}, 'optimizer (AdamW)') / 50);
  expect(part({ lora: {} }, 'reference of the KL term')).toBe(0);
  const vllm = 'vLLM (torch.vllm.gpuMemoryUtilization)';
  expect(part({ vllm: { gpuMemoryUtilization: 0.5 } }, vllm)).toBe(40 * 2 ** 30);
  expect(part({ vllm: { mode: 'server' } }, vllm)).toBe(0);
  expect(describeMemory(estimate({}))).toMatch(/^about \d+ GiB: optimizer \(AdamW\) 61 GiB, /);
});

test.each([
  ['math-study-1.7b', 1, 80],
  ['math-study-4b', 8, 80],
  ['math-study-lora', 1, 40],
])('%s fits the cards that it names', (name, shards, gib) => {
  const file = resolve('media/experiments', `${name}.g2rl.json`);
  const { experiment } = loadExperiment(file, { mediaDirectory: resolve('media'), engineChecks });
  const shape = modelShape(experiment.policy)!;
  expect(estimateMemory(experiment, shape, shards, gib * 2 ** 30).bytes).toBeLessThan(0.8 * gib * 2 ** 30);
});

test('rows of a pass keep its tokens in bounds', () => {
  expect(rowsPerPass({}, 56)).toBe(64);
  expect(rowsPerPass({}, 8192)).toBe(4);
  expect(rowsPerPass({}, 100_000)).toBe(1);
  expect(rowsPerPass({ rowsPerPass: 7 }, 100_000)).toBe(7);
});

test('other programs than TensorBoard get the metrics from the torch engine only', () => {
  expect(problemsOf(torch({ report: ['tensorboard', 'wandb'] }))).toEqual([]);
  expect(problemsOf({ report: ['tensorboard'] })).toEqual([]);
  expect(problemsOf({ report: ['tensorboard', 'wandb'] })).toEqual([
    expect.stringMatching(/^report: only the torch engine reports to wandb \| Remove it: .*metrics\.jsonl/),
  ]);
  expect(problemsOf(torch({ report: ['tensorbord'] }))[0]).toContain('report[0]');
});
