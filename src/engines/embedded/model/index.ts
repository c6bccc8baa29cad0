/** The Qwen3-architecture policy: its files on disk, and its graphs. */
export {
  adapterConfigPath,
  adaptersFor,
  adaptPolicy,
  blocksOf,
  hasOnlyAdapters,
  isAdapted,
  type Model,
  readAdapterConfig,
  readAdapters,
  readBase,
} from './adapted-policy.js';
export {
  type HostWeights,
  type ModelWeights,
  trainedBlocks,
  trainedValues,
  type WeightBlock,
  weightBlocks,
  weightFeeds,
} from './blocks.js';
export { checkSameLora } from './changed-lora.js';
export {
  type CheckpointReader,
  type KnownCheckpoints,
  newestCheckpoint,
  pruneCheckpoints,
  readWholePolicy,
  stateFile,
  writeCheckpoint,
  writeFolder,
} from './checkpoint.js';
export type { ModelConfig } from './config.js';
export { type Choice, decodeStepGraph } from './decode-step.js';
export { declareWeights, decoder, groupDecoder, groupLayer, logits } from './decoder.js';
export { type DecodeShape, deviceDecodeGraph, devicePromptGraph } from './device-decode.js';
export { initializeParameters } from './initialize.js';
export { initializeAdapters } from './lora.js';
export { checkMemory } from './memory.js';
export { mergedPolicy } from './merge.js';
export { parameterLayout } from './parameters.js';
export {
  openPolicyFolder,
  type Policy,
  policyFiles,
  readOpenedPolicy,
  readPolicyFolder,
} from './policy-folder.js';
export { Tokenizer, tokenizerFiles } from './tokenizer.js';
