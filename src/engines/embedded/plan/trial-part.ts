/** The part of a step that says where a step is faster, small enough that measuring it takes seconds. */
import type { Experiment } from '../../../experiment/index.js';
import { type ModelShape, parameterCount, sequenceTokens } from '../../memory/index.js';

/** Responses: as many as a pass has on a GPU, fewer of a larger policy, and never too few to keep a GPU busy. */
const rowCounts = [512, 256, 128, 64, 32];
/** The time of a token hardly depends on how many came before. */
const tokens = 64;

/** Floating-point operations of the part: seconds on a GPU, a minute on a processor. */
const mostOperations = 6e12;
/** A product and a sum in sampling, in the reference, and four times in the gradient. */
const operationsPerWeight = 12;

/**
 * Groups and responses are as large as the experiment's, but fewer and shorter.
 * @returns null when even a small part would take minutes
 */
export function trialPart(experiment: Experiment, shape: ModelShape): Experiment | null {
  const weights = parameterCount(shape);
  const parts = rowCounts.map((rows) => partOf(experiment, rows));
  return parts.find((part) => weights * operationsPerWeight * tokensOf(part) <= mostOperations) ?? null;
}

function partOf(experiment: Experiment, rows: number): Experiment {
  const { rollout, optimization } = experiment;
  return {
    ...experiment,
    rollout: {
      ...rollout,
      promptsPerStep: Math.min(rollout.promptsPerStep, Math.max(1, Math.floor(rows / rollout.groupSize))),
      maxNewTokens: Math.min(rollout.maxNewTokens, tokens),
    },
    // One update says how long each of them takes.
    optimization: { ...optimization, minibatches: 1, epochs: 1 },
  };
}

/** Each prompt is computed once for its group. */
function tokensOf(part: Experiment): number {
  const { promptsPerStep, groupSize, maxNewTokens } = part.rollout;
  return promptsPerStep * (sequenceTokens(part) + (groupSize - 1) * maxNewTokens);
}
