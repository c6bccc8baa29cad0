/** One token of decoding for a whole batch, with the sampling and the feature's sums inside the graph. */
import {
  add,
  batchedMatmul,
  compare,
  concatenate,
  type Device,
  divide,
  embedding,
  GraphBuilder,
  linear,
  multiply,
  oneHot,
  reshape,
  rmsNorm,
  split,
  sum,
  toFloat,
  transpose,
  type Value,
} from '../graph/index.js';
import type { WeightBlock } from './blocks.js';
import type { ModelConfig } from './config.js';
import { declareWeights, feedForward, logits, type Weights } from './decoder.js';

/** How the next token is chosen: by one uniform number per row, or always the likeliest. */
export type Choice = 'sample' | 'greedy';

/**
 * Inputs besides the weights (b rows, c cached positions, V tokens, k = b·kvHeads):
 * `tokens` [b] int32, `cosines` and `sines` [b, headDim/2] of each row's position, `keys<l>` and `values<l>`
 * [c, k, headDim], `bias` [c, k] added to the scores (0, or very negative where a row has no token),
 * `temperature` [], `uniforms` [b] in [0, 1), `active` [b, 1] (1 while a row is being written),
 * `probabilitySum` [b, V].
 *
 * Outputs: `token` [b] int32, `logProbability` [b], `probabilitySum` [b, V] with this step's distribution added for
 * active rows (the sum of METHOD's Φ: Σ_t p_t), `newKeys<l>` and `newValues<l>` [k, headDim].
 *
 * The cache has the position first, so that a growing view of it is contiguous and is fed without a copy, and the
 * new position is appended by one copy. Its own key is a separate column of scores.
 */
export function decodeStepGraph(
  config: ModelConfig,
  blocks: readonly WeightBlock[],
  choice: Choice,
  device: Device,
): GraphBuilder {
  const graph = new GraphBuilder('decode-step', device);
  const { heads, kvHeads, headDim, vocabSize, rmsNormEpsilon: epsilon } = config;
  const { weights } = declareWeights(graph, blocks, false);
  const tokens = graph.input('tokens', 'int32', ['b']);
  const cosines = graph.input('cosines', 'float32', ['b', headDim / 2]);
  const sines = graph.input('sines', 'float32', ['b', headDim / 2]);
  const bias = graph.input('bias', 'float32', ['c', 'k']);
  const perRowBias = transpose(graph, bias, [1, 0]);
  const columnBias = graph.node('Unsqueeze', [perRowBias, graph.integers(1)], ['k', 1, 'c']);
  const rotate = rotation(graph, config, cosines, sines);

  let x = embedding(graph, weights('embedding'), tokens, config.padTokenId);
  for (let layer = 0; layer < config.layers; layer++) {
    const weight: Weights = (name) => weights(`layer${layer}.${name}`);
    const cachedKeys = graph.input(`keys${layer}`, 'float32', ['c', 'k', headDim]);
    const cachedValues = graph.input(`values${layer}`, 'float32', ['c', 'k', headDim]);
    const projection = linear(graph, rmsNorm(graph, x, weight('inputNorm'), epsilon), weight('projection'));
    const sizes = [heads * headDim, kvHeads * headDim, kvHeads * headDim];
    const [queries, keys, values] = split(graph, projection, sizes) as [Value, Value, Value];
    const rotatedQueries = rotate(queries, weight('queryNorm'), heads);
    const rotatedKeys = rotate(keys, weight('keyNorm'), kvHeads);
    const foldedQueries = reshape(graph, rotatedQueries, ['k', heads / kvHeads, headDim]);
    const newKey = reshape(graph, rotatedKeys, ['k', 1, headDim]);
    const newValue = reshape(graph, values, ['k', 1, headDim]);
    graph.output(`newKeys${layer}`, reshape(graph, newKey, ['k', headDim]));
    graph.output(`newValues${layer}`, reshape(graph, newValue, ['k', headDim]));
    const context = attend(graph, config, {
      queries: foldedQueries,
      cachedKeys,
      cachedValues,
      newKey,
      newValue,
      columnBias,
    });
    const rows = reshape(graph, context, ['b', heads * headDim]);
    x = add(graph, x, linear(graph, rows, weight('output')));
    x = feedForward(graph, x, weight, epsilon);
  }
  const hidden = rmsNorm(graph, x, weights('finalNorm'), epsilon);
  const temperature = graph.input('temperature', 'float32', []);
  const scaled = divide(graph, logits(graph, config, weights, hidden), temperature);
  const probabilities = graph.node('Softmax', [scaled], scaled.shape, { attributes: { axis: -1 } });
  const token = choose(graph, probabilities, vocabSize, choice);
  const chosen = sum(graph, multiply(graph, probabilities, oneHot(graph, token, vocabSize)), [1]);
  const active = graph.input('active', 'float32', ['b', 1]);
  const probabilitySum = graph.input('probabilitySum', 'float32', ['b', vocabSize]);
  graph.output('token', token);
  graph.output('logProbability', graph.node('Log', [chosen], ['b']));
  graph.output('newProbabilitySum', add(graph, probabilitySum, multiply(graph, probabilities, active)));
  return graph;
}

/** Normalizes and rotates heads: out = x·cos + rotated(x)·sin on the two halves, as Hugging Face's Qwen3 does. */
function rotation(graph: GraphBuilder, config: ModelConfig, cosines: Value, sines: Value) {
  const { headDim, rmsNormEpsilon } = config;
  const half = headDim / 2;
  const perRow = (table: Value) => reshape(graph, table, ['b', 1, half]);
  const cosine = perRow(cosines);
  const sine = perRow(sines);
  return (x: Value, norm: Value, heads: number): Value => {
    const rows = reshape(graph, x, ['rows', headDim]);
    const normalized = reshape(graph, rmsNorm(graph, rows, norm, rmsNormEpsilon), ['b', heads, headDim]);
    const [first, second] = split(graph, normalized, [half, half]) as [Value, Value];
    const rotatedFirst = graph.node(
      'Sub',
      [multiply(graph, first, cosine), multiply(graph, second, sine)],
      first.shape,
    );
    const rotatedSecond = add(graph, multiply(graph, second, cosine), multiply(graph, first, sine));
    return concatenate(graph, [rotatedFirst, rotatedSecond], 2);
  };
}

interface AttendInputs {
  /** [k, heads/kvHeads, headDim] */
  queries: Value;
  /** [c, k, headDim] */
  cachedKeys: Value;
  cachedValues: Value;
  /** [k, 1, headDim] */
  newKey: Value;
  newValue: Value;
  /** [k, 1, c] */
  columnBias: Value;
}

function attend(graph: GraphBuilder, config: ModelConfig, inputs: AttendInputs): Value {
  const { queries, cachedKeys, cachedValues, newKey, newValue, columnBias } = inputs;
  const { heads, kvHeads, headDim } = config;
  const perKey = heads / kvHeads;
  const scale = 1 / Math.sqrt(headDim);
  // transBatchB reads [c, k, h] as k matrices [c, h] in place; transB turns each.
  const scores = graph.runtimeNode('FusedMatMul', [queries, cachedKeys], ['k', perKey, 'c'], {
    alpha: { float: scale },
    transB: 1,
    transBatchB: 1,
  });
  const own = batchedMatmul(graph, queries, newKey, { transB: true, alpha: scale });
  const all = concatenate(graph, [add(graph, scores, columnBias), own], 2);
  const weights = graph.node('Softmax', [all], all.shape, { attributes: { axis: -1 } });
  const cachedPart = graph.node(
    'Slice',
    [weights, graph.integers(0), graph.integers(-1), graph.integers(2)],
    ['k', perKey, 'c'],
  );
  const ownPart = graph.node(
    'Slice',
    [weights, graph.integers(-1), graph.integers(Number.MAX_SAFE_INTEGER), graph.integers(2)],
    ['k', perKey, 1],
  );
  const past = graph.runtimeNode('FusedMatMul', [cachedPart, cachedValues], ['k', perKey, headDim], {
    transBatchB: 1,
  });
  return add(graph, past, multiply(graph, ownPart, newValue));
}

/** The chosen token [b], int32. Sampling inverts the cumulative distribution at one uniform number per row. */
function choose(graph: GraphBuilder, probabilities: Value, vocabularySize: number, choice: Choice): Value {
  if (choice === 'greedy') {
    return largest(graph, probabilities, vocabularySize);
  }
  const uniforms = reshape(graph, graph.input('uniforms', 'float32', ['b']), ['b', 1]);
  const axis = graph.constant(Int32Array.of(1), []);
  const cumulative = graph.node('CumSum', [probabilities, axis], probabilities.shape);
  const total = graph.node(
    'Slice',
    [cumulative, graph.integers(-1), graph.integers(Number.MAX_SAFE_INTEGER), graph.integers(1)],
    ['b', 1],
  );
  const below = toFloat(graph, compare(graph, 'LessOrEqual', cumulative, multiply(graph, uniforms, total)));
  // Rounding may leave the uniform number at or above the total: the last token then.
  const index = graph.node('Min', [sum(graph, below, [1]), graph.scalar(vocabularySize - 1)], ['b']);
  return toInteger(graph, index);
}

function toInteger(graph: GraphBuilder, value: Value): Value {
  return graph.node('Cast', [value], value.shape, { attributes: { to: 6 }, type: 'int32' });
}

/** The first of the likeliest tokens [b], int32. */
function largest(graph: GraphBuilder, probabilities: Value, vocabularySize: number): Value {
  if (graph.device === 'cpu') {
    const attributes = { axis: 1, keepdims: 0 };
    return toInteger(graph, graph.node('ArgMax', [probabilities], ['b'], { attributes, type: 'int64' }));
  }
  // A GPU has no int64; a float32 holds indices below 2²⁴ exactly.
  const most = graph.node('ReduceMax', [probabilities, graph.integers(1)], ['b', 1]);
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
  const attributes = { keepdims: 0 };
  return toInteger(graph, graph.node('ReduceMin', [candidates, graph.integers(1)], ['b'], { attributes }));
}
