/** The losses: GRPO (METHOD, eq. 2–4) with the k3 KL estimate and an entropy bonus, and cross-entropy. */
import {
  add,
  choose,
  clip,
  compare,
  exponential,
  type GraphBuilder,
  minimum,
  multiply,
  negate,
  oneHot,
  reshape,
  subtract,
  sum,
  type Value,
} from './graph/index.js';

export interface TokenStatistics {
  /** log p(target), [n] */
  logProbability: Value;
  /** Entropy of the distribution in nats, [n] */
  entropy: Value;
}

/** Statistics of softmax(logits / temperature) at `targets` [n]; logits [n, V]. */
export function tokenStatistics(
  graph: GraphBuilder,
  logits: Value,
  targets: Value,
  temperature: Value,
): TokenStatistics {
  const [rows, vocabulary] = logits.shape as [number, number];
  const scaled = graph.node('Div', [logits, temperature], logits.shape);
  const logDistribution = graph.node('LogSoftmax', [scaled], logits.shape, { attributes: { axis: -1 } });
  const distribution = graph.node('Exp', [logDistribution], logits.shape);
  const target = oneHot(graph, targets, vocabulary);
  const column = (value: Value) =>
    reshape(graph, graph.node('Div', [value, temperature], value.shape), [rows, 1]);
  const logProbability = graph.differentiable(
    sum(graph, multiply(graph, logDistribution, target), [1]),
    [logits],
    (gradient) => [multiply(graph, subtract(graph, target, distribution), column(gradient))],
  );
  const entropy = graph.differentiable(
    negate(graph, sum(graph, multiply(graph, distribution, logDistribution), [1])),
    [logits],
    (gradient) => {
      // ∂H/∂x_j = −p_j·(log p_j + H)
      const surprise = add(graph, logDistribution, reshape(graph, constantOf(entropy), [rows, 1]));
      return [multiply(graph, multiply(graph, distribution, surprise), column(negate(graph, gradient)))];
    },
  );
  return { logProbability, entropy };
}

/** The same value, cut off from differentiation. */
function constantOf(value: Value): Value {
  return { ...value, differentiable: false };
}

export interface PolicyLossSettings {
  clipRange: number;
  klCoefficient: number;
  entropyCoefficient: number;
  importanceSamplingLevel: 'token' | 'sequence';
}

export interface PolicyLoss {
  loss: Value;
  /** Sums over response tokens: KL estimate, entropy, ratios below and above the clip range (and clipped). */
  sums: { kl: Value; entropy: Value; clippedLow: Value; clippedHigh: Value };
}

/**
 * Σ weights · (−min(ρA, clip(ρ)A) + β·k3) − c·Σ entropyWeights · H over a [batch, length] grid of positions, where a
 * position stands for the token that it predicts. Declares the inputs `mask` (1 at response tokens), `weights` (what a
 * token counts in the loss; 0 outside), `advantages`, `oldLogProbabilities`, `referenceLogProbabilities` (without it
 * when β = 0), at sequence level `sequenceWeights` (mask / response length), and with c > 0 `entropyWeights` (mask /
 * response tokens of the update: as in TRL the bonus is of the mean entropy of a token, however the loss is normalized).
 */
export function policyLoss(
  graph: GraphBuilder,
  statistics: TokenStatistics,
  [batch, length]: readonly [number, number],
  settings: PolicyLossSettings,
): PolicyLoss {
  const grid = [batch, length];
  const input = (name: string) => graph.input(name, 'float32', grid);
  const mask = input('mask');
  const weights = input('weights');
  const advantages = input('advantages');
  const old = input('oldLogProbabilities');
  // Masked first: outside the response a log-probability may be anything, and exp of it infinite.
  const logProbability = multiply(graph, reshape(graph, statistics.logProbability, grid), mask);
  const entropy = multiply(graph, reshape(graph, statistics.entropy, grid), mask);

  let logRatio = subtract(graph, logProbability, old);
  if (settings.importanceSamplingLevel === 'sequence') {
    const mean = sum(graph, multiply(graph, logRatio, input('sequenceWeights')), [1]);
    logRatio = multiply(graph, reshape(graph, mean, [batch, 1]), mask);
  }
  const ratio = exponential(graph, logRatio);
  const low = 1 - settings.clipRange;
  const high = 1 + settings.clipRange;
  const unclipped = multiply(graph, ratio, advantages);
  const clipped = multiply(graph, clip(graph, ratio, low, high), advantages);
  let perToken = negate(graph, minimum(graph, unclipped, clipped));

  let kl = graph.constant(new Float32Array(1), []);
  if (settings.klCoefficient > 0) {
    const difference = subtract(graph, input('referenceLogProbabilities'), logProbability);
    const k3 = subtract(graph, subtract(graph, exponential(graph, difference), difference), graph.scalar(1));
    perToken = add(graph, perToken, multiply(graph, k3, graph.scalar(settings.klCoefficient)));
    kl = sum(graph, multiply(graph, k3, mask));
  }
  let loss = sum(graph, multiply(graph, perToken, weights));
  if (settings.entropyCoefficient > 0) {
    const bonus = sum(graph, multiply(graph, entropy, input('entropyWeights')));
    loss = subtract(graph, loss, multiply(graph, bonus, graph.scalar(settings.entropyCoefficient)));
  }
  const zero = graph.scalar(0);
  const share = (ratioTest: Value, advantageTest: Value) =>
    sum(graph, choose(graph, ratioTest, choose(graph, advantageTest, mask, zero), zero));
  return {
    loss,
    sums: {
      kl,
      entropy: sum(graph, entropy),
      clippedLow: share(
        compare(graph, 'Less', ratio, graph.scalar(low)),
        compare(graph, 'Less', advantages, zero),
      ),
      clippedHigh: share(
        compare(graph, 'Greater', ratio, graph.scalar(high)),
        compare(graph, 'Greater', advantages, zero),
      ),
    },
  };
}

/** −Σ weights · log p(target) over the [batch, length] grid: cross-entropy for supervised pre-training. */
export function crossEntropy(
  graph: GraphBuilder,
  statistics: TokenStatistics,
  grid: readonly [number, number],
): Value {
  const weights = graph.input('weights', 'float32', grid);
  return negate(graph, sum(graph, multiply(graph, reshape(graph, statistics.logProbability, grid), weights)));
}
