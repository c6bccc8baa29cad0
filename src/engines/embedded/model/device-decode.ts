/** Decoding on a GPU: what is written stays there, in few launches a token. */
import {
  add,
  compare,
  divide,
  embedding,
  GraphBuilder,
  linear,
  multiply,
  normalize,
  reshape,
  rmsNorm,
  rotaryTables,
  rotate,
  split,
  sum,
  toFloat,
  transpose,
  type Value,
} from '../graph/index.js';
import type { WeightBlock } from './blocks.js';
import type { ModelConfig } from './config.js';
import type { Choice } from './decode-step.js';
import { declareWeights, decoder, feedForward, logits, type Weights } from './decoder.js';

/** Static sizes of a batch of responses that are sampled together. */
export interface DecodeShape {
  prompts: number;
  samplesPerPrompt: number;
  /** Positions that the cache has room for. */
  capacity: number;
}

/** GroupQueryAttention takes heads of a multiple of 16: narrower ones are filled up with zeros, which change nothing. */
const cachedWidth = ({ headDim }: ModelConfig): number => 16 * Math.ceil(headDim / 16);

const rowsOf = ({ prompts, samplesPerPrompt }: DecodeShape): number => prompts * samplesPerPrompt;

/**
 * Reads prompts of `length` tokens, `tokens` [prompts·length] int32 padded on the right, and gives the caches that
 * decoding starts from: `keys<l>` and `values<l>` [rows, kvHeads, capacity, width]. What stands after a prompt's end
 * is overwritten before it is read.
 */
export function devicePromptGraph(
  config: ModelConfig,
  blocks: readonly WeightBlock[],
  shape: DecodeShape,
  length: number,
): GraphBuilder {
  const graph = new GraphBuilder('prompts', 'webgpu');
  const { layers, kvHeads, headDim } = config;
  const { prompts, samplesPerPrompt, capacity } = shape;
  const width = cachedWidth(config);
  const { weights } = declareWeights(graph, blocks, false);
  const tokens = graph.input('tokens', 'int32', [prompts * length]);
  const result = decoder(graph, config, weights, tokens, prompts, length);
  const spread = (rows: Value): Value => {
    const heads = transpose(graph, reshape(graph, rows, [prompts, length, kvHeads, headDim]), [0, 2, 1, 3]);
    const padding = graph.integers(0, 0, 0, 0, 0, 0, capacity - length, width - headDim);
    const padded = graph.node('Pad', [heads, padding], [prompts, kvHeads, capacity, width]);
    const repeated = [prompts, samplesPerPrompt, kvHeads, capacity, width];
    const expanded = graph.node(
      'Expand',
      [reshape(graph, padded, [prompts, 1, kvHeads, capacity, width]), graph.integers(...repeated)],
      repeated,
    );
    return reshape(graph, expanded, [rowsOf(shape), kvHeads, capacity, width]);
  };
  for (let layer = 0; layer < layers; layer++) {
    graph.output(`keys${layer}`, spread(result.keys[layer]!));
    graph.output(`values${layer}`, spread(result.values[layer]!));
  }
  return graph;
}

/**
 * One token of every row (b rows, V tokens). Inputs besides the weights: `tokens` [b] int32, `lengths` [b] int32, the
 * positions that each row has in the cache, and `total` [1] int32, the most of them and one; the caches, which are
 * written in place; `temperature` [], `uniforms` [b] in [0, 1) when sampling, `active` [b, 1], 1 while a row is being
 * written, `probabilitySum` [b, V].
 *
 * Outputs: `token` [b] int32, `logProbability` [b], `newProbabilitySum` [b, V] with this step's distribution added for
 * active rows, `newActive` [b, 1] without the rows that end here.
 */
export function deviceDecodeGraph(
  config: ModelConfig,
  blocks: readonly WeightBlock[],
  shape: DecodeShape,
  choice: Choice,
): GraphBuilder {
  const graph = new GraphBuilder('decode-step', 'webgpu');
  const { heads, kvHeads, headDim, vocabSize, rmsNormEpsilon: epsilon } = config;
  const rows = rowsOf(shape);
  const { weights } = declareWeights(graph, blocks, false);
  const tokens = graph.input('tokens', 'int32', [rows]);
  const attend = attention(graph, config, shape);
  let x = embedding(graph, weights('embedding'), tokens, config.padTokenId);
  for (let layer = 0; layer < config.layers; layer++) {
    const weight: Weights = (name) => weights(`layer${layer}.${name}`);
    const projection = linear(graph, rmsNorm(graph, x, weight('inputNorm'), epsilon), weight('projection'));
    const sizes = [heads * headDim, kvHeads * headDim, kvHeads * headDim];
    const [queries, keys, values] = split(graph, projection, sizes) as [Value, Value, Value];
    const normalized = (value: Value, count: number, norm: string) =>
      normalize(graph, reshape(graph, value, [rows * count, headDim]), weight(norm), epsilon);
    const context = attend(
      layer,
      normalized(queries, heads, 'queryNorm'),
      normalized(keys, kvHeads, 'keyNorm'),
      values,
    );
    x = add(graph, x, linear(graph, context, weight('output')));
    x = feedForward(graph, x, weight, epsilon);
  }
  const hidden = rmsNorm(graph, x, weights('finalNorm'), epsilon);
  const scaled = divide(
    graph,
    logits(graph, config, weights, hidden),
    graph.input('temperature', 'float32', []),
  );
  const probabilities = graph.node('Softmax', [scaled], scaled.shape, { attributes: { axis: -1 } });
  const token =
    choice === 'greedy'
      ? likeliest(graph, probabilities)
      : sampled(graph, probabilities, graph.input('uniforms', 'float32', [rows]));
  const chosen = graph.node('GatherElements', [probabilities, reshape(graph, token, [rows, 1])], [rows, 1], {
    attributes: { axis: 1 },
  });
  const active = graph.input('active', 'float32', [rows, 1]);
  const sums = graph.input('probabilitySum', 'float32', [rows, vocabSize]);
  graph.output('token', token);
  graph.output('logProbability', reshape(graph, graph.node('Log', [chosen], [rows, 1]), [rows]));
  graph.output('newProbabilitySum', add(graph, sums, multiply(graph, probabilities, active)));
  const goesOn = new Float32Array(vocabSize).fill(1);
  for (const end of config.eosTokenIds) goesOn[end] = 0;
  const table = graph.constant(goesOn, [vocabSize, 1]);
  graph.output('newActive', multiply(graph, active, graph.node('Gather', [table, token], [rows, 1])));
  return graph;
}

/** Grouped-query attention that rotates queries and keys, and appends keys and values to the caches. */
function attention(graph: GraphBuilder, config: ModelConfig, shape: DecodeShape) {
  const { heads, kvHeads, headDim, ropeTheta } = config;
  const { capacity } = shape;
  const rows = rowsOf(shape);
  const width = cachedWidth(config);
  const lengths = graph.input('lengths', 'int32', [rows]);
  const total = graph.input('total', 'int32', [1]);
  const tables = rotaryTables(capacity, headDim, ropeTheta);
  const half = headDim / 2;
  const atPositions = (table: Float32Array) =>
    graph.node('Gather', [graph.constant(table, [capacity, half]), lengths], [rows, half]);
  const cosines = atPositions(tables.cosines);
  const sines = atPositions(tables.sines);
  // A row takes the place of a position: the tables have the rows' own.
  const rotated = (value: Value, count: number) =>
    rotate(graph, reshape(graph, value, [1, rows, count * headDim]), count, cosines, sines);
  const widen = (value: Value, count: number) => {
    const padding = graph.integers(0, 0, 0, width - headDim);
    const perHead = reshape(graph, value, [rows * count, headDim]);
    const wide = width === headDim ? perHead : graph.node('Pad', [perHead, padding], [rows * count, width]);
    return reshape(graph, wide, [rows, 1, count * width]);
  };
  const narrow = (value: Value) => {
    const perHead = reshape(graph, value, [rows * heads, width]);
    return reshape(graph, columns(graph, perHead, 0, headDim), [rows, heads * headDim]);
  };
  const cacheShape = [rows, kvHeads, capacity, width];
  return (layer: number, queries: Value, keys: Value, values: Value): Value => {
    const cachedKeys = graph.input(`keys${layer}`, 'float32', cacheShape);
    const cachedValues = graph.input(`values${layer}`, 'float32', cacheShape);
    const inputs = [
      widen(rotated(queries, heads), heads),
      widen(rotated(keys, kvHeads), kvHeads),
      widen(values, kvHeads),
      cachedKeys,
      cachedValues,
      lengths,
      total,
    ];
    const [context, newKeys, newValues] = graph.nodeOutputs(
      'GroupQueryAttention',
      inputs,
      [[rows, 1, heads * width], cacheShape, cacheShape],
      {
        domain: 'com.microsoft',
        attributes: { num_heads: heads, kv_num_heads: kvHeads, scale: { float: 1 / Math.sqrt(headDim) } },
      },
    ) as [Value, Value, Value];
    graph.replace(cachedKeys, newKeys);
    graph.replace(cachedValues, newValues);
    return narrow(context);
  };
}

function toInteger(graph: GraphBuilder, value: Value): Value {
  return graph.node('Cast', [value], value.shape, { attributes: { to: 6 }, type: 'int32' });
}

/** The first of the likeliest tokens [b], int32: ArgMax without int64. A float32 holds indices below 2²⁴ exactly. */
function likeliest(graph: GraphBuilder, probabilities: Value): Value {
  const [rows, vocabularySize] = probabilities.shape as [number, number];
  const axis = graph.integers(1);
  const most = graph.node('ReduceMax', [probabilities, axis], [rows, 1]);
  const range = Float32Array.from({ length: vocabularySize }, (_, token) => token);
  const candidates = graph.node(
    'Where',
    [
      compare(graph, 'Equal', probabilities, most),
      graph.constant(range, [1, vocabularySize]),
      graph.scalar(vocabularySize),
    ],
    probabilities.shape,
    { type: 'float32' },
  );
  return toInteger(
    graph,
    graph.node('ReduceMin', [candidates, axis], [rows], { attributes: { keepdims: 0 } }),
  );
}

/** Longest axis that one launch sums up to each place: it takes the square of it. */
const longestRunningSum = 1024;

/** The token [b], int32, where the cumulative distribution passes each row's uniform number. */
function sampled(graph: GraphBuilder, probabilities: Value, uniforms: Value): Value {
  const [rows, vocabularySize] = probabilities.shape as [number, number];
  const share = reshape(graph, uniforms, [rows, 1]);
  if (vocabularySize <= longestRunningSum) {
    const cumulative = runningSum(graph, probabilities);
    const target = multiply(graph, share, columns(graph, cumulative, vocabularySize - 1, vocabularySize));
    return toInteger(graph, passed(graph, cumulative, target).count);
  }
  // In two steps: the part of the vocabulary, then the token in it.
  const width = 2 ** Math.ceil(Math.log2(Math.sqrt(vocabularySize)));
  const parts = Math.ceil(vocabularySize / width);
  const padding = graph.integers(0, 0, 0, parts * width - vocabularySize);
  const padded = graph.node('Pad', [probabilities, padding], [rows, parts * width]);
  const masses = sum(graph, reshape(graph, padded, [rows, parts, width]), [2]);
  const cumulative = runningSum(graph, masses);
  const target = multiply(graph, share, columns(graph, cumulative, parts - 1, parts));
  const { count: part, below } = passed(graph, cumulative, target);
  const before = sum(graph, multiply(graph, below, columns(graph, masses, 0, parts - 1)), [1]);
  const firstPart = graph.constant(
    Int32Array.from({ length: rows }, (_, row) => row * parts),
    [rows],
  );
  const place = graph.node('Add', [toInteger(graph, part), firstPart], [rows]);
  const chosen = graph.node('Gather', [reshape(graph, padded, [rows * parts, width]), place], [rows, width]);
  const rest = graph.node('Sub', [target, reshape(graph, before, [rows, 1])], [rows, 1]);
  const within = passed(graph, runningSum(graph, chosen), rest).count;
  const token = add(graph, multiply(graph, part, graph.scalar(width)), within);
  return toInteger(graph, graph.node('Min', [token, graph.scalar(vocabularySize - 1)], [rows]));
}

function runningSum(graph: GraphBuilder, x: Value): Value {
  return graph.node('CumSum', [x, graph.constant(Int32Array.of(1), [])], x.shape);
}

function columns(graph: GraphBuilder, x: Value, from: number, to: number): Value {
  if (from === 0 && to === x.shape[1]) return x;
  const range = [graph.integers(from), graph.integers(to), graph.integers(1)];
  return graph.node('Slice', [x, ...range], [x.shape[0]!, to - from]);
}

/**
 * How many of `cumulative` [b, n] are at or below `target` [b, 1], as numbers; never all: rounding may leave the target
 * at the total.
 */
function passed(graph: GraphBuilder, cumulative: Value, target: Value): { count: Value; below: Value } {
  const others = columns(graph, cumulative, 0, (cumulative.shape[1] as number) - 1);
  const below = toFloat(graph, compare(graph, 'LessOrEqual', others, target));
  return { count: sum(graph, below, [1]), below };
}
