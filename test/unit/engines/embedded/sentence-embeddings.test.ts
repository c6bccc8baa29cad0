/** Embeddings are those that PyTorch makes, whatever they are read together with. */
import { cpSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { readEmbeddingModel } from '../../../../src/embeddings/read-model.js';
import { SentenceEmbedder } from '../../../../src/engines/embedded/embeddings/sentence-embedder.js';
import { TextTokens } from '../../../../src/engines/embedded/embeddings/text-tokens.js';
import { PolicyStates } from '../../../../src/engines/embedded/policy-states.js';
import { copiedModel, editJson, expectedEmbeddings, modelFolder, modelNames } from './embedding-models.js';

const field = 'method.embeddingModel';
const loaded: SentenceEmbedder[] = [];

async function load(folder: string): Promise<SentenceEmbedder> {
  const embedder = await SentenceEmbedder.load(folder, field, { threads: 1 }, PolicyStates.load);
  loaded.push(embedder);
  return embedder;
}

afterEach(async () => {
  for (const embedder of loaded.splice(0)) await embedder.release();
});

function rowsOf({ data, width }: { data: Float32Array; width: number }): number[][] {
  const texts = data.length / width;
  return Array.from({ length: texts }, (_, row) => [...data.subarray(row * width, (row + 1) * width)]);
}

function expectClose(actual: number[][], expected: number[][], tolerance = 2e-5): void {
  expect(actual.length).toBe(expected.length);
  for (const [row, values] of actual.entries()) {
    const differences = values.map((value, column) => Math.abs(value - expected[row]![column]!));
    expect(Math.max(...differences), `text ${row}`).toBeLessThan(tolerance);
  }
}

test.each(modelNames)(
  '%s: token ids are those of transformers, long texts cut before their end token',
  (name) => {
    const { texts, ids } = expectedEmbeddings(name);
    const tokens = new TextTokens(readEmbeddingModel(modelFolder(name), field));
    expect(texts.map((text) => tokens.encode(text))).toEqual(ids);
  },
);

const pairs = modelNames.flatMap((name) =>
  (['mean', 'cls', 'max', 'lasttoken'] as const).map((mode) => [name, mode] as const),
);
test.each(pairs)('%s, pooled by %s: the embeddings are those of PyTorch', async (name, mode) => {
  const folder = copiedModel(name);
  writeFileSync(join(folder, '1_Pooling/config.json'), JSON.stringify({ pooling_mode: mode }));
  const { texts, embeddings } = expectedEmbeddings(name);
  expectClose(rowsOf(await (await load(folder)).embed(texts)), embeddings[mode]);
});

test('the pooling is what the files say: a flag, a module in another folder, the mean without either', async () => {
  const folder = copiedModel('roberta');
  const pooling = () => readEmbeddingModel(folder, field).pooling;
  expect(pooling()).toBe('cls');
  renameSync(join(folder, '1_Pooling'), join(folder, 'pool'));
  const modules = [{ idx: 1, name: '1', path: 'pool', type: 'sentence_transformers.models.Pooling' }];
  writeFileSync(join(folder, 'modules.json'), JSON.stringify(modules));
  expect(pooling()).toBe('cls');
  rmSync(join(folder, 'modules.json'));
  expect(pooling()).toBe('mean');
});

test('as many tokens are read as the files allow, at most 512', () => {
  const folder = copiedModel('bert');
  const longest = () => readEmbeddingModel(folder, field).longest;
  expect(longest()).toBe(24);
  rmSync(join(folder, 'sentence_bert_config.json'));
  editJson(folder, 'config.json', { max_position_embeddings: 2048 });
  expect(longest()).toBe(64);
  editJson(folder, 'tokenizer_config.json', { model_max_length: 1e30 });
  expect(longest()).toBe(512);
  editJson(folder, 'config.json', { max_position_embeddings: 40 });
  expect(longest()).toBe(40);
});

test('a text has the same embedding alone, among others and twice', async () => {
  const { texts } = expectedEmbeddings('bert');
  const many = Array.from({ length: 150 }, (_, number) => `${number} * ${'un '.repeat(number % 20)}= 42`);
  const embedder = await load(modelFolder('bert'));
  const together = rowsOf(await embedder.embed([...many, ...texts, ...texts]));
  const alone = [];
  for (const text of texts) alone.push(...rowsOf(await embedder.embed([text])));
  expectClose(together.slice(150, 150 + texts.length), alone, 1e-5);
  expect(together.slice(150 + texts.length)).toEqual(together.slice(150, 150 + texts.length));
  expect(rowsOf(await embedder.embed([...many, ...texts, ...texts]))).toEqual(together);
  for (const row of together) expect(Math.hypot(...row)).toBeCloseTo(1, 5);
});

test('no texts have no embeddings; a text without a token has one of zeros', async () => {
  const folder = copiedModel('bert');
  const embedder = await load(folder);
  expect(await embedder.embed([])).toEqual({ data: new Float32Array(0), width: 16 });
  editJson(folder, 'tokenizer.json', { post_processor: null });
  const bare = rowsOf(await (await load(folder)).embed(['', 'a', '  ']));
  expect(bare[0]).toEqual(Array(16).fill(0));
  expect(bare[2]).toEqual(Array(16).fill(0));
  expect(Math.hypot(...bare[1]!)).toBeCloseTo(1, 5);
});

test('the graph may be in the folder itself', async () => {
  const folder = copiedModel('roberta');
  cpSync(join(folder, 'onnx/model.onnx'), join(folder, 'model.onnx'));
  rmSync(join(folder, 'onnx'), { recursive: true });
  const { texts, embeddings } = expectedEmbeddings('roberta');
  expectClose(rowsOf(await (await load(folder)).embed(texts)), embeddings.cls);
});

test('a policy embeds texts without an ONNX file, as the torch engine does with it', async () => {
  const file = join(import.meta.dirname, '../../../fixtures/embeddings/policy.json');
  const { texts, embeddings } = JSON.parse(readFileSync(file, 'utf8')) as {
    texts: string[];
    embeddings: number[][];
  };
  const embedder = await load(resolve('media/policies/countdown'));
  expectClose(rowsOf(await embedder.embed(texts)), embeddings);
  for (const [row, text] of texts.entries()) {
    expectClose(rowsOf(await embedder.embed([text])), [embeddings[row]!]);
  }
});
