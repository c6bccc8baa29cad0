/** One token of decoding for a whole batch, with the sampling and the feature's sums inside the graph. */
import {
  add,
  compare,
  concatenate,
  divide,
  embedding,
  GraphBuilder,
  linear,
  multiply,
  oneHot,
  reshape,
  rmsNorm,
  rotate,
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
): GraphBuilder {
  const graph = new GraphBuilder('decode-step');
  const { heads, kvHeads, headDim, vocabSize, rmsNormEpsilon: epsilon } = config;
  const { weights } = declareWeights(graph, blocks, false);
  const tokens = graph.input('tokens', 'int32', ['b']);
  const cosines = graph.input('cosines', 'float32', ['b', headDim / 2]);
  const sines = graph.input('sines', 'float32', ['b', headDim / 2]);
  const bias = graph.input('bias', 'float32', ['c', 'k']);
  const perRowBias = transpose(graph, bias, [1, 0]);
  const columnBias = graph.node('Unsqueeze', [perRowBias, graph.integers(1)], ['k', 1, 'c']);
  const normalizeAndRotate = (x: Value, norm: Value, count: number): Value => {
    const normalized = rmsNorm(graph, reshape(graph, x, ['rows', headDim]), norm, epsilon);
    return rotate(graph, reshape(graph, normalized, [1, 'b', count * headDim]), count, cosines, sines);
  };

  let x = embedding(graph, weights('embedding'), tokens, config.padTokenId);
  for (let layer = 0; layer < config.layers; layer++) {
    const weight: Weights = (name) => weights(`layer${layer}.${name}`);
    const cachedKeys = graph.input(`keys${layer}`, 'float32', ['c', 'k', headDim]);
    const cachedValues = graph.input(`values${layer}`, 'float32', ['c', 'k', headDim]);
    const projection = linear(graph, rmsNorm(graph, x, weight('inputNorm'), epsilon), weight('projection'));
    const sizes = [heads * headDim, kvHeads * headDim, kvHeads * headDim];
    const [queries, keys, values] = split(graph, projection, sizes) as [Value, Value, Value];
    const rotatedQueries = normalizeAndRotate(queries, weight('queryNorm'), heads);
    const rotatedKeys = normalizeAndRotate(keys, weight('keyNorm'), kvHeads);
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
  // For one key, a product and a sum are faster than many tiny matrix products.
  const products = sum(graph, multiply(graph, queries, newKey), [2]);
  const own = multiply(graph, reshape(graph, products, ['k', perKey, 1]), graph.scalar(scale));
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
  const toInteger = (value: Value) =>
    graph.node('Cast', [value], ['b'], { attributes: { to: 6 }, type: 'int32' });
  if (choice === 'greedy') {
    const best = graph.node('ArgMax', [probabilities], ['b'], {
      attributes: { axis: 1, keepdims: 0 },
      type: 'int64',
    });
    return toInteger(best);
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
  return toInteger(index);
}
