/** Sentence-embedding models from the hub, and runs that compare texts by one. */
import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { findEmbeddingModel } from '../../src/embeddings/find-model.js';
import type { LoadingHooks } from '../../src/hub/watch.js';
import type { StepMetrics } from '../../src/runs/metrics/metrics.js';
import type { BenchmarkRecord, EvaluationHeader, GroupRecord } from '../../src/runs/protocol/schema.js';
import { scratch } from '../scratch.js';
import { copiedModel, editJson, modelFolder } from '../unit/engines/embedded/embedding-models.js';
import { useHub } from './hub-fixture.js';
import { COMMIT } from './hub-server.js';
import { exitOf, makeRun, readLines, readStatus, startTrainer, until, writeTinyPolicy } from './trainer.js';

const on = useHub();
const field = 'method.embeddingModel';
const model = 'people/tiny-bert';
const silent: LoadingHooks = { log: () => undefined, stopRequested: () => false };
const cliPath = resolve(import.meta.dirname, '../../dist/cli.cjs');

beforeEach(() => {
  vi.stubEnv('HF_ENDPOINT', on.hub.endpoint);
  vi.stubEnv('G2RL_CACHE', on.cacheDirectory);
  vi.stubEnv('HF_HUB_CACHE', join(on.cacheDirectory, 'of-others'));
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const filesOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll('\\', '/'),
    );

function putModel(folder: string, without: readonly string[] = []): void {
  for (const path of filesOf(folder)) {
    if (without.includes(path)) continue;
    on.hub.put(model, path, readFileSync(join(folder, path)), path.endsWith('.onnx'));
  }
}

test('a model of the hub is downloaded once, all files of one commit, and then found without a network', async () => {
  putModel(modelFolder('bert'));
  const lines: string[] = [];
  const folder = await findEmbeddingModel(model, field, { ...silent, log: (line) => lines.push(line) });
  expect(
    filesOf(folder)
      .filter((name) => !name.endsWith('.receipt.json'))
      .toSorted(),
  ).toEqual([
    '1_Pooling/config.json',
    'config.json',
    'modules.json',
    'onnx/model.onnx',
    'sentence_bert_config.json',
    'tokenizer.json',
    'tokenizer_config.json',
  ]);
  for (const path of ['onnx/model.onnx', 'tokenizer.json']) {
    expect(readFileSync(join(folder, path)).equals(readFileSync(join(modelFolder('bert'), path)))).toBe(true);
  }
  const asked = on.hub.seen.filter(({ server }) => server === 'hub').map(({ path }) => path);
  expect(asked[0]).toBe(`/${model}/resolve/main/config.json`);
  expect(asked.slice(1).every((path) => path.startsWith(`/${model}/resolve/${COMMIT}/`))).toBe(true);
  expect(lines.join('\n')).toContain('downloading people/tiny-bert onnx/model.onnx');

  on.hub.seen.length = 0;
  vi.stubEnv('HF_HUB_OFFLINE', '1');
  expect(await findEmbeddingModel(model, field, silent)).toBe(folder);
  expect(on.hub.seen).toEqual([]);
});

test('a model without its ONNX form says how to make one; one that does not exist is named', async () => {
  putModel(modelFolder('bert'), ['onnx/model.onnx']);
  await expect(findEmbeddingModel(model, field, silent)).rejects.toMatchObject({
    name: 'InputError',
    message: `${field}: the model ${model} of the hub has no model.onnx.`,
    hint: expect.stringContaining(`optimum-cli export onnx --model ${model}`),
  });
  await expect(findEmbeddingModel('people/nothing', field, silent)).rejects.toMatchObject({
    name: 'InputError',
    message: expect.stringContaining(`${field}: model people/nothing, config.json: the hub answered 404`),
    hint: expect.stringContaining('specify its folder'),
  });
  await expect(findEmbeddingModel('/no/such/folder', field, silent)).rejects.toMatchObject({
    name: 'InputError',
    message: `${field}: there is no folder /no/such/folder.`,
  });
  // What is published later is found.
  putModel(modelFolder('bert'));
  expect(existsSync(join(await findEmbeddingModel(model, field, silent), 'onnx/model.onnx'))).toBe(true);
});

test('a stop while a model is downloaded ends the wait', async () => {
  putModel(modelFolder('bert'));
  on.hub.faults.push({ kind: 'stall', after: 10 });
  const begun = Date.now();
  const stopped = { ...silent, stopRequested: () => Date.now() - begun > 300 };
  await expect(findEmbeddingModel(model, field, stopped)).rejects.toMatchObject({ name: 'LoadingStopped' });
});

test('a model in the cache of Hugging Face is used where it is, if its ONNX form is there', async () => {
  putModel(modelFolder('bert'));
  const cached = join(on.cacheDirectory, 'of-others', 'models--people--tiny-bert');
  const snapshot = join(cached, 'snapshots', 'abc');
  mkdirSync(join(cached, 'refs'), { recursive: true });
  writeFileSync(join(cached, 'refs', 'main'), 'abc');
  cpSync(modelFolder('bert'), snapshot, { recursive: true });
  if (process.platform !== 'win32') {
    // As that cache has it: files of a snapshot are links.
    mkdirSync(join(cached, 'blobs'));
    renameSync(join(snapshot, 'onnx/model.onnx'), join(cached, 'blobs/123'));
    symlinkSync('../../../blobs/123', join(snapshot, 'onnx/model.onnx'));
  }
  expect(await findEmbeddingModel(model, field, silent)).toBe(snapshot);
  expect(on.hub.seen).toEqual([]);
  rmSync(join(snapshot, 'onnx'), { recursive: true });
  expect(await findEmbeddingModel(model, field, silent)).toContain(
    join('models', 'people--tiny-bert', COMMIT),
  );
});

const change = (folder: string) => ({
  method: { name: 'evol-rl', embeddingModel: folder },
  optimization: { steps: 30, learningRate: 1e-3 },
  evaluation: { every: 15, benchmarks: [{ samples: 4, limit: 8 }], embeddingModel: folder },
});

function learned(directory: string) {
  const rewards = readLines<GroupRecord>(join(directory, 'groups.jsonl'));
  const scores = readLines<BenchmarkRecord>(join(directory, 'benchmarks.jsonl'));
  return {
    weights: readFileSync(join(directory, 'checkpoints/step-000030/model.safetensors')).toString('base64'),
    shaped: new Map(
      rewards.map(({ step, group, shaped, advantages }) => [`${step} ${group}`, { shaped, advantages }]),
    ),
    texts: new Map(scores.map(({ step, text_similarity_mean }) => [step, text_similarity_mean])),
  };
}

test('evol-rl trains on the embedded engine; killed and resumed it ends bit for bit the same', async () => {
  const folder = modelFolder('bert');
  const straight = makeRun(change(folder), 3);
  expect(await exitOf(startTrainer(straight))).toBe(0);

  const groups = readLines<GroupRecord>(join(straight, 'groups.jsonl'));
  expect(groups).toHaveLength(30 * 4);
  for (const { rewards, shaped, scalers, similarity, exploration } of groups) {
    expect(similarity).toHaveLength(6);
    expect(exploration).toHaveLength(4);
    for (const [place, reward] of rewards.entries()) {
      // Wrong responses get −1 to −0.5, by how new they are; correct ones 0.5 to 1.
      expect(shaped[place]).toBeGreaterThanOrEqual(reward > 0 ? 0.5 : -1);
      expect(shaped[place]).toBeLessThanOrEqual(reward > 0 ? 1 : -0.5);
      expect(scalers[place]! * reward).toBeCloseTo(shaped[place]!, 4);
    }
  }
  // Novelty makes a signal in groups whose rewards are all equal.
  expect(
    groups.some(({ rewards, advantages }) => new Set(rewards).size === 1 && advantages.some(Boolean)),
  ).toBe(true);
  const metrics = readLines<StepMetrics>(join(straight, 'metrics.jsonl'));
  expect(
    metrics.every((line) => line['time/embedding']! > 0 && line['time/embedding']! < line.step_time),
  ).toBe(true);
  const { texts } = learned(straight);
  expect([...texts.keys()]).toEqual([0, 15, 30]);
  for (const cosine of texts.values()) expect(Math.abs(cosine!)).toBeLessThanOrEqual(1);

  const killed = makeRun(change(folder), 3);
  const child = startTrainer(killed);
  const exit = exitOf(child);
  await until(() => (readStatus(killed)?.step ?? 0) >= 7);
  child.kill('SIGKILL');
  await exit;
  expect(await exitOf(startTrainer(killed))).toBe(0);
  expect(learned(killed)).toEqual(learned(straight));
});

test('a run with a model that cannot be used fails before its first step, by the setting that names it', async () => {
  const folder = copiedModel('bert');
  writeFileSync(join(folder, 'onnx/model.onnx'), 'cut off');
  const directory = makeRun({ evaluation: { ...change(folder).evaluation } });
  expect(await exitOf(startTrainer(directory))).toBe(1);
  expect(readStatus(directory)).toMatchObject({ state: 'failed', step: 0 });
  expect(readStatus(directory)?.error?.message).toContain(`evaluation.embeddingModel: ${folder}`);
  expect(existsSync(join(directory, 'benchmarks.jsonl'))).toBe(false);
});

function g2rl(
  root: string,
  ...parameters: string[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [cliPath, ...parameters], { cwd: root });
  const ended = { stdout: '', stderr: '' };
  child.stdout.on('data', (data: Buffer) => (ended.stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (ended.stderr += data.toString()));
  return new Promise((done) => child.once('close', (code) => done({ ...ended, code: code ?? -1 })));
}

test('train and evaluate from the command line, with a folder beside the experiment', async () => {
  const root = scratch('evol-rl');
  writeTinyPolicy(join(root, 'policy'), 3);
  cpSync(modelFolder('roberta'), join(root, 'sentences'), { recursive: true });
  const experiment = {
    name: 'novel',
    policy: 'policy',
    device: 'cpu',
    threads: 1,
    method: { name: 'evol-rl', embeddingModel: 'sentences' },
    rollout: { promptsPerStep: 2, groupSize: 4, maxNewTokens: 8 },
    optimization: { steps: 3 },
    evaluation: { every: 0, benchmarks: [{ samples: 4, limit: 8 }], embeddingModel: 'sentences' },
  };
  writeFileSync(join(root, 'novel.g2rl.json'), JSON.stringify(experiment));
  const trained = await g2rl(root, 'train', 'novel.g2rl.json', '--json');
  expect(trained.code, trained.stderr).toBe(0);
  const [id = ''] = readdirSync(join(root, '.g2rl/runs'));
  const directory = join(root, '.g2rl/runs', id);
  const scores = readLines<BenchmarkRecord>(join(directory, 'benchmarks.jsonl'));
  expect(scores.map(({ step }) => step)).toEqual([0, 3]);

  // A checkpoint of the run is scored with the model of the run: it is the same evaluation, and already there.
  const checkpoint = join(directory, 'checkpoints/step-000003');
  const parameters = ['evaluate', checkpoint, '--samples', '4', '--limit', '8', '--threads', '1', '--json'];
  const again = await g2rl(root, ...parameters);
  expect(again.code, again.stderr).toBe(0);
  const record = JSON.parse(again.stdout) as BenchmarkRecord;
  expect(record.text_similarity_mean).toBe(scores[1]!.text_similarity_mean);
  const header = () =>
    readLines<{ evaluation: EvaluationHeader }>(join(directory, record.samples_file!))[0]!.evaluation;
  const first = header().embedding_model;
  expect(first).toMatch(/^[0-9a-f]{64}$/);

  // With another model it is another evaluation.
  editJson(join(root, 'sentences'), '1_Pooling/config.json', {
    pooling_mode_cls_token: false,
    pooling_mode_mean_tokens: true,
  });
  const other = await g2rl(root, ...parameters, '--embedding-model', 'sentences');
  expect(header().embedding_model).not.toBe(first);
  const changed = JSON.parse(other.stdout) as BenchmarkRecord;
  expect(changed.text_similarity_mean).not.toBe(record.text_similarity_mean);
  expect(changed.pass_at_1).toBe(record.pass_at_1);
  expect(existsSync(join(directory, `${record.samples_file}.previous`))).toBe(true);

  // Weights of another architecture than that of policies need an ONNX file.
  cpSync(join(root, 'policy'), join(root, 'llama'), { recursive: true });
  editJson(join(root, 'llama'), 'config.json', { model_type: 'llama' });
  const more = await g2rl(root, 'train', 'novel.g2rl.json', '--set', 'method.embeddingModel=llama');
  expect(more.code).toBe(1);
  expect(more.stderr).toContain(`method.embeddingModel: ${join(root, 'llama')} has weights for PyTorch only`);
  expect(more.stderr).toContain('optimum-cli export onnx');
});
