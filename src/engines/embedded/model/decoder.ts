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
} from '../graph/index.js';
import type { WeightBlock } from './blocks.js';
import type { ModelConfig } from './config.js';

export type Weights = (name: string) => Value;

/** Declares a graph's weight inputs and gives them by name. */
export function declareWeights(
  graph: GraphBuilder,
  blocks: readonly WeightBlock[],
  differentiable: boolean,
): { weights: Weights; parameters: Value[] } {
  const parameters = blocks.map(({ name, shape }) => graph.input(name, 'float32', shape, differentiable));
  const byName = new Map(parameters.map((value) => [value.name, value]));
  const weights = (name: string) => {
    const value = byName.get(name);
    if (!value) throw new Error(`The model has no weights named ${name}.`);
    return value;
  };
  return { weights, parameters };
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
  const { heads, kvHeads, headDim, rmsNormEpsilon: epsilon } = config;
  let x = embedding(graph, weights('embedding'), tokens, config.padTokenId);
  for (let layer = 0; layer < config.layers; layer++) {
    const weight = (name: string) => weights(`layer${layer}.${name}`);
    const projection = linear(graph, rmsNorm(graph, x, weight('inputNorm'), epsilon), weight('projection'));
    const sizes = { ...shape, heads, kvHeads, headDim, epsilon };
    const context = groupAttention(graph, projection, weight('queryNorm'), weight('keyNorm'), inputs, sizes);
    x = add(graph, x, linear(graph, context, weight('output')));
    x = feedForward(graph, x, weight, epsilon);
  }
  return rmsNorm(graph, firstRows(graph, x, shape.packed), weights('finalNorm'), epsilon);
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
