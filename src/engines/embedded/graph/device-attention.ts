/**
 * `groupAttention` for a GPU, in few launches: queries and keys are normalized and rotated side by side, and responses
 * and prompts look at the keys of prompts in one product.
 */
import type { GraphBuilder } from './builder.js';
import { deviceFolding } from './device-folding.js';
import type { GroupAttentionInputs, GroupAttentionShape } from './group-shape.js';
import { causalMaskOf, hiddenScore, inverseRoot, normalize, rotate } from './layers.js';
import { batchedMatmul, concatenate, gemm, reshape, split } from './operations.js';
import type { Value } from './value.js';

/**
 * @param x the joint projection [n, (heads + 2·kvHeads)·headDim]
 * @returns [n, heads·headDim]
 */
export function deviceGroupAttention(
  graph: GraphBuilder,
  x: Value,
  queryNorm: Value,
  keyNorm: Value,
  inputs: GroupAttentionInputs,
  shape: GroupAttentionShape,
): Value {
  const { groups, rowsPerGroup, length, prefix, packed, heads, kvHeads, headDim } = shape;
  const tokens = packed + groups * prefix;
  const perKey = heads / kvHeads;
  const batch = groups * kvHeads;
  const own = rowsPerGroup * perKey * length;
  const all = own + perKey * prefix;
  const folding = deviceFolding(graph, inputs, shape, causalMaskOf(perKey, prefix));
  const { fold, foldQueries, unfold, unfoldQueries, promptBias } = folding;
  const node = (operator: string, operands: readonly Value[], axes: Value['shape']) =>
    graph.node(operator, operands, axes);
  /** The queries of responses, each row of a group for itself. */
  const ownRows = (grid: Value) =>
    reshape(graph, firstOf(graph, grid, own), [
      batch * rowsPerGroup,
      perKey * length,
      grid.shape[2] as number,
    ]);
  /** Added to all queries: prompts have none of these. */
  const addOwn = (grid: Value, rows: Value) => {
    const together = reshape(graph, rows, [batch, own, headDim]);
    const padded = node('Pad', [together, graph.integers(0, 0, 0, 0, all - own, 0)], grid.shape);
    return node('Add', [grid, padded], grid.shape);
  };

  const norm = new JointNorm(graph, x, queryNorm, keyNorm, shape);
  const turned = rotate(
    graph,
    reshape(graph, norm.result, [1, tokens, (heads + kvHeads) * headDim]),
    heads + kvHeads,
    inputs.cosines,
    inputs.sines,
  );
  const flat = reshape(graph, turned, [tokens, (heads + kvHeads) * headDim]);
  const { queries, keys, promptKeys, values, promptValues } = fold(
    concatenate(graph, [flat, norm.values], 1),
  );
  const ownQueries = ownRows(queries);

  const ownProducts = batchedMatmul(graph, ownQueries, keys, { transB: true });
  const causal = graph.constant(causalMaskOf(perKey, length), [1, perKey * length, length]);
  const ownScores = reshape(graph, node('Add', [ownProducts, causal], ownProducts.shape), [
    batch,
    own,
    length,
  ]);
  const pads = graph.integers(0, 0, 0, 0, all - own, 0);
  const hidden = graph.scalar(hiddenScore);
  const allOwnScores = node('Pad', [ownScores, pads, hidden], [batch, all, length]);
  const products = batchedMatmul(graph, queries, promptKeys, { transB: true });
  const promptScores = node('Add', [products, promptBias], products.shape);
  const scores = concatenate(graph, [allOwnScores, promptScores], 2);
  const softmax = graph.node('Softmax', [scores], scores.shape, { attributes: { axis: -1 } });
  const [allOwnWeights, weights] = split(graph, softmax, [length, prefix]) as [Value, Value];
  const ownWeights = ownRows(allOwnWeights);
  const context = addOwn(
    batchedMatmul(graph, weights, promptValues),
    batchedMatmul(graph, ownWeights, values),
  );

  return graph.differentiable(unfoldQueries(context), [x, queryNorm, keyNorm], (gradient) => {
    const byContext = foldQueries(gradient);
    const byOwnContext = ownRows(byContext);
    // Σ_j p_j·∂p_j equals the row sum of ∂o∘o, which is cheaper.
    const inner = graph.node(
      'ReduceSum',
      [node('Mul', [byContext, context], context.shape), graph.integers(2)],
      [batch, all, 1],
    );
    const byScores = (weight: Value, by: Value, of: Value, column: Value) => {
      const byWeight = batchedMatmul(graph, by, of, { transB: true });
      return node('Mul', [weight, node('Sub', [byWeight, column], byWeight.shape)], byWeight.shape);
    };
    const byPrompts = byScores(weights, byContext, promptValues, inner);
    const byOwn = byScores(ownWeights, byOwnContext, values, ownRows(inner));
    const turnedBack = (a: Value, b: Value) => batchedMatmul(graph, a, b, { transA: true });
    const together = unfold({
      queries: addOwn(batchedMatmul(graph, byPrompts, promptKeys), batchedMatmul(graph, byOwn, keys)),
      keys: turnedBack(byOwn, ownQueries),
      promptKeys: turnedBack(byPrompts, queries),
      values: turnedBack(ownWeights, byOwnContext),
      promptValues: turnedBack(weights, byContext),
    });
    const sizes = [(heads + kvHeads) * headDim, kvHeads * headDim];
    const [byTurned, byValues] = split(graph, together, sizes) as [Value, Value];
    const byNorm = rotate(
      graph,
      reshape(graph, byTurned, [1, tokens, (heads + kvHeads) * headDim]),
      heads + kvHeads,
      inputs.cosines,
      folding.oppositeSines,
    );
    const { byInput, byQueryNorm, byKeyNorm } = norm.backward(byNorm);
    return [concatenate(graph, [byInput, byValues], 1), byQueryNorm, byKeyNorm];
  });
}

/** The first `count` of the second axis. */
function firstOf(graph: GraphBuilder, x: Value, count: number): Value {
  const [first, , width] = x.shape as [number, number, number];
  const range = [graph.integers(0), graph.integers(count), graph.integers(1)];
  return graph.node('Slice', [x, ...range], [first, count, width]);
}

/**
 * The norms of queries and keys at once: rows are normalized, then multiplied by the weight of their head. The factor
 * of the scores, 1 / √headDim, is part of the weight of queries.
 */
class JointNorm {
  /** [n, heads + kvHeads, headDim] */
  readonly result: Value;
  /** [n, kvHeads·headDim], as they are. */
  readonly values: Value;
  readonly #rows: Value;
  readonly #normalized: Value;
  readonly #weight: Value;
  /** Which weight each head has, with its factor. */
  readonly #choice: Value;

  constructor(
    private readonly graph: GraphBuilder,
    x: Value,
    private readonly queryNorm: Value,
    private readonly keyNorm: Value,
    private readonly shape: GroupAttentionShape,
  ) {
    const { heads, kvHeads, headDim, epsilon } = shape;
    const tokens = x.shape[0] as number;
    const count = heads + kvHeads;
    const [rows, values] = split(graph, x, [count * headDim, kvHeads * headDim]) as [Value, Value];
    this.values = values;
    this.#rows = reshape(graph, rows, [tokens * count, headDim]);
    const ones = graph.constant(new Float32Array(headDim).fill(1), [headDim]);
    this.#normalized = reshape(graph, normalize(graph, this.#rows, ones, epsilon), [tokens, count, headDim]);
    const scale = 1 / Math.sqrt(headDim);
    const choice = Array.from({ length: count }, (_, head) => (head < heads ? [scale, 0] : [0, 1])).flat();
    this.#choice = graph.constant(Float32Array.from(choice), [count, 2]);
    const both = [queryNorm, keyNorm].map((weight) => reshape(graph, constantOf(weight), [1, headDim]));
    this.#weight = gemm(graph, this.#choice, concatenate(graph, both, 0), false, false);
    this.result = graph.node('Mul', [this.#normalized, this.#weight], [tokens, count, headDim]);
  }

  /** With the inverse root r and x̂ = r·x: r·(g∘w − x̂·mean(g∘w∘x̂)), and of the weights Σ g∘x̂ of their heads. */
  backward(gradient: Value): { byInput: Value; byQueryNorm: Value | null; byKeyNorm: Value | null } {
    const { graph } = this;
    const { heads, kvHeads, headDim, epsilon } = this.shape;
    const count = heads + kvHeads;
    const { shape } = this.result;
    const tokens = shape[0] as number;
    const by = reshape(graph, gradient, shape);
    const products = graph.node('Mul', [by, this.#normalized], shape);
    const weighted = graph.node('Mul', [by, this.#weight], shape);
    const along = graph.node(
      'ReduceMean',
      [graph.node('Mul', [products, this.#weight], shape), graph.integers(2)],
      [tokens, count, 1],
    );
    const inverse = reshape(graph, inverseRoot(graph, this.#rows, epsilon).inverse, [tokens, count, 1]);
    const share = graph.node('Mul', [this.#normalized, along], shape);
    const centred = graph.node('Sub', [weighted, share], shape);
    const byInput = reshape(graph, graph.node('Mul', [centred, inverse], shape), [tokens, count * headDim]);
    if (!this.queryNorm.differentiable && !this.keyNorm.differentiable) {
      return { byInput, byQueryNorm: null, byKeyNorm: null };
    }
    const ones = graph.constant(new Float32Array(tokens).fill(1), [1, tokens]);
    const sums = gemm(graph, ones, reshape(graph, products, [tokens, count * headDim]), false, false);
    const byBoth = gemm(graph, this.#choice, reshape(graph, sums, [count, headDim]), true, false);
    const [byQueries, byKeys] = split(graph, byBoth, [1, 1], 0) as [Value, Value];
    return {
      byInput,
      byQueryNorm: reshape(graph, byQueries, [headDim]),
      byKeyNorm: reshape(graph, byKeys, [headDim]),
    };
  }
}

/** The same value, cut off from differentiation. */
function constantOf(value: Value): Value {
  return { ...value, differentiable: false };
}
