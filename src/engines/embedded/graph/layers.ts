/** The layers of a decoder, each a few fused operators with a hand-written way back. */
import type { GraphBuilder } from './builder.js';
import type { Feed } from './feeds.js';
import { toSingle } from './linear.js';
import {
  add,
  batchedMatmul,
  concatenate,
  gemm,
  multiply,
  oneHot,
  reshape,
  split,
  subtract,
  toFloat,
  transpose,
} from './operations.js';
import type { Value } from './value.js';

/** Tables above this many rows get their gradient by scattering; below, a one-hot matrix product is faster. */
const largeVocabulary = 2048;

/** Added to the scores of positions that must not be seen: softmax makes an exact 0 of it. */
export const hiddenScore = -1e9;

/** Rows of `table` [v, d] named by `tokens` [n] → [n, d]. No gradient goes to the row `fixed`. */
export function embedding(graph: GraphBuilder, table: Value, tokens: Value, fixed: number | null): Value {
  const [vocabulary, width] = table.shape as [number, number];
  const rows = tokens.shape[0]!;
  const result = toSingle(graph, graph.node('Gather', [table, tokens], [rows, width]));
  return graph.differentiable(result, [table], (incoming) => {
    const gradient = fixed === null ? incoming : withoutToken(graph, incoming, tokens, fixed);
    if (vocabulary <= largeVocabulary) {
      return [gemm(graph, oneHot(graph, tokens, vocabulary), gradient, true, false)];
    }
    if (graph.device === 'webgpu') return [scatteredBySlices(graph, vocabulary, tokens, gradient)];
    const zeros = graph.node('Expand', [graph.scalar(0), graph.integers(vocabulary, width)], table.shape);
    const indices = graph.node('Cast', [reshape(graph, tokens, [rows, 1])], [rows, 1], {
      attributes: { to: 7 },
      type: 'int64',
    });
    const attributes = { reduction: 'add' };
    return [graph.node('ScatterND', [zeros, indices, gradient], table.shape, { attributes })];
  });
}

/** Rows of a table whose gradient is one product: one-hot matrices must not outgrow the other arrays. */
const rowsOfSlice = 4096;

/**
 * The sums of the rows of `gradient` [n, d] that have the same token, [v, d], by one-hot products of slices of the
 * vocabulary. Scattering on a GPU adds in any order: its last bits are different each time.
 */
function scatteredBySlices(graph: GraphBuilder, vocabulary: number, tokens: Value, gradient: Value): Value {
  const slices: Value[] = [];
  for (let first = 0; first < vocabulary; first += rowsOfSlice) {
    const size = Math.min(rowsOfSlice, vocabulary - first);
    slices.push(gemm(graph, oneHot(graph, tokens, size, first), gradient, true, false));
  }
  return concatenate(graph, slices, 0);
}

/** `rows` [n, d] with zeros where `tokens` [n] is `token`. */
function withoutToken(graph: GraphBuilder, rows: Value, tokens: Value, token: number): Value {
  const known = graph.constant(Int32Array.of(token), [1]);
  const equal = graph.node('Equal', [tokens, known], tokens.shape, { type: 'bool' });
  const others = subtract(graph, graph.scalar(1), toFloat(graph, equal));
  return multiply(graph, rows, reshape(graph, others, [tokens.shape[0]!, 1]));
}

/** x / rms(x) · weight of the rows of x [n, d]; not differentiable by itself. */
export function normalize(graph: GraphBuilder, x: Value, weight: Value, epsilon: number): Value {
  const ofSum = graph.device === 'webgpu' ? graph.normOfSum(x, weight, epsilon) : null;
  if (ofSum) return ofSum;
  const attributes = { axis: -1, epsilon: { float: epsilon }, stash_type: 1 };
  return graph.node('SimplifiedLayerNormalization', [x, weight], x.shape, { attributes });
}

/**
 * The way back through x / rms(x) · weight. The inverse root mean square r is recomputed: the fused operator's own
 * second output is wrong on some execution providers, and this costs nothing measurable. From the products g∘x both
 * gradients follow by matrix products: Σ_rows r·(g∘x), and r·(g∘w) − x·r³·(g∘x)·w / d.
 */
export function normalizeBackward(
  graph: GraphBuilder,
  x: Value,
  weight: Value,
  epsilon: number,
  gradient: Value,
) {
  if (graph.device === 'webgpu') return deviceNormalizeBackward(graph, x, weight, epsilon, gradient);
  const [rows, width] = x.shape as [number, number];
  const column = (values: Value) => reshape(graph, values, [rows, 1]);
  const squares = graph.node('ReduceSumSquare', [x, graph.integers(1)], [rows], {
    attributes: { keepdims: 0 },
  });
  const meanSquare = add(graph, multiply(graph, squares, graph.scalar(1 / width)), graph.scalar(epsilon));
  const inverse = graph.node('Reciprocal', [graph.node('Sqrt', [meanSquare], [rows])], [rows]);
  const cube = graph.node('Div', [inverse, meanSquare], [rows]);
  const products = graph.node('Mul', [gradient, x], x.shape);
  const attributes = { alpha: { float: 1 / width } };
  const along = graph.node('Gemm', [products, reshape(graph, weight, [width, 1])], [rows, 1], { attributes });
  const share = multiply(graph, cube, reshape(graph, along, [rows]));
  const weighted = graph.node('Mul', [gradient, weight], x.shape);
  const byInput = graph.node(
    'Sub',
    [graph.node('Mul', [weighted, column(inverse)], x.shape), graph.node('Mul', [x, column(share)], x.shape)],
    x.shape,
  );
  if (!weight.differentiable) return { byInput, byWeight: null };
  const byWeight = gemm(graph, reshape(graph, inverse, [1, rows]), products, false, false);
  return { byInput, byWeight: reshape(graph, byWeight, [width]) };
}

/** m = mean(x²) + ε and r = m^(−1/2) of the rows of x [n, d], [n, 1] each, in few launches. */
export function inverseRoot(
  graph: GraphBuilder,
  x: Value,
  epsilon: number,
): { meanSquare: Value; inverse: Value } {
  const [rows, width] = x.shape as [number, number];
  const ones = graph.constant(new Float32Array(width).fill(1), [width, 1]);
  const squares = graph.node('Mul', [x, x], x.shape);
  const least = graph.constant(Float32Array.of(epsilon), [1]);
  const attributes = { alpha: { float: 1 / width } };
  const meanSquare = graph.node('Gemm', [squares, ones, least], [rows, 1], { attributes });
  return { meanSquare, inverse: graph.node('Pow', [meanSquare, graph.scalar(-0.5)], [rows, 1]) };
}

/** As `normalizeBackward`, with small arrays where each launch counts and not what it moves: r·(g∘w − x·mean(g∘x∘w)/m). */
function deviceNormalizeBackward(
  graph: GraphBuilder,
  x: Value,
  weight: Value,
  epsilon: number,
  gradient: Value,
) {
  const [rows, width] = x.shape as [number, number];
  const { meanSquare, inverse } = inverseRoot(graph, x, epsilon);
  const products = graph.node('Mul', [gradient, x], x.shape);
  const attributes = { alpha: { float: 1 / width } };
  const along = graph.node('Gemm', [products, reshape(graph, weight, [width, 1])], [rows, 1], { attributes });
  const share = graph.node('Mul', [x, graph.node('Div', [along, meanSquare], [rows, 1])], x.shape);
  const weighted = graph.node('Mul', [gradient, weight], x.shape);
  const centred = graph.node('Sub', [weighted, share], x.shape);
  const byInput = graph.node('Mul', [centred, inverse], x.shape);
  if (!weight.differentiable) return { byInput, byWeight: null };
  const byWeight = gemm(graph, reshape(graph, inverse, [1, rows]), products, false, false);
  return { byInput, byWeight: reshape(graph, byWeight, [width]) };
}

/** Root mean square normalization of the rows of x [n, d]. */
export function rmsNorm(graph: GraphBuilder, x: Value, weight: Value, epsilon: number): Value {
  return graph.differentiable(normalize(graph, x, weight, epsilon), [x, weight], (gradient) => {
    const { byInput, byWeight } = normalizeBackward(graph, x, weight, epsilon, gradient);
    return [byInput, byWeight];
  });
}

/** silu(gate) · up of two values of one shape. */
export function swiglu(graph: GraphBuilder, gate: Value, up: Value): Value {
  const activated = graph.runtimeNode('QuickGelu', [gate], gate.shape, { alpha: { float: 1 } });
  const product = graph.node('Mul', [activated, up], gate.shape);
  return graph.differentiable(product, [gate, up], (gradient) => {
    const sigmoid = graph.node('Sigmoid', [gate], gate.shape);
    // silu' = σ + silu·(1 − σ)
    const slope = add(graph, sigmoid, multiply(graph, activated, subtract(graph, graph.scalar(1), sigmoid)));
    const byActivated = graph.node('Mul', [gradient, up], gate.shape);
    return [multiply(graph, byActivated, slope), multiply(graph, gradient, activated)];
  });
}

/** Cosines and sines of rotary position embedding, [positions, headDim / 2] each, as a graph's constants. */
export function rotaryTables(positions: number, headDim: number, theta: number) {
  const half = headDim / 2;
  const cosines = new Float32Array(positions * half);
  const sines = new Float32Array(positions * half);
  for (let position = 0; position < positions; position++) {
    for (let index = 0; index < half; index++) {
      const angle = position * theta ** (-index / half);
      cosines[position * half + index] = Math.cos(angle);
      sines[position * half + index] = Math.sin(angle);
    }
  }
  return { cosines, sines };
}

/** The rows of rotary tables at the given positions, [positions, headDim / 2] each, as a graph is fed them. */
export function rotaryRows(
  { cosines, sines }: { cosines: Float32Array; sines: Float32Array },
  headDim: number,
  positions: Int32Array,
): { cosines: Feed; sines: Feed } {
  const half = headDim / 2;
  const shape = [positions.length, half];
  const pick = (table: Float32Array): Feed => {
    const data = new Float32Array(positions.length * half);
    // Views of thousands of rows would be garbage that is collected while graphs are computed.
    for (let row = 0; row < positions.length; row++) {
      const start = positions[row]! * half;
      for (let index = 0; index < half; index++) data[row * half + index] = table[start + index]!;
    }
    return { data, shape };
  };
  return { cosines: pick(cosines), sines: pick(sines) };
}

/**
 * Rotary embedding of heads x [b, n, heads·headDim] by the cosines and sines [n, headDim / 2] of their positions. Its
 * way back is the rotation by the opposite angle.
 */
export function rotate(graph: GraphBuilder, x: Value, heads: number, cosines: Value, sines: Value): Value {
  const inputs = [x, graph.integers(0), cosines, sines];
  return graph.runtimeNode('RotaryEmbedding', inputs, x.shape, { num_heads: heads, interleaved: 0 });
}

export interface AttentionShape {
  batch: number;
  length: number;
  heads: number;
  kvHeads: number;
  headDim: number;
  epsilon: number;
  theta: number;
}

export interface AttentionResult {
  /** [batch·length, heads·headDim] */
  context: Value;
  /** Keys after rotation, [batch, length, kvHeads·headDim]: what a cache holds. */
  keys: Value;
  /** [batch, length, kvHeads·headDim] */
  values: Value;
}

/**
 * Causal grouped-query attention with normalized queries and keys, from the joint projection
 * x [batch·length, (heads + 2·kvHeads)·headDim]. Every row of the batch starts at position 0. Not differentiable.
 * The queries that share a key head are folded into rows, so that keys are never repeated.
 */
export function attention(
  graph: GraphBuilder,
  x: Value,
  queryNorm: Value,
  keyNorm: Value,
  shape: AttentionShape,
): AttentionResult {
  const { batch, length, heads, kvHeads, headDim, epsilon, theta } = shape;
  const rows = batch * length;
  const perKey = heads / kvHeads;
  const tables = rotaryTables(length, headDim, theta);
  const cosines = graph.constant(tables.cosines, [length, headDim / 2]);
  const sines = graph.constant(tables.sines, [length, headDim / 2]);
  const normalizeAndRotate = (value: Value, norm: Value, count: number) => {
    const normalized = normalize(graph, reshape(graph, value, [rows * count, headDim]), norm, epsilon);
    return rotate(graph, reshape(graph, normalized, [batch, length, count * headDim]), count, cosines, sines);
  };
  const fold = (value: Value, perKeyHead: number) =>
    reshape(
      graph,
      transpose(graph, reshape(graph, value, [batch, length, kvHeads, perKeyHead, headDim]), [0, 2, 3, 1, 4]),
      [batch * kvHeads, perKeyHead * length, headDim],
    );

  const sizes = [heads * headDim, kvHeads * headDim, kvHeads * headDim];
  const [queries, keys, values] = split(graph, x, sizes) as [Value, Value, Value];
  const rotatedKeys = normalizeAndRotate(keys, keyNorm, kvHeads);
  const scores = batchedMatmul(
    graph,
    fold(normalizeAndRotate(queries, queryNorm, heads), perKey),
    fold(rotatedKeys, 1),
    { transB: true, alpha: 1 / Math.sqrt(headDim) },
  );
  const masked = add(graph, scores, causalMask(graph, perKey, length));
  const weights = graph.node('Softmax', [masked], masked.shape, { attributes: { axis: -1 } });
  const folded = reshape(graph, batchedMatmul(graph, weights, fold(values, 1)), [
    batch,
    kvHeads,
    perKey,
    length,
    headDim,
  ]);
  const cacheShape = [batch, length, kvHeads * headDim];
  return {
    context: reshape(graph, transpose(graph, folded, [0, 3, 1, 2, 4]), [rows, heads * headDim]),
    keys: rotatedKeys,
    values: reshape(graph, values, cacheShape),
  };
}

/** [1, perKey·length, length]: 0 where a query may look, very negative where the key is in its future. */
export function causalMask(graph: GraphBuilder, perKey: number, length: number): Value {
  return graph.constant(causalMaskOf(perKey, length), [1, perKey * length, length]);
}

export function causalMaskOf(perKey: number, length: number): Float32Array {
  const mask = new Float32Array(perKey * length * length);
  for (let query = 0; query < perKey * length; query++) {
    mask.fill(hiddenScore, query * length + (query % length) + 1, (query + 1) * length);
  }
  return mask;
}
