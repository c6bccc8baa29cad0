/**
 * Causal grouped-query attention of several responses to the same prompts: every response looks at its own tokens and
 * at those of its prompt, whose keys and values exist once for all of them.
 */
import type { GraphBuilder } from './builder.js';
import { deviceGroupAttention } from './device-attention.js';
import { type Folded, folding } from './folding.js';
import type { GroupAttentionInputs, GroupAttentionShape } from './group-shape.js';
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
} from './operations.js';
import type { Value } from './value.js';

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
  if (graph.device === 'webgpu') return deviceGroupAttention(graph, x, queryNorm, keyNorm, inputs, shape);
  const { groups, rowsPerGroup, length, prefix, packed, heads, kvHeads, headDim, epsilon } = shape;
  const tokens = packed + groups * prefix;
  const perKey = heads / kvHeads;
  const batch = groups * kvHeads;
  const alpha = 1 / Math.sqrt(headDim);
  const ofQueries = folding(graph, inputs, shape, perKey);
  const ofKeys = folding(graph, inputs, shape, 1);
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
  const rotatedQueries = rotated(normalize(graph, queryRows, queryNorm, epsilon), heads, inputs.sines);
  const q = ofQueries.fold(rotatedQueries);
  const k = ofKeys.fold(rotated(normalize(graph, keyRows, keyNorm, epsilon), kvHeads, inputs.sines));
  const v = ofKeys.fold(values);
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

  return graph.differentiable(ofQueries.unfold(context), [x, queryNorm, keyNorm], (gradient) => {
    const byContext = ofQueries.fold(gradient);
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
    const queryGradient = throughNorm(ofQueries.unfold(byQueries), queryRows, queryNorm, heads);
    const keyGradient = throughNorm(ofKeys.unfold(byKeys), keyRows, keyNorm, kvHeads);
    const byProjection = concatenate(
      graph,
      [
        reshape(graph, queryGradient.byInput, [tokens, heads * headDim]),
        reshape(graph, keyGradient.byInput, [tokens, kvHeads * headDim]),
        ofKeys.unfold(byValues),
      ],
      1,
    );
    return [byProjection, queryGradient.byWeight, keyGradient.byWeight];
  });
}

function softmax(graph: GraphBuilder, scores: Value): Value {
  return graph.node('Softmax', [scores], scores.shape, { attributes: { axis: -1 } });
}
