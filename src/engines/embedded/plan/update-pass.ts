/** The largest pass of an update, as far as an experiment and a policy's sizes say. */
import type { Experiment } from '../../../experiment/index.js';
import { type ModelShape, sequenceTokens } from '../../memory/index.js';
import {
  goesByLayers,
  type PassDevice,
  type PassSize,
  type PolicySizes,
  passSettings,
  rowsPerPass,
} from './pass-size.js';

export function policySizes(shape: ModelShape): PolicySizes {
  return {
    vocabSize: shape.vocabulary,
    hiddenSize: shape.hidden,
    layers: shape.layers,
    heads: shape.heads,
    kvHeads: shape.keyValueHeads,
    headDim: shape.headSize,
    intermediateSize: shape.intermediate,
    tieWordEmbeddings: shape.tied,
  };
}

/** As large as it can be: every response takes all of its tokens. */
export function updatePass(
  experiment: Experiment,
  sizes: PolicySizes,
  device: PassDevice = 'cpu',
): { size: PassSize; byLayers: boolean } {
  const { promptsPerStep, groupSize, maxNewTokens: length } = experiment.rollout;
  const settings = passSettings(experiment);
  const prefix = sequenceTokens(experiment) - length;
  const all: PassSize = { rows: promptsPerStep * groupSize, length, prefix };
  const size = { ...all, rows: rowsPerPass(sizes, all, settings, device) };
  const shape = { groups: 1, rowsPerGroup: size.rows, length, prefix };
  return { size, byLayers: goesByLayers(sizes, shape, settings) };
}
