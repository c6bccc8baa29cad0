/**
 * Causal grouped-query attention of several responses to the same prompts: every response looks at its own tokens and
 * at those of its prompt, whose keys and values exist once for all of them.
 */
import type { GraphBuilder, Value } from './builder.js';
import { causalMask, normalize, normalizeBackward, rotate } from './layers.js';
import {
  add,
  batchedMatmul,
  concatenate,
  multiply,
  negate,
  reshape,
  split,
  subtract,
  sum,
  transpose,
} from './operations.js';

/** Static sizes of responses that share their prompts: what a graph is compiled for. */
export interface GroupShape {
  /** Prompts. */
  groups: number;
  /** Rows for each prompt, some of which may be empty. */
  rowsPerGroup: number;
  /** Cells of each row: its response tokens and at least one that stays empty. */
  length: number;
  /** Packed response tokens, at least one of which stays empty. */
  packed: number;
  /** Tokens of each prompt before its last, padded on the right; at least 1. */
  prefix: number;
}

export interface GroupAttentionShape extends GroupShape {
  heads: number;
  kvHeads: number;
  headDim: number;
  epsilon: number;
}

/** What says where tokens are. n = packed + groups·prefix tokens, those of responses first. */
export interface GroupAttentionInputs {
  /** [n, headDim / 2] of each token's position */
  cosines: Value;
  sines: Value;
  /** [groups·rowsPerGroup·length] int32: the packed place of each cell; an empty place for empty cells */
  placeOfCell: Value;
  /** [packed] int32: the cell of each packed token; an empty cell for empty places */
  cellOfPlace: Value;
  /** [groups·kvHeads, 1, prefix] added to the scores: 0, or `hiddenScore` where a prompt has no token */
  prefixBias: Value;
}

/** Heads of all tokens [n, heads·headDim], the queries of a key head folded into rows: for responses and prompts. */
interface Folded {
  /** [groups·kvHeads, rowsPerGroup·perKey·length, headDim]; of keys and values perKey is 1 */
  responses: Value;
  /** [groups·kvHeads, perKey·prefix, headDim] */
  prompts: Value;
}

/**
 * @param x the joint projection [n, (heads + 2·kvHeads)·headDim]
 * @returns [n, heads·headDim]
 */
export function groupAttention(
  graph: GraphBuilder,
  x: Value,
  queryNorm: Value,
  keyNorm: Value,
  inputs: GroupAttentionInputs,
  shape: GroupAttentionShape,
): Value {
  const { groups, rowsPerGroup, length, prefix, packed, heads, kvHeads, headDim, epsilon } = shape;
  const tokens = packed + groups * prefix;
  const perKey = heads / kvHeads;
  const batch = groups * kvHeads;
  // A GPU's matrix products have no factor: the queries have it, once and not in each product.
  const scale = 1 / Math.sqrt(headDim);
  const alpha = graph.device === 'cpu' ? scale : 1;
  const scaled = (value: Value) =>
    graph.device === 'cpu' ? value : multiply(graph, value, graph.scalar(scale));
  const { fold, unfold } = folding(graph, inputs, shape);
  const rotated = (value: Value, count: number, sines: Value) =>
    rotate(graph, reshape(graph, value, [1, tokens, count * headDim]), count, inputs.cosines, sines);
  const ownRows = (value: Value, width: number) =>
    reshape(graph, value, [batch * rowsPerGroup, (value.shape[1] as number) / rowsPerGroup, width]);
  const together = (value: Value) =>
    reshape(graph, value, [batch, rowsPerGroup * (value.shape[1] as number), value.shape[2]!]);

  const sizes = [heads * headDim, kvHeads * headDim, kvHeads * headDim];
  const [queries, keys, values] = split(graph, x, sizes) as [Value, Value, Value];
  const queryRows = reshape(graph, queries, [tokens * heads, headDim]);
  const keyRows = reshape(graph, keys, [tokens * kvHeads, headDim]);
  const q = fold(
    scaled(rotated(normalize(graph, queryRows, queryNorm, epsilon), heads, inputs.sines)),
    perKey,
  );
  const k = fold(rotated(normalize(graph, keyRows, keyNorm, epsilon), kvHeads, inputs.sines), 1);
  const v = fold(values, 1);
  const ownKeys = ownRows(k.responses, headDim);
  const ownValues = ownRows(v.responses, headDim);

  const promptScores = add(
    graph,
    batchedMatmul(graph, q.prompts, k.prompts, { transB: true, alpha }),
    causalMask(graph, perKey, prefix),
  );
  const promptWeights = softmax(graph, promptScores);
  const ownScores = add(
    graph,
    batchedMatmul(graph, ownRows(q.responses, headDim), ownKeys, { transB: true, alpha }),
    causalMask(graph, perKey, length),
  );
  const sharedScores = add(
    graph,
    batchedMatmul(graph, q.responses, k.prompts, { transB: true, alpha }),
    inputs.prefixBias,
  );
  const all = concatenate(graph, [together(ownScores), sharedScores], 2);
  const [joined, sharedWeights] = split(graph, softmax(graph, all), [length, prefix]) as [Value, Value];
  const ownWeights = ownRows(joined, length);
  const context: Folded = {
    responses: add(
      graph,
      together(batchedMatmul(graph, ownWeights, ownValues)),
      batchedMatmul(graph, sharedWeights, v.prompts),
    ),
    prompts: batchedMatmul(graph, promptWeights, v.prompts),
  };

  return graph.differentiable(unfold(context, perKey), [x, queryNorm, keyNorm], (gradient) => {
    const byContext = fold(gradient, perKey);
    const byOwnContext = ownRows(byContext.responses, headDim);
    // Σ_j p_j·∂p_j equals the row sum of ∂o∘o, which is cheaper.
    const inner = (by: Value, of: Value) => {
      const [outer, rows] = by.shape as [number, number];
      return reshape(graph, sum(graph, multiply(graph, by, of), [2]), [outer, rows, 1]);
    };
    const innerResponses = inner(byContext.responses, context.responses);
    const byScores = (weights: Value, by: Value, of: Value, column: Value) =>
      multiply(graph, weights, subtract(graph, batchedMatmul(graph, by, of, { transB: true }), column));
    const ownColumn = reshape(graph, innerResponses, [batch * rowsPerGroup, perKey * length, 1]);
    const byOwn = byScores(ownWeights, byOwnContext, ownValues, ownColumn);
    const byShared = byScores(sharedWeights, byContext.responses, v.prompts, innerResponses);
    const innerPrompts = inner(byContext.prompts, context.prompts);
    const byPrompts = byScores(promptWeights, byContext.prompts, v.prompts, innerPrompts);

    const backward = (scores: Value, rows: Value) =>
      batchedMatmul(graph, scores, rows, { transA: true, alpha });
    const byQueries: Folded = {
      responses: add(
        graph,
        together(batchedMatmul(graph, byOwn, ownKeys, { alpha })),
        batchedMatmul(graph, byShared, k.prompts, { alpha }),
      ),
      prompts: batchedMatmul(graph, byPrompts, k.prompts, { alpha }),
    };
    const byKeys: Folded = {
      responses: together(backward(byOwn, ownRows(q.responses, headDim))),
      prompts: add(graph, backward(byShared, q.responses), backward(byPrompts, q.prompts)),
    };
    const byValues: Folded = {
      responses: together(batchedMatmul(graph, ownWeights, byOwnContext, { transA: true })),
      prompts: add(
        graph,
        batchedMatmul(graph, sharedWeights, byContext.responses, { transA: true }),
        batchedMatmul(graph, promptWeights, byContext.prompts, { transA: true }),
      ),
    };
    const opposite = negate(graph, inputs.sines);
    const throughNorm = (by: Value, rows: Value, norm: Value, count: number) => {
      const byRotated = rotated(by, count, opposite);
      return normalizeBackward(
        graph,
        rows,
        norm,
        epsilon,
        reshape(graph, byRotated, [tokens * count, headDim]),
      );
    };
    const queryGradient = throughNorm(scaled(unfold(byQueries, perKey)), queryRows, queryNorm, heads);
    const keyGradient = throughNorm(unfold(byKeys, 1), keyRows, keyNorm, kvHeads);
    const byProjection = concatenate(
      graph,
      [
        reshape(graph, queryGradient.byInput, [tokens, heads * headDim]),
        reshape(graph, keyGradient.byInput, [tokens, kvHeads * headDim]),
        unfold(byValues, 1),
      ],
      1,
    );
    return [byProjection, queryGradient.byWeight, keyGradient.byWeight];
  });
}

function softmax(graph: GraphBuilder, scores: Value): Value {
  return graph.node('Softmax', [scores], scores.shape, { attributes: { axis: -1 } });
}

/** From packed tokens to heads in grids, and back. */
function folding(graph: GraphBuilder, inputs: GroupAttentionInputs, shape: GroupAttentionShape) {
  const { groups, rowsPerGroup, length, packed, prefix, kvHeads, headDim } = shape;
  const cells = groups * rowsPerGroup * length;
  const batch = groups * kvHeads;
  const pick = (value: Value, places: Value, count: number) =>
    graph.node('Gather', [value, places], [count, value.shape[1]!]);

  /** @param value [n, kvHeads·perKey·headDim] */
  const fold = (value: Value, perKey: number): Folded => {
    const width = kvHeads * perKey * headDim;
    const flat = reshape(graph, value, [packed + groups * prefix, width]);
    const [responses, prompts] = split(graph, flat, [packed, groups * prefix], 0) as [Value, Value];
    const grid = reshape(graph, pick(responses, inputs.placeOfCell, cells), [
      groups,
      rowsPerGroup,
      length,
      kvHeads,
      perKey,
      headDim,
    ]);
    const promptGrid = reshape(graph, prompts, [groups, prefix, kvHeads, perKey, headDim]);
    return {
      responses: reshape(graph, transpose(graph, grid, [0, 3, 1, 4, 2, 5]), [
        batch,
        rowsPerGroup * perKey * length,
        headDim,
      ]),
      prompts: reshape(graph, transpose(graph, promptGrid, [0, 2, 3, 1, 4]), [
        batch,
        perKey * prefix,
        headDim,
      ]),
    };
  };

  /** @returns [n, kvHeads·perKey·headDim] */
  const unfold = ({ responses, prompts }: Folded, perKey: number): Value => {
    const width = kvHeads * perKey * headDim;
    const grid = reshape(graph, responses, [groups, kvHeads, rowsPerGroup, perKey, length, headDim]);
    const promptGrid = reshape(graph, prompts, [groups, kvHeads, perKey, prefix, headDim]);
    const flat = reshape(graph, transpose(graph, grid, [0, 2, 4, 1, 3, 5]), [cells, width]);
    const flatPrompts = reshape(graph, transpose(graph, promptGrid, [0, 3, 1, 2, 4]), [
      groups * prefix,
      width,
    ]);
    return concatenate(graph, [pick(flat, inputs.cellOfPlace, packed), flatPrompts], 0);
  };
  return { fold, unfold };
}
