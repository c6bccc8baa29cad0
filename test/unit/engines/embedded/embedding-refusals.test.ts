/** What is no sentence-embedding model, or only half of one, is refused by its setting and its file. */
import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folderProblem } from '../../../../src/embeddings/model-files.js';
import { SentenceEmbedder } from '../../../../src/engines/embedded/embeddings/sentence-embedder.js';
import { GraphBuilder } from '../../../../src/engines/embedded/graph/builder.js';
import { PolicyStates } from '../../../../src/engines/embedded/policy-states.js';
import { scratch } from '../../../scratch.js';
import { copiedModel, editJson, modelFolder } from './embedding-models.js';

const field = 'evaluation.embeddingModel';
const load = (folder: string) => SentenceEmbedder.load(folder, field, { threads: 1 }, PolicyStates.load);

async function refusalOf(folder: string): Promise<string> {
  const error: unknown = await load(folder).then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Error)) throw new Error('It was not refused.');
  expect(error.name).toBe('InputError');
  expect(error.message.startsWith(`${field}: `), error.message).toBe(true);
  return error.message;
}

/** A model whose graph is another one. */
function withGraph(build: (graph: GraphBuilder) => void): string {
  const folder = copiedModel('bert');
  const graph = new GraphBuilder('model');
  build(graph);
  writeFileSync(join(folder, 'onnx/model.onnx'), graph.encode());
  return folder;
}

test('a folder without a graph says how to get one, also where it has weights for PyTorch', async () => {
  const folder = copiedModel('bert');
  rmSync(join(folder, 'onnx'), { recursive: true });
  const problem = folderProblem(folder, field);
  expect(problem?.message).toBe(`${field}: ${folder} has weights for PyTorch only, no model.onnx`);
  expect(problem?.hint).toContain('optimum-cli export onnx');
  expect(await refusalOf(folder)).toContain('no model.onnx');
  rmSync(join(folder, 'model.safetensors'));
  expect(folderProblem(folder, field)?.message).toBe(`${field}: ${folder} lacks model.onnx`);
  expect(folderProblem(scratch(), field)?.message).toContain('lacks model.onnx');
});

test.each(['tokenizer.json', 'config.json'])('a folder without %s', async (file) => {
  const folder = copiedModel('bert');
  rmSync(join(folder, file));
  expect(folderProblem(folder, field)?.message).toBe(`${field}: ${folder} lacks ${file}`);
  expect(await refusalOf(folder)).toContain(`lacks ${file}`);
  expect(folderProblem(modelFolder('bert'), field)).toBeNull();
});

test.each([0.2, 0.7, 0.999])('a graph cut off after %d of its bytes', async (share) => {
  const folder = copiedModel('bert');
  const graph = join(folder, 'onnx/model.onnx');
  truncateSync(graph, Math.floor(readFileSync(graph).length * share));
  expect(await refusalOf(folder)).toContain('model.onnx');
});

test.each(['', 'no graph at all', '{"a": 1}'])('a graph that is the text %j', async (text) => {
  const folder = copiedModel('bert');
  writeFileSync(join(folder, 'onnx/model.onnx'), text);
  expect(await refusalOf(folder)).toContain('model.onnx');
});

test('a graph that takes pictures, or more than token ids', async () => {
  const pictures = withGraph((graph) => {
    graph.output('embeds', graph.input('pixel_values', 'float32', ['batch', 3]));
  });
  expect(await refusalOf(pictures)).toMatch(/has the input pixel_values/);
  const masks = withGraph((graph) => {
    const mask = graph.input('attention_mask', 'int64', ['batch', 'tokens']);
    graph.output(
      'embeds',
      graph.node('Cast', [mask], mask.shape, { type: 'float32', attributes: { to: 1 } }),
    );
  });
  expect(await refusalOf(masks)).toMatch(/takes no input_ids \(its inputs: attention_mask\)/);
});

test('a graph whose output is no embedding', async () => {
  const one = withGraph((graph) => {
    const ids = graph.input('input_ids', 'int64', ['batch', 'tokens']);
    const values = graph.node('Cast', [ids], ids.shape, { type: 'float32', attributes: { to: 1 } });
    const sum = graph.node('ReduceSum', [values, graph.integers(1)], ['batch'], {
      attributes: { keepdims: 0 },
    });
    graph.output('score', sum);
  });
  expect(await refusalOf(one)).toMatch(/gives no embeddings, but score float32 \[batch\]/);
  const logits = withGraph((graph) => {
    const ids = graph.input('input_ids', 'int64', ['batch', 'tokens']);
    graph.output('logits', graph.node('Cast', [ids], ids.shape, { type: 'float32', attributes: { to: 1 } }));
  });
  expect(await refusalOf(logits)).toMatch(/gives no embeddings, but logits/);
  // As many rows as texts are what makes an output one of texts.
  const turned = withGraph((graph) => {
    const ids = graph.input('input_ids', 'int64', ['batch', 'tokens']);
    const values = graph.node('Cast', [ids], ids.shape, { type: 'float32', attributes: { to: 1 } });
    const flat = graph.node('Reshape', [values, graph.integers(1, -1)], [1, 'all']);
    graph.output('sentence_embedding', flat);
  });
  expect(await refusalOf(turned)).toMatch(
    /gives sentence_embedding of shape \[1, 4\] for 2 texts of 2 tokens/,
  );
});

test('a tokenizer of another model', async () => {
  const said = copiedModel('bert');
  writeFileSync(join(said, 'tokenizer.json'), readFileSync(join(modelFolder('roberta'), 'tokenizer.json')));
  expect(await refusalOf(said)).toMatch(/has token ids up to 263, its config\.json has vocab_size 97/);
  // Also where config.json does not say it.
  editJson(said, 'config.json', { vocab_size: undefined });
  expect(await refusalOf(said)).toMatch(/token ids up to 263, which .*model\.onnx does not have/);
});

test('files that are no JSON, and settings that are not supported', async () => {
  const folder = copiedModel('bert');
  const put = (file: string, text: string) => writeFileSync(join(folder, file), text);
  put('tokenizer.json', '{');
  expect(await refusalOf(folder)).toContain('tokenizer.json');
  put('tokenizer.json', '{"model": {"type": "Unheard"}}');
  expect(await refusalOf(folder)).toMatch(/tokenizer\.json of .* cannot be used/);
  put('tokenizer.json', readFileSync(join(modelFolder('bert'), 'tokenizer.json'), 'utf8'));
  put('1_Pooling/config.json', '{"pooling_mode_weightedmean_tokens": true}');
  expect(await refusalOf(folder)).toMatch(/the pooling mode weightedmean_tokens is not supported/);
  put('1_Pooling/config.json', '{"pooling_mode": ["cls", "mean"]}');
  expect(await refusalOf(folder)).toMatch(/the pooling modes cls and mean together/);
  put('1_Pooling/config.json', '{}');
  expect(await refusalOf(folder)).toMatch(/the pooling mode none/);
  put('modules.json', '[{"type": "sentence_transformers.models.Dense", "path": "2_Dense"}]');
  expect(await refusalOf(folder)).toMatch(/modules\.json: the model has a Dense layer/);
  put('config.json', '{"vocab_size": "many"}');
  expect(await refusalOf(folder)).toMatch(/config\.json: vocab_size/);
});
