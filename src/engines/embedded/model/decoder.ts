/** The Qwen3 decoder as a graph over whole sequences: for training, for log-probabilities and for prompts. */
import {
  add,
  attention,
  embedding,
  firstRows,
  type GraphBuilder,
  type GroupAttentionInputs,
  type GroupShape,
  groupAttention,
  linear,
  rmsNorm,
  swiglu,
  type Value,
  type WeightMatrix,
} from '../graph/index.js';
import { trainedBlocks, type WeightBlock } from './blocks.js';
import type { ModelConfig } from './config.js';

export type Weights = (name: string) => WeightMatrix;

/**
 * Declares a graph's weight inputs and gives them by name.
 * @param differentiable whether the graph goes back to what is trained, which are the `parameters` then
 */
export function declareWeights(
  graph: GraphBuilder,
  blocks: readonly WeightBlock[],
  differentiable: boolean,
): { weights: Weights; parameters: Value[] } {
  const inputs = new Map(
    blocks.map(({ name, type, shape, offset }) => [
      name,
      graph.input(name, type, shape, differentiable && offset !== null),
    ]),
  );
  const inputOf = (name: string) => {
    const value = inputs.get(name);
    if (!value) throw new Error(`The model has no weights named ${name}.`);
    return value;
  };
  const matrices = new Map<string, WeightMatrix>();
  for (const { name, lowRank } of blocks) {
    if (!lowRank) continue;
    const { down, modules, ...rest } = lowRank;
    const ups = modules.map(({ rows, up }) => ({ rows, up: up === null ? null : inputOf(up) }));
    matrices.set(name, { ...inputOf(name), lowRank: { ...rest, down: inputOf(down), modules: ups } });
  }
  return {
    weights: (name) => matrices.get(name) ?? inputOf(name),
    parameters: trainedBlocks(blocks).map(({ name }) => inputOf(name)),
  };
}

export interface DecoderResult {
  /** After the final norm, [batch·length, hiddenSize]. */
  hidden: Value;
  /** One per layer, [batch, length, kvHeads·headDim]. */
  keys: Value[];
  values: Value[];
}

/**
 * The decoder over `tokens` [batch·length] (rows of a batch one after the other, each starting at position 0 and
 * padded on the right: a causal model never looks at what follows).
 */
export function decoder(
  graph: GraphBuilder,
  config: ModelConfig,
  weights: Weights,
  tokens: Value,
  batch: number,
  length: number,
): DecoderResult {
  const { heads, kvHeads, headDim, rmsNormEpsilon: epsilon, ropeTheta: theta } = config;
  const keys: Value[] = [];
  const values: Value[] = [];
  let x = embedding(graph, weights('embedding'), tokens, config.padTokenId);
  for (let layer = 0; layer < config.layers; layer++) {
    const weight = (name: string) => weights(`layer${layer}.${name}`);
    const normalized = rmsNorm(graph, x, weight('inputNorm'), epsilon);
    const projection = linear(graph, normalized, weight('projection'));
    const attended = attention(graph, projection, weight('queryNorm'), weight('keyNorm'), {
      batch,
      length,
      heads,
      kvHeads,
      headDim,
      epsilon,
      theta,
    });
    x = add(graph, x, linear(graph, attended.context, weight('output')));
    x = feedForward(graph, x, weight, epsilon);
    keys.push(attended.keys);
    values.push(attended.values);
  }
  return { hidden: rmsNorm(graph, x, weights('finalNorm'), epsilon), keys, values };
}

/**
 * The decoder over responses that share their prompts.
 * @param tokens [packed + groups·prefix]: the responses' packed, then the prompts'
 * @returns final hidden states of the responses' tokens, [packed, hiddenSize]
 */
export function groupDecoder(
  graph: GraphBuilder,
  config: ModelConfig,
  weights: Weights,
  tokens: Value,
  inputs: GroupAttentionInputs,
  shape: GroupShape,
): Value {
  let x = embedding(graph, weights('embedding'), tokens, config.padTokenId);
  for (let layer = 0; layer < config.layers; layer++) {
    x = groupLayer(graph, config, (name) => weights(`layer${layer}.${name}`), x, inputs, shape);
  }
  return rmsNorm(graph, firstRows(graph, x, shape.packed), weights('finalNorm'), config.rmsNormEpsilon);
}

/** One layer of `groupDecoder`: [n, hiddenSize] → [n, hiddenSize]. `weight` names a weight of the layer. */
export function groupLayer(
  graph: GraphBuilder,
  config: ModelConfig,
  weight: Weights,
  x: Value,
  inputs: GroupAttentionInputs,
  shape: GroupShape,
): Value {
  const { heads, kvHeads, headDim, rmsNormEpsilon: epsilon } = config;
  const projection = linear(graph, rmsNorm(graph, x, weight('inputNorm'), epsilon), weight('projection'));
  const sizes = { ...shape, heads, kvHeads, headDim, epsilon };
  const context = groupAttention(graph, projection, weight('queryNorm'), weight('keyNorm'), inputs, sizes);
  const attended = add(graph, x, linear(graph, context, weight('output')));
  return feedForward(graph, attended, weight, epsilon);
}

/** x + the gated feed-forward network of its norm. `weight` names a weight of the layer. */
export function feedForward(graph: GraphBuilder, x: Value, weight: Weights, epsilon: number): Value {
  const normalized = rmsNorm(graph, x, weight('feedForwardNorm'), epsilon);
  const gate = linear(graph, normalized, weight('gate'));
  const up = linear(graph, normalized, weight('up'));
  return add(graph, x, linear(graph, swiglu(graph, gate, up), weight('down')));
}

/** Unscaled logits [n, vocabularySize] of final hidden states [n, hiddenSize]. */
export function logits(graph: GraphBuilder, config: ModelConfig, weights: Weights, hidden: Value): Value {
  return linear(graph, hidden, weights(config.tieWordEmbeddings ? 'embedding' : 'head'));
}
