/** The Qwen3-architecture policy: its files on disk, and its graphs. */
export { type ModelWeights, type WeightBlock, weightBlocks, weightFeeds } from './blocks.js';
export {
  type Checkpoint,
  type KnownCheckpoints,
  newestCheckpoint,
  pruneCheckpoints,
  writeCheckpoint,
  writeFolder,
} from './checkpoint.js';
export { type ModelConfig, parseModelConfig } from './config.js';
export { type Choice, decodeStepGraph } from './decode-step.js';
export { declareWeights, decoder, groupDecoder, logits } from './decoder.js';
export { type DecodeShape, deviceDecodeGraph, devicePromptGraph } from './device-decode.js';
export { initializeParameters } from './initialize.js';
export { checkMemory } from './memory.js';
export { parameterLayout } from './parameters.js';
export { type Policy, policyFiles, readPolicyFolder } from './policy-folder.js';
export { Tokenizer } from './tokenizer.js';
